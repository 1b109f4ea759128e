"""What commands of one client cost in its flood budget.

A command costs 1. The lines of a multiline message cost by their bytes, because they are one
message and their number is limited by the batch: else a pasted text of 150 lines would hold its
writer back for half a minute, with PING waiting behind it.
"""

from __future__ import annotations

from ..protocol.message import BadLine, Burst, Message, Received

#: Bytes of a multiline message for the price of one command.
BYTES_PER_COMMAND = 1024
#: Counted for each line besides its text.
LINE_OVERHEAD = 32
#: Commands that a batch collects (handlers/messages/open_batch.py).
_COLLECTED = frozenset(("PRIVMSG", "NOTICE", "EDIT"))


class Prices:
    """The prices of one client's commands, which have to be asked for in order."""

    __slots__ = ("_batch",)

    def __init__(self) -> None:
        self._batch = ""  # reference of the batch that the client has opened

    def of(self, message: Received) -> float:
        if isinstance(message, Burst):
            return len(message.texts)
        if isinstance(message, BadLine):
            return 1
        if message.command == "BATCH" and message.params:
            self._turn(message.params[0])
        elif message.tags and self._is_line(message):
            size = len(message.params[-1].encode()) + LINE_OVERHEAD
            return min(1, size / BYTES_PER_COMMAND)
        return 1

    def _turn(self, reference: str) -> None:
        self._batch = reference[1:] if reference[:1] == "+" else ""

    def _is_line(self, message: Message) -> bool:
        reference = (message.tags or {}).get("batch")
        return bool(reference) and reference == self._batch and _collects(message)


def _collects(message: Message) -> bool:
    return message.command in _COLLECTED and bool(message.params)
