"""METADATA: values of users and channels, by keys (IRCv3 draft/metadata-2 and -3).

Values are in the log: those of an account and of a registered channel are kept, others end with the
user's stay or with the channel. Subscriptions to keys belong to a connection. The two drafts differ
in error codes and in notifications: the second uses the command METADATA, the third the numerics of
a reply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...events.kinds import MetadataChanged
from ...model import rules
from ...model.channel import Channel
from ...model.user import User
from ...protocol.message import Message, Reply
from ...protocol.names import is_channel, is_visible
from ...protocol.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOTREGISTERED,
    RPL_KEYNOTSET,
    RPL_KEYVALUE,
    RPL_METADATASUBOK,
    RPL_METADATASUBS,
    RPL_METADATASYNCLATER,
    RPL_METADATAUNSUBOK,
    RPL_WHOISKEYVALUE,
    numeric,
)
from ...session import Session
from ..command_table import HistoryReply, SendTo, Step, Steps, command
from ..context import Context, wrapped
from ..refusals import Refused
from . import budgets

SECOND, THIRD = "draft/metadata-2", "draft/metadata-3"
#: SYNC with this target covers everybody the client hears of.
ALL = "*ALL"
#: Up to this number of members a new member is sent their values at once.
MOST_AT_ONCE = 200
LATER_SECONDS = "4"
_KEY = re.compile(r"[a-z0-9_./-]{1,64}")
#: Error codes of the third draft that have other names in the second.
_IN_THIRD = {
    "KEY_INVALID": "INVALID_KEY",
    "VALUE_INVALID": "INVALID_VALUE",
    "SUBCOMMAND_INVALID": "INVALID_PARAMS",
    "TOO_MANY_SUBS": "LIMIT_REACHED",
}


class MetadataOwner(NamedTuple):
    """The subject of values: a user or a channel."""

    name: str
    values: dict[str, str]
    channel: Channel | None = None
    user: User | None = None


def knows(session: Session) -> bool:
    return SECOND in session.caps or THIRD in session.caps


def _refused(session: Session, code: str, *context: str, text: str) -> Refused:
    if THIRD in session.caps:
        code = _IN_THIRD.get(code, code)
    return Refused(code, text, *context)


def _error(session: Session, code: str, *context: str, text: str) -> Reply:
    """An error for one of several keys: the others are processed all the same."""
    return _refused(session, code, *context, text=text).reply_to("METADATA")


@command("METADATA", params=2, anyone=True)
def metadata(context: Context, session: Session, message: Message) -> Steps:
    target, name, *rest = message.params
    name = name.upper()
    if session.user is None and not knows(session):
        raise Refused.numeric(ERR_NOTREGISTERED)
    if name in ("SUB", "UNSUB", "GET", "SET") and not rest:
        raise Refused.numeric(ERR_NEEDMOREPARAMS, "METADATA")
    if name in _SUBSCRIPTIONS:
        return _SUBSCRIPTIONS[name](context, session, rest)
    if name not in _ABOUT:
        raise _refused(session, "SUBCOMMAND_INVALID", name, text="There is no such subcommand")
    if name == "SYNC" and target.upper() == ALL and session.user is not None:
        return _sync_all(context, session)
    return _ABOUT[name](context, session, _owner(context, session, target), rest)


def _owner(context: Context, session: Session, target: str) -> MetadataOwner:
    """The subject that the client named, if it may know of it."""
    user = session.user
    if user is None:
        if target != "*":
            text = "Before you are on the network, say * for yourself"
            raise _refused(session, "INVALID_TARGET", target, text=text)
        if session.early_metadata is None:
            session.early_metadata = {}
        return MetadataOwner("*", session.early_metadata)
    if is_channel(target):
        channel = context.known_channel(user, target)
        if channel is None:
            raise _refused(session, "INVALID_TARGET", target, text="There is no such channel")
        if user.id not in channel.members and not user.may("see"):
            text = "Only its members see what a channel says of itself"
            raise _refused(session, "KEY_NO_PERMISSION", channel.name, "*", text=text)
        return MetadataOwner(channel.name, channel.metadata, channel=channel)
    other = user if target == "*" else context.network.person(target)
    if other is None:
        raise _refused(session, "INVALID_TARGET", target, text="There is nobody of that name")
    return _person(context, other)


def _person(context: Context, user: User) -> MetadataOwner:
    values = context.network.metadata.get(user.stable_key, {})
    return MetadataOwner(user.nick, values, user=user)


# -- reading -------------------------------------------------------------------------------


def _value(name: str, key: str, value: str) -> Reply:
    return numeric(RPL_KEYVALUE, name, key, "*", value)


def _get(
    context: Context, session: Session, owner: MetadataOwner, keys: list[str]
) -> Iterator[Step]:
    yield HistoryReply(tuple(_got(session, owner, key) for key in keys), "metadata", owner.name)


def _got(session: Session, owner: MetadataOwner, key: str) -> Reply:
    if not _KEY.fullmatch(key):
        return _error(session, "KEY_INVALID", key, text="That is not a key")
    if key not in owner.values:
        return numeric(RPL_KEYNOTSET, owner.name, key)
    return _value(owner.name, key, owner.values[key])


def _list(context: Context, session: Session, owner: MetadataOwner, _: list[str]) -> Iterator[Step]:
    values = sorted(owner.values.items())
    yield HistoryReply(tuple(_value(owner.name, *pair) for pair in values), "metadata", owner.name)


# -- setting -------------------------------------------------------------------------------


def _check_owner(session: Session, owner: MetadataOwner, key: str) -> None:
    """May the client set the key there?"""
    user = session.user
    if owner.channel is not None:
        allowed = user is not None and rules.is_operator(owner.channel, user)
    else:
        allowed = owner.user is user
    if not allowed:
        text = "You may set your own values, and operators those of their channel"
        raise _refused(session, "KEY_NO_PERMISSION", owner.name, key, text=text)


def _check_rate(context: Context, session: Session, owner: MetadataOwner, key: str) -> None:
    if not _pays(context, session):
        text = "Too many changes: wait a moment"
        raise _refused(session, "RATE_LIMITED", owner.name, key, "60", text=text)


def _pays(context: Context, session: Session) -> bool:
    if session.user is not None:
        return budgets.pays(context, context.metadata, session.user)
    return context.metadata.spend(("session", str(session.id)), context.now)


def _set(
    context: Context, session: Session, owner: MetadataOwner, words: list[str]
) -> Iterator[Step]:
    key, value = words[0], words[1] if len(words) > 1 else None
    limits, third = context.settings.limits, THIRD in session.caps
    if not _KEY.fullmatch(key):
        raise _refused(session, "KEY_INVALID", key, text="A key is made of a-z, 0-9 and _./-")
    _check_owner(session, owner, key)
    if third and not value:
        value = None
    if value is None:
        if key not in owner.values and not third:
            raise _refused(session, "KEY_NOT_SET", owner.name, key, text="It is not set")
    elif key == "display-name" and not any(map(is_visible, value)):
        raise _refused(
            session, "VALUE_INVALID", *((key,) if third else ()), text="A name has to be seen"
        )
    elif len(value.encode()) > limits.metadata_bytes:
        text = f"A value is at most {limits.metadata_bytes} bytes"
        raise _refused(session, "VALUE_INVALID", *((key,) if third else ()), text=text)
    elif key not in owner.values and len(owner.values) >= limits.metadata_keys:
        text = f"At most {limits.metadata_keys} keys"
        raise _refused(session, "LIMIT_REACHED", owner.name, text=text)
    _check_rate(context, session, owner, key)
    yield from change(context, session, owner, key, value)
    if value is None:
        yield numeric(RPL_KEYNOTSET, owner.name, key)
    else:
        yield _value(owner.name, key, value)


def _clear(
    context: Context, session: Session, owner: MetadataOwner, _: list[str]
) -> Iterator[Step]:
    _check_owner(session, owner, "*")
    _check_rate(context, session, owner, "*")
    keys = sorted(owner.values)
    for key in keys:
        yield from change(context, session, owner, key, None)
    cleared = tuple(numeric(RPL_KEYNOTSET, owner.name, key) for key in keys)
    yield HistoryReply(cleared, "metadata", owner.name)


def change(
    context: Context, session: Session, owner: MetadataOwner, key: str, value: str | None
) -> Iterator[Step]:
    """Record the change and notify subscribers."""
    if owner.values.get(key) == value:
        return
    user = session.user
    if user is None:
        if value is None:
            del owner.values[key]
        else:
            owner.values[key] = value  # the client's own, see `_owner`
        return
    whose = owner.user.stable_key if owner.user is not None else ""
    yield MetadataChanged(user.id, user.source, owner.name, whose, key, value)
    for other in _listeners(context, owner):
        if other is not session and key in other.subscribed and knows(other):
            yield SendTo(other.id, (_news(other, owner.name, key, value, user.source),))


def _listeners(context: Context, owner: MetadataOwner) -> Iterable[Session]:
    """Candidates for notification: members; or users in a common channel, or watchers."""
    users = context.network.users
    if owner.channel is not None:
        ids = set(owner.channel.members)
    else:
        assert owner.user is not None
        ids = {owner.user.id}
        for channel in context.network.channels_of(owner.user):
            ids.update(
                id for id in channel.members if rules.sees_member(channel, users[id], owner.user)
            )
    numbers = {number for id in ids for number in users[id].sessions}
    if owner.user is not None:
        numbers.update(session.id for session in context.monitors.watching(owner.user.nick))
    return [context.sessions[number] for number in sorted(numbers) if number in context.sessions]


def _news(
    session: Session, name: str, key: str, value: str | None, source: str | None = None
) -> Reply:
    """A notification about a value, in the form that this client uses."""
    if THIRD in session.caps:
        return numeric(RPL_KEYNOTSET, name, key) if value is None else _value(name, key, value)
    return Reply("METADATA", (name, key, "*", *(() if value is None else (value,))), source=source)


# -- subscriptions -------------------------------------------------------------------------


def _sub(context: Context, session: Session, keys: list[str]) -> Iterator[Step]:
    most = context.settings.limits.metadata_subscriptions
    done: list[str] = []
    for key in keys:
        if not _KEY.fullmatch(key):
            yield _error(session, "KEY_INVALID", key, text="That is not a key")
        elif key not in session.subscribed and len(session.subscribed) >= most:
            about = (key, str(most)) if THIRD in session.caps else (key,)
            yield _error(session, "TOO_MANY_SUBS", *about, text=f"At most {most} keys")
            break
        else:
            session.subscribed |= {key}
            done.append(key)
    lines = wrapped(done, context.room(session, RPL_METADATASUBOK.code))
    yield from (numeric(RPL_METADATASUBOK, *line.split()) for line in lines)
    if done and session.user is not None:
        yield from _first_values(context, session, done)


def _first_values(context: Context, session: Session, keys: list[str]) -> Iterator[Step]:
    """The current values of new subscriptions."""
    if THIRD in session.caps:
        yield numeric(RPL_METADATASYNCLATER, ALL, "0")
        return
    owners = _everybody(context, session)
    if len(owners) > MOST_AT_ONCE:
        yield numeric(RPL_METADATASYNCLATER, ALL, LATER_SECONDS)
    else:
        yield from _told(session, owners, frozenset(keys), "*", even_nothing=False)


def _unsub(context: Context, session: Session, keys: list[str]) -> Iterator[Step]:
    done = []
    for key in keys:
        if _KEY.fullmatch(key):
            done.append(key)
        else:
            yield _error(session, "KEY_INVALID", key, text="That is not a key")
    session.subscribed -= frozenset(done)
    lines = wrapped(done, context.room(session, RPL_METADATAUNSUBOK.code))
    yield from (numeric(RPL_METADATAUNSUBOK, *line.split()) for line in lines)


def _subs(context: Context, session: Session, _: list[str]) -> Iterator[Step]:
    lines = wrapped(sorted(session.subscribed), context.room(session, RPL_METADATASUBS.code))
    replies = tuple(numeric(RPL_METADATASUBS, *line.split()) for line in lines)
    yield HistoryReply(replies, "metadata-subs")


# -- being told what is set ----------------------------------------------------------------


def _sync(context: Context, session: Session, owner: MetadataOwner, _: list[str]) -> Iterator[Step]:
    if session.user is None:
        yield numeric(RPL_METADATASYNCLATER, "*", LATER_SECONDS)
        return
    owners = [owner] if owner.channel is None else _inside(context, session, owner.channel)
    yield from _told(session, owners, session.subscribed, owner.name)


def _sync_all(context: Context, session: Session) -> Iterator[Step]:
    yield from _told(session, _everybody(context, session), session.subscribed, ALL)


def _inside(context: Context, session: Session, channel: Channel) -> list[MetadataOwner]:
    """A channel and those of its members that the client sees."""
    asker, users = context.user(session), map(context.network.users.__getitem__, channel.members)
    members = [_person(context, each) for each in users if rules.sees_member(channel, asker, each)]
    return [MetadataOwner(channel.name, channel.metadata, channel=channel), *members]


def _everybody(context: Context, session: Session) -> list[MetadataOwner]:
    """All subjects that the client hears of, without duplicates."""
    user = context.user(session)
    found = {user.nick: _person(context, user)}
    for channel in context.network.channels_of(user):
        found.update({owner.name: owner for owner in _inside(context, session, channel)})
    for nick in context.monitors.of(session):
        watched = context.network.person(nick)
        if watched is not None:
            found[watched.nick] = _person(context, watched)
    return list(found.values())


def _told(
    session: Session,
    owners: list[MetadataOwner],
    keys: frozenset[str],
    target: str,
    *,
    even_nothing: bool = True,
) -> Iterator[Step]:
    values = tuple(
        _news(session, owner.name, key, value)
        for owner in owners
        for key, value in sorted(owner.values.items())
        if key in keys
    )
    if values or even_nothing:
        yield HistoryReply(values, "metadata", target)


def entered(context: Context, session: Session, channel: Channel) -> Iterator[Step]:
    """Send the values of a channel and its members to a new member."""
    if not session.subscribed or not knows(session):
        return
    if len(channel.members) > MOST_AT_ONCE:
        yield numeric(RPL_METADATASYNCLATER, channel.name, LATER_SECONDS)
    else:
        owners = _inside(context, session, channel)
        yield from _told(session, owners, session.subscribed, channel.name, even_nothing=False)


def welcomed(context: Context, session: Session) -> Iterator[Step]:
    """Apply and send what the client set before registration."""
    if not knows(session):
        return
    own = _person(context, context.user(session))
    early, session.early_metadata = session.early_metadata or {}, None
    for key, value in early.items():
        if key in own.values or len(own.values) < context.settings.limits.metadata_keys:
            yield from change(context, session, own, key, value)
            own = _person(context, context.user(session))
    values = sorted(own.values.items())
    yield HistoryReply(
        tuple(_news(session, own.name, *pair) for pair in values), "metadata", own.name
    )


def whois(context: Context, session: Session, user: User) -> Iterator[Reply]:
    if knows(session) or session.dialect.for_people:
        for key, value in sorted(_person(context, user).values.items()):
            yield numeric(RPL_WHOISKEYVALUE, user.nick, key, "*", value)


_SUBSCRIPTIONS = {"SUB": _sub, "UNSUB": _unsub, "SUBS": _subs}
_ABOUT = {"GET": _get, "LIST": _list, "SET": _set, "CLEAR": _clear, "SYNC": _sync}
