"""What waits in the queues of the kernel: bytes that arrived and were not read, bytes not yet sent.

Linux tells both for each TCP socket of the machine. Elsewhere only our own sockets can be asked for
what is unread.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import kernel


class Queues(NamedTuple):
    """Of one socket, in bytes. None: the system does not say."""

    unread: int | None
    unsent: int | None


UNKNOWN = Queues(None, None)

#: (local port, remote port) -> what waits at the local end.
Table = dict[tuple[int, int], Queues]


def known() -> bool:
    """Does this system tell the queues of other programs?"""
    return kernel.available()


def table() -> Table:
    """The queues of every connected TCP socket. Raises OSError where `known` is false."""
    return {(here, there): Queues(end.unread, end.unsent) for here, there, end in kernel.ends()}


def listening(port: int) -> bool:
    """Does a program of this machine accept connections at this port?"""
    return kernel.is_listening(port)
