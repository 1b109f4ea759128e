"""Group messages of the server: the contents of batches, and the responses to history requests.
Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from hubbub.client.events import Event, Reply, When
from hubbub.client.wire import Message, number

HISTORY_BATCHES = ("chathistory", "draft/search", "soju.im/search", "search")
ANSWER_WITHIN = 60.0
"""Seconds after which history that nobody answered for stops holding back what is said now."""
MAX_BATCH = 10_000
MAX_BATCHES = 100


@dataclass(slots=True)
class ServerBatch:
    """An open batch. `label` is that of the response it belongs to."""

    kind: str
    params: Sequence[str]
    label: str
    messages: list[Message] = field(default_factory=list)

    @property
    def is_history(self) -> bool:
        return self.kind in HISTORY_BATCHES

    def take(self, message: Message) -> None:
        if len(self.messages) < MAX_BATCH:
            self.messages.append(message)


class Batches:
    """Batches that are open."""

    def __init__(self) -> None:
        self._open: dict[str, ServerBatch] = {}

    def of(self, message: Message) -> ServerBatch | None:
        """The batch that contains the message, or None."""
        return self._open.get(message.tags.get("batch", ""))

    def turn(self, message: Message) -> ServerBatch | None:
        """Handle BATCH, which opens or closes a batch. Returns the batch if it is complete."""
        reference, outer = message.param(0), self.of(message)
        if reference[:1] == "+" != reference and len(self._open) < MAX_BATCHES:
            label = message.tags.get("label", "") or (outer.label if outer else "")
            self._open[reference[1:]] = ServerBatch(message.param(1), message.params[2:], label)
            return None
        return self._open.pop(reference[1:], None)

    def clear(self) -> None:
        self._open.clear()


@dataclass(slots=True)
class Request:
    """A pending CHATHISTORY or SEARCH.

    Its response has `mark` as its label. On a server without labels, a PING with that token is sent
    after the request; its PONG means that the response is complete.
    """

    where: str
    when: When
    mark: str
    after: bool
    since: float


class Requests:
    """Pending requests, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()
        self._marks = 0

    def __iter__(self) -> Iterator[Request]:
        return iter(self._waiting)

    def add(self, where: str, when: When, now: float, *, after: bool = False) -> Request:
        self._marks += 1
        request = Request(where, when, f"history-{self._marks}", after, now)
        self._waiting.append(request)
        return request

    def labelled(self, label: str) -> Request | None:
        return next((request for request in self if request.mark == label), None)

    def answered_by(self, batch: ServerBatch, fold: Callable[[str], str]) -> Request | None:
        """Remove and return the request that a batch answers; None if it was unasked."""
        where = fold(batch.params[0]) if batch.params else ""
        for request in self:
            same_place = batch.kind != "chathistory" or fold(request.where) == where
            if batch.label == request.mark or (same_place and not batch.label):
                self.forget(request)
                return request
        return None

    def over(self, token: str, now: float) -> list[Request]:
        """Remove and return the requests that this PONG completes, and those that timed out."""
        return [each for each in self if each.mark == token or now - each.since > ANSWER_WITHIN]

    def forget(self, request: Request) -> None:
        self._waiting.remove(request)

    def clear(self) -> None:
        self._waiting.clear()


def is_error(message: Message) -> bool:
    """A no. 422 looks like one and only says that there is no message of the day."""
    code = number(message.command, 0)
    return message.command == "FAIL" or (400 <= code < 600 and code != 422)


def reply(message: Message) -> list[Event]:
    """What the server said, for a person to read."""
    params = message.params[1:] if message.command.isdigit() else message.params
    return [Reply(message.command, params, message.param(-1), is_error(message), message.nick)]
