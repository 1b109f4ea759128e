"""Give users the prefix modes that their account has in a registered channel."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import ChannelModeChanged, ModeChange
from ...model import rules
from ...model.channel import Channel
from ...model.user import User
from ..context import Context


def service_source(name: str, context: Context) -> str:
    """nick!username@host of a service of the server."""
    return f"{name}!{name}@services.{context.server.name}"


def give_prefixes(context: Context, channel: Channel, user: User) -> Iterator[ChannelModeChanged]:
    """Give `user`, a member of the channel, the prefixes it is entitled to and lacks."""
    held = channel.members.get(user.id, "")
    missing = [letter for letter in rules.prefixes_of(channel, user.account) if letter not in held]
    if missing:
        changes = [ModeChange("+", letter, user.nick, user.id) for letter in missing]
        yield by_service(context, channel, changes)


def by_service(context: Context, channel: Channel, changes: list[ModeChange]) -> ChannelModeChanged:
    """A mode change made by ChanServ."""
    return ChannelModeChanged(0, service_source("ChanServ", context), channel.name, tuple(changes))
