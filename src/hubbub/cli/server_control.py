"""Send orders to the server of a data directory, whether one is running or not.

Only the server writes its log. If it is running, the order is sent over its port with the token in
its data directory. If not, a server is started here for the duration of the order, on a free port
of this machine.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .. import data_dir
from ..config import Settings
from ..data_dir import InUse, Reachable
from ..errors import ProgramError, UsageError
from ..handlers.orders.control import ORDER_TAG
from ..protocol import codec
from ..protocol.message import Message

SECONDS = 30.0


def give(settings: Settings, name: str, words: dict[str, Any]) -> Any:
    """Send an order and return its result. Raises ProgramError if it fails or is refused."""
    order = json.dumps({"order": name, "words": words}, ensure_ascii=False)
    try:
        order.encode()
    except UnicodeEncodeError:
        raise UsageError("what is typed has to be text in UTF-8") from None
    with _server(settings) as server:
        return _ask(server, order, settings.proxy.required)


@contextlib.contextmanager
def _server(settings: Settings) -> Iterator[Reachable]:
    """The running server, or one started for the block."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with data_dir.locked(settings.data_dir), _private_server(settings) as server:
            yield server
    except InUse:
        running = data_dir.find(settings.data_dir)
        if running is None:
            raise ProgramError("the server is starting or stopping: try again") from None
        yield running
    except OSError as error:
        raise ProgramError(f"cannot use {settings.data_dir}: {error.strerror}") from error


@contextlib.contextmanager
def _private_server(settings: Settings) -> Iterator[Reachable]:
    from ..launch import open_log
    from ..serve import Server
    from ..welcome import home_address

    private = replace(
        settings, host="127.0.0.1", port=0, threads=1, tls=replace(settings.tls, enabled=False)
    )
    server = Server(private, open_log(private), load=_nothing_to_tell)
    host, port = server.start()
    # The links it makes are for the time when the server runs at its configured address.
    server.hub.context.home = home_address(settings.host, settings.port)
    try:
        yield Reachable(host, port, server.hub.context.control.token)
    finally:
        server.stop()


def _nothing_to_tell() -> Settings:
    raise ProgramError("no server runs here; it reads its settings when it starts")


def _lines(server: Reachable, order: str, behind_proxy: bool) -> bytes:
    message = Message("CONTROL", (server.token,), {ORDER_TAG: order})
    header = "PROXY UNKNOWN\r\n" if behind_proxy else ""
    return f"{header}CAP LS\r\n{codec.format(message)}\r\n".encode()


def _ask(server: Reachable, order: str, behind_proxy: bool) -> Any:
    try:
        with socket.create_connection((server.host, server.port), SECONDS) as connection:
            connection.sendall(_lines(server, order, behind_proxy))
            told = _read_answer(connection.makefile(encoding="utf-8"))
    except OSError as error:
        raise ProgramError(f"the server does not answer ({error})") from error
    if "failed" in told:
        raise ProgramError(told["failed"])
    if "done" not in told:
        raise ProgramError("the server did not understand: is it of another version?")
    return told["done"]


def _read_answer(lines: Iterable[str]) -> dict[str, Any]:
    """Join the lines of the answer; empty if the server ended without one."""
    text = ""
    for line in lines:
        message = codec.parse(line.rstrip("\r\n"))
        if message.command[:1] == "4":
            raise ProgramError(f"the server did not take the order ({line.strip()})")
        if message.command == "CONTROL":
            text += message.params[-1][:-1]
            if message.params[-1].endswith("."):
                return dict(json.loads(text))
    return {}
