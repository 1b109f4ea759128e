"""Being told no: how a handler ends with a refusal."""

from __future__ import annotations

from ..protocol.message import Reply


class Refused(Exception):
    """Ends a handler with a refusal that carries its reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.command)
        self.reply = reply
