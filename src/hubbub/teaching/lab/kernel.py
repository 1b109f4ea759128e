"""What waits in the queues of the kernel: bytes that arrived and were not read, bytes not yet sent.

Linux tells both for each TCP socket of the machine, whatever program it belongs to (sock_diag(7),
without special rights). Elsewhere only our own sockets can be asked for what is unread.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple


class Queues(NamedTuple):
    """Of one socket, in bytes. None: the system does not say."""

    unread: int | None
    unsent: int | None


UNKNOWN = Queues(None, None)

#: (local port, remote port) -> what waits at the local end.
Table = dict[tuple[int, int], Queues]

# From linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h.
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_DONE = 3
_NLMSG_ERROR = 2
_HEADER = struct.Struct("=LHHLL")  # nlmsghdr: length, type, flags, sequence, port
_REQUEST = struct.Struct("=BBBBL48x")  # inet_diag_req_v2: family, protocol, ext, pad, states
_ANSWER = struct.Struct("=BBBB2s2s32s4x8xLLLLL")  # inet_diag_msg up to the inode
_PORTS = struct.Struct("!H")
_LISTEN = 10
_EVERY_STATE = 0xFFFFFFFF


def known() -> bool:
    """Does this system tell the queues of other programs?"""
    if sys.platform != "linux":
        return False
    try:
        return listening(0) is False
    except OSError:
        return False


def table() -> Table:
    """The queues of every connected TCP socket. Raises OSError where `known` is false."""
    return {(here, there): queues for state, here, there, queues in _all() if state != _LISTEN}


def listening(port: int) -> bool:
    """Does a program of this machine accept connections at this port?"""
    return any(state == _LISTEN and here == port for state, here, _, _ in _all())


def _all() -> Iterator[tuple[int, int, int, Queues]]:
    """State, local port, remote port and queues of each TCP socket."""
    if sys.platform != "linux":
        raise OSError("this system does not say what waits in its queues")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        for family in (socket.AF_INET, socket.AF_INET6):
            body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _EVERY_STATE)
            length = _HEADER.size + len(body)
            kernel.send(
                _HEADER.pack(length, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0) + body
            )
            yield from _answers(kernel)


def _answers(kernel: socket.socket) -> Iterator[tuple[int, int, int, Queues]]:
    while True:
        data = kernel.recv(65536)
        while data:
            length, kind, _, _, _ = _HEADER.unpack_from(data)
            if kind == _NLMSG_DONE:
                return
            if kind == _NLMSG_ERROR:
                raise OSError("the kernel does not answer questions about its sockets")
            yield _answer(data[_HEADER.size : length])
            data = data[(length + 3) & ~3 :]


def _answer(message: bytes) -> tuple[int, int, int, Queues]:
    _, state, _, _, here, there, _, _, unread, unsent, _, _ = _ANSWER.unpack_from(message)
    (local,), (remote,) = _PORTS.unpack(here), _PORTS.unpack(there)
    return state, local, remote, Queues(unread, unsent)
