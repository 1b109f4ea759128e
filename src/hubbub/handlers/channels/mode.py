"""MODE for channels and users (modern.ircdocs.horse "MODE message")."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from ...events import retention
from ...events.kinds import ChannelModeChanged, ModeChange, UserModeChanged
from ...model import rules
from ...model.channel import Channel
from ...model.masks import full_mask
from ...model.user import User
from ...protocol.durations import DAY_MS
from ...protocol.message import Message, Reply
from ...protocol.modes import (
    FLAG_MODES,
    GIVEN_FLAGS,
    GIVEN_MODES,
    KEY_MODES,
    LIST_MODES,
    PARAMETER_MODES,
    PREFIX_MODES,
    USER_MODES,
)
from ...protocol.names import fold, is_channel
from ...protocol.numerics import (
    ERR_BANLISTFULL,
    ERR_CHANOPRIVSNEEDED,
    ERR_INVALIDKEY,
    ERR_INVALIDMODEPARAM,
    ERR_MLOCKRESTRICTED,
    ERR_NOSUCHNICK,
    ERR_UMODEUNKNOWNFLAG,
    ERR_UNKNOWNMODE,
    ERR_USERNOTINCHANNEL,
    ERR_USERSDONTMATCH,
    RPL_BANLIST,
    RPL_CHANNELMODEIS,
    RPL_CREATIONTIME,
    RPL_ENDOFBANLIST,
    RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVITELIST,
    RPL_EXCEPTLIST,
    RPL_INVITELIST,
    RPL_UMODEIS,
    Numeric,
    numeric,
    shown,
)
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import Context, number
from ..refusals import Refused
from . import past

_LONGEST_MASK = 150  # bytes
_LONGEST_KEY = 50  # bytes
#: Replies to a list mode: the numeric per line, and the one at the end.
_LISTS: dict[str, tuple[Numeric, Numeric]] = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVITELIST, RPL_ENDOFINVITELIST),
}


@command("MODE", params=1)
def mode(context: Context, session: Session, message: Message) -> Steps:
    target, *rest = message.params
    if is_channel(target):
        return _channel_mode(context, session, context.seen_channel(session, target), rest)
    return _user_mode(context, session, target, rest)


# -- channels ------------------------------------------------------------------------------


class ModeRequest(NamedTuple):
    """One letter of a MODE command; a missing argument is None."""

    sign: str
    letter: str
    argument: str | None


def _channel_mode(
    context: Context, session: Session, channel: Channel, rest: list[str]
) -> Generator[Step, Any, None]:
    user = context.user(session)
    if not rest or not rest[0]:
        yield numeric(RPL_CHANNELMODEIS, channel.name, *_modes_shown(channel, user))
        yield numeric(RPL_CREATIONTIME, channel.name, str(channel.created // 1000))
        return
    asked = tuple(read_modes(rest[0], rest[1:]))
    if rules.is_operator(channel, user) and any(map(_takes_away, asked)):
        yield from past.leave_to_others(context, session, channel, "MODE")
    changes: list[ModeChange] = []
    yield from collect_changes(context, channel, user, asked, changes)
    for some in fitting(changes):
        yield ChannelModeChanged(user.id, user.source, channel.name, some)


def _takes_away(asked: ModeRequest) -> bool:
    return asked.sign == "+" and asked.letter in past.TAKES_AWAY


def collect_changes(
    context: Context,
    channel: Channel,
    user: User,
    modes: Iterable[ModeRequest],
    changes: list[ModeChange],
    *,
    forced: bool = False,
) -> Iterator[Reply]:
    """Append the changes of `modes` to `changes`; yield requested lists, and refusals.

    `forced`: sent by a network operator who may do everything (SAMODE).
    """
    refused = False
    for asked in modes:
        if asked.letter in LIST_MODES and asked.argument is None:
            yield from _list(channel, user, asked.letter)
            continue
        found = _change_of(context, channel, user, asked, forced)
        if found is ERR_CHANOPRIVSNEEDED:
            refused = True
        elif isinstance(found, Reply):
            yield found
        elif isinstance(found, ModeChange) and found not in changes:
            if _is_full(context, channel, found, changes):
                yield numeric(ERR_BANLISTFULL, channel.name, found.argument or "")
            else:
                changes.append(found)
    if refused:
        yield numeric(ERR_CHANOPRIVSNEEDED, channel.name)


def _is_full(
    context: Context, channel: Channel, change: ModeChange, before: list[ModeChange]
) -> bool:
    """Is the list full, given the changes `before`?"""
    if change.sign == "-" or change.letter not in LIST_MODES:
        return False
    held = len(channel.lists.get(change.letter, {}))
    for other in before:
        if other.letter == change.letter:
            held += 1 if other.sign == "+" else -1
    return held >= context.settings.limits.list_entries


def _modes_shown(channel: Channel, user: User) -> list[str]:
    """`+klnt key 10`; the key is for members only."""
    given = "r" if channel.founder is not None else ""
    letters = sorted([*channel.modes, *given])
    arguments = [channel.modes.get(letter) for letter in letters]
    inside = user.id in channel.members or user.may("see")
    shown_arguments = [
        argument if inside or letter not in KEY_MODES else "*"
        for letter, argument in zip(letters, arguments, strict=True)
        if argument is not None
    ]
    return ["+" + "".join(letters), *shown_arguments]


def _takes_argument(sign: str, letter: str) -> bool:
    if letter in PARAMETER_MODES:
        return sign == "+"
    return letter in PREFIX_MODES or letter in LIST_MODES or letter in KEY_MODES


def read_modes(letters: str, arguments: Iterable[str]) -> Iterator[ModeRequest]:
    """Parse a mode string into single changes."""
    sign, rest = "+", iter(arguments)
    for letter in letters:
        if letter in "+-":
            sign = letter
        elif _takes_argument(sign, letter):
            yield ModeRequest(sign, letter, next(rest, None))
        else:
            yield ModeRequest(sign, letter, None)


#: Maximum bytes of arguments in a MODE line, which also has the channel's name and the source.
_ROOM = 200


def fitting(changes: list[ModeChange]) -> Iterator[tuple[ModeChange, ...]]:
    """Group the changes so that each group fits into a line."""
    group: list[ModeChange] = []
    room = _ROOM
    for change in changes:
        size = len((change.argument or "").encode()) + 3
        if group and size > room:
            yield tuple(group)
            group, room = [], _ROOM
        group.append(change)
        room -= size
    if group:
        yield tuple(group)


def _list(channel: Channel, user: User, letter: str) -> Iterator[Reply]:
    line, end = _LISTS[letter]
    if rules.sees_inside(channel, user):
        for entry in channel.lists.get(letter, {}).values():
            by = entry.by.partition("!")[0]
            yield numeric(line, channel.name, entry.mask, by, str(entry.time // 1000))
    yield numeric(end, channel.name)


Found: TypeAlias = "ModeChange | Reply | Numeric | None"


def _change_of(
    context: Context, channel: Channel, user: User, asked: ModeRequest, forced: bool
) -> Found:
    """The requested change; None if it changes nothing; or the refusal.

    ERR_CHANOPRIVSNEEDED itself if `user` may not, so that it is sent once per command.
    """
    sign, letter, argument = asked
    if letter in PREFIX_MODES:
        return _prefix_change(context, channel, user, asked, forced)
    if not forced and not rules.may_set_mode(channel, user, letter):
        return ERR_CHANOPRIVSNEEDED
    if letter in LIST_MODES:
        return _list_change(channel, asked)
    if letter in KEY_MODES:
        return _key_change(channel, sign, letter, argument)
    if letter == "f":
        return _forward_change(context, channel, user, asked, forced)
    if letter == "l":
        return _limit_change(channel, sign, letter, argument)
    if letter == "H":
        return _history_change(context, channel, sign, letter, argument)
    if letter not in FLAG_MODES:
        return numeric(ERR_UNKNOWNMODE, letter)
    if letter in GIVEN_FLAGS:
        return None
    if letter in channel.locked and not forced:
        return numeric(ERR_MLOCKRESTRICTED, channel.name, letter, channel.locked)
    return ModeChange(sign, letter) if (letter in channel.modes) != (sign == "+") else None


def _prefix_change(
    context: Context, channel: Channel, user: User, asked: ModeRequest, forced: bool
) -> Found:
    sign, letter, nick = asked
    if nick is None:
        return None
    member = context.network.person(nick)
    may = forced or (
        rules.may_give_prefix(channel, user, letter)
        if sign == "+" or member is None
        else rules.may_take_prefix(channel, user, letter, member)
    )
    if not may:
        return ERR_CHANOPRIVSNEEDED
    if member is None:
        return numeric(ERR_NOSUCHNICK, shown(nick))
    held = channel.members.get(member.id)
    if held is None:
        return numeric(ERR_USERNOTINCHANNEL, member.nick, channel.name)
    if (letter in held) == (sign == "+"):
        return None
    return ModeChange(sign, letter, member.nick, member.id)


def _list_change(channel: Channel, asked: ModeRequest) -> Found:
    sign, letter, text = asked
    if not text or " " in text or text[0] == ":" or len(text.encode()) > _LONGEST_MASK:
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, "*", "Not a mask")
    mask = full_mask(text)
    masks = channel.lists.get(letter, {})
    if (fold(mask) in masks) == (sign == "+"):
        return None
    if sign == "-":
        return ModeChange(sign, letter, masks[fold(mask)].mask)
    return ModeChange(sign, letter, mask)


def _key_change(channel: Channel, sign: str, letter: str, key: str | None) -> Found:
    if sign == "-":
        # Removing the key does not require it; everybody sees a star.
        return ModeChange("-", letter, "*") if letter in channel.modes else None
    if key is None:
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, "*", "A key is missing")
    if not key or " " in key or "," in key or key[0] == ":" or len(key.encode()) > _LONGEST_KEY:
        return numeric(ERR_INVALIDKEY, channel.name)
    return ModeChange("+", letter, key) if channel.modes.get(letter) != key else None


def _forward_change(
    context: Context, channel: Channel, user: User, asked: ModeRequest, forced: bool
) -> Found:
    """Forwards to another channel require being operator there too."""
    sign, letter, name = asked
    if sign == "-":
        return ModeChange("-", letter) if letter in channel.modes else None
    target = context.network.channel(name or "")
    if target is None or target is channel:
        text = "Forward to another channel that exists"
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, shown(name or "*"), text)
    if not forced and not rules.is_operator(target, user):
        return numeric(ERR_CHANOPRIVSNEEDED, target.name)
    return ModeChange("+", letter, target.name) if channel.modes.get(letter) != name else None


def _limit_change(channel: Channel, sign: str, letter: str, argument: str | None) -> Found:
    if sign == "-":
        return ModeChange("-", letter) if letter in channel.modes else None
    wanted = number(argument or "")
    if not wanted:
        text = "A limit is a number above 0"
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, shown(argument or "*"), text)
    limit = str(min(wanted, 1_000_000))
    return ModeChange("+", letter, limit) if channel.modes.get(letter) != limit else None


def _history_change(
    context: Context, channel: Channel, sign: str, letter: str, argument: str | None
) -> Found:
    """Set retention; never more than the server keeps."""
    if sign == "-":
        return ModeChange("-", letter) if letter in channel.modes else None
    keep = retention.parse(argument or "")
    most = retention.Keep(
        context.settings.retention.messages, context.settings.retention.days * DAY_MS
    )
    if keep is None:
        text = "Say how much is kept: 500 (messages), 30d (10m at least), or both as 500:30d"
    elif keep.exceeds(most):
        text = f"This server keeps {most} at most"
    else:
        return (
            ModeChange("+", letter, str(keep)) if channel.modes.get(letter) != str(keep) else None
        )
    return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, shown(argument or "*"), text)


# -- oneself -------------------------------------------------------------------------------


def _user_mode(context: Context, session: Session, nick: str, rest: list[str]) -> Iterator[Step]:
    user = context.user(session)
    target = context.network.person(nick)
    if target is None:
        raise Refused.numeric(ERR_NOSUCHNICK, nick)
    if target is not user and (rest or not user.may("see")):
        raise Refused.numeric(ERR_USERSDONTMATCH)
    if not rest:
        yield numeric(RPL_UMODEIS, "+" + target.modes)
        return
    changes, unknown = _own_changes(user, rest[0])
    if unknown:
        yield numeric(ERR_UMODEUNKNOWNFLAG)
    if changes:
        yield UserModeChanged(user.id, user.source, changes)


def _own_changes(user: User, letters: str) -> tuple[str, bool]:
    """The changes as `+i-w`, and whether there was an unknown letter.

    Users cannot make themselves operators: +o is set only by OPER (RFC 2812 section 3.1.5), and +s
    is for operators.
    """
    changes, sign, written, unknown = "", "+", "", False
    held = set(user.modes)
    for letter in letters:
        if letter in "+-":
            sign = letter
        elif letter not in USER_MODES:
            unknown = True
        elif (letter in held) != (sign == "+") and not (sign == "+" and _is_given(user, letter)):
            held ^= {letter}
            changes += letter if sign == written else sign + letter
            written = sign
    return changes, unknown


def _is_given(user: User, letter: str) -> bool:
    return letter in GIVEN_MODES or (letter == "s" and user.operator is None)
