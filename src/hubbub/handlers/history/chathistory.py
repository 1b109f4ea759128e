"""History: CHATHISTORY (IRCv3 draft/chathistory), and HISTORY for people.

An answer is limited in messages and in bytes (`limits.history_bytes`), because it is written in one
step while other clients wait. Clients continue before the first or after the last line of a page,
by msgid or by time, until a page is empty. So every line of a page has both, events that the client
does not receive take no room in a page, and a page is empty only at the end.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ...events.conversations import people_of
from ...events.kinds import IN_HISTORY, ChannelRenamed, Entry, MessageSent
from ...events.msgid import msgid, position_of
from ...log.base import Log
from ...log.ranges import Latest, Page, Range, page_of
from ...model import rules
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.modes import SIGNS
from ...protocol.names import conversation, fold, is_channel
from ...protocol.numerics import standard_reply
from ...protocol.times import server_time
from ...session import Session
from ...work import Work, reading
from ..command_table import HistoryReply, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from ..sessions import guests

CONTEXT = ("draft/chathistory-context", "")
EVENT_PLAYBACK = "draft/event-playback"
_TARGET_BYTES = 128  # of a line of TARGETS, approximately


class Past(NamedTuple):
    """Entries of a target in log order. `more`: there are more beyond their end; `short`: although
    there are fewer than requested."""

    target: str
    entries: tuple[Entry, ...]
    more: bool
    short: bool
    size: int  # bytes, approximately


class Bound(NamedTuple):
    """A bound in the log: a position, or a time in ms since 1970."""

    position: int | None = None
    time: int | None = None

    def and_on(self, wanted: Range) -> Range:
        """`wanted`, limited to entries after this bound."""
        return wanted._replace(after=self.position, later=self.time)

    def and_back(self, wanted: Range) -> Range:
        """`wanted`, limited to entries before this bound."""
        return wanted._replace(before=self.position, earlier=self.time)


@command("CHATHISTORY", params=1, past=True)
def chathistory(context: Context, session: Session, message: Message) -> Steps:
    name = message.params[0].upper()
    if name == "TARGETS":
        return _targets(context, session, message.params)
    if name not in _READ:
        raise Refused("INVALID_PARAMS", "Unknown subcommand", message.params[0])
    return _messages(context, session, name, message.params)


# -- messages ------------------------------------------------------------------------------

#: Number of bounds of each subcommand.
_READ = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2}


def _messages(
    context: Context, session: Session, name: str, params: tuple[str, ...]
) -> Generator[Step, Any, None]:
    events = EVENT_PLAYBACK in session.caps
    reactions = "message-tags" in session.caps and not events
    past = yield from said(context, session, (name, *params[1:]), events=events,
                           reactions=reactions)  # fmt: skip
    yield HistoryReply(past.entries, "chathistory", past.target, past.short)


def said(
    context: Context, session: Session, params: tuple[str, ...], *, events: bool, reactions: bool
) -> Generator[Step, Any, Past]:
    """The entries selected by these CHATHISTORY parameters. With `events` including joins and the
    like, as far as the client receives them; with `reactions` each message is followed by its
    reactions."""
    name = params[0]
    if len(params) != _READ[name] + 3:
        few = "Insufficient" if len(params) < _READ[name] + 3 else "Too many"
        raise Refused("INVALID_PARAMS", f"{few} parameters", name)
    target, *words, count = params[1:]
    place = readable(context, session, name, target)
    limit = _limit(context, name, count)
    bounds = [
        _bound(context, name, target, word) for word in words if (name, word) != ("LATEST", "*")
    ]
    ranges, size = _ranges(name, bounds, limit), context.settings.limits.history_bytes
    share = Range(
        events=events, hidden=IN_HISTORY - session.variant.writers.keys(), size=size // len(ranges)
    )
    ranges = [
        each._replace(events=share.events, hidden=share.hidden, size=share.size) for each in ranges
    ]

    def read(log: Log) -> Past:
        pages = [place.read(log, wanted) for wanted in ranges]
        found = [entry for page in pages for entry in page.entries]
        more = any(page.more for page in pages)
        told = with_reactions(log, found, size) if reactions else found
        told_as = under_name(told, place.name)
        return Past(place.name, told_as, more, more and len(found) < limit, Page(told).size)

    past: Past = yield reading(read)
    return past


def with_reactions(log: Log, found: list[Entry], size: int) -> list[Entry]:
    """Add the reactions after each message, marked as such (IRCv3 draft/chathistory-context), the
    oldest in about `size` bytes. Not needed for clients that play back events."""
    reactions: dict[int, list[Entry]] = {}
    known = Range(limit=size, size=size)
    for entry in known.first(log.reactions(entry.position for entry in found)):
        event: Any = entry.event
        marked = event._replace(tags=(*event.tags, CONTEXT))
        reactions.setdefault(event.message, []).append(entry._replace(event=marked))
    return [each for entry in found for each in (entry, *reactions.get(entry.position, ()))]


def under_name(found: list[Entry], name: str) -> tuple[Entry, ...]:
    """Messages from before a rename, with the channel's current name."""
    if not is_channel(name):
        return tuple(found)
    return tuple(_under_name(entry, name) for entry in found)


def _under_name(entry: Entry, name: str) -> Entry:
    event: Any = entry.event
    if type(event) is MessageSent and event.target == name:
        return entry  # quick path
    field = "channel" if hasattr(event, "channel") else "target"
    called = str(getattr(event, field, name))
    bare = called.lstrip(SIGNS)
    if bare == name or not is_channel(bare) or isinstance(event, ChannelRenamed):
        return entry
    sign = called[: len(called) - len(bare)]
    return entry._replace(event=event._replace(**{field: sign + name}))


def _ranges(name: str, bounds: list[Bound], limit: int) -> list[Range]:
    """The ranges selected by a subcommand, in log order."""
    newest, oldest = Range(limit=limit), Range(limit=limit, newest=False)
    if name == "LATEST":
        return [bounds[0].and_on(newest) if bounds else newest]
    if name == "BEFORE":
        return [bounds[0].and_back(newest)]
    if name == "AFTER":
        return [bounds[0].and_on(oldest)]
    if name == "AROUND":
        return _around(bounds[0], limit)
    # BETWEEN counts from the first bound, in either direction. One of the ranges is empty.
    first, second = bounds
    return [first.and_on(second.and_back(oldest)), second.and_on(first.and_back(newest))]


def _around(middle: Bound, limit: int) -> list[Range]:
    """Half before, half from there on; the message itself counts to the second half."""
    half = limit // 2
    position, time = middle
    here = Bound(position and position - 1, time and time - 1)
    ranges = [here.and_on(Range(limit=limit - half, newest=False))]
    return [middle.and_back(Range(limit=half)), *ranges] if half else ranges


def reference(word: str) -> str:
    """A msgid or a time as a CHATHISTORY reference: a msgid contains no colon."""
    return f"timestamp={word}" if ":" in word else f"msgid={word}"


def _bound(context: Context, name: str, target: str, word: str) -> Bound:
    kind, _, value = word.partition("=")
    if kind == "timestamp":
        time = parse_time(value)
        if time is None:
            raise Refused("INVALID_PARAMS", "Invalid timestamp", name, word)
        return Bound(time=time)
    if kind == "msgid":
        position = position_of(value, context.server.log_id)
        if position is None:  # not a msgid, or one of another log
            raise Refused("INVALID_PARAMS", "There is no message of that name", name, word)
        return Bound(position=position)
    raise Refused("INVALID_MSGREFTYPE", "Use msgid= or timestamp=", name, target)


_EPOCH, _MS = datetime.fromtimestamp(0, UTC), timedelta(milliseconds=1)


def parse_time(text: str) -> int | None:
    """Milliseconds since 1970 of a server-time; None if it is invalid or outside the calendar."""
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (time - _EPOCH) // _MS


def _limit(context: Context, name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refused("INVALID_PARAMS", "The limit is a number", name, text)
    most = context.settings.limits.history_at_once
    return min(number(text), most) or most


def number(digits: str) -> int:
    """Parse digits; beyond nine digits the number only counts as large."""
    return int(digits) if len(digits) < 10 else 10**9


class Readable(NamedTuple):
    """A target whose history the client may read: the shown name, and its conversations. For
    messages that `asker` (User.key) sent to a user, that includes conversations with earlier guests
    of that nick: their keys end when they leave, and the nick does not distinguish them."""

    name: str
    keys: tuple[str, ...]
    asker: str | None = None

    def conversations(self, log: Log) -> tuple[str, ...]:
        if self.asker is None:
            return self.keys
        guests = log.with_guests(self.asker, fold(self.name))
        return tuple(dict.fromkeys((*self.keys, *guests)))

    def read(self, log: Log, wanted: Range) -> Page:
        keys = self.conversations(log)
        found = [entry for key in keys for entry in log.history(key, wanted.and_one())]
        found.sort(key=lambda entry: entry.position)
        return page_of(wanted, found)


def readable(context: Context, session: Session, name: str, target: str) -> Readable:
    """The history of a target that the client may read now. All ways of reading history check here,
    or with `channels_of` for all channels; model/rules.py decides about channels.

    Two users can read their messages to each other: with an account through that account, guests
    only during this connection, since a nick alone proves nothing, or through the secret of their
    browser (sessions/guests.py).
    """
    user = context.user(session)
    if is_channel(target.lstrip(SIGNS)):
        channel = context.network.channel(target)
        keys = rules.conversations(channel, user) if channel is not None else ()
        if channel is None or not keys:
            raise Refused("INVALID_TARGET", "Messages could not be retrieved", name, target)
        return Readable(channel.name, keys)
    if not target or " " in target:
        raise Refused("INVALID_TARGET", "Messages could not be retrieved", name, target)
    # The user with that nick, the owner of the nick, and the account of that name.
    here, owner = context.network.person(target), context.network.accounts.named(target)
    people = (here.key if here else target, owner.key if owner else target, target)
    keys = tuple(dict.fromkeys(conversation(person, user.key) for person in people))
    return Readable(target, keys, user.key)


def channels_of(context: Context, user: User) -> tuple[str, ...]:
    """The conversations of all channels whose history the user may read now."""
    channels = context.network.channels_of(user)
    return tuple(key for channel in channels for key in rules.conversations(channel, user))


def _other(name: str, asker: str) -> str:
    """The other user of a private conversation."""
    people = people_of(name)
    return next((person for person in people if person != asker), people[0])


# -- conversations ---------------------------------------------------------------------------

_ALL = Range(limit=1_000_000)


def _targets(
    context: Context, session: Session, params: tuple[str, ...]
) -> Generator[Step, Any, None]:
    if len(params) != 4:
        few = "Insufficient" if len(params) < 4 else "Too many"
        raise Refused("INVALID_PARAMS", f"{few} parameters", "TARGETS")
    first, second = (_bound(context, "TARGETS", "*", word).time for word in params[1:3])
    if first is None or second is None:
        raise Refused("INVALID_PARAMS", "TARGETS takes timestamps", "TARGETS")
    limit = _limit(context, "TARGETS", params[3])
    limit = min(limit, context.settings.limits.history_bytes // _TARGET_BYTES)
    user = context.user(session)
    keys = channels_of(context, user)
    found: list[Latest] = yield Work(
        lambda log: log.latest(keys, user.key, _ALL),
        weigh=lambda found: _TARGET_BYTES * len(found),
    )
    latest: dict[str, tuple[str, int]] = {}
    targets = targets_of(context, user, [each.conversation for each in found])
    for target, each in zip(targets, found, strict=True):
        # Of two conversations with the same name, use the later.
        latest.pop(fold(target), None)
        latest[fold(target)] = target, each.time
    # A conversation whose last message is outside the range does not count.
    low, high = min(first, second), max(first, second)
    told = [(target, time) for target, time in latest.values() if low < time < high]
    told = told[:limit] if first <= second else told[-limit:]
    replies = tuple(
        Reply("CHATHISTORY", ("TARGETS", target, server_time(time))) for target, time in told
    )
    yield HistoryReply(replies, "draft/chathistory-targets")


def targets_of(context: Context, user: User, conversations: Iterable[str]) -> list[str]:
    """The targets of conversations: the channel, or the other user."""
    nicks: dict[str, str] = {}  # User.key -> current nick
    for each in context.network.users.values():
        nicks.setdefault(each.key, each.nick)
    return [_target_of(context, user, nicks, each) for each in conversations]


def _target_of(context: Context, user: User, nicks: dict[str, str], conversation: str) -> str:
    if not people_of(conversation):
        key = conversation.lstrip(SIGNS)
        channel = context.network.channels.get(key)
        return channel.name if channel is not None else key
    other = _other(conversation, user.key)
    nick, alone, id = other.partition("!")
    if alone and not id.startswith(guests.SIGN):
        here = context.network.users.get(int(id))
        return here.nick if here is not None else nick
    return nicks.get(other, nick)


# -- for people ------------------------------------------------------------------------------


@command("HISTORY", params=2, past=True)
def history(context: Context, session: Session, message: Message) -> Generator[Step, Any, None]:
    """The arguments of /history: where, how many; before, after or around which message."""
    target, count, *which = message.params
    name, *bounds = ("LATEST", "*") if len(which) < 2 else (which[0].upper(), reference(which[1]))
    if name not in _READ:
        raise Refused("INVALID_PARAMS", "Say before, after or around a message", which[0])
    past = yield from said(
        context, session, (name, target, *bounds, count), events=False, reactions=False
    )
    found = past.entries
    yield HistoryReply(found, "chathistory", past.target, past.short)
    if session.dialect.for_people:
        text = "Nothing was found."
        if found:
            last = msgid(found[-1].position, context.server.log_id)
            text = f"{older(context, past.target, found)}\n"
            text += f"Newer: /history {past.target} after {last}"
        yield standard_reply("NOTE", "HISTORY", "MORE" if found else "NOTHING_FOUND", text=text)


def older(context: Context, name: str, found: Sequence[Entry]) -> str:
    """Tell a person with netcat how to get the messages before those found."""
    first = msgid(found[0].position, context.server.log_id)
    return f"Older: /history {name} before {first}"
