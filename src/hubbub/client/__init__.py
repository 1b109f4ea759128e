"""The client: a library for programs, and the terminal client that people start with `client.py`.

    bytes -> wire -> connection -> state -> library -> conversation -> a view

Each file imports only those before it; `receiving` tells the state what the server says. Only
`connection`, `library`, `uploading` and the views do I/O. Programs use `Client`; docs/client.md
shows how.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from hubbub.addresses import join_host_port
from hubbub.client.errors import (
    ClientError,
    ConnectError,
    NickTakenError,
    NotDeliveredError,
    QueueFullError,
)
from hubbub.client.events import Said
from hubbub.client.library import Client, Delivery
from hubbub.errors import ProgramError
from hubbub.invocation import command_line

if TYPE_CHECKING:
    from hubbub.client.conversation import Chat, ClientView

__all__ = [
    "Client",
    "ClientError",
    "ConnectError",
    "Delivery",
    "NickTakenError",
    "NotDeliveredError",
    "QueueFullError",
    "Said",
    "run",
    "run_lines",
]


def run(
    host: str,
    port: int,
    *,
    nick: str | None = None,
    channel: str = "#lobby",
    tls: bool = False,
    fingerprint: str = "",
    plain: bool = False,
    invitation: str = "",
    password: str = "",
) -> int:
    """Run the client on this terminal, or in a pipe. Returns the exit code.

    0 if all messages were delivered, 1 if one was not. Raises ProgramError if there is no server at
    that address or no nick is available. `invitation` is sent to a server that requires one
    (docs/invitations.md), `password` to one with a password. `plain` uses lines
    without a screen even on a terminal.
    """
    from hubbub.client.conversation import Chat

    make_client = partial(
        Client,
        host,
        port,
        tls=tls,
        fingerprint=fingerprint,
        invitation=invitation,
        password=password,
    )

    def make_chat(view: ClientView) -> Chat:
        return Chat(view, make_client, _channel(channel), lambda: datetime.now().astimezone())

    _unbreakable_output()
    try:
        return _how_to_talk(plain)(make_chat, nick)
    except ConnectError as error:
        raise ProgramError(_no_server(error, host, port)) from error
    except NickTakenError as error:
        raise ProgramError(str(error)) from error


def run_lines(host: str, port: int) -> int:
    """Send and show plain lines, for servers that learners write. Returns the exit code.

    Raises ProgramError if there is no server at that address.
    """
    from hubbub.client import raw_lines

    _unbreakable_output()
    try:
        return raw_lines.run(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ProgramError(f"cannot connect to {join_host_port(host, port)}: {reason}") from error


def _channel(name: str) -> str:
    """Add the `#` to a channel name: in a shell it would have to be quoted."""
    return name if name[:1] in ("#", "&") else "#" + name


def _how_to_talk(plain: bool) -> Callable[[Callable[[Any], Chat], str | None], int]:
    """Choose the view by the kind of stdin and stdout."""
    from hubbub.client import line_client

    def in_loop(view: Callable[..., Coroutine[Any, Any, int]]) -> Callable[..., int]:
        return lambda *args: asyncio.run(view(*args))

    if sys.stdin is None or not sys.stdin.isatty():
        return in_loop(line_client.run_piped)
    if plain or not sys.stdout.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return line_client.run_terminal
    try:
        from hubbub.client import prompt_client
    except ImportError:
        return line_client.run_terminal
    return in_loop(prompt_client.run_prompt)


def _no_server(error: ConnectError, host: str, port: int) -> str:
    local = host in ("127.0.0.1", "::1", "localhost")
    hint = f". Is the server running? Start it with: {command_line('serve')}"
    if not local or "refused" not in str(error):
        hint = ""
    return f"cannot connect to {join_host_port(host, port)}: {error}{hint}"


def _unbreakable_output() -> None:
    """Escape characters that the terminal's encoding lacks, instead of raising an exception."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
