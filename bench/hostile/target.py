"""The server under attack, in a process of its own on 127.0.0.1, and clients that talk to it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
KIB, MIB = 1024, 1024 * 1024
#: A client that is waited for in vain for so long is a failure of the test.
PATIENCE = 100.0
#: More than any of the tests needs of what one client may do at once.
UNLIMITED = {
    "limits__flood_burst": "0",
    "limits__change_burst": "0",
    "limits__history_rate": "0",
}


@dataclass
class Target:
    process: subprocess.Popen[str]
    port: int
    directory: Path

    # -- what it costs -----------------------------------------------------------------------

    def memory(self) -> int:
        """Resident bytes."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * resource.getpagesize()

    def forget_peak(self) -> None:
        """`peak` begins anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """The most resident bytes since `forget_peak`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * KIB

    def cpu(self) -> float:
        """Seconds of CPU that its threads have used."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    async def stalls(self) -> dict[str, float]:
        """How long its event loops were held up since the last time, in ms: p50, p99, max."""
        lags = self.directory / "lags"
        lags.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR2)
        async with asyncio.timeout(PATIENCE):
            while not lags.exists():
                await asyncio.sleep(0.01)
        return json.loads(lags.read_text())  # type: ignore[no-any-return]

    # -- what it says ------------------------------------------------------------------------

    def errors(self) -> str:
        """What stands on stderr: nothing, unless something went wrong."""
        return (self.directory / "errors").read_text(errors="replace")

    def chat_log(self) -> bytes:
        file = self.directory / "chat.log"
        return file.read_bytes() if file.exists() else b""

    async def notes(self, text: bytes) -> bool:
        """Does chat.log get this? It is written behind what people see."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.chat_log() and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return text in self.chat_log()

    # -- clients -----------------------------------------------------------------------------

    async def connect(self, data: bytes = b"", *, limit: int = MIB) -> Client:
        streams = await asyncio.open_connection(HOST, self.port, limit=limit)
        client = Client(*streams)
        if data:
            client.sends_bytes(data)
        return client

    async def comes_from(self, address: str) -> Client:
        """A client whose address is `address`, as a trusted proxy says (`TRUSTED`)."""
        family = "TCP6" if ":" in address else "TCP4"
        own = "::1" if ":" in address else HOST
        return await self.connect(f"PROXY {family} {address} {own} 40000 50000\r\n".encode())

    async def irc(
        self, nick: str, join: str = "", caps: str = "", address: str = "", login: str = ""
    ) -> Client:
        """An IRC client that is on the network. `login` is a password for the account `nick`."""
        client = await (self.comes_from(address) if address else self.connect())
        caps = f"{caps} sasl".strip() if login else caps
        if caps:
            client.sends(f"CAP REQ :{caps}")
        client.sends(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if login:
            client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(nick, login)}")
            await client.until(" 903 ")
        if caps:
            client.sends("CAP END")
        await client.until(" 422 ")
        client.nick = nick
        if join:
            client.sends(f"JOIN {join}")
            await client.until(" 366 ")
        return client

    async def person(self, name: str) -> Client:
        """A person with netcat, in the default channel."""
        client = await self.connect()
        await client.until("What is your name?")
        client.sends(name)
        await client.until(f"* {name} joined")
        return client

    async def get(self, path: str) -> bytes:
        client = await self.connect(
            f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await client.to_the_end()
        client.close()
        return answer

    async def websocket(self, kind: str = "") -> Client:
        """A WebSocket, its opening handshake done. `kind` is a subprotocol."""
        client = await self.connect(websocket_request(self.port, kind))
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head, head
        return client


class Client:
    """One connection. Lines are text without their end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.nick = ""
        self._tokens = 0

    def sends(self, *lines: str) -> None:
        self.sends_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def sends_bytes(self, data: bytes) -> None:
        try:
            self.writer.write(data)
        except RuntimeError as error:  # uvloop's word for a connection that is gone
            raise ConnectionResetError(str(error)) from None

    def says_no_more(self) -> None:
        """It still reads."""
        with contextlib.suppress(OSError, RuntimeError):  # the server may have ended it meanwhile
            self.writer.write_eof()

    async def line(self) -> str | None:
        """The next line, None at the end."""
        try:
            async with asyncio.timeout(PATIENCE):
                data = await self.reader.readline()
        except ConnectionError:
            return None
        return data.decode(errors="surrogateescape").rstrip("\r\n") if data else None

    async def until(self, part: str) -> list[str]:
        """Lines up to the first that holds `part`."""
        lines = []
        while (line := await self.line()) is not None:
            lines.append(line)
            if part in line:
                return lines
        raise AssertionError(
            f"the stream ended without {part!r}: {[line[:200] for line in lines[-5:]]}"
        )

    async def asks(self, *lines: str) -> list[str]:
        """All that comes back for `lines`, and whatever came before; a PONG is the last answer."""
        self._tokens += 1
        token = f"asked-{self._tokens}"
        self.sends(*lines, f"PING {token}")
        try:
            return (await self.until(token))[:-1]
        except TimeoutError:
            raise AssertionError(f"no PONG after {lines}") from None

    async def to_the_end(self) -> bytes:
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read()
        return b""

    async def ended(self, seconds: float = PATIENCE) -> bool:
        """Read and throw away; True when the server ended it within that time."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        self.writer.transport.abort()


#: Settings with which `comes_from` works.
TRUSTED = {"proxy__trusted": HOST}


@asynccontextmanager
async def target(
    descriptors: int | None = None, settings: dict[str, str] | None = None
) -> AsyncIterator[Target]:
    """A server that has just begun, and is gone with its data afterwards. `settings` by the names
    of their environment variables; `descriptors` is how many it may have open."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        directory = Path(name)
        environment = {key: text for key, text in os.environ.items() if key[:7] != "HUBBUB_"}
        environment |= {"HUBBUB_DATA_DIR": name, "HUBBUB_NO_BOOTSTRAP": "1"}
        environment["HUBBUB_LIMITS__FLOOD_RATE"] = "20"  # the pair sends ten a second
        environment |= {f"HUBBUB_{key.upper()}": text for key, text in (settings or {}).items()}
        process = await asyncio.to_thread(_start, directory, environment, descriptors)
        try:
            yield await _ready(process, directory)
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.communicate, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _start(
    directory: Path, environment: dict[str, str], descriptors: int | None
) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "watched.py"), str(directory / "lags")]
    command += ["serve", "--set", "port=0"]
    if descriptors is not None:  # a shell's ulimit, since preexec_fn is not for threads
        command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
    with (directory / "errors").open("w") as errors:
        return subprocess.Popen(
            command, cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=errors,
            text=True,
        )  # fmt: skip


async def _ready(process: subprocess.Popen[str], directory: Path) -> Target:
    assert process.stdout
    found = re.search(r":(\d+)\.\.\.", await asyncio.to_thread(process.stdout.readline))
    if found is None:
        raise AssertionError((directory / "errors").read_text() or "the server did not start")
    # Whoever reads no more of it would block the server once the pipe is full.
    while "TLS" not in await asyncio.to_thread(process.stdout.readline):
        pass
    stdout = process.stdout

    def drain() -> None:
        for _ in stdout:
            pass

    import threading

    threading.Thread(target=drain, daemon=True).start()
    server = Target(process, int(found[1]), directory)
    await server.get("/livez")  # all that is imported late is imported
    return server


def plain(name: str, password: str) -> str:
    """What SASL PLAIN sends."""
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


def websocket_request(port: int, kind: str = "", origin: str = "", host: str = "") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    more = f"Sec-WebSocket-Protocol: {kind}\r\n" if kind else ""
    more += f"Origin: {origin}\r\n" if origin else ""
    return (
        f"GET / HTTP/1.1\r\nHost: {host or f'{HOST}:{port}'}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"{more}\r\n"
    ).encode()


def frame(kind: int, data: bytes) -> bytes:
    """A client's frame, with a mask of zeros. `kind` is its first byte."""
    length = len(data)
    if length < 126:
        head = bytes([kind, 0x80 | length])
    elif length < 65536:
        head = bytes([kind, 0x80 | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([kind, 0x80 | 127]) + length.to_bytes(8, "big")
    return head + bytes(4) + data


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes] | None:
    """A server's frame: its first byte and what is in it; None at the end."""
    try:
        first, length = await reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await reader.readexactly(8), "big")
        return first, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
