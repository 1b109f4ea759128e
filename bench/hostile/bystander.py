"""A pair of clients that chat during an attack: ten messages per second, in a process of their own,
with the latency of each message measured."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from .findings import Finding
from .target import HERE, HOST, PATIENCE, Target

T = TypeVar("T")

MOST_MS = 50.0


async def chat(port: int, seconds: float) -> dict[str, float]:
    """From one to the other: how many were sent and lost, the p99 of the others in ms."""
    speaker, hearer = [await asyncio.open_connection(HOST, port) for _ in range(2)]
    for (reader, writer), nick in ((speaker, "speaker"), (hearer, "hearer")):
        writer.write(f"NICK {nick}\r\nUSER x 0 * :x\r\nJOIN #pair\r\n".encode())
        await reader.readuntil(b" 366 ")
    print("ready", flush=True)
    sent: dict[int, float] = {}
    taken: list[float] = []

    async def hear() -> None:
        async for line in hearer[0]:
            if line.startswith(b"PING"):
                hearer[1].write(b"PONG" + line[4:])
            elif b" PRIVMSG #pair " in line:
                taken.append(time.perf_counter() - sent[int(line.rsplit(b":", 1)[1])])

    hearing = asyncio.create_task(hear())
    for number in range(int(seconds * 10)):
        sent[number] = time.perf_counter()
        speaker[1].write(f"PRIVMSG #pair :{number}\r\n".encode())
        await asyncio.sleep(0.1)
    deadline = time.monotonic() + PATIENCE
    while len(taken) < len(sent) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    hearing.cancel()
    taken.sort()
    p99 = taken[int(len(taken) * 0.99)] * 1000 if taken else float("inf")
    return {"sent": len(sent), "lost": len(sent) - len(taken), "p99": p99}


class Pair:
    """The process. It has begun to chat when `begin` comes back."""

    async def begin(self, server: Target, seconds: float) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(HERE), "--bystander", str(server.port), str(seconds)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout
        assert await self._process.stdout.readline() == b"ready\n"

    async def end(self) -> dict[str, float]:
        output, _ = await self._process.communicate()
        return json.loads(output)  # type: ignore[no-any-return]


async def beside_the_pair(
    server: Target,
    attack: Callable[[], Awaitable[T]],
    seconds: float,
    found: Finding,
    most: float = MOST_MS,
) -> T:
    """Run the attack beside the pair, and note what it did to the pair. Demanded: nothing lost,
    and a p99 of at most `most` ms. The longer ones tell the p99 without an attack too."""
    quiet = ""
    if seconds > 10:
        alone = Pair()
        await alone.begin(server, 3)
        quiet = f" ({(await alone.end())['p99']:.1f} without)"
    pair = Pair()
    await pair.begin(server, seconds)
    await server.stalls()
    try:
        result = await attack()
    finally:
        told = await pair.end()
    found.at_most(f"pair lost of {told['sent']:.0f}", told["lost"], 0)
    found.within(f"p99{quiet}", told["p99"], most)
    return result
