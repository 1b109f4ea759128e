"""The plain dialect of one session: knows whether it has a name yet, and its current channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ...model.change import Change
from ...model.invites import looks_like_word
from ...protocol.lines import ENDLESS, LineSplitter, LineTooLong
from ...protocol.message import BadLine, Bundle, FixedReplies, Message, Reply
from ..interface import Item, Recipient
from .account_commands import introduction, read_login
from .entrance import Entrance
from .sentences import WRITERS, Writing, write_reply
from .slash_commands import help_lines, typed

_LONGEST = 400  # bytes of text; so that the line fits into an IRC line for others
_NOTE = "NOTE"
_HELP = ("help", "?", "h")


def _note(text: str) -> BadLine:
    """A notice from the server, in the form of a reply."""
    return BadLine(Reply(_NOTE, ("*", "PLAIN", text)))


def _command(text: str) -> tuple[str, str]:
    """Split a slash command into the word and the rest."""
    word, _, rest = text[1:].partition(" ")
    return word.lower(), rest


class PlainDialect:
    __slots__ = ("_splitter", "_writing")

    name = "plain"
    for_people = True
    writers = WRITERS

    def __init__(self, receive_queue: int = 16384, entrance: Entrance | None = None) -> None:
        self._splitter = LineSplitter(_LONGEST, receive_queue)
        self._writing = Writing(entrance or Entrance())

    def hears_itself(self, caps: frozenset[str]) -> bool:
        return True

    def greeting(self, session: Recipient) -> str:
        # One complete line, which an IRC client that connects late takes for a notice.
        server = session.variant.server.name
        return f":{server} NOTICE * :Welcome to Hubbub. {self._writing.question}\r\n"

    def farewell(self, session: Recipient, reason: str) -> str:
        return f"* Goodbye. ({reason})\n"

    # -- reading ---------------------------------------------------------------------------

    def receive(self, data: bytes) -> Iterator[Message | BadLine]:
        # Lazy: whether a line is a name depends on the outcome of the line before it.
        for line in self._splitter.feed(data):
            yield from self._read(line)

    def _read(self, line: bytes | LineTooLong) -> Sequence[Message | BadLine]:
        if line is ENDLESS:
            return [BadLine(None, ends="a line without end")]
        if isinstance(line, LineTooLong):
            return [_note(f"That line is longer than {_LONGEST} bytes; it was not sent.")]
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return [_note("That line is not UTF-8 text; it was not sent.")]
        text = text.replace("\r", "").replace("\0", "").strip("\n")
        if not text.strip():
            return []
        if not self._writing.named:
            return self._read_name(text.strip())
        if text.strip() == "quit":
            return [Message("QUIT")]
        self._writing.keep_up()
        if text[0] == "/" and text[:2] != "//":
            return self._read_command(text)
        if text[:2] == "//":
            text = text[1:]
        if not self._writing.channel:
            return [_note("You are in no channel. /join #lobby, or /msg somebody.")]
        return [Message("PRIVMSG", (self._writing.channel, text))]

    def _read_name(self, text: str) -> Sequence[Message | BadLine]:
        if text in ("quit", "/quit"):
            return [Message("QUIT")]
        if self._writing.locked:
            return [Message("PASS", (text,))]
        if text[0] == "/":
            word, rest = _command(text)
            if word in _HELP:
                return [_note("First a name, one word. /login name password, if it has one.")]
            if (entering := read_login(word, rest)) is not None:
                return entering
        if looks_like_word(text):
            return [Message("PASS", (text,))]
        name = text.removeprefix("/nick ").strip()
        if " " in name:
            return [_note(f"A name is one word. {self._writing.question}")]
        return introduction(name)

    def _read_command(self, text: str) -> Sequence[Message | BadLine]:
        word, rest = _command(text)
        if word in _HELP:
            return [_note("\n".join(help_lines(rest.strip())))]
        command = typed(word)
        if command is None:
            return [_note(f"There is no command /{word}. /help shows them all.")]
        if word == "join" and rest.strip():
            name = rest.split()[0]
            if self._writing.go_to(name if name[0] == "#" else "#" + name):
                return [_note(f"You are now talking in {self._writing.channel}.")]
        messages = command.read(rest.strip(), self._writing.channel)
        return messages if messages is not None else [_note(f"Use it like this: {command.usage}")]

    # -- writing ---------------------------------------------------------------------------

    def write_answer(self, session: Recipient, items: Sequence[Item], label: str | None) -> str:
        return "".join(self._write(session, item) for item in items)

    def begin_parts(self, session: Recipient, label: str | None) -> tuple[str, str]:
        return "", ""

    def write_part(self, session: Recipient, items: Sequence[Item], batch: str) -> str:
        return self.write_answer(session, items, None)

    def end_parts(self, session: Recipient, batch: str) -> str:
        return ""

    def _write(self, session: Recipient, item: Item) -> str:
        if isinstance(item, Reply):
            return write_reply(item, self._writing)
        if isinstance(item, FixedReplies):
            return "".join(write_reply(reply, self._writing) for reply in item.replies)
        if isinstance(item, Bundle):
            if item.kind == "metadata" and not item.items:
                return f"* {item.params[0]} says nothing in a profile.\n"
            return "".join(self._write_earlier(session, each) for each in item.items)
        self._writing.notice(item, session)
        return session.variant.write(item)

    def _write_earlier(self, session: Recipient, item: Item) -> str:
        """A line of a bundle: an earlier message with its time, in the format of chat.log."""
        if isinstance(item, Change) and (line := session.variant.write(item)):
            when = datetime.fromtimestamp(item.entry.time / 1000)
            return f"{when:%Y-%m-%d %H:%M} {line}"
        return self._write(session, item)
