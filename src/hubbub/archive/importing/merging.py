"""Write imported messages into the log in one transaction: all or nothing.

Each message gets a position below all messages of this server, computed from its time
(events/msgid.py), and is stored with its key, so that a repeated import adds only new messages. A
line of a log is identified as the n-th of its kind in its moment (overlap.py); new lines of a
moment are placed among the existing ones in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from ...events.kinds import Entry, MessageRedacted, MessageSent, Reacted, Unreacted
from ...events.msgid import imported_position, imported_time, msgid
from ...log.sqlite import SqliteLog
from ...protocol.multiline import CONCAT, with_cuts
from ...protocol.names import conversation, fold
from .overlap import WIDTH, digest, known_again, new_runs
from .places import Place, Places
from .sources import ImportedMessage, Moment, NotReadable, Options, Own, Reaction

#: Maximum bytes of text per line; longer lines are cut, and clients join them again.
LONGEST_LINE = 380
_SLICE = 1000
#: The year 10000, in ms since 1970.
_END_OF_TIME = 253_402_300_800_000


@dataclass
class ImportReport:
    """The result of an import. `conversations` counts the new messages of each."""

    new: int = 0
    known: int = 0
    changed: int = 0  # known messages that were updated
    deleted: int = 0  # known messages that were deleted
    wordless: int = 0  # skipped: messages without readable text
    reactions: int = 0
    conversations: Counter[str] = field(default_factory=Counter)
    earliest: int | None = None
    latest: int | None = None
    apart: dict[str, str] = field(default_factory=dict)  # channel here -> its name there


class Merger:
    """Writes into `log`, which no other process has open for writing."""

    def __init__(self, log: SqliteLog, options: Options | None = None) -> None:
        self._log = log
        self._options = options or Options(strict=True)
        self._places = Places(log, self._options, self._position)
        self._options.is_known = lambda key: log.imported(_hash(key)) is not None
        self._free: dict[int, int] = {}  # wanted position -> next position to try
        self._used: set[int] = set()  # positions assigned, but not written yet
        self._entries: list[Entry] = []
        self._keys: list[tuple[bytes, int]] = []
        self._assigned: dict[bytes, int] = {}  # positions, by key
        self._filled = False  # something was changed among the messages of this server
        self._moments: set[bytes] = set()  # of the assigned positions
        # Replies whose message was not read yet.
        self._unanswered: list[tuple[ImportedMessage, int]] = []

    def keep(self, found: Iterable[ImportedMessage]) -> ImportReport:
        report = ImportReport()
        with self._log.past():
            for moment, group in groupby(found, key=attrgetter("moment")):
                worded = (said for said in group if self._has_words(said, report))
                if moment is not None:
                    self._add_lines(moment, list(worded), report)
                else:
                    for said in worded:
                        self._add(said, report)
            self._flush()
            self._answer()
            self._places.keep()
            self._places.announce()
            if report.new or report.changed or report.deleted:
                self._log.past_changed()
        report.apart = self._places.apart
        if self._filled:
            self._log.index.make_anew()
        return report

    def _has_words(self, said: ImportedMessage, report: ImportReport) -> bool:
        with self._options.one(f"{said.nick}, {said.text[:40]!r}"):
            _check(said)
            if said.gone:
                return True
            report.wordless += not said.text
            return bool(said.text)
        return False

    def _add(self, said: ImportedMessage, report: ImportReport) -> None:
        if said.own is not None:
            self._add_own(said, said.own, report)
            return
        known = self._find(said.key)
        self._place(said, known)
        if known is not None:
            report.known += not said.gone
            if said.gone:
                self._take_back(said, known, report)
                return
            self._bring_up_to_date(said, known, report)
            return
        if said.gone and not said.text:
            # Its answers belong together, and it does not come in with an older export.
            self._remember(_hash(said.key), self._position(said.time))
            return
        self._put(said, _hash(said.key), self._position(said.time), report)

    def _add_own(self, said: ImportedMessage, own: Own, report: ImportReport) -> None:
        """Fill a gap that a restored backup left: the message gets its position again, unless
        another has it now."""
        if own.position in self._used:
            self._flush()
        here: Any = next(iter(self._log.at([own.position])), None)
        if own.event is None:
            if here is not None:
                self._take_back(said, own.position, report)
            return
        name = own.event.conversation
        if here is not None and (here.time, here.event.source) == (said.time, own.event.source):
            report.known += 1
            self._places.of_own(said, name, here.event.conversation)
            self._bring_up_to_date(said, own.position, report)
            return
        known = self._find(said.key)
        if known is not None or own.position in self._redacted:
            report.known += 1
            if known is not None:
                self._bring_up_to_date(said, known, report)
            return
        if self._places.of_own(said, name, None) is None:
            self._options.skipped["private messages of accounts that are not here"] += 1
            return
        is_free = not self._log.has_position(own.position)
        position = own.position if is_free else self._position(said.time)
        self._used.add(position)
        self._filled = self._filled or position > 0
        self._put(said, _hash(said.key), position, report)

    @cached_property
    def _redacted(self) -> set[int]:
        return self._log.redacted()

    def _take_back(self, said: ImportedMessage, position: int, report: ImportReport) -> None:
        """Delete a message that was deleted where it comes from, or its text if it has answers."""
        if position in self._used:
            self._flush()
        for entry in self._log.at([position]):  # empty if it was deleted here
            event = entry.event
            assert isinstance(event, MessageSent)
            if said.text and event.text != said.text:
                self._log.change_past(entry._replace(event=event._replace(text=said.text)))
                report.changed += 1
            elif not said.text:
                redacted = MessageRedacted(
                    0, _source(said.nick), None, event.target, event.recipient,
                    event.conversation, position, "",
                )  # fmt: skip
                place = self._position(said.time)
                self._entries.append(Entry(place, imported_time(said.time, place), redacted))
                self._flush()
                report.deleted += 1

    def _add_lines(
        self, moment: Moment, lines: list[ImportedMessage], report: ImportReport
    ) -> None:
        if not lines:
            return
        channel = self._place(lines[0])
        apart = channel is not None and channel.first != lines[0].place
        head = digest(f"{moment.key}\n{channel.first}" if channel and apart else moment.key)
        if head in self._moments:  # two files contain it
            self._flush()
        kept = self._log.imported_like(head)
        number = Counter(key[WIDTH : 2 * WIDTH] for key, _ in kept)
        names = [digest(said.key) for said in lines]
        again = known_again([key[WIDTH : 2 * WIDTH] for key, _ in kept], names, moment)
        report.known += len(again) - again.count(None)
        places = [None if index is None else kept[index][1] for index in again]
        if kept and moment.last and not moment.first and again.count(None) == len(again):
            places.append(kept[0][1])  # existing lines continue where these end
        for start, end in new_runs(again):
            after = places[start - 1] if start else None
            before = places[end] if end < len(places) else None
            free = self._between(after, before, end - start, lines[start].time)
            for said, name, place in zip(lines[start:end], names[start:end], free, strict=True):
                number[name] += 1
                self._put(said, head + name + number[name].to_bytes(4, "big"), place, report)
        self._moments.add(head)

    def _place(self, said: ImportedMessage, known: int | None = None) -> Place | None:
        """The place of a channel message, which is at `known` already."""
        if not isinstance(said.place, str):
            return None
        if known is None or self._places.knows(said.origin):
            return self._places.of(said, None)
        if known in self._used:
            self._flush()
        found = self._log.at([known])
        kept = [str(entry.event.conversation) for entry in found]  # type: ignore[union-attr]
        return self._places.of(said, kept[0] if kept else None)

    def _put(self, said: ImportedMessage, key: bytes, position: int, report: ImportReport) -> None:
        parent = self._find(said.reply_to) if said.reply_to else None
        if said.reply_to and parent is None:
            self._unanswered.append((said, position))
        event = self._event(said, parent)
        self._entries.append(Entry(position, _kept_time(said.time, position), event))
        self._remember(key, position)
        self._react(said, position, event, report)
        report.new += 1
        report.conversations[event.conversation] += 1
        report.earliest = min(report.earliest or said.time, said.time)
        report.latest = max(report.latest or said.time, said.time)
        if len(self._entries) >= _SLICE:
            self._flush()

    def _bring_up_to_date(self, said: ImportedMessage, position: int, report: ImportReport) -> None:
        """Add edits and reactions made since the message was first imported."""
        if not (said.edited or said.reactions or said.taken_back):
            return
        if position in self._used:  # written by another file of this import
            self._flush()
        for entry in self._log.at([position]):  # empty if the message was deleted
            event = entry.event
            assert isinstance(event, MessageSent)
            parent = self._find(said.reply_to) if said.reply_to else None
            before = report.reactions
            if edited := said.edited > event.edited:
                new = self._event(said, parent)
                changed = event._replace(text=new.text, tags=new.tags, edited=new.edited)
                self._log.change_past(entry._replace(event=changed))
                self._filled = self._filled or position > 0
            taken_back = self._take_reactions_back(said, position)
            self._react(said, position, event, report)
            report.changed += edited or taken_back or report.reactions > before

    def _react(
        self, said: ImportedMessage, position: int, event: MessageSent, report: ImportReport
    ) -> None:
        """Add reactions that are not stored yet."""
        for each in said.reactions:
            reaction = _encodable(each.reaction)
            key = "\n".join((said.key, "reaction", each.by or fold(each.nick), reaction))
            if self._find(key) is not None or (position > 0 and self._stands(position, each)):
                continue
            tags = (("+draft/react", reaction), ("+draft/reply", msgid(position, self._log.id)))
            reacted = Reacted(
                0, _source(each.nick), None, event.target, event.recipient, event.conversation,
                position, reaction, tags,
            )  # fmt: skip
            time = max(each.time, said.time)
            place = self._position(time)
            self._entries.append(Entry(place, imported_time(time, place), reacted))
            self._remember(_hash(key), place)
            report.reactions += 1

    def _take_reactions_back(self, said: ImportedMessage, position: int) -> bool:
        """Take back what was taken back where it comes from, unless it was given again here since.
        Returns whether something was."""
        ended = {(fold(each.nick), each.reaction): each.time for each in said.taken_back}
        found: list[Any] = self._log.reactions([position]) if ended else []
        gone = [
            made
            for made in found
            if made.time <= ended.get((_nick_of(made.event), made.event.reaction), 0)
        ]
        for made in gone:
            time = ended[_nick_of(made.event), made.event.reaction]
            place = self._position(time)
            fields = made.event._replace(tags=())
            self._entries.append(Entry(place, imported_time(time, place), Unreacted(*fields)))
        if gone:
            self._flush()
        return bool(gone)

    def _stands(self, position: int, each: Reaction) -> bool:
        """Is this reaction one that somebody made here?"""
        found: list[Any] = self._log.reactions([position])
        return any(
            (_nick_of(made.event), made.event.reaction) == (fold(each.nick), each.reaction)
            for made in found
        )

    def _remember(self, key: bytes, position: int) -> None:
        self._keys.append((key, position))
        self._assigned[key] = position

    def _event(self, said: ImportedMessage, parent: int | None) -> MessageSent:
        if said.own is not None and (sent := said.own.event) is not None:
            name = self._places.of_own(said, sent.conversation, None) or sent.conversation
            moved = sent.recipient is None and name != sent.conversation
            return sent._replace(
                conversation=name,
                target=name if moved else sent.target,
                account=self._places.account(sent.account, said.time),
            )
        text, cuts = _lines(f"\x01ACTION {said.text}\x01" if said.action else said.text)
        tags: tuple[tuple[str, str], ...] = ()
        if parent is not None:
            tags += (("+draft/reply", msgid(parent, self._log.id)),)
        if cuts:
            tags += ((CONCAT, cuts),)
        place = self._place(said)
        if place is not None:
            target, recipient, name = place.target, None, place.conversation
        else:
            target = said.place[said.place[0] == said.nick]
            recipient, name = 0, conversation(*said.place)
        command = "NOTICE" if said.notice else "PRIVMSG"
        return MessageSent(
            0, _source(said.nick), None, command, target, recipient, name, text, tags, said.edited
        )

    def _position(self, time: int, after: int | None = None) -> int:
        """The next free position for a message sent at `time` (ms since 1970)."""
        wanted = imported_position(time)
        position = self._free.get(wanted, wanted)
        if after is not None:
            position = max(position, after + 1)
        while self._is_taken(position):
            position += 1
        self._free[wanted] = position + 1
        self._used.add(position)
        return position

    def _between(self, after: int | None, before: int | None, count: int, time: int) -> list[int]:
        """`count` free positions between two existing lines of one moment."""
        found: list[int] = []
        if before is not None:
            self._flush()
            first = self._log.last_earlier(before, time) + 1
            if after is not None:
                first = max(first, after + 1)
            place = before
            while place > first and len(found) < count:
                place -= 1
                if not self._is_taken(place):
                    found.append(place)
            if len(found) == count:
                self._used.update(found)
                return found[::-1]
        # Append after the existing lines: nothing follows, or there is no room in between.
        return [after := self._position(time, after) for _ in range(count)]

    def _is_taken(self, position: int) -> bool:
        return position in self._used or self._log.has_position(position)

    def _find(self, key: str) -> int | None:
        place = _hash(key)
        return self._assigned.get(place) or self._log.imported(place)

    def _flush(self) -> None:
        self._log.put_past(self._entries, self._keys)
        self._entries, self._keys = [], []
        self._used.clear()
        self._assigned.clear()
        self._moments.clear()
        if len(self._free) > 100_000:
            self._free.clear()

    def _answer(self) -> None:
        """Resolve replies that were read before the message they reply to."""
        for said, position in self._unanswered:
            parent = self._find(said.reply_to or "")
            if parent is not None:
                time = _kept_time(said.time, position)
                self._log.change_past(Entry(position, time, self._event(said, parent)))


def _hash(key: str) -> bytes:
    return digest(key, 12)


def _kept_time(time: int, position: int) -> int:
    """The time at a position: its own for what this log had once."""
    return time if position > 0 else imported_time(time, position)


def _nick_of(event: Any) -> str:
    return fold(str(event.source).partition("!")[0])


def _check(said: ImportedMessage) -> None:
    """Raises NotReadable for a time that is not within the calendar."""
    for time in (said.time, said.edited, *(each.time for each in said.reactions)):
        if not 0 <= time < _END_OF_TIME:
            raise NotReadable(f"{said.nick} would have said {said.text[:40]!r} at {time} ms")


def _encodable(text: str) -> str:
    """Remove unpaired surrogates, which JSON may contain."""
    return text.encode(errors="replace").decode()


def _source(nick: str) -> str:
    return f"{nick}!imported@imported"


def _lines(text: str) -> tuple[str, str]:
    """The text without characters that no line may contain, and the offsets of its cuts."""
    if len(text) * 4 <= LONGEST_LINE and text.isprintable():
        return text, ""
    lines: list[tuple[str, bool]] = []
    for line in (
        _encodable(text).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
    ):
        rest, concat = line, False
        while len(rest.encode()) > LONGEST_LINE:
            head = rest.encode()[:LONGEST_LINE].decode(errors="ignore")
            lines.append((head, concat))
            rest, concat = rest[len(head) :], True
        lines.append((rest, concat))
    return with_cuts(lines)
