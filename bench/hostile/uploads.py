"""Attacks by uploads: small files that are large pictures."""

from __future__ import annotations

import asyncio
import resource
import struct
import time
import zlib
from pathlib import Path

from .bystander import beside_the_pair
from .findings import Finding, attack
from .target import HOST, MIB, PATIENCE, Client, Target, target

#: All decoding processes together: Python with its libraries, and so many bytes for each pixel of
#: the one large picture that is decoded at a time.
BASE_MIB, BYTES_A_PIXEL = 96, 6
SMALL = (100, 100)


def png(width: int, height: int) -> bytes:
    """A picture of one colour with transparency: a thousandth of its size when decoded."""
    row = b"\0" + b"\x80" * (width * 4)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@attack(
    "S71",
    "two guests upload three pictures each, which are files of 200 KB and 49.7 million pixels; a"
    " third one uploads a small picture meanwhile",
    "pair: 0 lost, p99 <= 50 ms; memory <= 64 MiB more, of all that decode <= 96 MiB and 6 bytes"
    " a pixel of one picture; the small one is there <= 3 s",
)
async def large_pictures(full: bool) -> Finding:
    found = Finding()
    width, height = (7000, 7100) if full else (2100, 2000)
    large = await asyncio.to_thread(png, width, height)
    found.says(f"{len(large) / 1000:,.0f} KB each")
    async with target(settings={"files__free_space": "0"}) as server:
        guests = [await server.irc(nick) for nick in ("g1", "g2", "third")]
        tokens = [await token(guest) for guest in guests]
        await put(server, tokens[2], png(*SMALL))  # what is imported late is imported
        before = server.memory()
        server.forget_peak()
        waited = 0.0

        async def uploads() -> list[int]:
            nonlocal waited
            sent = [asyncio.create_task(put(server, tokens[n % 2], large)) for n in range(6)]
            await large_one_is_decoded(server)
            begun = time.monotonic()
            found.holds("the small one is taken", await put(server, tokens[2], png(*SMALL)) == 201)
            waited = time.monotonic() - begun
            return await asyncio.gather(*sent)

        peak = Peak(server)
        watching = asyncio.create_task(peak.watch())
        done = await beside_the_pair(server, uploads, 40 if full else 2, found)
        watching.cancel()
        found.holds(f"all are taken: {done}", done == [201] * 6)
        found.at_most("memory", (server.peak() - before) / MIB, 64, " MiB more at the peak")
        most = BASE_MIB + BYTES_A_PIXEL * width * height / MIB
        found.at_most("of all that decode", peak.most / MIB, most, " MiB")
        found.within("the small one after", waited, 3, " s")
    return found


async def token(guest: Client) -> str:
    lines = await guest.asks("FILEHOST TOKEN")
    return lines[-1].rpartition(" ")[2]


async def put(server: Target, authority: str, content: bytes) -> int:
    """The status of the answer."""
    client = await server.connect(
        f"PUT /files/a.png HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {authority}\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
        + content
    )
    answer = await client.to_the_end()
    client.close()
    return int(answer.split()[1]) if answer else 0


async def large_one_is_decoded(server: Target) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(decoders(server)):
            await asyncio.sleep(0.01)


def decoders(server: Target) -> list[int]:
    """Resident bytes of each process that the server has started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == server.process.pid:
                pages = (process / "statm").read_text().split()[1]
                found.append(int(pages) * resource.getpagesize())
        except OSError:  # it has ended meanwhile
            continue
    return found


class Peak:
    """The most that the decoding processes have taken together, looked at 20 times a second."""

    def __init__(self, server: Target) -> None:
        self._server = server
        self.most = 0

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, sum(decoders(self._server)))
            await asyncio.sleep(0.05)
