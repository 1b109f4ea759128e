"""A whole server in memory, in one thread, without sockets: for tests that read as transcripts.

    chat = Chat()
    alice = chat.irc("alice", join="#tea")
    bob = chat.plain("Bob", join="#tea")
    alice.sends("PRIVMSG #tea :hello")
    assert bob.sees() == ["[#tea] alice: hello"]
    chat.check()          # replay equals live, and the rest that always holds

Nothing sleeps: after each `sends` the log has written, slow work is done and every line is out.
Time stands still until a test moves it: `chat.now += 1000`.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from hubbub.clock import Clock
from hubbub.config import Settings
from hubbub.dialects.interface import Dialect
from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.dialects.plain.dialect import PlainDialect
from hubbub.dialects.plain.entrance import entrance_of
from hubbub.events.kinds import Entry, OperatorChanged
from hubbub.fair_queue import Asker, Budget
from hubbub.hub import Hub
from hubbub.log.base import Log, LogFull
from hubbub.log.memory import MemoryLog
from hubbub.log.writer import Writer
from hubbub.model.network import Network
from hubbub.model.privileges import privileges_of
from hubbub.outbox.batch import Batch
from hubbub.outbox.fanout import deliver
from hubbub.peer import Peer
from hubbub.session import Session
from hubbub.work import Work

START = 1_700_000_000_000  # 2023-11-14T22:13:20Z
HOST = "127.0.0.1"
#: Hashing as cheap as the settings allow: most tests want an account, not a hash.
CHEAP_HASHES = {"accounts__hash_memory": 1024, "accounts__scram_iterations": 4096}


class FullLog(MemoryLog):
    """While `full` it has only the room that was held back, while `stuck` none. `meanwhile` is
    called while it is asked: what others do then."""

    full = False
    stuck = False
    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def append(self, entries: Sequence[Entry]) -> None:
        self.meanwhile()
        if self.stuck:
            raise LogFull("no space left")
        if self.full:
            self.no_room = "no space left"
        super().append(entries)

    def hold_room(self) -> bool:
        if not self.full:
            self.no_room = ""
        return not self.no_room


class InlineWriter(Writer[Batch]):
    """Writes when the test says so, in the test's thread."""

    def __init__(self, log: Log, owner: Any) -> None:
        super().__init__(log, owner)
        self.asked = False
        self.wake = self._ask

    def _ask(self) -> None:
        self.asked = True

    def start(self) -> None:
        pass

    def stop(self) -> None:
        self.write_once()


class InlineWorkers:
    """Does slow work at once."""

    def __init__(self, log: Log, budget: Budget) -> None:
        self._log = log

    def limit(self, budget: Budget) -> None:
        pass

    def submit(self, work: Work, done: Callable[[Any], None], asker: Asker) -> None:
        try:
            result = work.do(self._log)
        except Exception as error:  # as the pool does
            result = error
        done(result)

    def stop(self) -> None:
        pass


class FakeThread:
    """An I/O thread that runs when the test says so."""

    def __init__(self, index: int = 0) -> None:
        self.index = index
        self.pending = 0
        self.released = 0
        self.calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        self.calls.append((function, arguments))

    def at_end_of_turn(self, function: Callable[[], None]) -> bool:
        return False

    def release(self, deliveries: list[Any], number: int) -> None:
        def leave() -> None:
            deliver(deliveries, self.index)
            self.released = number

        self.call(leave)


class Client:
    """One connected client: what it sends, what it sees."""

    def __init__(self, chat: Chat, session: Session) -> None:
        self.chat = chat
        self.session = session
        self.closed = False
        self.received = bytearray()
        session.divert(self.receive)
        session.close = self._close

    def receive(self, data: bytes) -> None:
        self.received += data

    def _close(self) -> None:
        self.closed = True
        self.chat.hub.registry.disconnect(self.session, "Connection closed")

    def sends(self, *lines: str) -> Client:
        """Whole lines, one packet each."""
        for line in lines:
            self.sends_bytes(line.encode() + b"\r\n")
        return self

    def sends_bytes(self, data: bytes) -> Client:
        if not self.session.closing:
            self.chat.hub.receive(self.session, self.session.dialect.receive(data))
        self.chat.settle()
        return self

    def sees(self) -> list[str]:
        """The lines since the last look."""
        text = bytes(self.received).decode()
        self.received.clear()
        return [line.removesuffix("\r") for line in text.split("\n")[:-1]]

    def sees_nothing(self) -> bool:
        return self.sees() == []

    def asks(self, *lines: str) -> list[str]:
        """Send lines; what comes back, earlier lines left out."""
        self.sees()
        return self.sends(*lines).sees()

    def drops(self, reason: str = "Connection reset by peer") -> None:
        """The connection breaks."""
        self.chat.hub.registry.disconnect(self.session, reason)
        self.chat.settle()


def without_times(lines: list[str]) -> list[str]:
    """What was said earlier, as it was told when it was said."""
    return [re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d ", "", line) for line in lines]


class Chat:
    """A hub over a log in memory, and the clients of a test, which live in so many I/O threads by
    turns. `settings` as dotted names:
    Chat(limits__nick_length=20, password="x")."""

    def __init__(
        self,
        log: Log | None = None,
        threads: int = 1,
        steady: Clock | None = None,
        now: int = START,
        **settings: Any,
    ) -> None:
        self.now = now
        self.log: Any = log or MemoryLog("log001")
        # Time stands still here, so that an allowance for each minute would end for good.
        self.settings = with_settings(**{"limits__change_burst": 0, **CHEAP_HASHES, **settings})
        self.threads = [FakeThread(index) for index in range(threads)]
        self.thread = self.threads[0]
        self.hub = Hub(
            self.log,
            self.settings,
            clock=lambda: self.now,
            steady=steady,
            writer=InlineWriter,
            workers=InlineWorkers,  # type: ignore[arg-type]
        )
        self.clients: list[Client] = []
        self._ports = iter(range(40001, 60000))
        self.hub.start(self.threads, "test")
        self.settle()

    @property
    def network(self) -> Network:
        return self.hub.network

    def settle(self) -> None:
        """Until nothing is waiting to be written, done or told."""
        writer = self.hub.outbox.writer
        assert isinstance(writer, InlineWriter)
        while writer.asked or any(thread.calls for thread in self.threads):
            if writer.asked:
                writer.asked = False
                writer.write_once()
            for thread in self.threads:
                while thread.calls:
                    function, arguments = thread.calls.popleft()
                    function(*arguments)

    def has_room(self) -> None:
        """A FullLog has room again, and the writer looks."""
        self.log.full = self.log.stuck = False
        self.hub.outbox.writer.wake()
        self.settle()

    # -- people ----------------------------------------------------------------------------

    def connects(self, dialect: Dialect, host: str = HOST, **peer: Any) -> Client:
        """A connection that has said nothing yet."""
        address = Peer(host, next(self._ports), **peer)
        thread = self.threads[len(self.clients) % len(self.threads)]
        session = self.hub.registry.connect(
            lambda id: Session(id, thread, address, dialect, self.hub.variants)
        )
        client = Client(self, session)
        self.clients.append(client)
        self.hub.registry.greet(session)
        self.settle()
        return client

    def irc(
        self,
        nick: str,
        *,
        caps: str = "",
        join: str = "",
        host: str = HOST,
        link: str = "",
        **peer: Any,
    ) -> Client:
        """An IRC client that is on the network, its welcome already read. `link`: by which
        invitation it comes."""
        client = self.connects(IrcDialect(self.settings.limits.line_length), host, **peer)
        if caps:
            client.sends("CAP LS 302", f"CAP REQ :{caps}")
        if link:
            client.sends(f"PASS {link}")
        client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick} Real")
        if caps:
            client.sends("CAP END")
        if join:
            client.sends(f"JOIN {join}")
        self.forget()
        return client

    def connects_plain(self, host: str = HOST) -> Client:
        """A person with netcat who has not said a name yet."""
        client = self.connects(PlainDialect(entrance=entrance_of(self.settings)), host)
        self.forget()
        return client

    def plain(self, name: str, *, join: str = "", host: str = HOST) -> Client:
        """A person with netcat, in the default channel or in `join`."""
        client = self.connects(PlainDialect(entrance=entrance_of(self.settings)), host)
        client.sends(name)
        if join:
            client.sends(f"/part {self.settings.default_channel}", f"/join {join}")
        self.forget()
        return client

    def forget(self) -> None:
        """Everybody has read everything so far."""
        for client in self.clients:
            client.received.clear()

    def makes_operator(self, client: Client, *classes: str) -> None:
        """Without OPER and its password: the event alone."""
        user = client.session.user
        assert user is not None
        held = privileges_of(classes or ("admin",))
        with self.hub.lock:
            event = OperatorChanged(user.id, user.source, "chief", held)
            self.hub.recorder.record_locked(event, None)
        self.settle()

    # -- what always holds ---------------------------------------------------------------------

    def check(self) -> None:
        """Replay equals live, and the model is sound."""
        check_network(self.network)
        replayed = Network()
        for entry in self.log.read():
            replayed.apply(entry)
        assert replayed.snapshot() == self.network.snapshot()


def check_network(network: Network) -> None:
    """No ghost member, no empty channel kept but those that rest, the nick index exact."""
    for key, channel in network.channels.items():
        assert channel.key == key
        for id in channel.members:
            assert key in network.users[id].channels
    for user in network.users.values():
        assert network.user(user.nick) is user
        for key in user.channels:
            assert user.id in network.channels[key].members
    assert len(network.nicks) == len(network.users)
    ids = sorted(id for each in network.by_account.values() for id in each)
    assert ids == sorted(user.id for user in network.users.values() if user.account is not None)
    assert all(key in network.channels for key, *_ in network.resting.snapshot())
    for key, channel in network.channels.items():
        rests = not channel.members and channel.founder is None
        assert rests == (key in network.resting)
        for id in channel.invited:
            assert key in network.users[id].invited
    for user in network.users.values():
        assert network.lookalike(user.nick) is not None
        for key in user.invited:
            assert user.id in network.channels[key].invited
        assert bool(user.privileges or user.operator) <= ("o" in user.modes)
    counts = Counter(letter for user in network.users.values() for letter in user.modes)
    assert +network.mode_counts == +counts


def with_settings(**changes: Any) -> Settings:
    """The default settings with changes; `limits__nick_length` is limits.nick_length."""
    settings = Settings()
    for name, value in changes.items():
        group, _, inner = name.partition("__")
        if inner:
            value = dataclasses.replace(getattr(settings, group), **{inner: value})
        settings = dataclasses.replace(settings, **{group: value})
    return settings
