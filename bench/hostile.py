"""What a stranger can do to the others: attacks on the one port, and a pair that goes on chatting.

    python3 bench/hostile.py             every attack, small (about two minutes)
    python3 bench/hostile.py --full      as large as they are meant
    python3 bench/hostile.py drips tls   some of them

Each attack runs against a freshly started server on 127.0.0.1. Meanwhile a bystander pair, in a
process of its own, sends ten messages a second and measures each one's way through the server. One
line tells what the attack was, what it did to the pair (messages lost, p99 in ms, beside the p99
without an attack in the same run) and to the server's memory. It needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import re
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

HOST = "127.0.0.1"
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)


# -- the server and the pair ---------------------------------------------------------------------


@dataclass
class Target:
    process: subprocess.Popen[str]
    port: int
    directory: Path

    def memory(self) -> int:
        """Resident bytes."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * resource.getpagesize()

    def log_lines(self) -> int:
        """Lines on stderr and in chat.log."""
        files = (self.directory / "errors", self.directory / "chat.log")
        return sum(len(file.read_bytes().splitlines()) for file in files if file.exists())


@asynccontextmanager
async def target(descriptors: int | None = None, **settings: str) -> AsyncIterator[Target]:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        environment = {**os.environ, "HUBBUB_DATA_DIR": name, "HUBBUB_NO_BOOTSTRAP": "1"}
        environment["HUBBUB_LIMITS__FLOOD_RATE"] = "20"  # the pair sends ten a second
        environment |= {f"HUBBUB_{key.upper()}": value for key, value in settings.items()}

        def limit() -> None:
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with (directory / "errors").open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "server.py"), "--set", "port=0"],
                cwd=directory,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=limit,
            )
        assert process.stdout
        try:
            found = re.search(r":(\d+)\.\.\.", process.stdout.readline())
            if found is None:
                raise SystemExit((directory / "errors").read_text() or "the server did not start")
            server = Target(process, int(found[1]), directory)
            while "TLS" not in process.stdout.readline():
                pass
            await get(server, "/livez")  # all that is imported late is imported
            yield server
        finally:
            process.terminate()
            process.communicate()


async def get(server: Target, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def chat_as_bystander(port: int, seconds: float) -> dict[str, float]:
    """Ten messages a second from one to the other: how many were lost, how long they took."""
    speaker, hearer = [await asyncio.open_connection(HOST, port) for _ in range(2)]
    for (reader, writer), nick in ((speaker, "speaker"), (hearer, "hearer")):
        writer.write(f"NICK {nick}\r\nUSER x 0 * :x\r\nJOIN #pair\r\n".encode())
        await reader.readuntil(b" 366 ")
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
    deadline = time.monotonic() + 5
    while len(taken) < len(sent) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    hearing.cancel()
    taken.sort()
    p99 = taken[int(len(taken) * 0.99)] * 1000 if taken else float("inf")
    return {"sent": len(sent), "lost": len(sent) - len(taken), "p99": p99}


async def bystander(server: Target, seconds: float) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, "--bystander", str(server.port), str(seconds)),
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return json.loads(output)


async def beside_the_pair(server: Target, attack: Awaitable[None], seconds: float) -> str:
    """Run the attack beside the pair, and say what it did."""
    quiet = await bystander(server, 2)
    before = server.memory()
    pair, _ = await asyncio.gather(bystander(server, seconds), attack)
    grown = (server.memory() - before) / 1024
    return (
        f"pair lost {pair['lost']} of {pair['sent']}, p99 {pair['p99']:.1f} ms"
        f" (quiet {quiet['p99']:.1f}), memory {grown:+,.0f} KiB"
    )


# -- the attacks -----------------------------------------------------------------------------------


async def openings(full: bool) -> str:
    """S03: random openings, whole and byte by byte: the verdicts have to be the same."""
    from hubbub.connections.detect import HTTP_METHODS, IRC_COMMANDS, PROXY_V2_SIGNATURE, detect

    pieces = [*HTTP_METHODS, *IRC_COMMANDS, PROXY_V2_SIGNATURE, HELLO[:6], b"PROXY", b"@a", b":b"]
    pieces += [b" ", b"\r\n", b"\n", b"\0", b"\x16", b"\x03", b"\xff", b"hello"]
    choose = random.Random(1)
    count, differing = 1_000_000 if full else 100_000, 0
    for _ in range(count):
        opening = b"".join(choose.choices(pieces, k=choose.randint(0, 5)))
        if choose.random() < 0.5:
            opening = bytes(byte ^ (choose.random() < 0.05) for byte in opening)
        by_byte = (detect(opening[:end]) for end in range(len(opening) + 1))
        first = next((verdict for verdict in by_byte if verdict), None)
        differing += first is not detect(opening)
    return f"{count:,} openings: {differing} differing verdicts"


async def endless(full: bool) -> str:
    """S05: unregistered clients that push without a line end; then half a hello and away."""
    clients, seconds = (1000, 20) if full else (200, 5)
    async with target(max_clients="20000") as server:

        async def push() -> None:
            with contextlib.suppress(ConnectionError):
                _, writer = await asyncio.open_connection(HOST, server.port)
                writer.write(b"NICK a\r\nUSER ")
                deadline = time.monotonic() + seconds
                while time.monotonic() < deadline:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    await asyncio.sleep(0.07)
                writer.transport.abort()

        before = server.memory()
        pushing = asyncio.gather(*(push() for _ in range(clients)))
        await asyncio.sleep(seconds / 2)
        each = (server.memory() - before) / clients / 1024
        await pushing
        cycles = 100_000 if full else 10_000
        settled = server.memory()
        for start in range(0, cycles, 100):
            await asyncio.gather(*(half_a_hello(server) for _ in range(100)))
            if start == cycles // 10:
                settled = server.memory()
        slope = (server.memory() - settled) / (cycles * 0.9)
        return (
            f"{clients} endless lines: {each:.1f} KiB a connection;"
            f" {cycles:,} half hellos: {slope:.1f} bytes a cycle"
        )


async def half_a_hello(server: Target) -> None:
    with contextlib.suppress(ConnectionError):
        _, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(HELLO)
        await asyncio.sleep(0)
        writer.transport.abort()


DRIPS = {
    "line": b"NICK " + b"x" * 500,
    "head": b"GET / HTTP/1.1\r\nX: " + b"x" * 500,
    "hello": HELLO + b"x" * 400,
    "frame": b"\x81\xfe\x01\xf4\0\0\0\0" + b"x" * 500,
    "body": b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500,
}


async def drips(full: bool) -> str:
    """S07: bytes one by one, of a line, a head, a hello, a frame, a body."""
    clients, seconds, interval = (2000, 60, 5.0) if full else (500, 15, 0.5)
    settings = {} if full else {"limits__registration_seconds": "8", "limits__opening_seconds": "4"}
    async with target(**settings) as server:
        left = clients

        async def drip(number: int) -> None:
            nonlocal left
            reader, writer = await asyncio.open_connection(HOST, server.port)
            kind = [*DRIPS][number % len(DRIPS)]
            if kind == "frame":
                writer.write(websocket_request(server))
            gone = asyncio.create_task(drain(reader))
            for byte in DRIPS[kind]:
                writer.write(bytes([byte]))
                await asyncio.wait([gone], timeout=interval)
                if gone.done() or time.monotonic() > deadline:
                    break
            left -= gone.done()
            writer.transport.abort()
            await gone

        deadline = time.monotonic() + seconds + 4
        attack = asyncio.gather(*(drip(number) for number in range(clients)))
        told = await beside_the_pair(server, attack, seconds)
        return f"{clients} drips, {left} still there after {seconds} s: {told}"


async def drain(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass


def websocket_request(server: Target) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET / HTTP/1.1\r\nHost: {HOST}:{server.port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def tls(full: bool) -> str:
    """S08: handshakes as fast as one client process makes them, and hellos that stop half-way."""
    seconds = 30 if full else 8
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # A client process this busy may take longer to say hello than a person is waited for.
    async with target(limits__greeting_seconds="2") as server:
        made = 0

        async def shake() -> None:
            nonlocal made
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(HOST, server.port, ssl=context)
                    writer.transport.abort()
                    made += 1

        async def stall() -> float:
            begun = time.monotonic()
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(HELLO)
            await drain(reader)
            writer.close()
            return time.monotonic() - begun

        stalled: list[float] = []

        async def attack() -> None:
            shaking = asyncio.gather(*(shake() for _ in range(20)))
            stalled.extend(await asyncio.gather(*(stall() for _ in range(50))))
            await shaking

        told = await beside_the_pair(server, attack(), seconds)
        rate, gone = made / seconds, max(stalled)
        return f"{rate:.0f} handshakes/s, stalled hellos gone by {gone:.1f} s: {told}"


def frame(kind: int, data: bytes) -> bytes:
    return bytes([kind, 0x80 | len(data)]) + bytes(4) + data


FRAMES = {
    "pings": frame(0x89, b""),
    "fragments": frame(0x00, b""),
    "empty": frame(0x81, b""),
    "unmasked": b"\x81\x01x",
    "huge": b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4),
    "compressed": frame(0xC1, b"x"),
}


async def frames(full: bool) -> str:
    """S10: a million frames that say nothing, and frames that lie."""
    count, seconds = (1_000_000, 20) if full else (100_000, 5)
    async with target() as server:
        codes: dict[str, str] = {}

        async def flood(name: str) -> None:
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(websocket_request(server))
            await reader.readuntil(b"\r\n\r\n")
            if name == "fragments":
                writer.write(frame(0x01, b"a"))
            with contextlib.suppress(ConnectionError):
                for _ in range(count // 1000):
                    writer.write(FRAMES[name] * 1000)
                    await writer.drain()
            with contextlib.suppress(ConnectionError):
                answer = await reader.read()
                closing = answer.rfind(b"\x88")
                codes[name] = str(int.from_bytes(answer[closing + 2 : closing + 4], "big"))
            writer.close()

        attack = asyncio.gather(*(flood(name) for name in FRAMES))
        told = await beside_the_pair(server, attack, seconds)
        ends = ", ".join(f"{name} {codes.get(name, 'reset')}" for name in FRAMES)
        return f"{count:,} frames each ({ends}): {told}"


async def descriptors(full: bool) -> str:
    """S51: more connections than the server has descriptors."""
    seconds = 60 if full else 8
    async with target(256, limits__connections_per_address="0") as server:
        before = server.log_lines()

        async def crowd() -> None:
            async def come() -> None:
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(seconds - 1):
                        reader, writer = await asyncio.open_connection(HOST, server.port)
                        try:
                            await drain(reader)
                        finally:
                            writer.transport.abort()

            await asyncio.gather(*(come() for _ in range(2000)))

        told = await beside_the_pair(server, crowd(), seconds)
        lines = (Path(server.directory) / "errors").read_text().splitlines()
        begun = time.monotonic()
        await asyncio.wait_for(get(server, "/livez"), 30)
        again = time.monotonic() - begun
        new = server.log_lines() - before
        return (
            f"2,000 connects with 256 descriptors, {len(lines)} lines on stderr ({new} with"
            f" chat.log), accepts again after {again:.1f} s: {told}"
        )


ATTACKS: dict[str, Callable[[bool], Awaitable[str]]] = {
    function.__name__: function for function in (openings, endless, drips, tls, frames, descriptors)
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="which (default: all)")
    parser.add_argument("--full", action="store_true", help="as large as they are meant")
    parser.add_argument("--bystander", nargs=2, metavar=("PORT", "SECONDS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bystander:
        port, seconds = arguments.bystander
        print(json.dumps(asyncio.run(chat_as_bystander(int(port), float(seconds)))))
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > soft else soft, hard))
    for name in arguments.attacks or ATTACKS:
        print(f"{name:12} {asyncio.run(ATTACKS[name](arguments.full))}", flush=True)


if __name__ == "__main__":
    main()
