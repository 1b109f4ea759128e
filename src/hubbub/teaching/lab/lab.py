"""Puts a lab together, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import webbrowser
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import kernel, progress
from ..classroom.reporting import Reporter, Standing
from ..lessons import Lesson
from ..program import LISTENS_WITHIN, free_port
from . import trace
from .people import HOSTILE, People
from .program import ObservedProgram
from .proxy import Proxy
from .reports import LONGEST, Reports
from .trace import Trace
from .web import LabPage

#: Seconds between two looks at the queues of the kernel.
_SAMPLE = 0.1
_LOOK = 1.0
#: Seconds that a request of the page may take.
_LONGEST_REQUEST = 10.0


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    command: Sequence[str]
    port: int = 0
    """For people; 0: any that is free."""
    named: bool = True
    """A person's first line is a name, as from lesson 4 on."""
    inside: bool = True
    controls: Mapping[str, Any] | None = None
    browser: bool = True
    lesson: Lesson | None = None
    """Shown beside the program."""
    class_link: str = ""
    """Where to report to, if this is part of a class."""
    name: str = ""
    """The learner's name in the class."""


async def run(options: Options, say: Callable[[str], None]) -> int:
    """Run a lab until Ctrl-C. Returns the exit code. Raises NotStarted, and OSError if the port
    for people is taken."""
    lab = Lab(options, say)
    await lab.open()
    try:
        await lab.until_stopped()
    finally:
        await lab.close()
    return 0


class Lab:
    """One program, the people who talk to it, and the page. `say` prints a line."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self.trace = Trace()
        self._held = contextlib.ExitStack()  # the program's port, as long as the lab lives
        port = self._held.enter_context(free_port())
        self.proxy = Proxy(self.trace, port, named=options.named)
        self.proxy.set(dict(options.controls or {}))
        self._people = People(self._connect, self.proxy.introduce, named=options.named)
        self._stopped = asyncio.Event()
        self._part, self._predicted = 0, ""  # where the page is in the lesson
        self._tasks: set[asyncio.Task[None]] = set()
        self._actions: dict[str, Callable[[Mapping[str, Any]], Awaitable[None] | None]] = {
            "set": lambda asked: self.proxy.set(asked["controls"], asked.get("conn")),
            "pause": lambda _: self.proxy.steps.pause(),
            "step": self._step,
            "resume": lambda _: self.proxy.steps.resume("the page says so"),
            "end": lambda asked: self.proxy.end(asked["conn"], asked["how"]),
            "join": self._join,
            "say": lambda asked: self._people.say(asked["who"], asked["text"]),
            "hostile": lambda asked: self._people.be_hostile(asked["who"], asked["what"]),
            "leave": lambda asked: self._people.leave(asked["who"]),
            "visit": lambda _: self._people.visit(),
            "crowd": lambda asked: self._people.crowd(asked["size"], asked.get("seed", 1)),
            "restart": self._restart,
            "part": self._note_part,
        }

    async def open(self) -> None:
        """Listen, start the program, and say where everything is."""
        loop = asyncio.get_running_loop()
        self._listener = socket.create_server(("127.0.0.1", self._options.port))
        self.port = self._listener.getsockname()[1]
        await self._take_reports()
        self._program = self._start()
        facts = {
            "command": " ".join(self._options.command),
            "port": self.port,
            "named": self._options.named,
            "queues": kernel.available(),
            "hostile": list(HOSTILE),
            "live": True,
            "lesson": self._lesson(),
            "class": self._options.name if self._options.class_link else "",
        }
        self.page = LabPage(
            self.trace, facts, secrets.token_urlsafe(16), lambda asked: self._act(loop, asked)
        )
        self.page.start()
        works = (self.proxy.serve(self._listener), self._sample(), self._print(), self._look())
        for work in works:
            self._tasks.add(loop.create_task(work))
        self._reporter = self._join_class(loop)
        self._say(f"page    {self.page.address}")
        self._say(f"people  nc 127.0.0.1 {self.port}")
        self._say("Ctrl-C ends the lab and the program")
        if self._options.browser:
            loop.run_in_executor(None, webbrowser.open, self.page.address)

    def _lesson(self) -> dict[str, Any] | None:
        """The lesson for the page, whose commands name the program that runs here."""
        lesson, files = self._options.lesson, _files(self._options.command)
        if lesson is None:
            return None
        return lesson.as_dict(_shown(files[0])) if files else lesson.as_dict()

    async def until_stopped(self) -> None:
        """Wait for Ctrl-C or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt instead
                loop.add_signal_handler(number, self._stopped.set)
        await self._stopped.wait()

    async def close(self) -> None:
        self._people.close()
        for task in self._tasks:
            task.cancel()
        if self._reporter is not None:
            self._reporter.stop()
        self.page.stop()
        self._listener.close()
        self._reports.close()
        await asyncio.to_thread(self._program.stop)
        self._held.close()

    # -- the program -------------------------------------------------------------------------------

    async def _take_reports(self) -> None:
        self._secret = secrets.token_urlsafe(16)
        reports = Reports(self.proxy, self._secret)
        self._reports = await asyncio.start_server(reports.take, "127.0.0.1", 0, limit=LONGEST)

    def _start(self) -> ObservedProgram:
        report_to = (self._reports.sockets[0].getsockname()[1], self._secret)
        inside = report_to if self._options.inside else None
        program = ObservedProgram(self._options.command, self.proxy.program, self.trace, inside)
        task = asyncio.get_running_loop().create_task(self._until_it_listens(program))
        self._tasks.add(task)
        return program

    async def _until_it_listens(self, program: ObservedProgram) -> None:
        """Report when the program accepts connections, where the system tells."""
        loop = asyncio.get_running_loop()
        latest = loop.time() + LISTENS_WITHIN
        while kernel.available() and program.running and loop.time() < latest:
            if kernel.is_listening(program.port):
                self.trace.add("listening", port=program.port)
                return
            await asyncio.sleep(_SAMPLE / 2)

    async def _restart(self, _: Mapping[str, Any]) -> None:
        await asyncio.to_thread(self._program.stop)
        self._program = self._start()

    async def _print(self) -> None:
        """Print what the program prints, and how it ends."""
        number = 0
        while True:
            for event in await asyncio.to_thread(self.trace.wait_since, number, 1.0):
                number = event["n"]
                if event["kind"] == "printed":
                    self._say(f"program: {event['text']}")
                elif event["kind"] == "ended":
                    how = event.get("signal") or f"exit code {event['code']}"
                    self._say(f"the program ended ({how})")

    async def _sample(self) -> None:
        """Look at the queues of the kernel while somebody looks at the page."""
        while True:
            if self.page.watchers:
                self.proxy.look_at_queues()
            await asyncio.sleep(_SAMPLE)

    async def _look(self) -> None:
        """Report once a second if the program's file has changed, or the lesson is finished."""
        changed = _changed(self._options.command)
        graded = self._is_finished()
        while True:
            await asyncio.sleep(_LOOK)
            if (now := _changed(self._options.command)) != changed:
                changed = now
                self.trace.add("changed")
            if not graded and self._is_finished():
                graded = True
                self.trace.add("graded")

    def _is_finished(self) -> bool:
        lesson = self._options.lesson
        return lesson is not None and lesson.id in progress.finished()

    # -- a class -----------------------------------------------------------------------------------

    def _join_class(self, loop: asyncio.AbstractEventLoop) -> Reporter | None:
        if not self._options.class_link:
            return None

        def go(step: int) -> None:
            loop.call_soon_threadsafe(lambda: self.trace.add("go", part=step))

        link, name = self._options.class_link, self._options.name
        reporter = Reporter(link, name, self._standing, go, self._say)
        reporter.start()
        return reporter

    def _standing(self) -> Standing:
        """Where the learner is; called by the reporter's thread."""
        lesson = self._options.lesson
        if lesson is None:
            return Standing(0, 0, "", 0, 0)
        counts = progress.graded().get(lesson.id, progress.Graded(0, len(lesson.checks)))
        return Standing(lesson.number, self._part, self._predicted, counts.passed, counts.of)

    def _note_part(self, asked: Mapping[str, Any]) -> None:
        part, predicted = asked["part"], asked.get("predict", "")
        if type(part) is not int or not 0 <= part < 8 or predicted not in ("", "a", "b", "c"):
            raise ValueError("that is no step of a lesson")
        self._part, self._predicted = part, predicted

    # -- what the page asks for --------------------------------------------------------------------

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def _act(self, loop: asyncio.AbstractEventLoop, asked: Mapping[str, Any]) -> None:
        """Carry out a request, from another thread. Raises ValueError."""
        future = asyncio.run_coroutine_threadsafe(self._act_here(asked), loop)
        try:
            future.result(_LONGEST_REQUEST)
        except TookTooLong:
            raise ValueError("the lab did not manage that in time") from None

    async def _act_here(self, asked: Mapping[str, Any]) -> None:
        action = self._actions.get(asked.get("do", ""))
        if action is None:
            raise ValueError(f"the lab can {', '.join(self._actions)}")
        try:
            waits = action(asked)
            if waits is not None:
                await waits
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"{asked['do']} needs other arguments") from None

    def _step(self, _: Mapping[str, Any]) -> None:
        if not self.proxy.steps.step():
            raise ValueError("nothing waits for a step: say something first")

    async def _join(self, asked: Mapping[str, Any]) -> None:
        await self._people.join(asked["who"])


def _changed(command: Sequence[str]) -> tuple[int, ...]:
    """When the files of the command were last written, in nanoseconds."""
    return tuple(file.stat().st_mtime_ns for file in _files(command))


def _shown(file: Path) -> str:
    """The path as one would type it here."""
    try:
        return os.path.relpath(file)
    except ValueError:  # another drive of Windows
        return str(file)


def _files(command: Sequence[str]) -> list[Path]:
    """The arguments of the command that are files."""
    files = [Path(word) for word in command[1:] if not word.startswith("-")]
    return [file for file in files if file.is_file()]


def replay(file: Path, say: Callable[[str], None], *, browser: bool) -> int:
    """Show a recording until Ctrl-C. Raises OSError, and ValueError if it is none."""
    events = trace.load(file.read_text("utf-8"))
    shown = Trace()
    facts = {"command": file.name, "live": False, "named": True, "queues": True, "hostile": []}
    page = LabPage(shown, facts, secrets.token_urlsafe(16), _refuse)
    shown.restore(events)
    page.start()
    say(f"page    {page.address}")
    say("Ctrl-C ends it")
    if browser:
        webbrowser.open(page.address)
    with contextlib.suppress(KeyboardInterrupt):
        page.closing.wait()
    page.stop()
    return 0


def _refuse(asked: Mapping[str, Any]) -> None:
    raise ValueError("this is a recording: nothing in it can be changed")
