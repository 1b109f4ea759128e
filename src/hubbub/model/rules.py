"""May X do Y? Pure questions, pure answers. A refusal is the numeric that says why."""

from __future__ import annotations

import hmac

from ..dialects.irc.numerics import (
    ERR_BADCHANNELKEY,
    ERR_BANNEDFROMCHAN,
    ERR_CHANNELISFULL,
    ERR_INVITEONLYCHAN,
    Numeric,
)
from .channel import Channel
from .masks import matches
from .user import User


def is_operator(channel: Channel, user: User) -> bool:
    return "o" in channel.members.get(user.id, "")


def has_voice(channel: Channel, user: User) -> bool:
    """Holds any prefix."""
    return bool(channel.members.get(user.id))


def sees_channel(channel: Channel, user: User) -> bool:
    """May know that it exists."""
    return "s" not in channel.modes or user.id in channel.members


def sees_inside(channel: Channel, user: User) -> bool:
    """May read its topic and members."""
    return user.id in channel.members or "s" not in channel.modes


def on_list(channel: Channel, letter: str, user: User) -> bool:
    masks = channel.lists.get(letter)
    return masks is not None and any(matches(each.mask, user.source) for each in masks.values())


def is_banned(channel: Channel, user: User) -> bool:
    return on_list(channel, "b", user) and not on_list(channel, "e", user)


def may_not_join(channel: Channel, user: User, key: str) -> Numeric | None:
    """Why `user` may not enter, or None."""
    if user.id in channel.invited:
        return None
    wanted = channel.modes.get("k")
    if wanted is not None and not hmac.compare_digest(wanted.encode(), key.encode()):
        return ERR_BADCHANNELKEY
    if "i" in channel.modes and not on_list(channel, "I", user):
        return ERR_INVITEONLYCHAN
    if is_banned(channel, user):
        return ERR_BANNEDFROMCHAN
    most = channel.modes.get("l")
    if most is not None and len(channel.members) >= int(most):
        return ERR_CHANNELISFULL
    return None


def may_speak(channel: Channel, user: User) -> bool:
    held = channel.members.get(user.id)
    if held:
        return True
    if held is None and "n" in channel.modes:
        return False
    if "m" in channel.modes:
        return False
    return not channel.lists.get("b") or not is_banned(channel, user)


def may_set_topic(channel: Channel, user: User) -> bool:
    return "t" not in channel.modes or is_operator(channel, user)


def may_kick(channel: Channel, user: User, target: User) -> bool:
    return is_operator(channel, user)
