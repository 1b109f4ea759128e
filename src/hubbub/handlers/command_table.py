"""The table of commands, and the steps that a handler may yield.

A handler is a function `(context, session, message) -> steps`. A step is an event (appended and
applied before the next step), a Reply to the client, Work (slow; its result is the value of the
`yield`), or PAUSE in a long answer. A single message may be returned without a generator. A refusal
is raised (refusals.py).

To add a command, add a function with `@command` in the file of its family.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ..events.kinds import Entry, Event, MessageSent
from ..protocol.message import FixedReplies, Message, Reply

if TYPE_CHECKING:
    from ..session import Session
    from ..work import Work
    from .context import Context

T = TypeVar("T")
Step: TypeAlias = (
    "Event | Reply | FixedReplies | Work | Pause | HistoryReply | CloseConnection | Disconnect"
    " | Relabel | SendTo"
)
Steps: TypeAlias = "Iterable[Step] | Generator[Step, Any, None]"
Handler: TypeAlias = "Callable[[Context, Session, Message], Steps | MessageSent]"


@dataclass(frozen=True, slots=True)
class HistoryReply:
    """Entries of the log, sent to the client as they were sent originally, or replies about them.

    With a `kind` they are in a batch of that kind, with the parameter `target` if given. `short`:
    fewer than requested, although there are more.
    """

    items: tuple[Entry | Reply, ...]
    kind: str | None = None
    target: str | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class SendTo:
    """Send something to one other session, number `session`. To send the same to all members of a
    channel, use an event."""

    session: int
    items: tuple[HistoryReply | Reply, ...]


@dataclass(frozen=True, slots=True)
class Relabel:
    """The answer has this label from now on; None: the answer belongs to another command."""

    label: str | None


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Close the client's connection."""

    reason: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close another connection: session number `session`."""

    session: int
    reason: str


class Pause:
    """Let other sessions run before the handler continues. Its data may have changed then."""


PAUSE = Pause()
_SLICE = 256


def in_slices(things: Iterable[T]) -> Iterator[T | Pause]:
    """Yield `things`, copied now, with a PAUSE now and then, which the caller yields as a step."""
    for place, thing in enumerate(list(things), 1):
        yield thing
        if place % _SLICE == 0:
            yield PAUSE


def answer_of(asked: Any) -> Generator[Step, Any, Any]:
    """The result of a question: a value, or the return value of a generator of steps."""
    return (yield from asked) if isinstance(asked, Generator) else asked


def spoken(
    steps: Generator[Any, Any, T], words: type | tuple[type, ...], say: Callable[[Any], Steps]
) -> Generator[Step, Any, T]:
    """Pass on steps, but turn those of the types `words` into the steps that `say` makes of
    them."""
    resume: Callable[[Any], Any] = steps.send
    result: Any = None
    while True:
        try:
            step = resume(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        resume, result = steps.send, None
        if isinstance(step, words):
            yield from say(step)
            continue
        try:
            result = yield step
        except Exception as error:  # of slow work: the generator knows what it means
            resume, result = steps.throw, error


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A row of the table: the handler, the least number of parameters, and whether the command is
    open to sessions before registration (`anyone`). With `past` its answers come from the log
    alone, so they are given whatever the disk does."""

    name: str
    handler: Handler
    params: int
    anyone: bool = False  # allowed before registration
    past: bool = False


COMMANDS: dict[str, CommandRow] = {}

#: The modules of commands, by family.
FAMILIES = {
    "sessions": ("registration", "webirc", "presence", "handover", "invite_links"),
    "accounts": ("lifecycle", "sasl", "services", "tokens"),
    "channels": ("membership", "mode", "rename"),
    "messages": (
        "privmsg",
        "client_batch",
        "edits",
        "relaying",
        "roleplay",
        "attachments",
        "webpush",
    ),
    "history": ("chathistory", "playback", "searching", "read_markers"),
    "people": ("whois", "monitor", "accept", "metadata", "chghost"),
    "server": ("info", "oper", "reports"),
    "orders": ("control",),
}


def command(
    *names: str, params: int = 0, anyone: bool = False, past: bool = False
) -> Callable[[Handler], Handler]:
    """Register a function as the handler of the commands `names`."""

    def enter(handler: Handler) -> Handler:
        for name in names:
            assert name not in COMMANDS, name
            COMMANDS[name] = CommandRow(name, handler, params, anyone, past)
        return handler

    return enter


def load() -> dict[str, CommandRow]:
    """Import all families and return the complete table."""
    import_module(".help", __package__)
    for family, files in FAMILIES.items():
        for file in files:
            import_module(f".{family}.{file}", __package__)
    return COMMANDS
