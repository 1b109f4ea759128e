"""The view on a terminal: the line being typed stays at the bottom, new lines appear above it
(prompt_toolkit).

One task writes all lines since its last turn at once: erase the prompt, write, draw it again. So a
burst costs one redraw. The terminal stays in raw mode throughout: in cooked mode a key pressed in
between would be echoed (`^[[A`) in the middle of the line. Importing this file needs
prompt_toolkit; `hubbub.client.run` falls back to `line_client` without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from hubbub.client import commands
from hubbub.client.conversation import ASK_NAME, Chat
from hubbub.client.line_client import PATIENCE, MakeChat, until_first
from hubbub.client.render import Line

STYLE = Style.from_dict(
    {
        "word": "ansibrightblack",
        "time": "ansibrightblack",
        "note": "ansibrightblack",
        "channel": "ansicyan",
        "error": "ansired",
        "nick0": "ansigreen bold",
        "nick1": "ansiyellow bold",
        "nick2": "ansiblue bold",
        "nick3": "ansimagenta bold",
        "nick4": "ansicyan bold",
        "nick5": "ansired bold",
        "bottom-toolbar": "noreverse ansibrightblack",
    }
)


class PromptView:
    times = True
    can_ask_again = True

    def __init__(self) -> None:
        self.session: PromptSession[str] = PromptSession(style=STYLE, complete_while_typing=False)
        # Terminals that do not report the cursor position work as well; no warning is needed.
        self.session.app.renderer.cpr_not_supported_callback = None
        self._lines: list[Line] = []
        self._something = asyncio.Event()

    def show(self, line: Line) -> None:
        self._lines.append(line)
        self._something.set()

    notice = show

    def refresh(self) -> None:
        self.session.app.invalidate()

    async def ask_name(self) -> str | None:
        return await self._ask(ASK_NAME)

    async def ask_secret(self, question: str) -> str | None:
        return await self._ask(question, hidden=True)

    async def _ask(self, question: str, *, hidden: bool = False) -> str | None:
        await self.print_now()
        session = PromptSession[str](style=STYLE)
        try:
            answer: str = await session.prompt_async(question, is_password=hidden)
        except (EOFError, KeyboardInterrupt):
            return None
        return answer

    async def print_always(self) -> None:
        """Write lines as they arrive, for ever."""
        while True:
            await self._something.wait()
            await self.print_now()

    async def print_now(self) -> None:
        self._something.clear()
        lines, self._lines = self._lines, []
        if lines:
            with _never_cooked(self.session.app.input):
                await run_in_terminal(lambda: self._write(lines))

    def _write(self, lines: Iterable[Line]) -> None:
        fragments = [
            (f"class:{style}", text) for line in lines for style, text in [*line, ("", "\n")]
        ]
        print_formatted_text(self.session.app.output, FormattedText(fragments), STYLE)


@contextlib.contextmanager
def _never_cooked(terminal: Input) -> Iterator[None]:
    """Keep `run_in_terminal` from changing the terminal's mode inside the block."""
    terminal.cooked_mode = contextlib.nullcontext  # type: ignore[method-assign]
    try:
        yield
    finally:
        del terminal.cooked_mode


class _Completions(Completer):
    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        word = before.rpartition(" ")[2]
        for text in commands.completions(self._chat, before):
            yield Completion(text, start_position=-len(word))


def _keys(chat: Chat) -> KeyBindings:
    """Ctrl-C clears the line, then quits; Alt with a digit or an arrow switches the
    conversation."""
    keys = KeyBindings()

    @keys.add("c-c")
    def _clear_or_quit(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=EOFError)

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.text_before_cursor
        found = commands.completions(chat, before)
        if buffer.complete_state:
            buffer.complete_next()
        elif len(found) == 1:  # at once: the menu would appear too late for a fast typist
            buffer.delete_before_cursor(len(before.rpartition(" ")[2]))
            buffer.insert_text(found[0])
        else:
            buffer.start_completion(insert_common_part=True)

    def go(offset: Callable[[int, int], int]) -> Callable[[KeyPressEvent], None]:
        def move(event: KeyPressEvent) -> None:
            places = chat.places()
            here = places.index(chat.current) if chat.current in places else 0
            if 0 <= (number := offset(here, len(places))) < len(places):
                chat.go(places[number])

        return move

    for number in range(9):
        keys.add("escape", str(number + 1))(go(partial(_always, number)))
    keys.add("escape", "up")(go(lambda here, count: (here - 1) % max(1, count)))
    keys.add("escape", "down")(go(lambda here, count: (here + 1) % max(1, count)))
    return keys


def _always(number: int, _here: int, _count: int) -> int:
    return number


async def run_prompt(make_chat: MakeChat, nick: str | None) -> int:
    """Run the client on a terminal. Returns the exit code."""
    view = PromptView()
    chat = make_chat(view)
    printing = asyncio.create_task(view.print_always())
    try:
        if await chat.begin(nick):
            await view.print_now()
            with _ending_on_signals(chat), view.session.app.input.raw_mode():
                await until_first(_type(chat, view), chat.leaving.wait(), chat.client.wait_closed())
    finally:
        code = await chat.end(PATIENCE)
        await view.print_now()
        printing.cancel()
    return code


async def _type(chat: Chat, view: PromptView) -> None:
    view.session.completer = _Completions(chat)
    view.session.key_bindings = _keys(chat)
    while not chat.leaving.is_set():
        try:
            line = await view.session.prompt_async(
                lambda: chat.prompt, bottom_toolbar=lambda: chat.status, enable_suspend=True
            )
        except (EOFError, KeyboardInterrupt):
            chat.quit("")
        else:
            commands.enter(chat, line)


@contextlib.contextmanager
def _ending_on_signals(chat: Chat) -> Iterator[None]:
    """If the terminal is closed or a signal arrives, leave as on `quit`, so the mode is
    restored."""
    loop = asyncio.get_running_loop()
    numbers: list[int] = []
    if sys.platform != "win32":
        numbers = [signal.SIGTERM, signal.SIGHUP]
    for number in numbers:
        loop.add_signal_handler(number, chat.leaving.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
