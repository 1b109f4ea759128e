"""Remove members from a channel, and rest or end a channel without members (decisions/0011).

A lock lasts as long as somebody is in the room, or an account holds it (a registered channel). When
the last member leaves, a closed channel ends; an open one keeps topic, metadata and modes, without
bans, limit and forward, for a while (an imported one for ever). Only after a start of the server,
which everybody left at once, the locks hold for GRACE_MS more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..channel import Channel
from ..resting import Rest
from ..user import User

if TYPE_CHECKING:
    from ..network import Network

#: How long locks hold after a start of the server, in ms: time to reconnect.
GRACE_MS = 10 * 60 * 1000
#: Modes besides CLOSED that keep people out.
_BARRIERS = ("f", "l")


def remove_member(
    network: Network, channel: Channel, user: User, time: int, grace: int = 0
) -> None:
    del channel.members[user.id]
    user.channels.discard(channel.key)
    rest_if_empty(network, channel, time, grace)


def rest_if_empty(network: Network, channel: Channel, time: int, grace: int = 0) -> None:
    """Keep the settings of a channel for a while if it has no members now, its locks for `grace`
    milliseconds; else do nothing."""
    if channel.members or channel.founder is not None:
        return
    if network.locks_end and not grace:
        if channel.is_closed():
            end(network, channel)
            return
        unlock(channel)
    ends = channel.is_plain() or not _can_be_entered(network, channel)
    if ends and not channel.imported:
        end(network, channel)
    else:
        locked_until = time + grace if network.locks_end else None
        network.resting.add(channel.key, Rest(time, channel.maker, locked_until))
        end_rested(network, time)


def is_left(network: Network, channel: Channel, time: int) -> bool:
    """Do others no longer hold a channel that they left here?"""
    if channel.key in network.resting:
        return network.resting.is_open(channel.key, time)
    return channel.imported and not channel.members and channel.founder is None


def unlock(channel: Channel) -> None:
    """Remove what keeps people out of an open channel."""
    channel.lists.clear()
    for letter in _BARRIERS:
        channel.modes.pop(letter, None)


def _can_be_entered(network: Network, channel: Channel) -> bool:
    """Could anybody join the channel? With +i a member would have to invite them."""
    return (
        "i" not in channel.modes
        or bool(channel.returning or channel.invited or channel.lists.get("I"))
        or network.invites.lead_to(channel.key)
    )


def end_rested(network: Network, now: int) -> None:
    while (key := network.resting.next_to_end(now, fair=network.locks_end)) is not None:
        channel = network.channels[key]
        if channel.imported:  # it is there as long as its history
            unlock(channel)
            network.resting.drop(key)
        else:
            end(network, channel)


def end(network: Network, channel: Channel) -> None:
    for id in channel.invited:
        network.users[id].forget_invitation(channel.key)
    del network.channels[channel.key]
    network.resting.drop(channel.key)
    if channel.is_closed():
        network.closed[channel.key] = None
