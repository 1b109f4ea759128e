"""Appliers for channels: membership, modes, topic, ownership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...events.conversations import moved
from ...events.kinds import (
    ChannelAccessChanged,
    ChannelEnded,
    ChannelImported,
    ChannelModeChanged,
    ChannelModesLocked,
    ChannelOffered,
    ChannelRegistered,
    ChannelRenamed,
    ChannelTransferred,
    ChannelUnregistered,
    Entry,
    HistoryPutAside,
    Invited,
    Joined,
    Kicked,
    Knocked,
    ModeChange,
    Parted,
    TopicChanged,
)
from ...protocol.modes import LIST_MODES, PREFIX_MODES, sort_prefixes
from ...protocol.names import fold
from ..change import Change
from ..channel import Channel, ListEntry
from .appliers import applies
from .empty_channels import end, is_left, remove_member, rest_if_empty, unlock

if TYPE_CHECKING:
    from ..network import Network


@applies(Joined)
def joined(network: Network, entry: Entry, event: Joined) -> Change:
    key, user = fold(event.channel), network.users[event.user]
    channel = network.channels.get(key)
    if channel is None:
        channel = network.channels[key] = Channel(event.channel, key, entry.time)
        channel.entered = entry.position
        channel.maker = user.customer
        network.closed.pop(key, None)
    elif is_left(network, channel, entry.time):
        unlock(channel)
        channel.entered = entry.position
    channel.members[event.user] = event.modes
    channel.invited.discard(event.user)
    network.resting.drop(key)
    if user.account is not None:
        channel.returning.discard(fold(user.account))
    user.forget_invitation(key)
    user.channels.add(key)
    if network.is_hidden(channel, user):
        return Change(entry, (), (*network.holders(channel, PREFIX_MODES), user))
    return Change(entry, (channel,))


@applies(Parted)
def parted(network: Network, entry: Entry, event: Parted) -> Change:
    user = network.users[event.user]
    channel = network.channels[fold(event.channel)]
    hidden = network.is_hidden(channel, user)
    remove_member(network, channel, user, entry.time)
    if hidden:
        return Change(entry, (), (*network.holders(channel, PREFIX_MODES), user))
    return Change(entry, (channel,), (user,))


@applies(Kicked)
def kicked(network: Network, entry: Entry, event: Kicked) -> Change:
    target = network.users[event.target]
    channel = network.channels[fold(event.channel)]
    remove_member(network, channel, target, entry.time)
    return Change(entry, (channel,), (target,))


@applies(TopicChanged)
def topic_changed(network: Network, entry: Entry, event: TopicChanged) -> Change:
    channel = network.channels[fold(event.channel)]
    channel.topic = event.topic
    channel.topic_by = event.source
    channel.topic_time = entry.time
    return Change(entry, (channel,))


@applies(ChannelRenamed)
def channel_renamed(network: Network, entry: Entry, event: ChannelRenamed) -> Change:
    """Rename a channel. The handler notifies the members one by one
    (handlers/channels/rename.py)."""
    old, new = fold(event.old), fold(event.channel)
    channel = network.channels.pop(old)
    channel.name, channel.key, channel.renamed = event.channel, new, entry.time
    network.channels[new] = channel
    network.closed.pop(new, None)
    for id in channel.members:
        network.users[id].channels.discard(old)
        network.users[id].channels.add(new)
    for id in channel.invited:
        network.users[id].forget_invitation(old)
        network.users[id].invited |= {new}
    network.invites.renamed(old, event.channel)
    call_otherwise(network, moved(event, entry.position))
    return Change(entry)


@applies(ChannelEnded)
def channel_ended(network: Network, entry: Entry, event: ChannelEnded) -> Change:
    end(network, network.channels[fold(event.channel)])
    return Change(entry)


@applies(ChannelImported)
def channel_imported(network: Network, entry: Entry, event: ChannelImported) -> Change:
    key = fold(event.channel)
    channel = network.channels.get(key)
    if channel is None:
        channel = network.channels[key] = Channel(event.channel, key, entry.time)
        network.closed.pop(key, None)
    channel.imported = True
    if event.topic and not channel.topic:
        channel.topic, channel.topic_by = event.topic, event.topic_by
        channel.topic_time = event.topic_time
    return Change(entry)


@applies(HistoryPutAside)
def history_put_aside(network: Network, entry: Entry, event: HistoryPutAside) -> Change:
    network.closed.pop(fold(event.channel), None)
    network.invites.ended(fold(event.channel))
    call_otherwise(network, moved(event, entry.position))
    return Change(entry)


@applies(ChannelModeChanged)
def channel_mode_changed(network: Network, entry: Entry, event: ChannelModeChanged) -> Change:
    channel = network.channels[fold(event.channel)]
    for change in event.changes:
        _change_mode(channel, change, event.source, entry.time)
    return Change(entry, (channel,))


def _change_mode(channel: Channel, change: ModeChange, by: str, time: int) -> None:
    sign, letter, argument, member = change
    if letter in PREFIX_MODES:
        if member is not None and member in channel.members:
            held = channel.members[member].replace(letter, "")
            channel.members[member] = sort_prefixes(held + letter if sign == "+" else held)
    elif letter in LIST_MODES:
        masks = channel.lists.setdefault(letter, {})
        mask = argument or ""
        if sign == "+":
            masks[fold(mask)] = ListEntry(mask, by, time)
        else:
            masks.pop(fold(mask), None)
    elif sign == "+":
        channel.modes[letter] = argument
    else:
        channel.modes.pop(letter, None)


@applies(Invited)
def invited(network: Network, entry: Entry, event: Invited) -> Change:
    channel = network.channels.get(fold(event.channel))
    target = network.users[event.target]
    if channel is None:
        return Change(entry, (), (target,))
    channel.invited.add(target.id)
    target.invited |= {channel.key}
    return Change(entry, (channel,), (target,))


@applies(Knocked)
def knocked(network: Network, entry: Entry, event: Knocked) -> Change:
    return Change(entry, (), network.holders(network.channels[fold(event.channel)], "qaoh"))


def call_otherwise(network: Network, names: dict[str, str]) -> None:
    """Rename conversations everywhere in the model: old name -> new name."""
    for markers in network.markers.values() if names else ():
        markers.update({new: markers.pop(old) for old, new in names.items() if old in markers})
    network.files.renamed(names)


@applies(ChannelRegistered)
def channel_registered(network: Network, entry: Entry, event: ChannelRegistered) -> Change:
    channel = network.channels[fold(event.channel)]
    channel.founder = event.founder
    channel.registered = entry.time
    network.resting.drop(channel.key)
    channel.modes["r"] = None
    return Change(entry, (channel,))


@applies(ChannelUnregistered)
def channel_unregistered(network: Network, entry: Entry, event: ChannelUnregistered) -> Change:
    channel = network.channels[fold(event.channel)]
    channel.founder = channel.offered = None
    channel.registered, channel.locked = 0, ""
    channel.access.clear()
    channel.modes.pop("r", None)
    rest_if_empty(network, channel, entry.time)
    return Change(entry, (channel,))


@applies(ChannelOffered)
def channel_offered(network: Network, entry: Entry, event: ChannelOffered) -> Change:
    network.channels[fold(event.channel)].offered = event.account
    return Change(entry)


@applies(ChannelTransferred)
def channel_transferred(network: Network, entry: Entry, event: ChannelTransferred) -> Change:
    channel = network.channels[fold(event.channel)]
    channel.founder, channel.offered = event.founder, None
    return Change(entry)


@applies(ChannelAccessChanged)
def channel_access_changed(network: Network, entry: Entry, event: ChannelAccessChanged) -> Change:
    channel, key = network.channels[fold(event.channel)], fold(event.account)
    if event.modes:
        channel.access[key] = (event.account, sort_prefixes(event.modes))
    else:
        channel.access.pop(key, None)
    return Change(entry)


@applies(ChannelModesLocked)
def channel_modes_locked(network: Network, entry: Entry, event: ChannelModesLocked) -> Change:
    network.channels[fold(event.channel)].locked = event.modes
    return Change(entry)
