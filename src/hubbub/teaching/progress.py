"""Which lessons somebody has finished, and their own copies of the programs."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .lessons import Lesson

#: Where a learner's programs are, in the current directory.
WORKSHOP = "my-lessons"


def state_file() -> Path:
    """The file that remembers, in the place of this system for such files."""
    local = os.environ.get("LOCALAPPDATA")
    state = os.environ.get("XDG_STATE_HOME") or local or Path.home() / ".local" / "state"
    return Path(state) / "hubbub" / "lessons.json"


@dataclass(frozen=True)
class Graded:
    """How many checks of a lesson passed when it was graded last."""

    passed: int
    of: int


def graded() -> dict[str, Graded]:
    """By the id of the lesson. A file that is not there or not ours is as an empty one."""
    try:
        kept = json.loads(state_file().read_text("utf-8"))
        return {lesson: Graded(*map(int, counts)) for lesson, counts in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def finished() -> set[str]:
    """The ids of the lessons whose checks have all passed."""
    return {lesson for lesson, counts in graded().items() if counts.passed == counts.of}


def keep(lesson: Lesson, passed: int) -> None:
    """Remember how many checks of this lesson passed, if the file can be written."""
    kept = graded() | {lesson.id: Graded(passed, len(lesson.checks))}
    text = json.dumps({id: [counts.passed, counts.of] for id, counts in kept.items()})
    try:
        state_file().parent.mkdir(parents=True, exist_ok=True)
        new = state_file().with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(state_file())
    except OSError:
        pass


def own_copy(lesson: Lesson, place: Path) -> Path:
    """The learner's start.py of this lesson, made from ours if it is not there yet."""
    folder = place / WORKSHOP / lesson.folder.name
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "start.py"
    if not program.exists():
        shutil.copyfile(lesson.folder / "start.py", program)
    return program
