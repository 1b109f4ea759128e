"""Re-encode pictures: upright, without metadata (place, time, camera), with a thumbnail.

Pillow does it in a process of its own (picture_worker.py). Without Pillow, pictures are downloads
like all other files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from ..handlers.refusals import Refused

WALL_SECONDS = 60.0
WORKER = Path(__file__).with_name("picture_worker.py")


class Picture(NamedTuple):
    """A re-encoded picture; sizes in pixels."""

    type: str
    width: int
    height: int


class Pictures:
    """Thread-safe. A picture may take several hundred megabytes."""

    def __init__(
        self, pillow: Path | None = None, worker: Path = WORKER, seconds: float = WALL_SECONDS
    ) -> None:
        self._pillow = pillow if pillow is not None else find_pillow()
        self._worker = worker
        self._seconds = seconds
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    @property
    def available(self) -> bool:
        return self._pillow is not None

    def remake(
        self, path: Path, small: Path, pixels: int, at_once: int | None = None
    ) -> Picture | None:
        """Replace `path` by the re-encoded picture, and write a thumbnail to `small` if it is
        large.

        None, before anything is decoded: it has more than `at_once` pixels, or is an animation.
        Raises Refused, OSError.
        """
        made = path.with_name(f"{path.name}.new")
        try:
            facts = self._run([path, made, small, pixels, pixels if at_once is None else at_once])
            if "large" in facts:
                return None
            if "refused" in facts:
                raise Refused("BAD_PICTURE", facts["refused"])
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
        return Picture(f"image/{facts['format'].lower()}", facts["width"], facts["height"])

    def _run(self, words: list[Any]) -> dict[str, Any]:
        with self._begin([str(each) for each in (self._pillow, *words)]) as process:
            try:
                return dict(json.loads(process.communicate(timeout=self._seconds)[0]))
            except (subprocess.TimeoutExpired, ValueError):
                process.kill()
                Path(words[2]).unlink(missing_ok=True)  # a thumbnail
                raise Refused("BAD_PICTURE", "That picture takes too much time or memory") from None
            finally:
                with self._lock:
                    self._processes.discard(process)

    def _begin(self, words: list[str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise Refused("BAD_PICTURE", "The server is stopping")
            process = subprocess.Popen(
                [sys.executable, "-I", str(self._worker), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._processes.add(process)
            return process

    def stop(self) -> None:
        """Abort the pictures in progress and start no more."""
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()


def find_pillow() -> Path | None:
    spec = find_spec("PIL")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None
