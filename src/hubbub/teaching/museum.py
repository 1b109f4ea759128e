"""The museum: an engine of lessons/ with one classic fault, as a patch of at most six lines.

A file of lessons/museum is a text for people with a unified diff after it: title, engine, the
checks that find it, what it does, what to look at. The patch is applied to a copy of the engines.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import lessons

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


class DoesNotFit(Exception):
    """A patch does not belong to the engines as they are now."""


@dataclass(frozen=True)
class Piece:
    """One piece of the museum."""

    name: str
    """Of its file, such as `04-sendall-in-the-broadcast`."""
    title: str
    engine: str
    """The file to start."""
    found_by: tuple[str, ...]
    """The checks that must fail, first the one that it is about."""
    does: str
    look_at: str
    diff: str

    def build(self, directory: Path) -> Path:
        """Copy the engines to this directory and apply the patch; the file to start."""
        shutil.copytree(lessons.folder() / "engines", directory, dirs_exist_ok=True)
        for file, hunks in _by_file(self.diff):
            path = directory / file
            path.write_text(patched(path.read_text("utf-8"), hunks), "utf-8")
        return directory / self.engine


def pieces() -> list[Piece]:
    """All, in the order of their numbers."""
    return [read(path) for path in sorted((lessons.folder() / "museum").glob("*.patch"))]


def read(path: Path) -> Piece:
    """Read a piece from its file."""
    words, dashes, diff = path.read_text("utf-8").partition("--- ")
    title, head, does, look_at = words.strip().split("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return Piece(
        path.stem,
        title,
        facts["Engine"],
        tuple(facts["Found by"].split()),
        " ".join(does.split()),
        look_at.removeprefix("Look at: "),
        dashes + diff,
    )


def _by_file(diff: str) -> Iterator[tuple[str, str]]:
    """The name of each file, without folders, and its hunks."""
    for part in diff.split("--- ")[1:]:
        old, _, hunks = part.partition("\n")
        yield Path(old).name, hunks.partition("\n")[2]


def patched(text: str, hunks: str) -> str:
    """Apply the hunks of a unified diff. Raises DoesNotFit."""
    lines, result, done = text.splitlines(keepends=True), [], 0
    for found, body in _hunks(hunks):
        old = [line[1:] for line in body if line[0] in " -"]
        first = int(found[1]) - (found[2] != "0")
        if lines[first : first + len(old)] != old:
            raise DoesNotFit(f"line {first + 1} is not what the patch expects")
        result += lines[done:first]
        result += [line[1:] for line in body if line[0] in " +"]
        done = first + len(old)
    return "".join(result + lines[done:])


def _hunks(hunks: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    found: re.Match[str] | None = None
    body: list[str] = []
    for line in hunks.splitlines(keepends=True):
        if head := _HUNK.match(line):
            if found:
                yield found, body
            found, body = head, []
        else:
            body.append(line)
    if found:
        yield found, body
