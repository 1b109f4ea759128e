"""The MONITOR lists of all sessions, and the notifications for watchers.

Not part of the network's state: it belongs to connections, and is gone with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...events.kinds import NickChanged, UserConnected, UserQuit
from ...model.change import Change
from ...model.network import Network
from ...protocol.message import Reply
from ...protocol.names import fold
from ...protocol.numerics import RPL_MONOFFLINE, RPL_MONONLINE, numeric
from ...session import Session


class MonitorLists:
    def __init__(self) -> None:
        self._watched: dict[Session, dict[str, str]] = {}  # folded nick -> nick as given
        self._by_nick: dict[str, set[Session]] = {}

    def of(self, session: Session) -> Collection[str]:
        """The nicks that `session` watches, as given."""
        return self._watched.get(session, {}).values()

    def has(self, session: Session, nick: str) -> bool:
        return fold(nick) in self._watched.get(session, {})

    def watching(self, nick: str) -> Collection[Session]:
        """The sessions that watch `nick`."""
        return self._by_nick.get(fold(nick), ())

    def add(self, session: Session, nick: str) -> None:
        self._watched.setdefault(session, {}).setdefault(fold(nick), nick)
        self._by_nick.setdefault(fold(nick), set()).add(session)

    def remove(self, session: Session, nick: str) -> None:
        key = fold(nick)
        if self._watched.get(session, {}).pop(key, None) is not None:
            self._by_nick[key].discard(session)
            if not self._by_nick[key]:
                del self._by_nick[key]

    def forget(self, session: Session) -> None:
        """Remove the list of `session`."""
        for nick in list(self.of(session)):
            self.remove(session, nick)
        self._watched.pop(session, None)

    # -- what they are told ------------------------------------------------------------------

    def notices(self, change: Change) -> Iterator[tuple[Session, Reply]]:
        """Notifications for one of ARRIVALS (events/kinds.py): pairs of watcher and reply."""
        if not self._by_nick:
            return
        event = change.entry.event
        if isinstance(event, UserConnected):
            source = f"{event.nick}!{event.username}@{event.host}"
            yield from self._tell(event.nick, numeric(RPL_MONONLINE, source))
        elif isinstance(event, UserQuit):
            nick = event.source.partition("!")[0]
            yield from self._tell(nick, numeric(RPL_MONOFFLINE, nick))
        elif isinstance(event, NickChanged):
            old, _, rest = event.source.partition("!")
            if fold(old) != fold(event.nick):
                yield from self._tell(old, numeric(RPL_MONOFFLINE, old))
                yield from self._tell(event.nick, numeric(RPL_MONONLINE, f"{event.nick}!{rest}"))

    def _tell(self, nick: str, reply: Reply) -> Iterator[tuple[Session, Reply]]:
        for session in self._by_nick.get(fold(nick), ()):
            yield session, reply

    def strangers(self, change: Change, network: Network) -> list[Session]:
        """For one of NEWS_OF_PEOPLE: watchers with extended-monitor that receive it in no other
        way."""
        user = network.users.get(change.entry.event.user)  # type: ignore[union-attr]
        if user is None:
            return []
        return [
            session
            for session in self._by_nick.get(fold(user.nick), ())
            if "extended-monitor" in session.caps
            and session.user is not None
            and session.user is not user
            and not network.share_channel(session.user, user)
        ]
