"""Attacks by one address that comes again and again: what it may open, send and leave behind."""

from __future__ import annotations

import asyncio
import contextlib
import time

from .findings import Finding, attack, tested
from .target import Target, target

#: The attacker's address is not exempt, as this machine's usually is.
STRANGER = {"limits__exempt": "::1"}
#: What the default settings allow: connections in a burst and per second after that, and bytes of
#: input likewise (limits.connections_per_minute, limits.guest_bytes).
BURST, PER_SECOND = 600, 10
BYTES, BYTES_PER_SECOND = 4 * 2**20, 4 * 2**20 / 60
LINES = "\r\n".join(("NICK g{0}", "USER g 0 * :" + "r" * 120, "JOIN #a", "QUIT :" + "q" * 380, ""))


@attack(
    "S65",
    "one address connects as fast as it can, 20 at a time, 30 s: as a guest with long names and"
    " reasons, and without a word",
    "<= 600 connections, then 10 a second; <= 4 MiB more of files, then 70 KB a second",
)
async def churn(full: bool) -> Finding:
    found = Finding()
    seconds = 30 if full else 2
    async with target(settings=STRANGER) as server:
        before, begun = size(server), time.monotonic()
        welcomed = 0

        async def visits() -> None:
            nonlocal welcomed
            number = 0
            while time.monotonic() - begun < seconds:
                number += 1
                with contextlib.suppress(OSError):
                    words = LINES.format(f"{id(asyncio.current_task())}x{number}")
                    client = await server.connect(words.encode() if number % 2 else b"")
                    if number % 2:
                        answer = await client.to_the_end()
                        welcomed += b" 001 " in answer
                    client.abort()

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(visits())
        took = time.monotonic() - begun
        found.at_most("guests let in", welcomed, BURST + PER_SECOND * took)
        grown = size(server) - before
        found.at_most(
            "files", grown / 2**20, (BYTES + BYTES_PER_SECOND * took) / 2**20, " MiB more"
        )
    return found


def size(server: Target) -> int:
    """Bytes of chat.db and chat.log with all that belongs to them."""
    return sum(file.stat().st_size for file in server.directory.glob("chat*"))


tested(
    "S66",
    "one address, a new guest each time: labels of 4 KB, read markers of channels that do not"
    " exist, reports, invitations for a year, stored tags of 4 KB, knocks, nicks, metadata; small"
    " files without end",
    "bounded for the address; nobody else's is dropped, no open report ever; others go on",
    "tests/journeys/test_bounds.py",
    "tests/files/test_uploads.py::test_the_number_of_files_is_bounded_too",
    "tests/docs/test_bounds_table.py",
)
tested(
    "S67",
    "a guest sets +k, +b, +R, +z, +s, +l or +iI and leaves; makes new channels without end; enters"
    " the empty channel of others and closes, renames or shortens it; logs of before that",
    "the next one gets in, reads nothing that was said while it was closed, and finds topic and"
    " history that were open; only the maker's own channels end",
    "tests/journeys/test_resting.py",
)
tested(
    "S68",
    "a disk that is nearly full",
    "guests change nothing, accounts go on; guests go on as soon as there is room",
    "tests/journeys/test_no_room.py::test_on_a_disk_that_is_nearly_full_guests_are_refused_first",
)
