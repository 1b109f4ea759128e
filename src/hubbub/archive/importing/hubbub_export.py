"""Read exports of another Hubbub server (archive/exporting/jsonl.py).

Imports messages with their reactions, replies and edits, and no other events.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from ...events.conversations import people_of
from ...events.kinds import MessageSent
from ...events.msgid import position_of
from ...protocol.modes import CLOSED, SIGNS
from ...protocol.names import fold
from ..exporting.jsonl import VERSION
from .sources import (
    ImportedMessage,
    NotReadable,
    Options,
    Origin,
    Own,
    Reaction,
    SourceFiles,
    Topic,
    channel_from,
    ms,
    nick_from,
    reading,
)

_REPLY = ("+draft/reply", "+reply")
_PRIVATE = "messages of private conversations (--private takes them too)"
_CLOSED = "messages of channels that were not open to everybody (--private takes them too)"


def _file(files: SourceFiles) -> str | None:
    return next((name for name in files.names if name.endswith((".jsonl", ".json"))), None)


def fits(files: SourceFiles) -> bool:
    name = _file(files)
    return name is not None and files.head(name).startswith(b'{"hubbub":"export"')


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    name = _file(files)
    assert name is not None
    _, head = next(files.records(name, options), (0, {}))
    if head.get("version") != VERSION:
        raise NotReadable(f"{name} is from another version of Hubbub")
    facts = _Facts(head)
    done = files.done
    for number, record in files.records(name, replace(options, strict=False, damaged=[])):
        with contextlib.suppress(NotReadable), reading(f"{name}, line {number}"):
            facts.add(record)
    files.done = done
    options.open_names |= facts.open_channels()
    options.topics |= facts.topics()
    if facts.log == options.own:
        options.markers = facts.markers
    for number, record in files.records(name, options):
        said = None
        with options.one(f"{name}, line {number}"):
            kind = record.get("kind")
            if kind == "MessageSent" or kind == "MessageRedacted":
                said = _said(record, facts, options)
        if said is not None:
            yield said


class _Facts:
    """What a reader must know before the first message: the reactions that stand, the identity of
    each channel, and which of them are closed. The export is read once for it.

    An export names conversations as they are called at its end. `conversations` in its first line
    has what a channel is under all of its names; older exports tell by the renames in them.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        self.log = str(head.get("log"))
        self._ids = {str(name): str(id) for name, id in (head.get("conversations") or {}).items()}
        self._closed = set(map(str, head.get("closed") or ()))
        self._knows_closed = "closed" in head
        self._first: dict[str, str] = {}  # channel -> what it is identified by
        self._seen: set[str] = set()
        self._topics: dict[str, Topic] = {}
        self.deleted: dict[str, int] = {}  # account -> when it was deleted (ms)
        #: Message -> (nick, reaction) -> time; those that stand, and those that were taken back.
        self.reactions: dict[str, dict[tuple[str, str], int]] = {}
        self.taken_back: dict[str, dict[tuple[str, str], int]] = {}
        self.markers: dict[tuple[str, str], tuple[str, int]] = {}

    def add(self, record: dict[str, Any]) -> None:
        kind, event = record.get("kind"), record.get("event") or {}
        if kind in ("Reacted", "Unreacted"):
            self._react(record)
        elif kind == "MessageSent":
            self._seen.add(str(event["conversation"]).lstrip(SIGNS))
        elif kind == "ChannelModeChanged" and not self._knows_closed:
            self._change_modes(fold(event["channel"]), event["changes"])
        elif kind == "ReadMarkerMoved":
            key = fold(str(event["account"])), str(event["conversation"])
            self.markers[key] = str(event["target"]), int(event["time"])
        elif kind == "TopicChanged":
            topic = Topic(str(event["topic"]), _nick(event["source"]), _time(record["time"]))
            self._topics[fold(event["channel"])] = topic
        elif kind == "ChannelRenamed":
            self._rename(fold(event["old"]), fold(event["channel"]), str(record["msgid"]))
        elif kind == "AccountDeleted":
            self.deleted.setdefault(fold(event["account"]), _time(record["time"]))
        elif kind == "HistoryPutAside":
            self._put_aside(fold(event["channel"]), str(record["msgid"]))

    def _react(self, record: dict[str, Any]) -> None:
        """Reactions follow their message in the file."""
        key = (_nick(record["event"]["source"]), str(record["event"]["reaction"]))
        stands = record["kind"] == "Reacted"
        for is_it, found in ((stands, self.reactions), (not stands, self.taken_back)):
            of_message = found.setdefault(str(record["of"]), {})
            of_message.pop(key, None)
            if is_it:
                of_message[key] = _time(record["time"])

    def _change_modes(self, channel: str, changes: list[Any]) -> None:
        """Closed modes are kept as `#tea i`, so that each of them is taken back alone."""
        for sign, letter, *_ in changes:
            if letter in CLOSED:
                change = self._closed.add if sign == "+" else self._closed.discard
                change(f"{channel} {letter}")

    def _rename(self, old: str, new: str, msgid: str) -> None:
        if old != new:
            self._first[new] = self._first.pop(old, old)
            self._topics[new] = self._topics.pop(old, Topic(""))
            self.markers = {
                (account, new if name == old else name): marker
                for (account, name), marker in self.markers.items()
            }
            self._first[old] = f"{old} {msgid}"
            for letter in CLOSED:
                self._closed.discard(f"{new} {letter}")
                if f"{old} {letter}" in self._closed:
                    self._closed.remove(f"{old} {letter}")
                    self._closed.add(f"{new} {letter}")

    def _put_aside(self, channel: str, msgid: str) -> None:
        self._first[channel] = f"{channel} {msgid}"
        self._topics.pop(channel, None)
        self._closed -= {f"{channel} {letter}" for letter in CLOSED}

    def is_closed(self, conversation: str) -> bool:
        """Could not everybody read this channel? A channel that ended has a name behind a comma."""
        modes = (f"{conversation} {letter}" for letter in CLOSED)
        return (
            "," in conversation
            or conversation in self._closed
            or any(each in self._closed for each in modes)
        )

    def open_channels(self) -> set[str]:
        return {name for name in self._seen if not people_of(name) and not self.is_closed(name)}

    def topics(self) -> dict[str, Topic]:
        return {self.origin(name).id: topic for name, topic in self._topics.items()}

    def origin(self, conversation: str) -> Origin:
        name = conversation.lstrip(SIGNS)
        sign = conversation.removesuffix(name)  # to holders of a prefix: a conversation beside it
        ended = name.partition(",")[2]
        id = self._ids.get(name) or self._first.get(name, name)
        labels = (f"ended-{ended}",) if ended else (self.log,)
        return Origin(f"hubbub\n{self.log}\n{id}{sign}", labels, self.is_closed(name))


def _said(record: dict[str, Any], facts: _Facts, options: Options) -> ImportedMessage | None:
    event, gone = record["event"], record["kind"] == "MessageRedacted"
    name = str(record["of"] if gone else record["msgid"])
    own = position_of(name, options.own)
    nick, origin = _nick(event["source"]), None
    place: str | tuple[str, str]
    if people_of(event["conversation"]):
        if not options.private:
            options.skipped[_PRIVATE] += not gone
            return None
        place = (nick, nick_from(event["target"]))
        if own is not None:
            one, other = people_of(event["conversation"])
            place = (one, other)
    else:
        origin = facts.origin(str(event["conversation"]))
        place = _channel(str(event["target"]), str(event["conversation"]))
        if origin.closed and not options.private:
            options.skipped[_CLOSED] += not gone
            return None
        if not options.takes(place.lstrip(SIGNS)):
            return None
    if gone:
        return ImportedMessage(
            _key(name), _time(record["time"]), place, nick, "", origin=origin, gone=True,
            own=None if own is None else Own(own, None),
        )  # fmt: skip
    tags = dict(event["tags"])
    answered = next((tags[each] for each in _REPLY if each in tags), None)
    text = str(event["text"])
    action = text.startswith("\x01ACTION ") and text.endswith("\x01")
    return ImportedMessage(
        _key(name),
        _time(record["time"]),
        place,
        nick,
        text[8:-1] if action else text,
        action=action,
        notice=event["command"] == "NOTICE",
        reply_to=_key(answered) if answered else None,
        edited=int(event["edited"]),
        reactions=_reactions(facts.reactions, name),
        taken_back=_reactions(facts.taken_back, name),
        origin=origin,
        own=None if own is None else Own(own, _sent(record, facts)),
    )


def _reactions(found: dict[str, dict[tuple[str, str], int]], message: str) -> tuple[Reaction, ...]:
    return tuple(
        Reaction(who, reaction, time)
        for (who, reaction), time in found.get(message, {}).items()
    )  # fmt: skip


def _sent(record: dict[str, Any], facts: _Facts) -> MessageSent:
    """A message of the very server that it is imported into, as it was. People who were connected
    then are nobody now; an account is the author unless another has its name since."""
    event, time = record["event"], _time(record["time"])
    account = event["account"]
    if account is not None and facts.deleted.get(fold(account), time + 1) <= time:
        account = None
    return MessageSent(
        0, str(event["source"]), account, str(event["command"]), str(event["target"]),
        None if event["recipient"] is None else 0, str(event["conversation"]), str(event["text"]),
        tuple((str(name), str(value)) for name, value in event["tags"]), int(event["edited"]),
    )  # fmt: skip


def _channel(target: str, conversation: str) -> str:
    """The channel of a conversation, in the spelling of the target if that is it: what was said
    before a rename has the old name as its target."""
    name = conversation.partition(",")[0]
    if fold(target) == name:
        name = target
    bare = name.lstrip(SIGNS)
    return f"{name.removesuffix(bare)}{channel_from(bare)}"


def _key(msgid: str) -> str:
    return f"hubbub\n{msgid}"


def _nick(source: str) -> str:
    return nick_from(source.partition("!")[0])


def _time(text: str) -> int:
    return ms(datetime.fromisoformat(text), None)
