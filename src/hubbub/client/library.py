"""The client library for programs: connect, join, send, receive. Combines `connection` and `state`.

    async with Client(nick="Echo") as client:
        async for message in client.messages():
            await client.send(message.where, message.text)

One task owns the connection and the state, from `connect` to `close`; everything else runs between
its iterations in the same event loop, so no locks are needed. The client reconnects by itself while
it is open.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from hubbub.client import events as ev
from hubbub.client import uploading
from hubbub.client.connection import Backoff, Link, ServerAddress, open_link
from hubbub.client.errors import (
    AccountNeededError,
    ClientError,
    ConnectError,
    LinkLostError,
    NickTakenError,
    NotDeliveredError,
    PasswordNeededError,
)
from hubbub.client.events import Event
from hubbub.client.receiving import receive
from hubbub.client.state import State


class Patience(NamedTuple):
    """Timeouts of the client, in seconds."""

    #: From the connect until the server has registered the client, or requested another nick.
    register: float = 15.0
    #: Until each channel was joined or refused.
    join: float = 5.0
    #: Without input, before a PING is sent.
    ping_every: float = 20.0
    #: Without input after a PING, before the connection counts as lost.
    silence: float = 20.0
    #: Between two requests for the nick that was in use at the reconnect.
    regain_every: float = 15.0
    #: From QUIT until the server has closed the connection.
    farewell: float = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A confirmed message: a Hubbub server has it on disk. `msgid` is empty if the server sent
    none.
    """

    msgid: str
    time: datetime | None


Observer = Callable[[Event], None]
_T = TypeVar("_T")
_Answer = Callable[[Event], _T | None]


class Client:
    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 50000,
        *,
        nick: str,
        channels: Iterable[str] = ("#lobby",),
        tls: bool = False,
        fingerprint: str = "",
        invitation: str = "",
        password: str = "",
        observer: Observer | None = None,
        backoff: Backoff | None = None,
        patience: Patience | None = None,
        most_unread: int = 10_000,
    ) -> None:
        """`password` is the server's, or that of the account where one is required.

        `observer` is called with every event and must not block; `messages()` is for programs
        without an observer. Up to `most_unread` messages are kept for it; beyond that the oldest
        are dropped, and `overlooked` counts them.
        """
        self.server = ServerAddress(host, port, tls, fingerprint)
        self.state = State(nick, run=secrets.token_hex(6), channels=channels)
        self.state.invitation = invitation
        self.state.password = password
        self.rtt: float | None = None
        """Seconds from the last PING to its PONG."""
        self._observer = observer
        self._backoff = backoff or Backoff()
        self.patience = patience or Patience()
        self._most_unread = most_unread
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._answered = asyncio.Event()
        self._sent: dict[str, asyncio.Future[Delivery]] = {}
        self._waiters: list[_Waiter] = []
        self._unread: deque[ev.Said] = deque()
        self.overlooked = 0
        """Messages thrown away because the program did not read them."""
        self._news = asyncio.Event()
        self._pinged: tuple[str, float] = ("", 0.0)
        self._pings = 0
        self._goodbye = ""
        self._refused: ConnectError | None = None
        self._closing = False

    # --- open and close ---

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect, register, join the channels. Returns when registration is complete and each
        channel was joined or refused. Later calls wait for a reconnect in progress.

        Raises ConnectError if there is no server, NickTakenError if the nick is in use; after the
        latter, `rename` requests another nick on the same connection, and `connect` may be awaited
        again. Raises PasswordNeededError, which `give_password` answers, and AccountNeededError,
        which `sign_in` answers.
        """
        if self.connected:
            return
        self._ready = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await self._ready
        await self._in_channels()

    async def _in_channels(self) -> None:
        """Wait until each channel was joined or refused, with a timeout, and no longer than the
        connection lasts.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience.join):
                while self.connected and not all(
                    channel.inside for channel in self.state.channels.values()
                ):
                    await self._event(lambda event: event)

    async def wait_closed(self) -> None:
        """Wait until the client has ended. Raises the exception that ended it, if it was not
        `close`."""
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled() and (error := self._task.exception()):
                raise error

    async def close(self, reason: str = "") -> None:
        """Send QUIT and end. Unsent lines are lost; call `drain` first to wait for them."""
        self._closing = True
        self._answered.set()
        if self._task is None:
            return
        if self._link is not None:
            self.state.quit(reason)
            self._write()
        else:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=self.patience.farewell)
        self._task.cancel()
        await asyncio.wait([self._task])
        self._give_up(ClientError("the client was closed"))

    @property
    def connected(self) -> bool:
        """Registered, and the connection is not known to be lost."""
        return self._link is not None and self.state.registered

    @property
    def nick(self) -> str:
        return self.state.nick

    @property
    def undelivered(self) -> int:
        """Number of own lines without an echo."""
        return len(self.state.pending)

    # --- talk ---

    async def send(self, where: str, text: str, *, action: bool = False) -> Delivery:
        """Send `text` to a channel or a user. Returns when the server has it (a Hubbub server: on
        disk).

        Without a connection it waits for the next one. A long or multiline text is sent as several
        messages; the delivery of the last one is returned. Raises NotDeliveredError, QueueFullError
        (a thousand lines are waiting).
        """
        labels = self.post(where, text, action=action)
        if not labels:
            raise NotDeliveredError("there is nothing to send in an empty text")
        futures = [asyncio.get_running_loop().create_future() for _ in labels]
        self._sent.update(zip(labels, futures, strict=True))
        deliveries: list[Delivery] = await asyncio.gather(*futures)
        return deliveries[-1]

    def post(self, where: str, text: str, *, action: bool = False) -> list[str]:
        """Like `send` without waiting. Returns the labels that `Delivered` and `NotDelivered`
        events will have.
        """
        labels = self.state.submit(where, text, time.monotonic(), action=action)
        self._write()
        return labels

    async def drain(self) -> None:
        """Wait until every own line was confirmed or refused."""
        await self.wait_below(1)

    async def wait_below(self, count: int) -> None:
        """Wait until fewer than `count` own lines are unconfirmed: flow control for many calls of
        `post`.
        """
        if self.undelivered >= count:
            await self._event(lambda event: event if self.undelivered < count else None)

    async def messages(self) -> AsyncIterator[ev.Said]:
        """Yield messages of others, including those missed while disconnected, each once, until the
        client is closed.

        Own messages are not included.
        """
        while True:
            while self._unread:
                yield self._unread.popleft()
            if self._closing:
                return
            self._news.clear()
            await self._news.wait()

    # --- ask ---

    async def join(self, channel: str, key: str = "") -> None:
        """Join a channel; returns when joined and up to date. Raises ClientError."""
        fold = self.state.fold

        def answer(event: Event) -> Event | None:
            match event:
                case ev.JoinRefused() if fold(event.channel) == fold(channel):
                    raise ClientError(event.reason)
            known = self.state.channels.get(fold(channel))
            return event if known is not None and known.inside else None

        self.state.join(channel, key)
        self._write()
        await self._event(answer)

    async def part(self, channel: str, reason: str = "") -> None:
        """Leave a channel; returns when done. Raises ClientError if it was not joined."""
        fold = self.state.fold

        def answer(event: Event) -> Event | None:
            match event:
                case ev.Left(channel=left, mine=True) if fold(left) == fold(channel):
                    return event
            return None

        if fold(channel) not in self.state.channels:
            raise ClientError(f"not in {channel}")
        self.do(lambda state: state.part(channel, reason))
        await self._reply(answer)

    async def rename(self, nick: str) -> None:
        """Change the nick; returns when done. Raises NickTakenError."""

        self.choose_nick(nick)
        await self._event(_let_in)

    def choose_nick(self, nick: str) -> None:
        """Request a nick without waiting for the response."""
        self._answer(lambda state: state.choose_nick(nick))

    async def give_password(self, password: str) -> None:
        """Connect again with the server's password. Raises as `connect` does."""
        self._answer(lambda state: state.give_password(password))
        await self._event(_let_in)

    async def sign_in(self, password: str, *, new: bool = False) -> None:
        """Log in to the account called like the nick, or make it. Raises as `connect` does."""
        self._answer(lambda state: state.sign_in(password, new=new))
        await self._event(_let_in)

    def _answer(self, how: Callable[[State], None]) -> None:
        """Answer the question that stands before registration."""
        how(self.state)
        self._answered.set()
        self._write()

    async def history(self, where: str, limit: int = 20, *, before: str = "") -> Sequence[ev.Said]:
        """Return the last `limit` messages of a channel, oldest first, or those before a msgid.
        Raises ClientError.
        """
        fold = self.state.fold

        def answer(event: Event) -> ev.History | None:
            match event:
                case ev.History(when="asked") if fold(event.where) == fold(where):
                    return event
            return None

        if self.connected and not self.state.has_history:
            raise ClientError("this server keeps no history")
        self.do(lambda state: state.ask_history(where, limit, before=before))
        return (await self._reply(answer)).messages

    async def names(self, channel: str) -> Sequence[str]:
        """Return the members of a channel, each with its prefix (`@` operator, `+` voice).

        Raises ClientError.
        """
        fold = self.state.fold

        def answer(event: Event) -> ev.Names | None:
            match event:
                case ev.Names() if fold(event.channel) == fold(channel):
                    return event
            return None

        self.do(lambda state: state.ask_names(channel))
        return (await self._reply(answer)).names

    async def upload(
        self, path: Path, progress: uploading.Progress = lambda sent, size: None
    ) -> str:
        """Upload a file and return its link, to be sent in a message: a file without a message is
        deleted after a day. `progress` is called in the event loop with the bytes sent and the
        total. Raises ClientError.
        """
        url = self.state.file_host
        if not url:
            raise ClientError("This server takes no files")
        if self.server.tls and not url.startswith("https:"):
            raise ClientError("The server wants files without encryption: not sent")
        cancelled = threading.Event()
        token = await self.upload_token()
        place = uploading.UploadPlace(url, token, self.server.fingerprint, cancelled.is_set)
        loop = asyncio.get_running_loop()

        def told(sent: int, size: int) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(progress, sent, size)

        try:
            return await asyncio.to_thread(uploading.upload, place, path, told)
        finally:
            cancelled.set()

    async def upload_token(self) -> str:
        def answer(event: Event) -> str | None:
            match event:
                case ev.UploadToken():
                    return event.token
                case ev.Reply(code="FAIL", params=["FILEHOST", *_]):
                    raise ClientError(event.text)
                case ev.Reply(code="421", params=["FILEHOST", *_]):
                    raise ClientError("This server gives no tokens for files")
            return None

        self.do(lambda state: state.ask("FILEHOST", "TOKEN"))
        return await self._reply(answer)

    def do(self, ask: Callable[[State], None]) -> None:
        """Call `ask` with the state and send its output. Raises ClientError without a connection.

        Unlike messages, commands are not queued: minutes later nobody expects the response.
        """
        if not self.connected:
            raise ClientError("not connected just now")
        ask(self.state)
        self._write()

    # --- the task ---

    async def _run(self) -> None:
        try:
            while not self._closing:
                try:
                    await self._one_connection()
                except (ConnectError, LinkLostError) as error:
                    await self._prepare_next(self._goodbye or str(error))
        except Exception as error:
            # Never registered, or a bug: all waiting callers must be told.
            self._give_up(error)
            raise

    async def _one_connection(self) -> None:
        self._goodbye = ""
        self._link = await open_link(self.server)
        try:
            self.state.connected()
            self._write()
            await self._converse(self._link)
        finally:
            link, self._link = self._link, None
            self.rtt = None
            self.state.connection_lost()
            await link.close()

    async def _converse(self, link: Link) -> None:
        """Process input until the connection ends. Raises LinkLostError."""
        begun = heard = asked_nick = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(self._seconds_left(begun, heard)):
                    messages = await link.read()
            except TimeoutError:
                self._after_silence(begun, heard)
                continue
            heard = time.monotonic()
            for message in messages:
                self._publish(receive(self.state, message, heard))
            if heard - asked_nick > self.patience.regain_every:
                asked_nick = heard
                self.state.regain_nick()
            self._write()

    def _seconds_left(self, begun: float, heard: float) -> float | None:
        """Seconds until a timeout requires an action."""
        now = time.monotonic()
        if self.state.awaiting:
            return None
        if not self.state.registered:
            return max(0.0, begun + self.patience.register - now)
        pinged_at = self._pinged[1]
        if pinged_at > heard:
            return max(0.0, pinged_at + self.patience.silence - now)
        return max(0.0, heard + self.patience.ping_every - now)

    def _after_silence(self, begun: float, heard: float) -> None:
        now = time.monotonic()
        if not self.state.registered:
            raise LinkLostError("something listens there, but it does not speak IRC")
        if self._pinged[1] > heard:
            raise LinkLostError(f"the server has been silent for {now - heard:.0f} s")
        self._pings += 1
        self._pinged = (f"rtt-{self._pings}", now)
        self.state.ping(self._pinged[0])
        self._write()

    async def _prepare_next(self, reason: str) -> None:
        """Wait before the next attempt. Raises ConnectError if registration never succeeded."""
        if self._closing:
            return
        if self.state.awaiting:
            await self._answered.wait()
            return
        if not self.state.ever_registered or self._refused:
            raise self._refused or ConnectError(reason)
        delay = self._backoff.next()
        self._publish([ev.Connecting(reason, delay, self._backoff.attempt)])
        await asyncio.sleep(delay)

    def _give_up(self, error: Exception) -> None:
        """Nothing follows: raise the error in all waiting callers."""
        self._closing = True
        futures = [waiter.future for waiter in self._waiters] + list(self._sent.values())
        for future in [*futures, *([self._ready] if self._ready else [])]:
            if not future.done():
                future.set_exception(error)
        self._sent.clear()
        self._news.set()

    async def _event(self, answer: _Answer[_T]) -> _T:
        """Wait for an event for which `answer` returns a value or raises."""
        waiter = _Waiter(answer, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            found: _T = await waiter.future
            return found
        finally:
            self._waiters.remove(waiter)

    async def _reply(self, answer: _Answer[_T]) -> _T:
        """The same for a response that a new connection will not bring. Raises ClientError if this
        connection ends.
        """

        def or_lost(event: Event) -> _T | None:
            if isinstance(event, ev.Connecting):
                raise ClientError(event.reason)
            return answer(event)

        return await self._event(or_lost)

    def _write(self) -> None:
        if self._link is not None:
            self._link.write(self.state.take_outgoing())

    def _publish(self, events: Iterable[Event]) -> None:
        for event in events:
            self._take_note(event)
            for waiter in self._waiters[:]:
                waiter.offer(event)
            if self._observer is not None:
                self._observer(event)

    def _take_note(self, event: Event) -> None:
        match event:
            case ev.Registered():
                self._backoff.reset()
                if self._ready is not None and not self._ready.done():
                    self._ready.set_result(None)
            case ev.NickRefused(registered=False) | ev.PasswordNeeded() | ev.AccountNeeded():
                self._answered.clear()
                error = _refusal(event)
                if self._ready is not None and not self._ready.done():
                    self._ready.set_exception(error)
                elif self.state.ever_registered and isinstance(error, ConnectError):
                    self._refused = error
            case ev.Delivered() | ev.NotDelivered():
                future = self._sent.pop(event.label, None)
                if future is not None and not future.done():
                    _settle(future, event)
            case ev.Pong() if event.token == self._pinged[0]:
                self.rtt = time.monotonic() - self._pinged[1]
            case ev.Goodbye():
                self._goodbye = re.sub(r"(?i)^closing link: *", "", event.reason)
            case ev.Said() if not event.mine:
                self._keep([event])
            case ev.History(when="missed"):
                self._keep(said for said in event.messages if not said.mine)

    def _keep(self, messages: Iterable[ev.Said]) -> None:
        if self._observer is not None:
            return
        self._unread.extend(messages)
        while len(self._unread) > self._most_unread:
            self._unread.popleft()
            self.overlooked += 1
        self._news.set()


def _refusal(event: ev.NickRefused | ev.PasswordNeeded | ev.AccountNeeded) -> ClientError:
    match event:
        case ev.NickRefused():
            return NickTakenError(event.reason)
        case ev.PasswordNeeded():
            return PasswordNeededError(event.reason)
    return AccountNeededError(event.reason or "only people with an account may enter")


def _let_in(event: Event) -> Event | None:
    """The answer to `rename`, `give_password` and `sign_in`. Raises their errors."""
    match event:
        case ev.NickRefused() | ev.PasswordNeeded() | ev.AccountNeeded():
            raise _refusal(event)
        case ev.Renamed(mine=True) | ev.Registered():
            return event
    return None


def _settle(future: asyncio.Future[Delivery], event: ev.Delivered | ev.NotDelivered) -> None:
    if isinstance(event, ev.NotDelivered):
        future.set_exception(NotDeliveredError(event.reason))
    elif event.said is None:
        future.set_result(Delivery("", None))
    else:
        future.set_result(Delivery(event.said.msgid, event.said.time))


@dataclass(frozen=True, slots=True)
class _Waiter:
    """A caller that waits for an event."""

    answer: Callable[[Event], Any]
    future: asyncio.Future[Any]

    def offer(self, event: Event) -> None:
        if self.future.done():
            return
        try:
            found = self.answer(event)
        except ClientError as error:
            self.future.set_exception(error)
        else:
            if found is not None:
                self.future.set_result(found)
