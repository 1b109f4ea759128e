"""Which lessons somebody has finished, and their own copies of the programs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from .lessons import Lesson

#: Where a learner's programs are, in the current directory.
WORKSHOP = "my-lessons"


def state_file() -> Path:
    """The file that remembers, in the place of this system for such files."""
    local = os.environ.get("LOCALAPPDATA")
    state = os.environ.get("XDG_STATE_HOME") or local or Path.home() / ".local" / "state"
    return Path(state) / "hubbub" / "lessons.json"


def finished() -> set[str]:
    """The ids of the lessons whose checks have all passed."""
    try:
        ids = json.loads(state_file().read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    return {each for each in ids if isinstance(each, str)} if isinstance(ids, list) else set()


def finish(lesson: Lesson) -> None:
    """Remember that the checks of this lesson have passed, if the file can be written."""
    ids = sorted(finished() | {lesson.id})
    try:
        state_file().parent.mkdir(parents=True, exist_ok=True)
        new = state_file().with_suffix(".new")
        new.write_text(json.dumps(ids), "utf-8")
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
