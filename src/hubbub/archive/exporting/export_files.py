"""Write an export to files, which get their final names only when complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

from ...draft_file import draft_of
from ...events.conversations import people_of
from ...events.kinds import Entry, MessageSent
from . import html, jsonl
from .html import Known, Pages, heading
from .selection import Selection

#: A day, its entries, and the related entries needed to write it.
_Piece = tuple[str, list[Entry], Known]
#: Called with the amount done and the total.
Progress = Callable[[int, int], None]


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A file that appears when the block ends without an exception. Readable by its owner only."""
    with draft_of(path) as part:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        part.replace(path)


class Counted:
    """Counts entries as they pass and reports the progress."""

    def __init__(self, selection: Selection, progress: Progress) -> None:
        self.messages = self.events = 0
        self._first, last = selection.bounds()
        self._all = last - self._first + 1
        self._progress = progress

    def watched(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for number, entry in enumerate(entries):
            if number % 100 == 0:
                self._progress(entry.position - self._first, self._all)
            if isinstance(entry.event, MessageSent):
                self.messages += 1
            else:
                self.events += 1
            yield entry


# -- JSON Lines --------------------------------------------------------------------------------


def write_lines(
    selection: Selection, file: TextIO, made: int, facts: dict[str, Any], progress: Progress
) -> Counted:
    counted = Counted(selection, progress)
    file.write(jsonl.head(selection.log_id, made, **facts))
    for entry in counted.watched(selection.entries()):
        file.write(jsonl.line(entry, selection.log_id))
    return counted


# -- HTML --------------------------------------------------------------------------------------


def titles(selection: Selection) -> list[tuple[str, str]]:
    """The conversations sorted by name, channels first: pairs of name and title."""
    names = sorted(selection.conversations.values(), key=lambda n: (bool(people_of(n)), n))
    return [(name, title(name)) for name in names]


def title(name: str) -> str:
    """The title of a conversation for people."""
    people = people_of(name)
    if people:
        return " and ".join(person.partition("!")[0] for person in people)
    return name.partition(",")[0]


def write_page(
    selection: Selection, file: TextIO, made: int, pages: Pages, progress: Progress
) -> Counted:
    """Write everything into one page."""
    counted = Counted(selection, progress)
    pages.log_id = selection.log_id
    found = titles(selection)
    file.write(pages.top(found[0][1] if len(found) == 1 else "What was said"))
    if len(found) > 1:
        links = ((f"#c-{html.file_name(name)}", shown) for name, shown in found)
        file.write(_list(links))
    for name, shown in found:
        if len(found) > 1:
            file.write(
                f'<h2 id="c-{html.file_name(name)}"><bdi>{html.marked_up(shown)}</bdi></h2>\n'
            )
        for day, pieces in _days(selection, name, pages, counted):
            file.write(f"<h3>{heading(day)}</h3>\n")
            _write_day(file, pages, pieces)
    file.write(pages.bottom(made))
    return counted


def write_days(
    selection: Selection, directory: Path, made: int, pages: Pages, progress: Progress
) -> Counted:
    """Write a page per day, an index per conversation, and an index of these."""
    counted = Counted(selection, progress)
    pages.log_id = selection.log_id
    found = titles(selection)
    for name, shown in found:
        place = directory / html.file_name(name)
        place.mkdir(mode=0o700, exist_ok=True)
        days = []
        for day, pieces in _days(selection, name, pages, counted):
            days.append(day)
            with new_file(place / f"{day}.html") as file:
                file.write(pages.top(f"{shown}, {heading(day)}"))
                file.write('<nav><a href="index.html">All days</a></nav>\n')
                _write_day(file, pages, pieces)
                file.write(pages.bottom(made))
        with new_file(place / "index.html") as file:
            file.write(pages.top(shown) + '<nav><a href="../index.html">All</a></nav>\n')
            file.write(_list((f"{day}.html", heading(day)) for day in days) + pages.bottom(made))
    with new_file(directory / "index.html") as file:
        file.write(pages.top("What was said"))
        file.write(_list((f"{html.file_name(name)}/index.html", shown) for name, shown in found))
        file.write(pages.bottom(made))
    return counted


def _list(links: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><a href="{address}"><bdi>{html.marked_up(shown)}</bdi></a></li>\n'
        for address, shown in links
    )
    return f"<nav><ul>\n{items}</ul></nav>\n"


def _write_day(file: TextIO, pages: Pages, pieces: Iterable[_Piece]) -> None:
    file.write("<ol>\n")
    for _, entries, known in pieces:
        file.writelines(pages.items(entries, known))
    file.write("</ol>\n")


def _days(
    selection: Selection, name: str, pages: Pages, counted: Counted
) -> Iterator[tuple[str, Iterator[_Piece]]]:
    return groupby(_pieces(selection, name, pages, counted), key=lambda piece: piece[0])


def _pieces(selection: Selection, name: str, pages: Pages, counted: Counted) -> Iterator[_Piece]:
    """Yield the entries of one day at a time, in log order; a day may come in several pieces."""
    for found in selection.of(name):
        parents = selection.at(html.parents_of(found, selection.log_id))
        reactions: dict[int, list[Entry]] = {}
        for entry in selection.reactions(e.position for e in found):
            event: Any = entry.event
            reactions.setdefault(event.message, []).append(entry)
        # Quote only messages of this conversation: a reply may name any message.
        known = Known(
            {e.position: e for e in parents if getattr(e.event, "conversation", "") == name},
            reactions,
        )
        for day, entries in groupby(counted.watched(found), key=pages.day):
            yield day, list(entries), known
