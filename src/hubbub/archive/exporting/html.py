"""Write history as HTML pages that any browser can show, now and in twenty years.

A page is self-contained: no script, no picture, no external address. All text of people is escaped,
and each piece is in an element with its own direction (`bdi`, `dir=auto`), so that Arabic and
Hebrew are shown correctly and no text can reverse its surroundings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import groupby
from typing import Any, NamedTuple
from zlib import crc32

from ...dialects.plain.sentences import sentence_of
from ...events.facts import ALL, KINDS
from ...events.kinds import (
    Entry,
    Joined,
    MessageRedacted,
    MessageSent,
    NickChanged,
    Parted,
    UserQuit,
)
from ...events.msgid import msgid, position_of

_REPLY = ("+draft/reply", "+reply")
_SNIPPET = 80
#: IRC control codes for bold, colours and the like.
_FORMATTING = re.compile(
    "\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?|[\x00-\x08\x0b-\x1f\x7f]"
)
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]")
#: Events collapsed into one item when many follow each other; only this page does that.
_COMINGS = frozenset({Joined, Parted, UserQuit, NickChanged})

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; }
h3 { border-block-end: 1px solid; padding-block: 1rem .2rem; font-size: 1rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { padding-block: .1rem; overflow-wrap: anywhere; }
li:target { outline: 2px solid; outline-offset: 2px; }
time, .about, .event, .note, footer { color: #595959; font-size: .85em; }
.nick { font-weight: 600; }
.text { white-space: pre-wrap; }
.about { border-inline-start: 3px solid; padding-inline-start: .5rem; display: block; }
.reactions span { display: inline-block; border: 1px solid; border-radius: 1em; }
.reactions span { padding: 0 .5em; margin-inline-end: .3em; }
nav ul { columns: 12rem; }
@media (prefers-color-scheme: dark) {
  time, .about, .event, .note, footer { color: #ababab; }
}
@media print {
  body { max-width: none; font-size: 10pt; }
  li { break-inside: avoid; } h2, h3 { break-after: avoid; }
  a { color: inherit; text-decoration: none; } nav { display: none; }
  details:not([open]) > :not(summary) { display: block; }
}
"""


_IMPORTED = "-imported"


def heading(day: str) -> str:
    """A day (`Pages.day`) in the form shown to the reader."""
    return day.replace(_IMPORTED, ", imported")


class Known(NamedTuple):
    """Entries needed to write a page: the messages replied to, by position, and the reactions
    (entries of Reacted), by the position of their message."""

    parents: dict[int, Entry]
    reactions: dict[int, list[Entry]]


class Pages:
    """Writes entries as HTML. Times are in `zone` (None: this machine's). `by_day`: each day is a
    page of its own."""

    def __init__(self, zone: tzinfo | None, *, by_day: bool = False) -> None:
        self.log_id = ""  # set once the log is open
        self._zone = zone
        self._by_day = by_day

    def when(self, time: int) -> datetime:
        when = datetime.fromtimestamp(time / 1000, self._zone)
        return when if self._zone is not None else when.astimezone()

    def day(self, entry: Entry) -> str:
        """The day of an entry. Imported messages have days of their own (docs/decisions/0007)."""
        imported = "" if entry.position > 0 else _IMPORTED
        return f"{self.when(entry.time):%Y-%m-%d}{imported}"

    # -- parts of a page ---------------------------------------------------------------------

    def items(self, entries: Iterable[Entry], known: Known) -> Iterator[str]:
        """Write each message as an item, and the other events between two messages as one item.
        Reactions and the like are shown with their message, or not at all."""
        shown = (entry for entry in entries if KINDS[type(entry.event)].told is ALL)
        for said, group in groupby(shown, key=lambda entry: type(entry.event) is MessageSent):
            if said:
                yield from (self._message(entry, known) for entry in group)
            else:
                yield from self._events(list(group))

    def _message(self, entry: Entry, known: Known) -> str:
        event: Any = entry.event
        name = msgid(entry.position, self.log_id)
        text = event.text
        action = text.startswith("\x01ACTION ") and text.endswith("\x01")
        nick = f'<bdi class="nick">{_plain(event.source.partition("!")[0])}</bdi>'
        who = f"* {nick}" if action else f"{nick}:"
        edited = ""
        if event.edited:
            edited = f' <span class="note">(edited {self._moment(event.edited)})</span>'
        return (
            f'<li id="{name}">{self._about(event, known)}{self._moment(entry.time)} {who}'
            f' <bdi class="text" dir="auto">{marked_up(text[8:-1] if action else text)}</bdi>'
            f"{edited}{self._reactions(entry, known)}</li>\n"
        )

    def _moment(self, time: int) -> str:
        when = self.when(time)
        return f'<time datetime="{when.isoformat(timespec="milliseconds")}">{when:%H:%M}</time>'

    def _about(self, event: MessageSent, known: Known) -> str:
        """The quote of the message that this one replies to."""
        tags = dict(event.tags)
        name = next((tags[each] for each in _REPLY if each in tags), "")
        parent = known.parents.get(position_of(name, self.log_id) or 0)
        if parent is None:
            return '<span class="about">an answer</span>' if name else ""
        said: Any = parent.event
        short = _plain(said.text.replace("\n", " "))
        short = short if len(said.text) <= _SNIPPET else f"{_plain(said.text[:_SNIPPET])}…"
        page = f"{self.day(parent)}.html" if self._by_day else ""
        return (
            f'<a class="about" href="{page}#{msgid(parent.position, self.log_id)}">'
            f"<bdi>{_plain(said.source.partition('!')[0])}</bdi>: <bdi>{short}</bdi></a>"
        )

    def _reactions(self, entry: Entry, known: Known) -> str:
        found: dict[str, list[str]] = {}
        for each in known.reactions.get(entry.position, ()):
            event: Any = each.event
            found.setdefault(event.reaction, []).append(event.source.partition("!")[0])
        if not found:
            return ""
        shown = "".join(
            f'<span title="{_plain(", ".join(who))}"><bdi>{_plain(reaction)}</bdi>'
            f" {len(who)}</span>"
            for reaction, who in found.items()
        )
        return f' <span class="reactions">{shown}</span>'

    def _events(self, entries: Sequence[Entry]) -> Iterator[str]:
        for coming, group in groupby(entries, key=lambda entry: type(entry.event) in _COMINGS):
            lines = [line for line in map(self._event, group) if line]
            if coming and len(lines) > 3:
                yield (
                    f'<li class="event"><details><summary>{len(lines)} times somebody came, went or'
                    f" changed name</summary><ol>{''.join(lines)}</ol></details></li>\n"
                )
            else:
                yield from lines

    def _event(self, entry: Entry) -> str:
        event = entry.event
        text = sentence_of(event)
        if isinstance(event, MessageRedacted):
            why = f" ({event.reason})" if event.reason else ""
            text = f"{event.source.partition('!')[0]} took a message back{why}"
        if not text:
            return ""
        said = f'<bdi dir="auto">{_plain(text)}</bdi>'
        return f'<li class="event">{self._moment(entry.time)} {said}</li>\n'

    # -- whole pages -------------------------------------------------------------------------

    def top(self, title: str, note: str = "") -> str:
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
            " style-src 'unsafe-inline'\">\n"
            f"<title>{_plain(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<h1><bdi>{_plain(title)}</bdi></h1>\n"
            + (f'<p class="note">{_plain(note)}</p>\n' if note else "")
        )

    def bottom(self, made: int) -> str:
        when = self.when(made)
        return (
            f"<footer><p>Exported by Hubbub on {when:%Y-%m-%d} at {when:%H:%M}. Times are those of"
            f" {_plain(str(self._zone or when.tzname()))}.</p></footer>\n</body>\n</html>\n"
        )


def parents_of(entries: Iterable[Entry], log_id: str) -> list[int]:
    """Positions of the messages that these reply to."""
    found = []
    for entry in entries:
        if isinstance(entry.event, MessageSent):
            tags = dict(entry.event.tags)
            names = (tags[each] for each in _REPLY if each in tags)
            found += [place for name in names if (place := position_of(name, log_id)) is not None]
    return found


def _plain(text: str) -> str:
    return escape(_FORMATTING.sub("", text))


def marked_up(text: str) -> str:
    """Escape a text and turn its URLs into links."""
    text = _FORMATTING.sub("", text)
    parts, end = [], 0
    for found in _LINK.finditer(text):
        link = escape(found[0])
        parts += [
            escape(text[end : found.start()]),
            f'<a href="{link}" rel="noreferrer">{link}</a>',
        ]
        end = found.end()
    return "".join(parts) + escape(text[end:])


def file_name(conversation: str) -> str:
    """A directory name for a conversation: the same on every system and unique."""
    name = "".join(c if c in _SAFE else f"_{ord(c):x}_" for c in conversation)
    return name if len(name) <= 150 else f"{name[:140]}-{crc32(conversation.encode()):08x}"


_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
