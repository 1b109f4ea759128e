"""The shape of a slash command."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ...protocol.message import Message

#: Gets the text behind the command and the current channel; None: used wrongly.
Read: TypeAlias = Callable[[str, str], "list[Message] | None"]


class Typed(NamedTuple):
    """One slash command: how it is used, what it does, and the messages it means."""

    usage: str
    does: str
    read: Read
