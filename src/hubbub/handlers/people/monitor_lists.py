"""The MONITOR lists of all sessions, and the notifications for watchers.

Not part of the network's state: it belongs to connections, and is gone with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ...model.change import Change
from ...model.network import Network
from ...model.user import User
from ...protocol.message import Reply
from ...protocol.names import fold
from ...protocol.numerics import RPL_MONOFFLINE, RPL_MONONLINE, Numeric, numeric
from ...session import Session


def as_watched(watched: str, nick: str) -> str:
    """The nick of a user as it is written, or the other nick of the user that a client watches."""
    return nick if fold(nick) == fold(watched) else watched


class MonitorLists:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._watched: dict[Session, dict[str, str]] = {}  # folded nick -> nick as given
        self._by_nick: dict[str, set[Session]] = {}
        #: Of watched nicks: the id of the user that watchers were told of, and the other way round.
        self._users: dict[str, int] = {}
        self._nicks_of: dict[int, set[str]] = {}

    def of(self, session: Session) -> Collection[str]:
        """The nicks that `session` watches, as given."""
        return self._watched.get(session, {}).values()

    def has(self, session: Session, nick: str) -> bool:
        return fold(nick) in self._watched.get(session, {})

    def watching(self, nick: str) -> Collection[Session]:
        """The sessions that watch `nick`."""
        return self._by_nick.get(fold(nick), ())

    def add(self, session: Session, nick: str) -> None:
        key = fold(nick)
        self._watched.setdefault(session, {}).setdefault(key, nick)
        self._by_nick.setdefault(key, set()).add(session)
        self._note(key, self._network.person(nick))

    def remove(self, session: Session, nick: str) -> None:
        key = fold(nick)
        if self._watched.get(session, {}).pop(key, None) is not None:
            self._by_nick[key].discard(session)
            if not self._by_nick[key]:
                del self._by_nick[key]
                self._note(key, None)

    def forget(self, session: Session) -> None:
        """Remove the list of `session`."""
        for nick in list(self.of(session)):
            self.remove(session, nick)
        self._watched.pop(session, None)

    def _note(self, key: str, user: User | None) -> None:
        """Note whom the watchers of a nick were told of."""
        before = self._users.pop(key, None)
        if before is not None:
            self._nicks_of[before].discard(key)
            if not self._nicks_of[before]:
                del self._nicks_of[before]
        if user is not None:
            self._users[key] = user.id
            self._nicks_of.setdefault(user.id, set()).add(key)

    # -- what they are told ------------------------------------------------------------------

    def notices(self, change: Change) -> Iterator[tuple[Session, Reply]]:
        """Notifications for one of ARRIVALS (events/kinds.py): pairs of watcher and reply."""
        if not self._by_nick:
            return
        event = change.entry.event
        former = getattr(event, "source", "").partition("!")[0]
        came: list[tuple[str, User]] = []
        for key in self._concerned(event):
            user, was_here = self._network.person(key), key in self._users
            self._note(key, user)
            if was_here and user is None:
                yield from self._tell(key, RPL_MONOFFLINE, former, "")
            elif not was_here and user is not None:
                came.append((key, user))
        for key, user in came:
            rest = f"!{user.username}@{user.host}"
            yield from self._tell(key, RPL_MONONLINE, user.nick, rest)

    def _concerned(self, event: Any) -> list[str]:
        """The watched nicks that the event may have given to another user, or to nobody."""
        nicks = self._nicks_of.get(getattr(event, "user", 0), set())
        named = {fold(getattr(event, name, "") or "") for name in ("nick", "account")}
        account = self._network.accounts.get(getattr(event, "account", None))
        owned = account.nicks.keys() if account is not None else set()
        return sorted(key for key in nicks | named | owned if key in self._by_nick)

    def _tell(
        self, key: str, code: Numeric, nick: str, rest: str
    ) -> Iterator[tuple[Session, Reply]]:
        for session in self._by_nick[key]:
            yield session, numeric(code, as_watched(self._watched[session][key], nick) + rest)

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
