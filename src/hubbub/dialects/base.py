"""What every dialect can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from ..model.change import Change
from ..protocol.message import BadLine, Bundle, FixedReplies, Message, Reply

if TYPE_CHECKING:
    from ..session import Session
    from .variant import Writers

#: One thing that the asker is told: a reply, or a change that the command made.
Item: TypeAlias = Reply | FixedReplies | Change | Bundle


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

    def write_answer(self, session: Session, items: Sequence[Item], label: str | None) -> str:
        """The lines that answer one command, in order."""

    def begin_parts(self, session: Session, label: str | None) -> tuple[str, str]:
        """An answer is told in several parts: the lines before the first, and the batch that all
        of them are in, or ""."""

    def write_part(self, session: Session, items: Sequence[Item], batch: str) -> str:
        """The lines of one part."""

    def end_parts(self, session: Session, batch: str) -> str:
        """The lines after the last part."""

    def greeting(self, session: Session) -> str:
        """What is said before the client says anything."""

    def farewell(self, session: Session, reason: str) -> str:
        """The last lines before the server ends the connection."""
