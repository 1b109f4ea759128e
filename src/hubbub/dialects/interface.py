"""The interface of a dialect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from ..model.change import Change
from ..model.user import User
from ..protocol.message import Bundle, FixedReplies, Received, Reply
from .variant import Variant, Writers

#: One item of the answer to a command: a reply, or a change that the command caused.
Item: TypeAlias = Reply | FixedReplies | Change | Bundle


class Recipient(Protocol):
    """The session that lines are written for; the attributes that dialects read."""

    @property
    def nick(self) -> str: ...
    @property
    def user(self) -> User | None: ...
    @property
    def caps(self) -> frozenset[str]: ...
    @property
    def variant(self) -> Variant: ...


class Dialect(Protocol):
    """The protocol state of one session, including an incomplete line of input."""

    name: str
    #: Input goes to the default channel, which the client joins at first.
    for_people: bool
    #: How changes are written; shared by all sessions of a variant.
    writers: Writers

    def receive(self, data: bytes) -> Iterable[Received]:
        """Return the messages that `data` completes.

        The result may be lazy: the meaning of a line can depend on the outcome of the line before
        it.
        """

    def hears_itself(self, caps: frozenset[str]) -> bool:
        """Does a sender receive its own message once it is on disk?"""

    def write_answer(self, session: Recipient, items: Sequence[Item], label: str | None) -> str:
        """The lines that answer one command, in order."""

    def begin_parts(self, session: Recipient, label: str | None) -> tuple[str, str]:
        """Begin an answer in several parts. Returns the lines before the first part, and the
        reference of the batch around all of them, or ""."""

    def write_part(self, session: Recipient, items: Sequence[Item], batch: str) -> str:
        """The lines of one part."""

    def end_parts(self, session: Recipient, batch: str) -> str:
        """The lines after the last part."""

    def greeting(self, session: Recipient) -> str:
        """The lines sent before the client has sent anything."""

    def farewell(self, session: Recipient, reason: str) -> str:
        """The last lines before the server closes the connection."""
