"""What every dialect can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

from ..model.change import Change
from ..model.user import User
from ..protocol.message import BadLine, Bundle, FixedReplies, Message, Reply
from .variant import Variant, Writers

#: One thing that the asker is told: a reply, or a change that the command made.
Item: TypeAlias = Reply | FixedReplies | Change | Bundle


class Recipient(Protocol):
    """The session that lines are written for, as far as a dialect looks at it."""

    @property
    def nick(self) -> str: ...
    @property
    def user(self) -> User | None: ...
    @property
    def caps(self) -> frozenset[str]: ...
    @property
    def variant(self) -> Variant: ...


class Dialect(Protocol):
    """One session's side of the conversation: it holds the half line that is still to come."""

    name: str
    #: Everything typed belongs to the default channel, which one is in from the start.
    for_people: bool
    #: How changes are told. The same for all sessions of a variant.
    writers: Writers

    def receive(self, data: bytes) -> Iterable[Message | BadLine]:
        """The messages that `data` completes.

        May be lazy: what a line means can depend on what the one before it led to.
        """

    def hears_itself(self, caps: frozenset[str]) -> bool:
        """Is a sender told of its own message when it is on disk?"""

    def write_answer(self, session: Recipient, items: Sequence[Item], label: str | None) -> str:
        """The lines that answer one command, in order."""

    def begin_parts(self, session: Recipient, label: str | None) -> tuple[str, str]:
        """An answer is told in several parts: the lines before the first, and the batch that all
        of them are in, or ""."""

    def write_part(self, session: Recipient, items: Sequence[Item], batch: str) -> str:
        """The lines of one part."""

    def end_parts(self, session: Recipient, batch: str) -> str:
        """The lines after the last part."""

    def greeting(self, session: Recipient) -> str:
        """What is said before the client says anything."""

    def farewell(self, session: Recipient, reason: str) -> str:
        """The last lines before the server ends the connection."""
