"""Find the recipients of a change, as a snapshot of sessions.

The audience of a channel is computed once and cached until its members or their capabilities
change, so a message to a thousand members costs one lookup. It is a snapshot because lines are sent
after the disk has them: a user who joins meanwhile must not get earlier messages. When a user joins
or leaves, a new audience is derived from the old one; otherwise every join would look up all
members again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ..dialects.variant import Variant
from ..model.change import Change
from ..model.channel import Channel
from ..model.user import User
from ..session import Session

#: The sessions of one I/O thread, grouped by variant.
Share: TypeAlias = tuple[tuple[Variant, tuple[Session, ...]], ...]


class Audience:
    """Sessions grouped by I/O thread and variant; compared by identity."""

    __slots__ = ("shares",)

    def __init__(self, sessions: Iterable[Session]) -> None:
        threads: dict[int, dict[Variant, list[Session]]] = {}
        for session in sessions:
            variants = threads.setdefault(session.thread.index, {})
            variants.setdefault(session.variant, []).append(session)
        self.shares: dict[int, Share] = {
            index: tuple((variant, tuple(members)) for variant, members in variants.items())
            for index, variants in threads.items()
        }

    def with_(self, sessions: Iterable[Session]) -> Audience:
        """A new audience with `sessions` added."""
        changed = Audience(())
        changed.shares = dict(self.shares)
        for session in sessions:
            share = dict(changed.shares.get(session.thread.index, ()))
            members = share.get(session.variant, ())
            if session not in members:
                share[session.variant] = (*members, session)
                changed.shares[session.thread.index] = tuple(share.items())
        return changed

    def without(self, sessions: Iterable[Session]) -> Audience:
        """A new audience with `sessions` removed."""
        changed = Audience(())
        changed.shares = dict(self.shares)
        for session in sessions:
            share = dict(changed.shares.pop(session.thread.index, ()))
            left = [each for each in share.pop(session.variant, ()) if each is not session]
            if left:
                share[session.variant] = tuple(left)
            if share:
                changed.shares[session.thread.index] = tuple(share.items())
        return changed


class Audiences:
    """Finds the audience of a change, and caches those of channels."""

    def __init__(self, sessions: dict[int, Session], users: dict[int, User]) -> None:
        self._sessions = sessions
        self._users = users
        #: Audiences of channels by channel key.
        self.kept: dict[str, Audience] = {}

    def forget(self, channel_keys: Iterable[str]) -> None:
        """Drop the caches of channels whose members or their capabilities have changed."""
        for key in channel_keys:
            self.kept.pop(key, None)

    def joined(self, key: str, user: User) -> None:
        audience = self.kept.get(key)
        if audience is not None:
            self.kept[key] = audience.with_(self._sessions_of((user,)))

    def left(self, key: str, user: User) -> None:
        audience = self.kept.pop(key, None)
        if audience is not None:
            rest = audience.without(self._sessions_of((user,)))
            if rest.shares:
                self.kept[key] = rest

    def of_channel(self, channel: Channel) -> Audience:
        audience = self.kept.get(channel.key)
        if audience is None:
            users = self._users
            members = (users[id] for id in channel.members)
            audience = Audience(self._sessions_of(members))
            if audience.shares:  # do not cache channels that have ended
                self.kept[channel.key] = audience
        return audience

    def of_users(self, users: Iterable[User]) -> Audience:
        return Audience(self._sessions_of(users))

    def of_channels(self, channels: Iterable[Channel]) -> Audience:
        """Everybody in any of `channels`, once."""
        ids = {id for channel in channels for id in channel.members}
        return Audience(self._sessions_of(self._users[id] for id in sorted(ids)))

    def of(self, change: Change) -> list[tuple[Change, Audience]]:
        """The members of the channels, and separately the users who are named but in none of them.
        Those get the change without its channels, by which writers tell the cases apart."""
        channels, users = change.channels, change.users
        told = []
        if channels:
            audience = (
                self.of_channel(channels[0]) if len(channels) == 1 else self.of_channels(channels)
            )
            told.append((change, audience))
        if not users:
            return told
        outside = [
            user for user in users if not any(user.id in channel.members for channel in channels)
        ]
        if outside:
            told.append((change._replace(channels=()), self.of_users(outside)))
        return told

    def _sessions_of(self, users: Iterable[User]) -> Iterable[Session]:
        for user in users:
            for id in user.sessions:
                session = self._sessions.get(id)
                if session is not None:
                    yield session
