"""Permission checks: may this user do that? Pure functions; a refusal is returned as the numeric or
the reason to send."""

from __future__ import annotations

import hmac

from ..protocol.modes import (
    HALF_OPERATOR,
    LIST_MODES,
    OPERATOR,
    PREFIX_OF_SIGN,
    rank,
    sort_prefixes,
)
from ..protocol.names import fold
from ..protocol.numerics import (
    ERR_BADCHANNELKEY,
    ERR_BANNEDFROMCHAN,
    ERR_CHANNELISFULL,
    ERR_INVITEONLYCHAN,
    ERR_NEEDREGGEDNICK,
    ERR_SECUREONLYCHAN,
    Numeric,
)
from .channel import Channel
from .masks import applies, parsed
from .user import User

# -- standing in a channel -----------------------------------------------------------------


def standing(channel: Channel, user: User) -> int:
    """The rank of the user's highest prefix; 0 without a prefix or outside the channel."""
    return rank(channel.members.get(user.id, ""))


def is_operator(channel: Channel, user: User) -> bool:
    return standing(channel, user) >= OPERATOR


def is_half_operator(channel: Channel, user: User) -> bool:
    """Is the user half-operator or more?"""
    return standing(channel, user) >= HALF_OPERATOR


def has_voice(channel: Channel, user: User) -> bool:
    """Does the user hold any prefix?"""
    return bool(channel.members.get(user.id))


def may_give_prefix(channel: Channel, user: User, letter: str) -> bool:
    """A founder may give every prefix, admins and operators up to +o, half-operators +v."""
    wanted = rank(letter)
    if wanted > OPERATOR:
        return standing(channel, user) >= rank("q")
    return standing(channel, user) >= (OPERATOR if wanted >= HALF_OPERATOR else HALF_OPERATOR)


def may_take_prefix(channel: Channel, user: User, letter: str, member: User) -> bool:
    """A user may take the prefixes they may give, except from a higher rank, and always their
    own."""
    if member is user:
        return True
    return may_give_prefix(channel, user, letter) and (
        standing(channel, user) >= standing(channel, member)
    )


def may_set_mode(channel: Channel, user: User, letter: str) -> bool:
    """Modes other than prefixes: operators may set all, half-operators only the list modes."""
    return standing(channel, user) >= (HALF_OPERATOR if letter in LIST_MODES else OPERATOR)


def may_kick(channel: Channel, user: User, target: User) -> bool:
    """Nobody may kick a higher rank, and half-operators may not kick each other."""
    own, theirs = standing(channel, user), standing(channel, target)
    return (own >= OPERATOR and own >= theirs) or own == HALF_OPERATOR > theirs


def may_set_topic(channel: Channel, user: User) -> bool:
    return "t" not in channel.modes or is_half_operator(channel, user)


def is_nobodys(channel: Channel) -> bool:
    """Has the channel neither members nor an owner? The first to join then becomes operator."""
    return not channel.members and channel.founder is None


# -- seeing --------------------------------------------------------------------------------


def sees_channel(channel: Channel, user: User) -> bool:
    """May the user know that the channel exists?"""
    return "s" not in channel.modes or user.id in channel.members or user.may("see")


def sees_inside(channel: Channel, user: User) -> bool:
    """May the user read topic and member list?"""
    return user.id in channel.members or "s" not in channel.modes or user.may("see")


def sees_member(channel: Channel, user: User, member: User) -> bool:
    """May `user`, who sees the channel's inside, see `member` in it? In an auditorium (+u) members
    without a prefix are visible only to members with one, not even to themselves."""
    if "u" not in channel.modes or user.may("see"):
        return True
    return bool(channel.members.get(user.id)) or bool(channel.members.get(member.id))


def sees_in(channel: Channel, asker: User, user: User) -> bool:
    """May the asker know that `user` is in `channel`? Outsiders are not shown who is invisible
    (user mode +i; RFC 2812 section 3.2.5)."""
    if user is asker:
        return True
    if not sees_member(channel, asker, user):
        return False
    if asker.id in channel.members or asker.may("see"):
        return True
    return "i" not in user.modes and sees_channel(channel, asker)


def sees_in_list(channel: Channel, asker: User, user: User) -> bool:
    """Do NAMES and WHO of the channel show `user` to the asker?"""
    return sees_member(channel, asker, user) and sees_in(channel, asker, user)


def conversations(channel: Channel, user: User) -> tuple[str, ...]:
    """The conversations of a channel whose history `user` may read now.

    A member reads what was sent to the whole channel, and with a prefix also what was sent to
    holders of that prefix or a lower one (@#tea, or +U). A banned member reads nothing unless a
    prefix outweighs the ban, the same rule as for speaking.
    """
    held = channel.members.get(user.id)
    if held is None or (not held and is_banned(channel, user)):
        return ()
    signs = (sign for sign, letter in PREFIX_OF_SIGN.items() if rank(held) >= rank(letter))
    return (channel.key, *(sign + channel.key for sign in signs))


# -- entering and speaking -----------------------------------------------------------------


def on_list(channel: Channel, letter: str, user: User) -> bool:
    """Does a mask of the list, mutes excepted, match `user`?"""
    masks = channel.lists.get(letter)
    if not masks:
        return False
    for entry in masks.values():
        ban = parsed(entry.mask)
        if not ban.mutes and applies(ban, user):
            return True
    return False


def _listed(channel: Channel, letter: str, user: User) -> bool:
    """Does a mask of the list, mutes included, match `user`?"""
    masks = channel.lists.get(letter)
    return masks is not None and any(applies(parsed(entry.mask), user) for entry in masks.values())


def is_banned(channel: Channel, user: User) -> bool:
    return on_list(channel, "b", user) and not on_list(channel, "e", user)


def prefixes_of(channel: Channel, account: str | None) -> str:
    """The prefix modes that an account is entitled to in a registered channel."""
    if account is None or channel.founder is None:
        return ""
    held = channel.access.get(fold(account), ("", ""))[1]
    return sort_prefixes("q" + held) if channel.founder == account else held


def comes_back(channel: Channel, user: User) -> bool:
    """Was the user's account in the channel when its connection or the server ended?"""
    return user.account is not None and fold(user.account) in channel.returning


def may_not_join(channel: Channel, user: User, key: str) -> Numeric | None:
    """The reason why `user` may not join, or None. An invitation overrides every mode and ban."""
    modes = channel.modes
    if user.id in channel.invited:
        return None
    if channel.founder is not None and rank(prefixes_of(channel, user.account)) >= OPERATOR:
        return None  # has operator access, but has not joined yet
    if "k" in modes and not is_key(channel, key):
        return ERR_BADCHANNELKEY
    if "i" in modes and not (comes_back(channel, user) or on_list(channel, "I", user)):
        return ERR_INVITEONLYCHAN
    if is_banned(channel, user):
        return ERR_BANNEDFROMCHAN
    if "R" in modes and user.account is None and not on_list(channel, "I", user):
        return ERR_NEEDREGGEDNICK
    if "z" in modes and not user.secure:
        return ERR_SECUREONLYCHAN
    most = modes.get("l")
    if most is not None and len(channel.members) >= int(most):
        return ERR_CHANNELISFULL
    return None


def is_key(channel: Channel, key: str) -> bool:
    """Is this the key (mode +k) of a channel that has one?"""
    return hmac.compare_digest((channel.modes["k"] or "").encode(), key.encode())


def may_not_speak(channel: Channel, user: User) -> str | None:
    """The mode that prevents `user` from speaking, or None. Holders of a prefix may always
    speak."""
    held = channel.members.get(user.id)
    if held:
        return None
    modes = channel.modes
    if held is None and "n" in modes:
        return "+n"
    if "m" in modes:
        return "+m"
    if "M" in modes and user.account is None:
        return "+M"
    if channel.lists.get("b") and _listed(channel, "b", user) and not _listed(channel, "e", user):
        return "+b"
    return None


def may_speak(channel: Channel, user: User) -> bool:
    return may_not_speak(channel, user) is None


def may_not_write_to(user: User, recipient: User) -> bool:
    """Does `recipient` accept messages only from users with an account (+R)?"""
    return "R" in recipient.modes and user.account is None and user is not recipient
