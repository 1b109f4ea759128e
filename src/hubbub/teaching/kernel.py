"""What the kernel tells about connections of other processes: SOCK_DIAG over netlink, on Linux.

It needs no rights, works for programs in any language, and takes microseconds (sock_diag(7)). On
other systems `available()` is false, and callers pause instead of asking.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

ESTABLISHED, LISTEN = 1, 10  # include/net/tcp_states.h

_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_INFO = 2  # INET_DIAG_INFO: a struct tcp_info follows
_HEADER = struct.Struct("=IHHII")
_SOCKET_ID = "!HH16s16s", "=III"
_MESSAGE = struct.Struct("=BBBB48xIIIII")
_BYTES_RECEIVED = 128  # offset of tcpi_bytes_received in struct tcp_info
_ANY_STATE = 0xFFFFFFFF
_NO_COOKIE = 0xFFFFFFFF

Address = tuple[str, int]


class End(NamedTuple):
    """One end of a TCP connection, as its kernel sees it. Sizes are in bytes."""

    state: int
    unread: int
    """Arrived, and not read by the program."""
    unsent: int
    """Written by the program, and not acknowledged by the other end."""
    received: int
    """Arrived since the beginning; 0 if the kernel does not tell."""


@cache
def available() -> bool:
    """Does this system answer such questions?"""
    if sys.platform != "linux":
        return False
    with socket.create_server(("127.0.0.1", 0)) as door:
        try:
            return is_listening(int(door.getsockname()[1]))
        except OSError:
            return False


def end(local: Address, remote: Address) -> End | None:
    """The end at the address `local` of the connection to `remote`; None if it is gone."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    try:
        ((_, _, found),) = _ask(family, _ANY_STATE, local, remote, dump=False)
    except FileNotFoundError:
        return None
    # Without a connection the kernel answers with the socket that listens.
    return found if found.state != LISTEN else None


def is_listening(port: int) -> bool:
    """Does a program on this machine listen on this TCP port?"""
    return any(here == port for here, _, _ in _all(1 << LISTEN, port))


def ends() -> Iterator[tuple[int, int, End]]:
    """Local port, remote port and state of every TCP socket that does not listen."""
    return _all(_ANY_STATE & ~(1 << LISTEN))


def _all(states: int, port: int = 0) -> Iterator[tuple[int, int, End]]:
    for family in (socket.AF_INET, socket.AF_INET6):
        yield from _ask(family, states, ("", port), ("", 0), dump=True)


def _ask(
    family: int, states: int, local: Address, remote: Address, *, dump: bool
) -> Iterator[tuple[int, int, End]]:
    """Ask the kernel for sockets. Raises OSError: FileNotFoundError if there is none."""
    which = struct.pack(
        _SOCKET_ID[0], local[1], remote[1], _packed(family, local[0]), _packed(family, remote[0])
    ) + struct.pack(_SOCKET_ID[1], 0, _NO_COOKIE, _NO_COOKIE)
    body = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 1 << (_INFO - 1), 0, states) + which
    flags = _REQUEST | (_DUMP if dump else 0)
    head = _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, flags, 1, 0)
    if sys.platform != "linux":
        raise OSError("this system does not tell of the sockets of other programs")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as asking:
        asking.send(head + body)
        while True:
            for kind, message in _messages(asking.recv(65_536)):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    (number,) = struct.unpack_from("=i", message)
                    raise OSError(-number, os.strerror(-number))
                yield _answer(message)
                if not dump:
                    return


def _packed(family: int, host: str) -> bytes:
    return (socket.inet_pton(family, host) if host else b"").ljust(16, b"\0")


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The netlink messages of a datagram: kind and content."""
    while len(data) >= _HEADER.size:
        length, kind, *_ = _HEADER.unpack_from(data)
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def _answer(message: bytes) -> tuple[int, int, End]:
    """Local port, remote port and state."""
    _, state, _, _, _, unread, unsent, _, _ = _MESSAGE.unpack_from(message)
    here, there = struct.unpack_from("!HH", message, 4)
    return here, there, End(state, unread, unsent, _received(message[_MESSAGE.size :]))


def _received(attributes: bytes) -> int:
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == _INFO and length >= 4 + _BYTES_RECEIVED + 8:
            return int(struct.unpack_from("=Q", attributes, 4 + _BYTES_RECEIVED)[0])
        attributes = attributes[max(4, (length + 3) & ~3) :]
    return 0
