"""Remove members from a channel, and rest or end a channel without members (decisions/0011).

Topic, modes and lists of an empty channel are kept for a while, unless none were set or nobody
could rejoin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...protocol.modes import CLOSED
from ..channel import Channel
from ..user import User

if TYPE_CHECKING:
    from ..network import Network


#: How long an unregistered channel rests without members, in ms, and how many may rest. Beyond that
#: the channels that have rested longest end first.
RESTING_MS = 30 * 24 * 60 * 60 * 1000
MOST_RESTING = 10_000


def remove_member(network: Network, channel: Channel, user: User, time: int) -> None:
    del channel.members[user.id]
    user.channels.discard(channel.key)
    rest_if_empty(network, channel, time)


def rest_if_empty(network: Network, channel: Channel, time: int) -> None:
    """Keep the settings of a channel for a while if it has no members now; else do nothing."""
    if channel.members or channel.founder is not None:
        return
    if channel.is_plain() or not _can_be_entered(network, channel):
        end(network, channel)
    else:
        network.resting[channel.key] = time
        end_rested(network, time)


def _can_be_entered(network: Network, channel: Channel) -> bool:
    """Could anybody join the channel? With +i a member would have to invite them."""
    return (
        "i" not in channel.modes
        or bool(channel.returning or channel.invited or channel.lists.get("I"))
        or network.invites.lead_to(channel.key)
    )


def end_rested(network: Network, now: int) -> None:
    while network.resting:
        key, since = next(iter(network.resting.items()))
        if len(network.resting) <= MOST_RESTING and since > now - RESTING_MS:
            return
        end(network, network.channels[key])


def end(network: Network, channel: Channel) -> None:
    for id in channel.invited:
        network.users[id].forget_invitation(channel.key)
    del network.channels[channel.key]
    network.resting.pop(channel.key, None)
    if not CLOSED.isdisjoint(channel.modes):
        network.closed.add(channel.key)
