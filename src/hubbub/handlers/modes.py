"""MODE, for channels and for oneself (modern.ircdocs.horse "MODE message")."""

from __future__ import annotations

from collections.abc import Iterator

from ..dialects.irc.numerics import (
    ERR_BANLISTFULL,
    ERR_CHANOPRIVSNEEDED,
    ERR_INVALIDKEY,
    ERR_INVALIDMODEPARAM,
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
)
from ..dialects.message import Message, Reply
from ..log.events import ChannelModeChanged, ModeChange, UserModeChanged
from ..model import rules
from ..model.channel import Channel
from ..model.masks import full_mask
from ..model.modes import (
    FLAG_MODES,
    KEY_MODES,
    LIST_MODES,
    PARAMETER_MODES,
    PREFIX_MODES,
    USER_MODES,
)
from ..model.names import fold, is_channel
from ..model.user import User
from ..session import Session
from .table import Refused, Step, Steps, command
from .view import View, shown

_LONGEST_LIST = 100
#: What a list mode is answered with: one numeric a line, one at the end.
_LISTS: dict[str, tuple[Numeric, Numeric]] = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVITELIST, RPL_ENDOFINVITELIST),
}


@command("MODE", params=1)
def mode(view: View, session: Session, message: Message) -> Steps:
    target, *rest = message.params
    if is_channel(target):
        return _channel_mode(view, session, view.channel(target), rest)
    return _user_mode(view, session, target, rest)


# -- channels ------------------------------------------------------------------------------


def _channel_mode(
    view: View, session: Session, channel: Channel, rest: list[str]
) -> Iterator[Step]:
    user = view.user(session)
    if not rest:
        yield numeric(RPL_CHANNELMODEIS, channel.name, *_modes_shown(channel, user))
        yield numeric(RPL_CREATIONTIME, channel.name, str(channel.created // 1000))
        return
    changes: list[ModeChange] = []
    refused = False
    for sign, letter, argument in _read(rest[0], rest[1:]):
        if letter in LIST_MODES and argument is None:
            yield from _list(channel, letter)
        elif not rules.is_operator(channel, user):
            refused = True
        else:
            found = _change(view, channel, sign, letter, argument)
            if isinstance(found, Reply):
                yield found
            elif found is not None:
                changes.append(found)
    if refused:
        yield numeric(ERR_CHANOPRIVSNEEDED, channel.name)
    if changes:
        yield ChannelModeChanged(user.id, user.source, channel.name, tuple(changes))


def _modes_shown(channel: Channel, user: User) -> list[str]:
    """`+klnt key 10`; the key is for members only."""
    letters = sorted(channel.modes)
    arguments = [channel.modes[letter] for letter in letters]
    inside = user.id in channel.members
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


def _read(letters: str, arguments: list[str]) -> Iterator[tuple[str, str, str | None]]:
    """(sign, letter, argument) of a mode string; a missing argument is None."""
    sign, rest = "+", iter(arguments)
    for letter in letters:
        if letter in "+-":
            sign = letter
        elif _takes_argument(sign, letter):
            yield sign, letter, next(rest, None)
        else:
            yield sign, letter, None


def _list(channel: Channel, letter: str) -> Iterator[Reply]:
    line, end = _LISTS[letter]
    for entry in channel.lists.get(letter, {}).values():
        by = entry.by.partition("!")[0]
        yield numeric(line, channel.name, entry.mask, by, str(entry.time // 1000))
    yield numeric(end, channel.name)


def _change(
    view: View, channel: Channel, sign: str, letter: str, argument: str | None
) -> ModeChange | Reply | None:
    """The change that is asked for; None if it would change nothing; or why not."""
    if letter in PREFIX_MODES:
        return _prefix_change(view, channel, sign, letter, argument)
    if letter in LIST_MODES:
        return _list_change(channel, sign, letter, argument or "")
    if letter in KEY_MODES:
        return _key_change(channel, sign, letter, argument)
    if letter in PARAMETER_MODES:
        return _limit_change(channel, sign, letter, argument)
    if letter not in FLAG_MODES:
        return numeric(ERR_UNKNOWNMODE, letter)
    return ModeChange(sign, letter) if (letter in channel.modes) != (sign == "+") else None


def _prefix_change(
    view: View, channel: Channel, sign: str, letter: str, nick: str | None
) -> ModeChange | Reply | None:
    if nick is None:
        return None
    member = view.network.user(nick)
    if member is None:
        return numeric(ERR_NOSUCHNICK, shown(nick))
    held = channel.members.get(member.id)
    if held is None:
        return numeric(ERR_USERNOTINCHANNEL, member.nick, channel.name)
    if (letter in held) == (sign == "+"):
        return None
    return ModeChange(sign, letter, member.nick, member.id)


def _list_change(channel: Channel, sign: str, letter: str, text: str) -> ModeChange | Reply | None:
    mask = full_mask(text)
    if not text or " " in text or len(text) > 250:
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, "*", "Not a mask")
    masks = channel.lists.get(letter, {})
    if (fold(mask) in masks) == (sign == "+"):
        return None
    if sign == "+" and len(masks) >= _LONGEST_LIST:
        return numeric(ERR_BANLISTFULL, channel.name, mask)
    return ModeChange(sign, letter, mask)


def _key_change(
    channel: Channel, sign: str, letter: str, key: str | None
) -> ModeChange | Reply | None:
    if sign == "-":
        # The key need not be known to take it away; everybody sees a star.
        return ModeChange("-", letter, "*") if letter in channel.modes else None
    if key is None:
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, "*", "A key is missing")
    if not key or " " in key or "," in key or key[0] == ":" or len(key) > 50:
        return numeric(ERR_INVALIDKEY, channel.name)
    return ModeChange("+", letter, key)


def _limit_change(
    channel: Channel, sign: str, letter: str, argument: str | None
) -> ModeChange | Reply | None:
    if sign == "-":
        return ModeChange("-", letter) if letter in channel.modes else None
    if argument is None or not argument.isascii() or not argument.isdigit() or int(argument) < 1:
        text = "A limit is a number above 0"
        return numeric(ERR_INVALIDMODEPARAM, channel.name, letter, shown(argument or "*"), text)
    return ModeChange("+", letter, str(min(int(argument), 1_000_000)))


# -- oneself -------------------------------------------------------------------------------


def _user_mode(view: View, session: Session, nick: str, rest: list[str]) -> Iterator[Step]:
    user = view.user(session)
    target = view.network.user(nick)
    if target is None:
        raise Refused(numeric(ERR_NOSUCHNICK, shown(nick)))
    if target is not user:
        raise Refused(numeric(ERR_USERSDONTMATCH))
    if not rest:
        yield numeric(RPL_UMODEIS, "+" + user.modes)
        return
    changes, unknown = _own_changes(user, rest[0])
    if unknown:
        yield numeric(ERR_UMODEUNKNOWNFLAG)
    if changes:
        yield UserModeChanged(user.id, user.source, changes)


def _own_changes(user: User, letters: str) -> tuple[str, bool]:
    """What changes, as `+i-w`, and whether there was a letter nobody knows.

    Nobody makes himself an operator: +o is for OPER alone (RFC 2812 section 3.1.5).
    """
    changes, sign, written, unknown = "", "+", "", False
    for letter in letters:
        if letter in "+-":
            sign = letter
        elif letter not in USER_MODES:
            unknown = True
        elif (letter in user.modes) != (sign == "+") and (letter, sign) != ("o", "+"):
            changes += letter if sign == written else sign + letter
            written = sign
    return changes, unknown
