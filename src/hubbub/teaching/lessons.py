"""The lessons, as files of a folder each.

    lessons/02-recv-is-not-a-message/
        lesson.md      the words, in eight parts
        lesson.toml    what the machine needs: settings of the lab, right answers, checks
        start.py       runs, and is wrong
        solution.py    passes

lesson.md uses a small part of Markdown: headings, paragraphs, indented commands, and lists, whose
items may be choices (`a. ...`). `{hubbub}` and `{python}` stand for how these are started here.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..invocation import CLONE, command_line

PARTS = ("Goal", "Predict", "Do", "Watch", "Explain", "Your turn", "Questions", "If you are stuck")


@dataclass(frozen=True)
class Block:
    """A paragraph, a command, an item of a list, or a choice below the item before it."""

    kind: str
    text: str


@dataclass(frozen=True)
class Lesson:
    """One lesson. `facts` is its lesson.toml."""

    folder: Path
    title: str
    parts: Mapping[str, tuple[Block, ...]]
    facts: Mapping[str, Any]

    @property
    def number(self) -> int:
        return int(self.facts["number"])

    @property
    def id(self) -> str:
        return str(self.facts["id"])

    @property
    def checks(self) -> tuple[str, ...]:
        """The ids of the grader's checks that this lesson is about."""
        return tuple(self.facts["checks"]["run"])

    @property
    def named(self) -> bool:
        """Is the first line that somebody sends a name?"""
        return bool(self.facts.get("lab", {}).get("named", True))

    def as_dict(self, program: str = "start.py") -> dict[str, Any]:
        """For the page, with the path of the learner's own program in its commands. The right
        answers are in it: they are no secret, and no mark."""
        parts = [
            {
                "name": name,
                "blocks": [{"kind": it.kind, "text": _with(program, it)} for it in blocks],
                **self.facts.get("step", {}).get(name.lower().replace(" ", "-"), {}),
            }
            for name, blocks in self.parts.items()
        ]
        return {
            "number": self.number,
            "title": self.title,
            "parts": parts,
            "predict": self.facts["predict"]["right"],
            "questions": self.facts["questions"]["right"],
        }


def folder() -> Path:
    """The folder of the lessons: of the clone, or of the installed package."""
    packaged = Path(__file__).parents[1] / "lessons"
    return packaged if packaged.is_dir() else CLONE / "lessons"


def all_lessons(place: Path | None = None) -> list[Lesson]:
    """Every lesson, in the order of their numbers."""
    found = sorted((place or folder()).glob("[0-9][0-9]-*/lesson.toml"))
    return [load(file.parent) for file in found]


def find(number: int) -> Lesson | None:
    """The lesson with this number."""
    return next((each for each in all_lessons() if each.number == number), None)


def load(place: Path) -> Lesson:
    """The lesson in this folder. Raises ValueError with the reason if it is none."""
    facts = tomllib.loads((place / "lesson.toml").read_text("utf-8"))
    title, parts = _parse((place / "lesson.md").read_text("utf-8"))
    return Lesson(place, title, parts, facts)


def _parse(text: str) -> tuple[str, dict[str, tuple[Block, ...]]]:
    """The title and the parts of a lesson.md. Raises ValueError."""
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    title = head.strip().removeprefix("# ")
    parts = {}
    for name, section in zip(PARTS, sections, strict=False):
        heading, _, body = section.partition("\n")
        if heading.strip() != name:
            raise ValueError(f"the part {heading.strip()} stands where {name} should be")
        parts[name] = tuple(_blocks(body))
    if len(sections) != len(PARTS):
        raise ValueError(f"a lesson has {len(PARTS)} parts, this one {len(sections)}")
    return title, parts


def _blocks(body: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", body.strip("\n")):
        if paragraph.startswith("    "):
            yield Block("command", _filled(re.sub(r"^    ", "", paragraph, flags=re.MULTILINE)))
        elif re.match(r"- |\d+\. ", paragraph):
            yield from map(_item, paragraph.splitlines())
        else:
            yield Block("text", paragraph.replace("\n", " "))


def _item(line: str) -> Block:
    choice = re.fullmatch(r" *- ([a-d]\. .*)", line)
    if choice:
        return Block("choice", choice[1])
    return Block("item", re.sub(r"^(?:- |\d+\. )", "", line))


def _with(program: str, block: Block) -> str:
    return block.text.replace("start.py", program) if block.kind == "command" else block.text


def _filled(command: str) -> str:
    python = Path(sys.executable).name if sys.platform == "win32" else "python3"
    return command.replace("{hubbub}", command_line()).replace("{python}", python)
