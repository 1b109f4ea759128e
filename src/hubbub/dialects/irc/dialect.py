"""The IRC dialect: parse and write the lines of one session."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence

from ...model.change import Change
from ...protocol.codec import (
    NotAMessage,
    fit,
    format_tags,
    join_params,
    parse,
    parse_tags,
)
from ...protocol.lines import ENDLESS, LineSplitter, LineTooLong
from ...protocol.message import BadLine, Bundle, Burst, FixedReplies, Message, Received, Reply
from ...protocol.numerics import ERR_INPUTTOOLONG, fail, numeric
from ..interface import Item, Recipient
from ..variant import Variant
from .serializer import WRITERS

#: Maximum tags of a client in bytes, between @ and space: 4,094 (IRCv3 message-tags "Size limit").
LONGEST_TAGS = 4094
_TOO_LONG = BadLine(numeric(ERR_INPUTTOOLONG))
_ENDLESS = BadLine(None, ends="RecvQ exceeded (a line without end)")

#: Placeholder for a nick in cached lines: as long as the longest nick, and in no real line.
_ANY_NICK = "\0" * 128

#: Tag of the first line in a history batch that may be shorter than requested although there is
#: more, for clients that take a short batch for the last one. Others page until a batch is empty.
SHORT = "hubbub.local/short"

#: Capabilities that labels require: the answer may be a batch.
_LABELS = frozenset({"labeled-response", "batch"})

#: Skips the generated constructor.
_new = tuple.__new__
_batch_numbers = itertools.count(1)


class IrcDialect:
    __slots__ = ("_longest", "_splitter", "_start", "_target")

    name = "irc"
    for_people = False
    writers = WRITERS

    def __init__(self, longest_line: int = 512, receive_queue: int = 16384) -> None:
        self._longest = longest_line - 2  # without CR LF
        self._splitter = LineSplitter(self._longest + LONGEST_TAGS + 2, receive_queue)
        #: How the lines of the last burst began, before their text, and their target.
        self._start, self._target = "", ""

    def receive(self, data: bytes) -> Sequence[Received]:
        lines = self._splitter.feed_text(data)
        if lines is None:
            return self._read_each(self._splitter.feed(data))
        short = self._longest // 4
        received: list[Received] = []
        texts: list[str] | None = None  # of the burst that `received` ends with
        for line in lines:
            start, _, text = line.partition(" :")
            if not text or (len(line) > short and not self._is_short(line)):
                texts = None
                received += self._read_each((line,))
            elif start == self._start and texts is not None:
                texts.append(text)
            elif start == self._start or self._begins_burst(start):
                texts = [text]
                received.append(_new(Burst, (self._target, texts)))
            else:
                texts = None
                received += self._read_each((line,))
        return received

    def _begins_burst(self, start: str) -> bool:
        """Is a line that begins so, with a text behind it, a message of a burst?"""
        try:
            command, params, tags, source = parse(start)
        except NotAMessage:
            return False
        if command != "PRIVMSG" or len(params) != 1 or tags is not None or source is not None:
            return False
        self._start, self._target = start, params[0]
        return True

    def _is_short(self, line: str) -> bool:
        """Is it within the limit? Characters have at most four bytes."""
        return len(line) <= (self._longest if line.isascii() else self._longest // 4)

    def _read_each(self, lines: Iterable[str | bytes | LineTooLong]) -> list[Message | BadLine]:
        messages = []
        for line in lines:
            with contextlib.suppress(NotAMessage):  # an empty line (RFC 1459 section 2.3)
                messages.append(self._read(line))
        return messages

    def _read(self, line: str | bytes | LineTooLong) -> Message | BadLine:
        """Parse one line. Raises NotAMessage."""
        if isinstance(line, str):
            if self._is_short(line):
                return parse(line)
            line = line.encode()
        if isinstance(line, LineTooLong):
            return _ENDLESS if line is ENDLESS else _TOO_LONG
        if len(line) > self._longest and not self._fits(line):
            return _TOO_LONG._replace(label=_label_of(line))
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return BadLine(_not_utf8(line), _label_of(line))
        if "\r" in text or "\0" in text:
            # Neither may occur in a message (RFC 2812 section 2.3.1): a CR would end a line for
            # others.
            text = text.replace("\r", "").replace("\0", "")
        return parse(text)

    def _fits(self, line: bytes) -> bool:
        """Is an overlong line within the limits once its tags are not counted?"""
        if line[:1] != b"@":
            return False
        head, _, rest = line.partition(b" ")
        return len(head) - 1 <= LONGEST_TAGS and len(rest) <= self._longest

    def hears_itself(self, caps: frozenset[str]) -> bool:
        return "echo-message" in caps

    def greeting(self, session: Recipient) -> str:
        return ""

    def farewell(self, session: Recipient, reason: str) -> str:
        return f"ERROR :Closing link: {reason}\r\n"

    # -- answering -------------------------------------------------------------------------

    def write_answer(self, session: Recipient, items: Sequence[Item], label: str | None) -> str:
        if label is None or not session.caps >= _LABELS:
            return "".join(self._write(session, item) for item in items)
        return self._write_labeled(session, items, label)

    def begin_parts(self, session: Recipient, label: str | None) -> tuple[str, str]:
        if label is None or not session.caps >= _LABELS:
            return "", ""
        batch = f"r{next(_batch_numbers)}"
        line = f":{session.variant.server.name} BATCH +{batch} labeled-response"
        return add_tags(line, {"label": label}) + "\r\n", batch

    def write_part(self, session: Recipient, items: Sequence[Item], batch: str) -> str:
        if not batch:
            return self.write_answer(session, items, None)
        lines = in_batch(self._lines(session, items), batch)
        return "".join([f"{line}\r\n" for line in lines])

    def end_parts(self, session: Recipient, batch: str) -> str:
        return f":{session.variant.server.name} BATCH -{batch}\r\n" if batch else ""

    def _write(self, session: Recipient, item: Item) -> str:
        if isinstance(item, Change):  # first: an answer from the history has a hundred
            return session.variant.write(item)
        if isinstance(item, Reply):
            return write_reply(session.nick, item, session.variant)
        if isinstance(item, FixedReplies):
            return _write_fixed(session, item)
        return "".join(f"{line}\r\n" for line in self._bundle(session, item))

    def _lines(self, session: Recipient, items: Sequence[Item]) -> list[str]:
        return [line for item in items for line in self._write(session, item).split("\r\n") if line]

    def _bundle(self, session: Recipient, bundle: Bundle) -> list[str]:
        """Write a batch; for a client without batch, write its lines only."""
        lines = self._lines(session, bundle.items)
        if "batch" not in session.caps:
            return lines
        server, number = session.variant.server.name, f"b{next(_batch_numbers)}"
        start = " ".join((f":{server} BATCH +{number}", bundle.kind, *bundle.params))
        inside = in_batch(lines, number)
        if bundle.short and inside and session.variant.tagged:
            inside[0] = add_tags(inside[0], {SHORT: ""})
        return [start, *inside, f":{server} BATCH -{number}"]

    def _write_labeled(self, session: Recipient, items: Sequence[Item], label: str) -> str:
        """Attach the label: one line carries it itself, several are put in a batch, and an empty
        answer becomes ACK (IRCv3 labeled-response)."""
        server = session.variant.server.name
        lines = self._lines(session, items)
        if not lines:
            return add_tags(f":{server} ACK", {"label": label}) + "\r\n"
        if len(lines) == 1 or (len(items) == 1 and _is_batch(lines)):
            return "\r\n".join((add_tags(lines[0], {"label": label}), *lines[1:])) + "\r\n"
        number = f"r{next(_batch_numbers)}"
        batch = [
            add_tags(f":{server} BATCH +{number} labeled-response", {"label": label}),
            *in_batch(lines, number),
            f":{server} BATCH -{number}",
        ]
        return "\r\n".join(batch) + "\r\n"


def _not_utf8(line: bytes) -> Reply:
    """The reply to a line that is not UTF-8; names the command if readable (IRCv3 utf8-only)."""
    words = [word for word in line.split(b" ") if word and word[:1] not in b"@:"]
    name = words[0].decode(errors="replace").upper() if words else ""
    name = name if name.isascii() and name.isalnum() else "*"
    return fail(name, "INVALID_UTF8", text="That line is not valid UTF-8; it was not used")


def _is_batch(lines: list[str]) -> bool:
    """Do these lines form exactly one batch?"""
    _, begun, rest = lines[0].partition(" BATCH +")
    return bool(begun) and lines[-1].endswith(f" BATCH -{rest.partition(' ')[0]}")


def _label_of(line: bytes) -> str | None:
    """The label of a line that is otherwise unreadable."""
    if line[:1] != b"@":
        return None
    tags = line[1:].partition(b" ")[0]
    return parse_tags(tags.decode()).get("label") if tags.isascii() else None


def in_batch(lines: Sequence[str], batch: str) -> list[str]:
    """The lines with the tag of their batch, except those that are in one already. The quick path
    of add_tags: a page of history has a hundred lines."""
    tag = f"batch={batch}"
    inside = []
    for line in lines:
        head, _, rest = line.partition(" ")
        if head[:1] != "@":
            inside.append(f"@{tag} {line}")
        elif "batch=" in head:
            inside.append(add_tags(line, {"batch": batch}))
        else:
            inside.append(f"{head};{tag} {rest}")
    return inside


def add_tags(line: str, tags: dict[str, str]) -> str:
    """Add tags to `line`, except those that it already has (a batch in a batch)."""
    head, space, rest = line.partition(" ")
    if head[:1] != "@":
        return f"@{format_tags(tags.items())} {line}"
    held = {item.partition("=")[0] for item in head[1:].split(";")}
    new = [(key, value) for key, value in tags.items() if key not in held]
    return f"{head};{format_tags(new)}{space}{rest}" if new else line


def write_reply(nick: str, reply: Reply, variant: Variant) -> str:
    """General path of a reply (quick: _write_fixed). Numerics begin with the nick of the client
    that they are sent to (RFC 2812 section 5)."""
    command, params, source, tags = reply
    server = variant.server
    start = f":{source or server.name} {command}"
    if command.isdigit():
        start = f"{start} {nick}"
    line = fit(f"{start} {join_params(params)}" if params else start, server.line_length)
    return f"@{format_tags(tags.items())} {line}\r\n" if tags and variant.tagged else f"{line}\r\n"


def _write_fixed(session: Recipient, fixed: FixedReplies) -> str:
    """Quick path of replies equal for all clients but for the nick (general: write_reply).

    The lines are cached with a placeholder for the nick; they are most of the greeting.
    """
    if not fixed.written:
        lines = [write_reply(_ANY_NICK, reply, session.variant) for reply in fixed.replies]
        fixed.written = tuple("".join(lines).split(_ANY_NICK))
    return session.nick.join(fixed.written)
