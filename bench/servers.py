"""The benchmarked servers: how each is configured, started, found ready and stopped.

Each runs on 127.0.0.1 with a port and a temporary directory of its own, in the foreground, as the
current user, with its flood limits off and room for every client. Other settings keep their
defaults. To add a server, add an entry to `known`.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
READY_SECONDS = 30.0
REST_SECONDS = 0.3


class UnavailableError(Exception):
    """This cannot be measured here; the text says why and what would help."""


@dataclass(frozen=True)
class Server:
    """`prepare` writes what the server needs into its directory and returns its command line.

    It raises UnavailableError where the server is not installed. `environment` is added to ours.
    `at_once` is how many clients may be registering at a time: what suits the server best, since a
    wait of a second would hide its speed. A `peer` is measured before and after ours.
    """

    name: str
    what: str
    prepare: Callable[[Path, int], list[str]]
    at_once: int = 64
    environment: Callable[[Path], dict[str, str]] = lambda directory: {}
    peer: bool = False


@dataclass(frozen=True)
class Running:
    """A started server: where it listens and all its processes."""

    server: Server
    port: int
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """The process we started and everything it started."""
        return family(self.process.pid)


INSPIRCD_CONF = """\
<server name="irc.bench.test" description="bench" network="bench">
<admin name="bench" nick="bench" email="bench@bench.test">
<bind address="{host}" port="{port}" type="clients">
<connect name="all" allow="*" timeout="60" pingfreq="1h" localmax="100000" globalmax="100000"
         maxconnwarn="no" limit="100000" maxchans="100" resolvehostnames="no" useident="no"
         fakelag="no" threshold="1000000000" commandrate="1000000000"
         recvq="1M" softsendq="64M" hardsendq="64M">
<class name="none" commands="">
<type name="none" classes="none">
<dns server="127.0.0.1" timeout="1" enabled="no">
<performance softlimit="100000" somaxconn="4096" clonesonconnect="no">
<pid file="{directory}/inspircd.pid">
<path configdir="{directory}" datadir="{directory}" logdir="{directory}">
<log method="file" type="*" level="default" target="{directory}/inspircd.log">
"""

# ngIRCd turns penalties off with MaxPenaltyTime; 0 means "no limit" for the connection limits.
NGIRCD_CONF = """\
[Global]
    Name = irc.bench.test
    Info = bench
    AdminInfo1 = bench
    AdminEMail = bench@bench.test
    Listen = {host}
    Ports = {port}
    MotdPhrase = bench
    ServerUID = {uid}
    ServerGID = {gid}
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxPenaltyTime = 0
    PingTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
"""


# Memory only, or every channel's messages in SQLite. Limits that other servers lack are off.
ERGO_CONF = """\
network:
    name: bench
server:
    name: irc.bench.test
    listeners:
        "{host}:{port}": {{}}
    casemapping: ascii
    enforce-utf8: true
    max-sendq: 64M
    idle-timeouts:
        registration: 60s
        ping: 1h
        disconnect: 2h
    ip-limits:
        count: false
        throttle: false
        cidr-len-ipv4: 32
        cidr-len-ipv6: 64
accounts:
    authentication-enabled: true
channels:
    default-modes: +nt
    max-channels-per-client: 100
datastore:
    path: "{directory}/ircd.db"
    autoupgrade: true
    sqlite:
        enabled: {history}
        database-path: "{directory}/history.db"
        busy-timeout: 5s
        max-conns: 1
limits:
    nicklen: 32
    identlen: 20
    channellen: 64
    awaylen: 390
    kicklen: 390
    topiclen: 390
fakelag:
    enabled: false
history:
    enabled: true
    channel-length: 2048
    client-length: 256
    chathistory-maxmessages: 1000
    persistent:
        enabled: {history}
        unregistered-channels: {history}
        registered-channels: mandatory
        direct-messages: mandatory
logging:
    -
        method: stderr
        type: "*"
        level: error
"""


def installed(program: str, package: str) -> str:
    """The path of `program`; daemons live in sbin, which a user's PATH may lack."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise UnavailableError(f"{program} is not installed. To install it: apt install {package}")
    return path


def inspircd(directory: Path, port: int) -> list[str]:
    program = installed("inspircd", "inspircd")
    config = directory / "inspircd.conf"
    config.write_text(INSPIRCD_CONF.format(host=HOST, port=port, directory=directory))
    as_root = ["--runasroot"] if os.geteuid() == 0 else []
    return [program, "--nofork", "--config", str(config), *as_root]


def ngircd(directory: Path, port: int) -> list[str]:
    program = installed("ngircd", "ngircd")
    config = directory / "ngircd.conf"
    text = NGIRCD_CONF.format(host=HOST, port=port, uid=os.geteuid(), gid=os.getegid())
    config.write_text(text)
    return [program, "--nodaemon", "--config", str(config)]


def ergo(program: Path | None, history: str, directory: Path, port: int) -> list[str]:
    if program is None:
        raise UnavailableError("where is it? --ergo PATH, built from its repository: make")
    config = directory / "ircd.yaml"
    text = ERGO_CONF.format(host=HOST, port=port, directory=directory, history=history)
    config.write_text(text)
    first = [str(program), "initdb", "--conf", str(config), "--quiet"]
    try:
        done = subprocess.run(first, capture_output=True, text=True, cwd=directory)
    except OSError as error:
        raise UnavailableError(f"{program} does not run: {error}") from error
    if done.returncode:
        raise UnavailableError(f"{' '.join(first)}\n{done.stdout}{done.stderr}")
    return [str(program), "run", "--conf", str(config), "--quiet"]


def limit(directory: Path, port: int) -> list[str]:
    return [str(compiled("limit.c", directory)), HOST, str(port)]


def hubbub(python: str, directory: Path, port: int) -> list[str]:
    return [python, str(ROOT / "server.py"), HOST, str(port)]


def compiled(source: str, directory: Path) -> Path:
    """Compiles one of our C files into `directory`."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise UnavailableError(
            f"{source} needs a C compiler. To install one: apt install gcc libc6-dev"
        )
    if not sys.platform.startswith("linux"):
        raise UnavailableError(f"{source} needs Linux (epoll, /proc)")
    program = directory / Path(source).stem
    command = [compiler, "-O3", "-Wall", "-o", str(program), str(BENCH / source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UnavailableError(f"{source} does not compile:\n{done.stderr}")
    return program


def hubbub_environment(directory: Path) -> dict[str, str]:
    return {
        "HUBBUB_DATA_DIR": str(directory),
        "HUBBUB_LIMITS__FLOOD_BURST": "0",
        "HUBBUB_MAX_CLIENTS": "100000",
    }


def known(python: str = sys.executable, ergo_program: Path | None = None) -> dict[str, Server]:
    """The servers by name; `python` runs ours."""
    ours = functools.partial(hubbub, python)
    forgetting = functools.partial(ergo, ergo_program, "false")
    keeping = functools.partial(ergo, ergo_program, "true")
    servers = (
        Server("hubbub", "ours, log on, default threads", ours, environment=hubbub_environment),
        # lets all who are waiting in once a second
        Server("inspircd", "C++", inspircd, at_once=1000, peer=True),
        # keeps ten connections waiting; the eleventh has to knock again a second later
        Server("ngircd", "C", ngircd, at_once=4, peer=True),
        Server("ergo", "Go, history in memory", forgetting, peer=True),
        Server("ergo-history", "Go, history in SQLite", keeping, peer=True),
        Server("limit", "bench/limit.c, the least a server can do", limit),
    )
    return {server.name: server for server in servers}


DESCRIBE = """
import importlib.util, platform, timeit
loop = "d = {}\\nfor i in range(1000): d[i] = (i, str(i)); d[i][1].split(' ')"
best = min(timeit.repeat(loop, number=10, repeat=30)) / 10
uvloop = "uvloop" if importlib.util.find_spec("uvloop") else "no uvloop"
print(f"{platform.python_implementation()} {platform.python_version()}", end=" ")
print(f"({uvloop}, reference loop {best * 1e6:.0f} us)")
"""


def describe_python(python: str) -> str:
    """The interpreter that runs our server, as far as it matters for speed.

    Builds of one version differ by half in speed, hence the time of a small fixed loop.
    """
    try:
        done = subprocess.run([python, "-c", DESCRIBE], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UnavailableError(f"{python} is no Python that runs: {error}") from error
    return done.stdout.strip()


@contextlib.contextmanager
def started(
    server: Server, directory: Path, cpus: set[int], under: Sequence[str] = ()
) -> Iterator[Running]:
    """Runs `server` on `cpus` until the block ends.

    Raises UnavailableError when it is not installed or does not come up.
    `under` is a command to run it under, such as a profiler's.
    """
    port = free_port()
    command = [*under, *server.prepare(directory, port)]
    output = directory / "output.txt"

    with output.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, **server.environment(directory)},
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
            start_new_session=True,
        )
    running = Running(server, port, process)
    try:
        if not wait_until_ready(running):
            words = output.read_text(errors="replace")[-2000:]
            raise UnavailableError(f"{server.name} does not start: {' '.join(command)}\n{words}")
        wait_until_at_rest(running)
        yield running
    finally:
        end(running)


def wait_until_ready(running: Running) -> bool:
    """A server is ready when it has welcomed a client."""
    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up and running.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, running.port), 1) as s:
            s.settimeout(READY_SECONDS)
            s.sendall(b"NICK ready\r\nUSER bench 0 * :bench\r\n")
            seen = b""
            while b" 001 " not in seen and (data := s.recv(65536)):
                seen += data
            if b" 001 " in seen:
                s.sendall(b"QUIT\r\n")
                return True
        time.sleep(0.02)
    return False


def wait_until_at_rest(running: Running) -> None:
    """What a server still does after its first welcome (loading, say) is not to be measured."""
    give_up = time.monotonic() + READY_SECONDS
    spent, before = cpu_ticks(running.pids()), -1
    while spent - before > 1 and time.monotonic() < give_up:
        time.sleep(REST_SECONDS)
        before, spent = spent, cpu_ticks(running.pids())


def cpu_ticks(pids: Sequence[int]) -> int:
    """User and kernel time of all threads of these processes, in clock ticks."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks


def end(running: Running) -> None:
    """Ends the server and everything it started, by their process ids.

    The innermost process is asked to go: a profiler around it then writes what it has seen.
    """
    pids = running.pids()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pids[-1], signal.SIGTERM)
    try:
        running.process.wait(10)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    for pid in pids[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def family(pid: int) -> list[int]:
    """`pid` and its descendants, parents first."""
    pids = [pid]
    for each in pids:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                pids += [int(child) for child in (task / "children").read_text().split()]
    return pids


def free_port() -> int:
    with socket.create_server((HOST, 0)) as s:
        port: int = s.getsockname()[1]
        return port
