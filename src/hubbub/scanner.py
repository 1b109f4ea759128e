"""Find open ports and Hubbub servers behind them; the program port_scanner.py.

A fixed number of workers take ports from one queue, in order. Each tries to connect; if the port is
open it waits a moment for a greeting, then sends an empty line and waits again, because Hubbub
waits for that at addresses with a browser. Hubbub is identified by its greeting, a line that begins
with `:<server> NOTICE * :` and names Hubbub, not by the port number. Then the scanner disconnects.

Results are reported in the order of ports, each as soon as all lower ports are done.
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

WORKERS = 128  # macOS limits a process to 256 open files
GREETING = re.compile(rb":[^\s:]+ NOTICE \* :[^\r\n]*Hubbub")
GREETING_LENGTH = 512  # an IRC line, in bytes
CHAT = "Custom Chat App"

# Common services, for systems without a list of them (/etc/services).
COMMON_SERVICES = {
    21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http", 110: "pop3",
    143: "imap2", 443: "https", 445: "microsoft-ds", 631: "ipp", 993: "imaps", 995: "pop3s",
    1883: "mqtt", 3306: "mysql", 3389: "ms-wbt-server", 5432: "postgresql", 5900: "vnc",
    6379: "redis", 6667: "ircd", 6697: "ircs-u", 8080: "http-alt",
}  # fmt: skip


@dataclass(frozen=True)
class OpenPort:
    """An open port and the greeting received from it."""

    port: int
    service: str

    @property
    def is_hubbub(self) -> bool:
        """Is the greeting that of a Hubbub server?"""
        return self.service == CHAT


def resolve(host: str) -> str:
    """Resolve a host. If there are several addresses, prefer IPv4, where servers listen first."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProgramError(f"{host} is not known: no address belongs to this name") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0])


def is_own_ground(address: str) -> bool:
    """Is the address of this machine or a private network, where scanning needs no permission?"""
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return not (mapped or ip).is_global and not (mapped or ip).is_multicast


def service_name(port: int) -> str:
    """The usual name of the service at this port."""
    try:
        return socket.getservbyport(port, "tcp")
    except OSError:
        return COMMON_SERVICES.get(port, "unknown")


class Unreachable(Exception):
    """The network reports that there is no route to the address."""


async def try_port(address: str, port: int, timeout: float) -> OpenPort | None:
    """Try one port; None if it is closed. `timeout` in seconds applies to connecting, to an
    unprompted greeting, and to a greeting after an empty line.

    Raises Unreachable, or OSError if this machine has run out of a resource.
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
    """Is the socket connected to itself?

    The system chooses a free port to connect from. On the local machine it may be the port being
    tried, and TCP then connects the socket to itself (RFC 9293, simultaneous open). Over the range
    of such ports that happens about once per scan.
    """
    return bool(sock.getsockname() == sock.getpeername())


async def _first_line(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, timeout: float
) -> bytes:
    """The first line that the other side sends, without its ending."""
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
    """All open ports among `ports`; each is passed to `on_open`, in their order.

    `on_progress` gets the number of ports tried. Raises ProgramError if no port could be reached at
    all.
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
        # Not except*: until Python 3.11.4 an exception raised in it becomes a group again.
        if (why := errors.subgroup(OSError)) is None:
            raise
        raise ProgramError(f"the scan had to stop: {why.exceptions[0]}") from None
    if unreachable == len(ports):
        raise ProgramError(f"{address} cannot be reached: no network leads there")
    return found


class ProgressBar:
    """A progress bar on stderr for long scans, if stderr is a terminal."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self.total, self.stream = total, stream
        self.wanted = total > 200 and stream.isatty()
        self.shown_at = 0.0

    def show(self, done: int) -> None:
        """Draw the bar, at most ten times per second."""
        if not self.wanted or time.monotonic() - self.shown_at < 0.1:
            return
        self.shown_at = time.monotonic()
        filled = 30 * done // self.total
        bar = "#" * filled + "." * (30 - filled)
        self.stream.write(f"\r[{bar}] {100 * done // self.total:3}%  {done} of {self.total} ports")
        self.stream.flush()

    def clear(self) -> None:
        """Erase the bar before a line is printed over it."""
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
    """Scan and print the results. Returns exit code 0, even if no port is open."""
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
