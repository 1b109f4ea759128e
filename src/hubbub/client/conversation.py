"""The conversations of a user: which is current, how events are shown, what typed lines do.

It stands between the client (`library`) and a view. Views only show and read lines, so piped, plain
and full terminal behave alike. Everything here runs in the client's event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from hubbub.client import events as ev
from hubbub.client import render
from hubbub.client.errors import (
    AccountNeededError,
    ClientError,
    NickTakenError,
    PasswordNeededError,
)
from hubbub.client.events import Event
from hubbub.client.library import Client
from hubbub.client.render import Line
from hubbub.client.state import FIRST_LOOK

ASK_NAME = "Enter your username: "
ASK_MESSAGE = "Type your message (or 'quit' to exit): "
PRESENCE_DELAY = 0.5
"""Seconds in which comings and goings are gathered into one line; a message comes with those before
it at once.
"""
READY_WITHIN = 5.0
"""Seconds that the channel and its last messages may take before the prompt appears without them.
"""
_SAID_EVERY = 25
"""Percent of an upload after which a line tells how far it is."""
_ENDS = ("315", "318", "369", "374", "368", "347", "349", "395")
"""The ends of lists, for programs; a person sees that nothing more comes."""


class ClientView(Protocol):
    """The interface of a view."""

    times: bool
    """Whether missed messages are shown with their time."""

    def show(self, line: Line) -> None:
        """Show a message."""

    def notice(self, line: Line) -> None:
        """Show anything else."""

    def refresh(self) -> None:
        """Called when `Chat.status` may have changed."""

    async def ask_name(self) -> str | None:
        """Ask the user for a nick; None if there is no user to answer."""

    async def ask_secret(self, question: str) -> str | None:
        """Ask without showing what is typed. Called only if `can_ask_again`."""

    @property
    def can_ask_again(self) -> bool:
        """Can the user be asked again? Not if the input is a file."""


class Chat:
    def __init__(
        self,
        view: ClientView,
        make_client: Callable[..., Client],
        channel: str,
        now: Callable[[], datetime],
    ) -> None:
        """`make_client(nick=..., channels=..., observer=...)` creates the client once a nick was
        chosen.
        """
        self.view = view
        self.current = channel
        self.home = channel
        self.client: Client
        self.leaving = asyncio.Event()
        self.reason = ""
        self.failed = 0
        """Own lines that were refused or got lost."""
        self._make_client = make_client
        self._now = now
        self._ready = asyncio.Event()
        self._being_welcomed = True
        self._presence: list[render.Presence] = []
        self._presence_timer: asyncio.TimerHandle | None = None
        self._oldest: dict[str, str] = {}
        self.searched = ""
        """What `/search` looked for last."""
        self._oldest_found = ""
        self._uploads: dict[asyncio.Task[None], int] = {}  # percent sent
        self._missed = 0
        self._introduced: set[str] = set()
        self._warned_of_loss = False

    # --- begin and end ---

    async def begin(self, nick: str | None) -> bool:
        """Ask for a nick until the server accepts one. False if none was given.

        Raises ConnectError if there is no server, NickTakenError if the nick is not available and
        the user cannot be asked again.
        """
        name = nick or await self._ask_name()
        if name is None:
            return False
        self.client = self._make_client(nick=name, channels=[self.home], observer=self.on_event)
        answer: Coroutine[Any, Any, None] | None = self.client.connect()
        while answer is not None:
            try:
                await answer
            except (NickTakenError, PasswordNeededError, AccountNeededError) as error:
                answer = await self._ask_again(error)
            else:
                await self._until_ready()
                return True
        return False

    async def _ask_again(self, error: ClientError) -> Coroutine[Any, Any, None] | None:
        """Ask what the server wants before it lets the client in; None if there is no answer.

        Raises the error if the user cannot be asked.
        """
        if isinstance(error, NickTakenError):
            return await self._another_name(error)
        if not self.view.can_ask_again:
            raise type(error)(f"{error}; give --password") from error
        if isinstance(error, PasswordNeededError):
            return await self._password(error)
        return await self._account(error)

    async def _password(self, error: ClientError) -> Coroutine[Any, Any, None] | None:
        self.tell(f"{self.client.server}: {error}")
        password = await self.view.ask_secret("Password of the server: ")
        return self.client.give_password(password) if password else None

    async def _account(self, error: ClientError) -> Coroutine[Any, Any, None] | None:
        """Lead to signing in, or with Enter to making an account called like the nick."""
        name = self.client.state.wanted_nick
        self.tell(f"{error}".capitalize() + ".")
        password = await self.view.ask_secret(f"Password of {name} (Enter: make this account): ")
        if password:
            return self.client.sign_in(password)
        if password is None:
            return None
        password = await self.view.ask_secret(f"Choose a password for {name}: ")
        return self.client.sign_in(password, new=True) if password else None

    async def _ask_name(self) -> str | None:
        while (answer := await self.view.ask_name()) is not None:
            if complaint := _complaint(answer.strip()):
                self.view.notice(render.problem(complaint))
                if not self.view.can_ask_again:
                    raise NickTakenError(complaint)
                continue
            return answer.strip()
        return None

    async def _another_name(self, error: NickTakenError) -> Coroutine[Any, Any, None] | None:
        name = self.client.state.wanted_nick
        if not self.view.can_ask_again:
            raise NickTakenError(f"the name {name} cannot be used: {error}")
        self.view.notice(render.problem(f"{name}: {error}. Choose another name."))
        if "account" in str(error):
            order = f"/msg NickServ IDENTIFY {name} PASSWORD"
            self.tell(f"If it is yours, type this once you are in: {order}")
        another = await self._ask_name()
        return self.client.rename(another) if another is not None else None

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._ready.wait()
        except TimeoutError:
            self._ready.set()

    async def end(self, patience: float) -> int:
        """Wait for the echoes of sent lines, at most `patience` seconds for each, then disconnect.
        Returns the exit code.
        """
        if not hasattr(self, "client"):
            return 0
        if self._uploads:
            await asyncio.wait(list(self._uploads))
        try:
            while before := self.client.undelivered:
                # Not asyncio.timeout: until Python 3.11.3 it gives up on a task that was cancelled.
                await asyncio.wait_for(self.client.wait_below(before), patience)
        except (TimeoutError, ClientError):
            pass
        lost = self.client.undelivered
        if lost and not self._warned_of_loss:
            self.view.notice(render.problem(f"{_count(lost, 'message')} could not be delivered"))
        self._flush_presence()
        await self.client.close(self.reason)
        return 1 if lost or self.failed else 0

    # --- what a person does ---

    def complain(self, error: Exception) -> None:
        """Show an error of the user, and remember it for the exit code."""
        self.failed += 1
        self.view.notice(render.problem(str(error)))

    def say(self, text: str) -> None:
        if not self.current:
            raise ClientError("You are in no channel: /join one first")
        self.post(self.current, text)

    def post(self, where: str, text: str, *, action: bool = False) -> None:
        self.client.post(where, text, action=action)
        if not self.client.connected:
            waiting = _count(self.client.undelivered, "message")
            self.tell(f"No connection: sent as soon as there is one ({waiting} waiting)")

    def tell(self, text: str) -> None:
        self.view.notice(render.note(text))

    def join(self, name: str, key: str) -> None:
        channel = self.client.state.channels.get(self.client.state.fold(name))
        if channel is not None and channel.joined:
            self.go(channel.name)
        else:
            self.client.do(lambda state: state.join(name, key))
            # Further lines go there, although the server has not confirmed the join yet.
            self.current = name

    def go(self, where: str) -> None:
        """Make a channel or a user the target of further lines."""
        if where != self.current:
            self.current = where
            how = "in" if self.client.state.is_channel(where) else "in private with"
            self.tell(f"Now talking {how} {where}")

    def places(self) -> list[str]:
        """The joined channels, in the order of joining."""
        return [channel.name for channel in self.client.state.channels.values() if channel.joined]

    def nicks(self) -> list[str]:
        """Nicks to complete: the members of the current channel, or else all known users."""
        channels = self.client.state.channels
        here = channels.get(self.client.state.fold(self.current))
        among = [here] if here else channels.values()
        return list(dict.fromkeys(nick for channel in among for nick in channel.members.values()))

    def ask_history(self, count: int) -> None:
        if self.client.connected and not self.client.state.has_history:
            raise ClientError("This server keeps no history")
        before = self._oldest.get(self.current.lower(), "")
        self.client.do(lambda state: state.ask_history(self.current, count, before=before))

    def rename(self, name: str) -> None:
        if complaint := _complaint(name):
            raise ClientError(complaint)
        self.client.do(lambda state: state.choose_nick(name))

    def search(self, words: str) -> None:
        """Search for words; without words, search for older results of the last search."""
        if self.client.connected and not self.client.state.can_search:
            raise ClientError("This server cannot search")
        if words:
            self.searched, self._oldest_found = words, ""
        typed, before = self.searched, self._oldest_found
        self.client.do(lambda state: state.ask_search(typed, before=before))

    def upload(self, path: Path) -> None:
        """Upload a file and send its link to the current conversation."""
        if not self.current:
            raise ClientError("You are in no channel: /join one first")
        if not path.is_file():
            raise ClientError(f"There is no file {path}")
        if not self.client.connected:
            raise ClientError("not connected just now")
        task = asyncio.create_task(self._upload(path, self.current))
        self._uploads[task] = 0
        task.add_done_callback(self._uploads.pop)

    async def _upload(self, path: Path, where: str) -> None:
        task, said = asyncio.current_task(), 0
        assert task is not None

        def progress(sent: int, size: int) -> None:
            nonlocal said
            percent = sent * 100 // max(1, size)
            if task in self._uploads:
                self._uploads[task] = percent
            if percent - said >= _SAID_EVERY and sent < size:
                said = percent
                self.tell(f"{path.name}: {percent} %")
            self.view.refresh()

        try:
            link = await self.client.upload(path, progress)
        except ClientError as error:
            self.failed += 1
            self.view.notice(render.problem(str(error)))
        else:
            self.tell(f"{path.name} is there for the others: {link}")
            self.post(where, link)
        self.view.refresh()

    def quit(self, reason: str) -> None:
        """Disconnect; warn first if unsent lines would be lost."""
        waiting = self.client.undelivered
        unsent = waiting and not self.client.connected
        if unsent and self.view.can_ask_again and not self._warned_of_loss:
            self._warned_of_loss = True
            self.tell(
                f"{_count(waiting, 'message')} not sent yet: quit again to leave without sending"
            )
            return
        self.reason = reason
        self.leaving.set()

    # --- what happens ---

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, ev.Joined | ev.Left | ev.Quit) and not getattr(event, "mine", False):
            self._gather(event)
        else:
            self._show(event)
        self.view.refresh()

    def _show(self, event: Event) -> None:
        match event:
            case ev.Said():
                self._show_said([event])
            case ev.History():
                self._history(event)
            case ev.NotDelivered():
                self.failed += 1
                self.view.notice(
                    render.problem(f"Not delivered to {event.where}: {event.text} ({event.reason})")
                )
            case ev.Registered():
                self._registered(event)
            case ev.Connecting():
                self._connecting(event)
            case ev.Joined():
                self._joined(event)
            case ev.Left():
                self._left(event)
            case ev.Names():
                self._names(event)
            case ev.Renamed():
                self._renamed(event)
            case ev.NickRefused(registered=True):
                self.view.notice(render.problem(f"{event.nick}: {event.reason}"))
            case ev.JoinRefused():
                self._join_refused(event)
            case ev.TopicIs():
                self.view.notice(render.topic(event))
            case ev.ChannelListed():
                self.view.notice(render.listed(event))
            case ev.Reply():
                self._replied(event)

    def _show_said(self, messages: Sequence[ev.Said]) -> None:
        self._flush_presence()
        today = self._now()
        for message in messages:
            self.view.show(render.said(message, self.current, today, times=self.view.times))

    def _history(self, event: ev.History) -> None:
        if event.when == "found":
            self._found(event.messages)
            return
        if event.messages and event.messages[0].msgid:
            self._oldest.setdefault(event.where.lower(), event.messages[0].msgid)
        if event.when == "asked":
            self._asked_history(event)
        elif event.when == "missed":
            self._missed += len(event.messages)
        self._show_said(event.messages)
        if event.last and event.when == "missed" and self._missed:
            self.tell(f"{_count(self._missed, 'message')} came while the connection was away")
            self._missed = 0
        if event.last and event.when != "asked":
            self._ready.set()

    def _found(self, messages: Sequence[ev.Said]) -> None:
        self._show_said(messages)
        older = " older" if self._oldest_found else ""
        if messages:
            self._oldest_found = messages[0].msgid or self._oldest_found
        if len(messages) >= FIRST_LOOK:
            self.tell("Older ones: /search")
        elif not messages:
            self.tell(f"Nothing{older} was found")
        elif older:
            self.tell("These were the oldest")

    def _asked_history(self, event: ev.History) -> None:
        """Remember the oldest message shown; without more history, /history restarts at the
        newest."""
        where = event.where.lower()
        if event.messages and event.messages[0].msgid:
            self._oldest[where] = event.messages[0].msgid
        elif not event.messages:
            nothing_before = self._oldest.pop(where, "")
            self.tell("That is all that was said" if nothing_before else "Nothing was found")

    def _registered(self, event: ev.Registered) -> None:
        again = " again" if event.again else ""
        self.view.notice([("", f"Connected{again} to server at {self.client.server}")])
        waiting = self.client.undelivered
        if event.again and waiting:
            self.tell(f"Sending what was waiting: {_count(waiting, 'message')}")

    def _replied(self, event: ev.Reply) -> None:
        """Show a reply, except the long welcome of a server while the user wants to chat."""
        refused_upload = event.code == "FAIL" and tuple(event.params[:1]) == ("FILEHOST",)
        if event.code in _ENDS or refused_upload:  # an upload shows its own error
            return
        if event.error or not self._being_welcomed:
            self.view.notice(render.reply(event))
        if event.code in ("376", "422"):  # end of the message of the day and of the welcome
            self._being_welcomed = False

    def _connecting(self, event: ev.Connecting) -> None:
        """Show the first failure to connect, and then fewer and fewer."""
        self._missed = 0
        self._being_welcomed = True
        self._ready.set()
        if event.attempt == 1:
            self.tell(f"Connection lost: {event.reason}. Connecting again...")
        elif event.attempt >= 4 and event.attempt & (event.attempt - 1) == 0:
            self.tell(f"Still no connection: {event.reason}. Trying on.")

    def _joined(self, event: ev.Joined) -> None:
        self._being_welcomed = False
        fold = self.client.state.fold
        if fold(event.channel) == fold(self.home) or event.again:
            return
        self.current = event.channel
        self.tell(f"Now talking in {event.channel}")

    def _join_refused(self, event: ev.JoinRefused) -> None:
        self.view.notice(render.problem(f"{event.channel}: {event.reason}"))
        self._ready.set()
        if event.channel.lower() == self.current.lower():
            self._leave_for_another()

    def _left(self, event: ev.Left) -> None:
        why = f": {event.reason}" if event.reason else ""
        by = f" ({event.by} removed you{why})" if event.by else ""
        self.tell(f"You left {event.channel}{by}")
        self._introduced.discard(event.channel)
        if event.channel.lower() == self.current.lower():
            self._leave_for_another()

    def _leave_for_another(self) -> None:
        """The current channel was left: make the first of the others current."""
        places = self.places()
        self.current = places[0] if places else ""
        self.tell(
            f"Now talking in {self.current}" if places else "You are in no channel: /join one"
        )

    def _names(self, event: ev.Names) -> None:
        if event.asked or event.channel not in self._introduced:
            self._introduced.add(event.channel)
            self.view.notice(render.names(event, self.client.nick))
        if not self.client.state.has_history:
            self._ready.set()

    def _renamed(self, event: ev.Renamed) -> None:
        if event.why:
            self.tell(f"{event.old}: {event.why}. You are {event.new} until the name is free")
        elif event.mine:
            self.tell(f"You are now {event.new}")
        else:
            self.tell(f"{event.old} is now {event.new}")

    def _gather(self, event: render.Presence) -> None:
        self._presence.append(event)
        if self._presence_timer is None:
            loop = asyncio.get_running_loop()
            self._presence_timer = loop.call_later(PRESENCE_DELAY, self._flush_presence)

    def _flush_presence(self) -> None:
        if self._presence_timer is not None:
            self._presence_timer.cancel()
            self._presence_timer = None
        if self._presence:
            happened, self._presence = self._presence, []
            self.view.notice(render.presence(happened, self.current))

    # --- how it stands ---

    @property
    def prompt(self) -> str:
        """The prompt; names the conversation unless it is the one at the start."""
        if self.current == self.home:
            return ASK_MESSAGE
        return f"[{self.current or 'nowhere'}] {ASK_MESSAGE}"

    @property
    def status(self) -> str:
        """The status line: conversation, members, state of the last line, round-trip time."""
        client = self.client
        waiting = client.undelivered
        if not client.connected:
            queued = f" | {_count(waiting, 'message')} waiting" if waiting else ""
            return "offline, connecting again" + queued
        channel = client.state.channels.get(client.state.fold(self.current))
        people = f" ({len(channel.members)})" if channel else ""
        parts = [client.nick, f"{self.current}{people}"]
        if others := [name for name in self.places() if name.lower() != self.current.lower()]:
            parts.append("also in " + render.listing(others))
        parts += [f"uploading {percent} %" for percent in self._uploads.values()]
        parts.append(f"\u25cc {waiting} on the way" if waiting else "\u2713 all delivered")
        if client.rtt is not None:
            parts.append(f"{client.rtt * 1000:.0f} ms")
        return " | ".join(parts)


def _complaint(name: str) -> str:
    """Why a nick is invalid on any server; empty if it is not."""
    if not name:
        return "A name is needed."
    if " " in name or "," in name:
        return "A name cannot hold spaces or commas."
    return ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
