"""A learner's side of a class: tells the class where they are, and hears where to go."""

from __future__ import annotations

import json
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass

#: Seconds between two reports, so that "everybody to step 4" is soon heard.
_BETWEEN = 3.0
_PATIENCE = 5.0
_MOST_ANSWER = 4096


@dataclass(frozen=True)
class Standing:
    """Where a learner is."""

    lesson: int
    part: int
    predict: str
    passed: int
    of: int


class Reporter:
    """Reports until `stop`. `standing` is asked each time; `go` hears of a step to go to, once for
    each time that the teacher says so; `say` hears a sentence when something changes."""

    def __init__(
        self,
        link: str,
        name: str,
        standing: Callable[[], Standing],
        go: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self._link = link
        self._name = name
        self._key = secrets.token_urlsafe(16)
        self._standing, self._go, self._say = standing, go, say
        self._step: int | None = None
        self._trouble = ""
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="class-reports", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._report()
            self._stopped.wait(_BETWEEN)

    def _report(self) -> None:
        told = {"key": self._key, "name": self._name, **asdict(self._standing())}
        try:
            step = _post(self._link, told)
        except (OSError, ValueError) as error:
            self._note(f"the class cannot be reached: {_reason(error)}")
            return
        self._note("")
        if step != self._step:
            self._step = step
            if step is not None:
                self._go(step)

    def _note(self, trouble: str) -> None:
        """Say once what is wrong, and once that it is over."""
        if trouble != self._trouble:
            self._say(trouble or "the class can be reached again")
            self._trouble = trouble


def _post(link: str, told: dict[str, object]) -> int | None:
    """Raises OSError, and ValueError if the answer is not of a class."""
    request = urllib.request.Request(
        link, json.dumps(told).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        step = json.loads(answer.read(_MOST_ANSWER))["step"]
    if step is not None and type(step) is not int:
        raise ValueError("it answered something else")
    return step


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        try:
            return str(json.loads(error.read(_MOST_ANSWER))["error"])
        except (OSError, ValueError, KeyError, TypeError):
            return "the link is not the one of a class"
    return str(getattr(error, "reason", None) or error)
