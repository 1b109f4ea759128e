"""Finds open ports, and Hubbub behind them: what port_scanner.py does.

Strategy: a fixed number of workers take ports off one line, in order. Each tries to connect; where
somebody answers it listens for a moment without a word, then sends an empty line and listens again,
as Hubbub waits for that where a browser is. Hubbub greets with one line that begins
`:<server> NOTICE * :` and names Hubbub, and that is how it is told from other services: by what it
says, not by its number. Then the scanner leaves.

What is found is told in the order of the ports, each as soon as all ports below it are known.
"""

import asyncio
import contextlib
import errno
import ipaddress
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

from .errors import ProgramError, UsageError

WORKERS = 128  # macOS gives a program 256 open files
GREETING = re.compile(rb":[^\s:]+ NOTICE \* :[^\r\n]*Hubbub")
GREETING_LENGTH = 512  # an IRC line
CHAT = "Custom Chat App"

# For systems without a list of services (/etc/services), the ones a learner will meet.
COMMON_SERVICES = {
    21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http", 110: "pop3",
    143: "imap2", 443: "https", 445: "microsoft-ds", 631: "ipp", 993: "imaps", 995: "pop3s",
    1883: "mqtt", 3306: "mysql", 3389: "ms-wbt-server", 5432: "postgresql", 5900: "vnc",
    6379: "redis", 6667: "ircd", 6697: "ircs-u", 8080: "http-alt",
}  # fmt: skip


@dataclass(frozen=True)
class OpenPort:
    """A port where somebody answered."""

    port: int
    service: str

    @property
    def is_hubbub(self) -> bool:
        """Whether it greeted as Hubbub does."""
        return self.service == CHAT


def resolve(host: str) -> str:
    """The address of a host. Of a name with several, an IPv4 one, as servers listen there first."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProgramError(f"{host} is not known: no address belongs to this name") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0])


def is_own_ground(address: str) -> bool:
    """Whether the address is of this machine or of a private network, where anyone may look."""
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return not (mapped or ip).is_global and not (mapped or ip).is_multicast


def service_name(port: int) -> str:
    """The name that this port is known by."""
    try:
        return socket.getservbyport(port, "tcp")
    except OSError:
        return COMMON_SERVICES.get(port, "unknown")


class Unreachable(Exception):
    """The network says that there is no way to the address."""


async def try_port(address: str, port: int, timeout: float) -> OpenPort | None:
    """Who is at a port, or None. `timeout` in seconds: for connecting, for a greeting without a
    word, and for one after an empty line.

    Raises Unreachable, or OSError when this machine has run out of something.
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(sock, (address, port)), timeout)
        except (TimeoutError, ConnectionError):
            return None
        except OSError as error:
            if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
                raise Unreachable from None
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
                raise
            return None
        if is_own_echo(sock):
            return None
        greeting = await _first_line(loop, sock, timeout)
        if not greeting and await _press_enter(loop, sock):
            greeting = await _first_line(loop, sock, timeout)
    return OpenPort(port, CHAT if GREETING.match(greeting) else service_name(port))


def is_own_echo(sock: socket.socket) -> bool:
    """Whether a socket is connected to itself.

    The system picks a free port to connect from; on one's own machine it may pick the very port
    that is being tried, and TCP then connects the socket to itself (RFC 9293, simultaneous open).
    Over the range of such ports that happens about once a scan.
    """
    return bool(sock.getsockname() == sock.getpeername())


async def _first_line(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, timeout: float
) -> bytes:
    """What the other side says first, up to its first line end."""
    said = b""

    async def listen() -> None:
        nonlocal said
        while b"\n" not in said and len(said) < GREETING_LENGTH:
            some = await loop.sock_recv(sock, GREETING_LENGTH)
            if not some:
                return
            said += some

    with contextlib.suppress(TimeoutError, OSError):
        await asyncio.wait_for(listen(), timeout)
    return said


async def _press_enter(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> bool:
    try:
        await loop.sock_sendall(sock, b"\r\n")
    except OSError:
        return False
    return True


async def scan(
    address: str,
    ports: Sequence[int],
    timeout: float,
    on_open: Callable[[OpenPort], None],
    on_progress: Callable[[int], None],
) -> list[OpenPort]:
    """All open ports among `ports`, each told to `on_open` in their order.

    `on_progress` hears how many ports have been tried. Raises ProgramError when no port could be
    reached at all.
    """
    line: Iterator[int] = iter(ports)
    results: dict[int, OpenPort | None] = {}
    waiting: Iterator[int] = iter(ports)
    found: list[OpenPort] = []
    unreachable = 0
    expected = next(waiting)

    def tell() -> None:
        nonlocal expected
        while expected in results:
            if answer := results[expected]:
                found.append(answer)
                on_open(answer)
            expected = next(waiting, -1)
        on_progress(len(results))

    async def work() -> None:
        nonlocal unreachable
        for port in line:
            try:
                results[port] = await try_port(address, port, timeout)
            except Unreachable:
                results[port] = None
                unreachable += 1
            tell()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(WORKERS, len(ports))):
                group.create_task(work())
    except ExceptionGroup as errors:
        # Not except*: until Python 3.11.4 what is raised in it becomes a group again.
        if (why := errors.subgroup(OSError)) is None:
            raise
        raise ProgramError(f"the scan had to stop: {why.exceptions[0]}") from None
    if unreachable == len(ports):
        raise ProgramError(f"{address} cannot be reached: no network leads there")
    return found


class ProgressBar:
    """A bar on stderr while a long scan runs, when a person is looking."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total, self.stream = total, stream
        self.wanted = total > 200 and stream.isatty()
        self.shown_at = 0.0

    def show(self, done: int) -> None:
        """Draw it, at most ten times a second."""
        if not self.wanted or time.monotonic() - self.shown_at < 0.1:
            return
        self.shown_at = time.monotonic()
        filled = 30 * done // self.total
        bar = "#" * filled + "." * (30 - filled)
        self.stream.write(f"\r[{bar}] {100 * done // self.total:3}%  {done} of {self.total} ports")
        self.stream.flush()

    def clear(self) -> None:
        """Take it away, before a line is printed over it."""
        if self.wanted:
            self.stream.write("\r\033[K")
            self.stream.flush()


def main(
    host: str,
    start: int,
    end: int,
    *,
    timeout: float = 1.0,
    as_json: bool = False,
    authorized: bool = False,
) -> int:
    """Scan and print what was found. Returns the exit code: 0, also when no port is open."""
    if start > end:
        raise UsageError(f"the range begins at {start}, after its end at {end}")
    address = resolve(host)
    if not authorized and not is_own_ground(address):
        raise UsageError(
            f"{address} is a public address. Scan only what is yours, or what you were asked to"
            " scan, and say so with --i-am-authorized"
        )
    bar = ProgressBar(end - start + 1, sys.stderr)

    def say(line: str) -> None:
        if not as_json:
            bar.clear()
            print(line, flush=True)

    began = time.perf_counter()
    say(f"Scanning {address} from port {start} to {end}...")
    try:
        found = asyncio.run(
            scan(
                address,
                range(start, end + 1),
                timeout,
                lambda it: say(f"Port {it.port} is OPEN ({it.service})"),
                bar.show,
            )
        )
    finally:
        bar.clear()
    seconds = time.perf_counter() - began
    if as_json:
        opened = [asdict(it) | {"hubbub": it.is_hubbub} for it in found]
        report = {"host": host, "address": address, "start": start, "end": end, "open": opened}
        print(json.dumps(report | {"seconds": round(seconds, 3)}))
        return 0
    say("Open ports found:" if found else "No open ports found.")
    for it in found:
        say(f"Port {it.port}: {it.service}")
    say(f"Scan completed in {seconds:.2f} seconds")
    return 0
