"""Appliers for messages: find the recipients. Message texts are in the log, not in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ...events.kinds import (
    Entry,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    NoticeGiven,
    Reacted,
    TagsKept,
    TagsRelayed,
    Unreacted,
    WallopsSent,
)
from ...protocol.modes import PREFIX_OF_SIGN, prefixes_from
from ...protocol.names import fold
from ..change import Change
from .appliers import applies

if TYPE_CHECKING:
    from ..network import Network


Addressed: TypeAlias = (
    MessageSent | MessageEdited | MessageRedacted | Reacted | Unreacted | TagsKept | TagsRelayed
)


@applies(MessageSent, MessageEdited, MessageRedacted, Reacted, Unreacted, TagsKept, TagsRelayed)
def addressed(network: Network, entry: Entry, event: Addressed) -> Change:
    """Find the recipients of a message to a channel or a user. The model does not change."""
    if event.recipient is None:
        channel = network.channels.get(fold(event.target))
        if channel is not None:
            if "U" in channel.modes and not channel.members.get(event.user):
                return Change(entry, (), network.holders(channel, "qaoh"))
            return Change(entry, (channel,))
        if event.target[0] not in PREFIX_OF_SIGN:
            return Change(entry)  # an old message of an ended channel was edited
        # STATUSMSG: a sign before the channel name addresses members with that prefix or a higher
        # one.
        letters = prefixes_from(PREFIX_OF_SIGN[event.target[0]])
        channel = network.channels[fold(event.target[1:])]
        return Change(entry, (), network.holders(channel, letters))
    recipient = network.users.get(event.recipient)
    sender = network.users.get(event.user)
    if sender is not None and len(sender.sessions) > 1 and sender is not recipient:
        # The sender's other connections get a copy.
        return Change(entry, (), (recipient, sender) if recipient else (sender,))
    return Change(entry, (), (recipient,) if recipient else ())


@applies(WallopsSent)
def wallops_sent(network: Network, entry: Entry, event: WallopsSent) -> Change:
    return Change(entry, (), network.with_mode("w"))


@applies(NoticeGiven)
def notice_given(network: Network, entry: Entry, event: NoticeGiven) -> Change:
    return Change(entry, (), network.with_mode("s"))
