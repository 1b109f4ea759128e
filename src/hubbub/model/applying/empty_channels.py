"""Who leaves a channel; and what becomes of one that nobody is in (docs/decisions/0011).

What was set in it stays for a while, unless there is nothing set or nobody who could come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...protocol.modes import CLOSED
from ..channel import Channel
from ..user import User

if TYPE_CHECKING:
    from ..network import Network


#: How long a channel that is not registered rests when nobody is in it, and how many may: those
#: that have rested the longest end first.
RESTING_MS = 30 * 24 * 60 * 60 * 1000
MOST_RESTING = 10_000


def remove_member(network: Network, channel: Channel, user: User, time: int) -> None:
    del channel.members[user.id]
    user.channels.discard(channel.key)
    rest_if_empty(network, channel, time)


def rest_if_empty(network: Network, channel: Channel, time: int) -> None:
    """What was set in a channel stays for a while when nobody is in it."""
    if channel.members or channel.founder is not None:
        return
    if channel.is_plain() or not _can_be_entered(network, channel):
        end(network, channel)
    else:
        network.resting[channel.key] = time
        end_rested(network, time)


def _can_be_entered(network: Network, channel: Channel) -> bool:
    """Is there anybody for whom it could rest? Into +i somebody has to let people in."""
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
