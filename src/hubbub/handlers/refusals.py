"""Being told no: one class for every refusal, whoever asked and however it reaches them.

A refusal says what is wrong, once. Each edge puts it into the words of its own protocol: IRC and
plain text as a numeric or a FAIL (`reply_to`), services in a notice, SASL in its 904, HTTP by a
status, programs on the server's machine by the sentence alone.
"""

from __future__ import annotations

from ..protocol.message import Reply
from ..protocol.numerics import Numeric, fail, numeric, shown


class Refused(Exception):
    """Ends what was asked, with a refusal; str() is the sentence for people.

    `code` is for programs: a word as standard replies have it ("ACCOUNT_EXISTS"), or the digits of
    a numeric. `context` are the words it is about, as the asker wrote them. `command` is the one
    that FAIL names, where that is not the one asked. After `retry_after` seconds it may be allowed
    (0: not known).
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
        """The refusal that IRC has a numeric for, with the parameters that the numeric takes."""
        code, (*context, text), *_ = numeric(kind, *params)
        return cls(code, text, *context)

    def reply_to(self, command: str) -> Reply:
        """What a client that sent `command` is told."""
        about = [shown(word) for word in self.context]
        if self.code.isdigit():
            return Reply(self.code, (*about, str(self)))
        return fail(self.command or command, self.code, *about, text=str(self))


def log_full() -> Refused:
    """What there is no room for, whatever was asked."""
    text = "The server's disk is full: this was not kept and not sent"
    return Refused("LOG_FULL", text, command="*")
