"""Pictures are made anew: turned upright, without what the camera wrote into them (where, when,
with what), with a small one beside them. Pillow does it, in a process of its own
(picture_worker.py); without Pillow pictures are files like any other, to be saved."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

WALL_SECONDS = 60.0
_WORKER = Path(__file__).with_name("picture_worker.py")


class Picture(NamedTuple):
    """What was made; sizes in pixels."""

    type: str
    width: int
    height: int


class BadPicture(Exception):
    """It is not taken; the text says why."""


class Pictures:
    """For one thread: each picture may take some hundred megabytes. `stop` comes from another."""

    def __init__(self, pillow: Path | None = None) -> None:
        self._pillow = pillow if pillow is not None else _find_pillow()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def available(self) -> bool:
        return self._pillow is not None

    def remake(self, path: Path, small: Path, pixels: int) -> Picture:
        """Put the new picture in the place of `path`, and a small one at `small` if it is large.

        Raises BadPicture, OSError.
        """
        made = path.with_name(f"{path.name}.new")
        try:
            facts = self._run(path, made, small, pixels)
            if "refused" in facts:
                raise BadPicture(facts["refused"])
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
        return Picture(f"image/{facts['format'].lower()}", facts["width"], facts["height"])

    def _run(self, source: Path, target: Path, small: Path, pixels: int) -> dict[str, Any]:
        words = [str(each) for each in (self._pillow, source, target, small, pixels)]
        with self._begin(words) as process:
            try:
                return dict(json.loads(process.communicate(timeout=WALL_SECONDS)[0]))
            except (subprocess.TimeoutExpired, ValueError):
                process.kill()
                small.unlink(missing_ok=True)
                raise BadPicture("That picture takes too much time or memory") from None

    def _begin(self, words: list[str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise BadPicture("The server is stopping")
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_WORKER), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            return self._process

    def stop(self) -> None:
        """The one that is being made is given up, and no more are begun."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()


def _find_pillow() -> Path | None:
    spec = find_spec("PIL")
    return Path(spec.origin).parent.parent if spec is not None and spec.origin else None
