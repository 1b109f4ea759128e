"""Refusals: one class for all, whoever sent the request and by whatever protocol.

A refusal states once what is wrong. Each protocol converts it: IRC and plain text to a numeric or a
FAIL (`reply_to`), services to a notice, SASL to 904, HTTP to a status, programs on the server's
machine to the sentence alone.
"""

from __future__ import annotations

from ..protocol.message import Reply
from ..protocol.numerics import Numeric, fail, numeric, shown


class Refused(Exception):
    """Refuses a request; str() is the sentence for people.

    `code` is for programs: a word as in standard replies ("ACCOUNT_EXISTS"), or the digits of a
    numeric. `context` are the subjects, as the client wrote them. `command` is the one that FAIL
    names, if it differs from the command sent. After `retry_after` seconds it may be permitted (0:
    unknown).
    """

    def __init__(
        self, code: str, text: str, *context: str, command: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(text)
        self.code = code
        self.context = context
        self.command = command
        self.retry_after = retry_after

    @classmethod
    def numeric(cls, kind: Numeric, *params: str) -> Refused:
        """A refusal for which IRC has a numeric, with the parameters of that numeric."""
        code, (*context, text), *_ = numeric(kind, *params)
        return cls(code, text, *context)

    def forget_frames(self) -> None:
        """Call it where the refusal is answered. A frame that it came through may hold it: each
        would keep the other, and the session, until the next garbage collection."""
        self.__traceback__ = None

    def reply_to(self, command: str) -> Reply:
        """The reply to a client that sent `command`."""
        self.forget_frames()
        about = [shown(word) for word in self.context]
        if self.code.isdigit():
            return Reply(self.code, (*about, str(self)))
        return fail(self.command or command, self.code, *about, text=str(self))


def too_busy() -> Refused:
    """The refusal of slow work when too much of it is queued."""
    return Refused("BUSY", "The server is too busy: try again in a few seconds", retry_after=5)


def log_full() -> Refused:
    """The refusal of anything that the full log has no space for."""
    text = "The server's disk is full: this was not kept and not sent"
    return Refused("LOG_FULL", text, command="*")


def log_low() -> Refused:
    """The refusal of a guest's change while the last space of the disk is kept for accounts."""
    text = "The server's disk is nearly full: until there is room, log in to an account"
    return Refused("LOG_FULL", text, command="*")
