"""The view without a screen: lines in and out, no escape sequences, standard library only.

In a pipe it is a filter: messages go to stdout, everything else to stderr. A thread of its own
reads the input, because an event loop cannot wait for a file or a Windows pipe. At the end of input
it waits for the echoes of sent lines. On a terminal without prompt_toolkit the roles are swapped:
the main thread sits in `input()`, where Ctrl-C and the terminal's line editing work, and the client
runs in a thread; new lines replace the half-typed line, which is written again below them.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import getpass
import os
import queue
import select
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from types import ModuleType
from typing import Any, NamedTuple, TextIO, TypeVar

from hubbub.client import commands
from hubbub.client.conversation import ASK_NAME, Chat
from hubbub.client.errors import NickTakenError
from hubbub.client.render import Line, plain

IN_FLIGHT = 64
"""Piped lines without an echo at one time; the rest waits in the pipe, where it is not ours to
lose.
"""
_AHEAD = 16
"""Lines read that nobody has asked for yet."""
PIPED_PATIENCE = 30.0
PATIENCE = 5.0
"""Seconds without an echo after which a client that wants to leave stops waiting for the others."""

_T = TypeVar("_T")
_Q = TypeVar("_Q")
MakeChat = Callable[[Any], Chat]


class PipedView:
    """Writes lines to stdout and stderr; reads nick and messages from stdin."""

    times = False
    can_ask_again = False

    def __init__(self, lines: InputLines, on_broken: Callable[[], None]) -> None:
        self._lines = lines
        self._on_broken = on_broken

    def show(self, line: Line) -> None:
        self._print(plain(line), sys.stdout)

    def notice(self, line: Line) -> None:
        self._print(plain(line), sys.stderr)

    def _print(self, text: str, to: TextIO | None) -> None:
        if to is None:  # closed from the start: `>&-`
            return
        try:
            print(text, file=to, flush=True)
        except OSError:  # the reader has closed the pipe: `| head`
            _pour_away(to)
            if to is sys.stdout:
                self._on_broken()

    def refresh(self) -> None:
        pass

    async def ask_name(self) -> str | None:
        name = await self._lines.next()
        if name is None:
            raise NickTakenError("no name: the first line of the input is the name")
        return name

    async def ask_secret(self, question: str) -> str | None:
        return None


class InputLines:
    """Reads stdin in a thread, only a few lines ahead.

    The thread ends with the block, whatever it is waiting for: a daemon thread that wakes while the
    interpreter shuts down can abort it, and so can the lock of `sys.stdin`, which is therefore
    bypassed. Windows cannot wait for a pipe and something else at once, so there the thread is
    abandoned.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._loop = asyncio.get_running_loop()
        # Closing one end wakes a thread that waits for the other.
        self._ended, self._end = os.pipe()
        self._closing = False
        self._thread = threading.Thread(target=self._read, name="stdin", daemon=True)

    def __enter__(self) -> InputLines:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing = True
        self._room.release()
        os.close(self._end)
        if sys.platform != "win32":
            # If another process has read the input meanwhile, this waits for more.
            self._thread.join(1.0)

    async def next(self) -> str | None:
        """The next line without its ending; None at the end of input, and at every further call."""
        line = await self._queue.get()
        if line is None:
            self._queue.put_nowait(None)
        self._room.release()
        return line

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody reads any more
            for line in self._lines():
                if not self._put(line):
                    break
        os.close(self._ended)

    def _put(self, line: str | None) -> bool:
        self._room.acquire()
        if not self._closing:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, line)
        return not self._closing

    def _lines(self) -> Iterator[str | None]:
        if self._stream is not None:
            encoding = self._stream.encoding or "utf-8"
            decode, rest = codecs.getincrementaldecoder(encoding)("replace").decode, ""
            while data := self._read_some(self._stream.fileno()):
                *lines, rest = (rest + decode(data)).split("\n")
                for line in lines:
                    yield line.removesuffix("\r")
            if rest := rest + decode(b"", True):
                yield rest
        yield None

    def _read_some(self, descriptor: int) -> bytes:
        try:
            if sys.platform != "win32":
                select.select([descriptor, self._ended], [], [])
            return b"" if self._closing else os.read(descriptor, 65_536)
        except OSError:  # closed, or the terminal is gone
            return b""


async def run_piped(make_chat: MakeChat, nick: str | None) -> int:
    """Send each line of stdin and print messages, until the input ends or a line is `quit`."""
    with InputLines(sys.stdin) as lines:
        broken = asyncio.Event()
        chat = make_chat(PipedView(lines, broken.set))
        patience = 0.0
        try:
            if await chat.begin(nick):
                ends = (chat.leaving.wait(), broken.wait(), chat.client.wait_closed())
                await until_first(_say_all(chat, lines), *ends)
                patience = PIPED_PATIENCE
        finally:
            code = await chat.end(0.0 if broken.is_set() else patience)
        return code


async def _say_all(chat: Chat, lines: InputLines) -> None:
    while (line := await lines.next()) is not None:
        commands.enter(chat, line)
        await chat.client.wait_below(IN_FLIGHT)
        if chat.leaving.is_set():
            return


async def until_first(*things: Awaitable[Any]) -> None:
    """Wait until the first of these ends, cancel the others, and raise its exception."""
    tasks = [asyncio.ensure_future(thing) for thing in things]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pour_away(stream: TextIO) -> None:
    """Redirect a stream without a reader to nowhere, so that the flush at exit cannot fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


class _Question(NamedTuple):
    """`read` asks the user, in the main thread; the answer goes into the future."""

    read: Callable[[], str]
    answer: Future[str | None]


class TerminalView:
    """Prints lines on a terminal around the line being typed. Called from the client's thread; the
    user types in the main thread.
    """

    times = True
    can_ask_again = True

    def __init__(self, output: TextIO) -> None:
        self.output = output
        """Where questions and messages go: stdout, or stderr when stdout is no terminal."""
        self.questions: queue.Queue[_Question | None] = queue.Queue()
        """What the main thread is to ask; None when there are no more questions."""
        self._prompt: str | None = None
        self._lock = threading.Lock()
        self._readline = _readline() if sys.stdout.isatty() else None

    def show(self, line: Line) -> None:
        if sys.stdout.isatty():
            self.notice(line)
        else:
            print(plain(line), flush=True)

    def notice(self, line: Line) -> None:
        with self._lock:
            if self._prompt is None:
                print(plain(line), file=self.output, flush=True)
                return
            typed = self._readline.get_line_buffer() if self._readline else ""
            self.output.write(
                f"{self._over(self._prompt + typed)}{plain(line)}\n{self._prompt}{typed}"
            )
            self.output.flush()

    def _over(self, shown: str) -> str:
        """The text that moves from the current line to a new one: spaces over it if they are sure
        to fit, else a line feed.
        """
        if self._readline is None or len(shown) >= _columns():
            return "\n"
        return "\r" + " " * len(shown) + "\r"

    def refresh(self) -> None:
        pass

    def read(self, prompt: str) -> str:
        """Read a typed line. Raises EOFError and KeyboardInterrupt as `input` does."""
        with self._lock:
            self._prompt = prompt
        try:
            if sys.stdout.isatty():
                return input(prompt)
            self.output.write(prompt)
            self.output.flush()
            return input()
        finally:
            with self._lock:
                self._prompt = None

    def half_typed(self) -> bool:
        """After Ctrl-C: did it discard a non-empty line?"""
        return bool(self._readline and self._readline.get_line_buffer())

    async def ask_name(self) -> str | None:
        return await self._ask(lambda: self.read(ASK_NAME))

    async def ask_secret(self, question: str) -> str | None:
        return await self._ask(lambda: getpass.getpass(question, self.output))

    async def _ask(self, read: Callable[[], str]) -> str | None:
        answer: Future[str | None] = Future()
        self.questions.put(_Question(read, answer))
        return await asyncio.wrap_future(answer)

    def complete_with(self, completions: Callable[[str], list[str]]) -> None:
        """Complete the text before the cursor by Tab with one of these."""
        if self._readline is None:
            return
        found: list[str] = []

        def complete(_word: str, number: int) -> str | None:
            if number == 0:
                found[:] = completions(readline.get_line_buffer()[: readline.get_endidx()])
            return found[number] if number < len(found) else None

        readline = self._readline
        readline.set_completer(complete)
        readline.set_completer_delims(" ")
        libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")


def run_terminal(make_chat: MakeChat, nick: str | None) -> int:
    """Run the client on a terminal without prompt_toolkit, or one that supports only lines."""
    view = TerminalView(sys.stdout if sys.stdout.isatty() else sys.stderr)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="client")
    thread.start()

    def call(work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    chat = make_chat(view)
    try:
        if _begin(chat, view, nick, loop):
            view.complete_with(lambda before: call(_in_loop(commands.completions, chat, before)))
            _type_until_quit(chat, view, call)
        return call(chat.end(PATIENCE))
    except KeyboardInterrupt:
        call(chat.end(0.0))
        return 130
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _begin(
    chat: Chat, view: TerminalView, nick: str | None, loop: asyncio.AbstractEventLoop
) -> bool:
    """Connect while this thread reads the answers. Raises the exceptions of `Chat.begin`."""
    begun = asyncio.run_coroutine_threadsafe(chat.begin(nick), loop)
    begun.add_done_callback(lambda _: view.questions.put(None))
    while (question := _next_question(view.questions)) is not None:
        try:
            question.answer.set_result(question.read())
        except (EOFError, KeyboardInterrupt):
            print(file=view.output)
            question.answer.set_result(None)
    return begun.result()


def _next_question(questions: queue.Queue[_Q]) -> _Q:
    while True:
        try:
            # On Windows a wait without a timeout would not react to Ctrl-C.
            return questions.get(timeout=0.5)
        except queue.Empty:
            continue


def _type_until_quit(chat: Chat, view: TerminalView, call: Callable[[Any], Any]) -> None:
    interrupted = False
    while not chat.leaving.is_set():
        try:
            line = view.read(chat.prompt)
        except EOFError:
            print(file=view.output)
            call(_in_loop(chat.quit, ""))
        except KeyboardInterrupt:
            print(file=view.output)
            if interrupted or not view.half_typed():
                return
            interrupted = True
        else:
            interrupted = False
            call(_in_loop(commands.enter, chat, line))


async def _in_loop(function: Callable[..., _T], *args: Any) -> _T:
    return function(*args)


def _readline() -> ModuleType | None:
    try:
        import readline
    except ImportError:  # Windows
        return None
    return readline


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80
