"""The server process: puts the parts together, says where it listens, ends cleanly.

Reading order: settings -> log -> hub -> I/O threads -> listener. Stopping is the same backwards:
no new clients, everybody is told, what was decided is written, what was written is sent.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from shlex import quote
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import __version__, data_dir
from .addresses import join_host_port
from .config import Settings
from .connections.certificate import Certificate, CertificateError
from .connections.io_thread import IoThread
from .connections.listener import Listener, listen
from .console import Console, ConsoleHandler
from .errors import ProgramError
from .events.kinds import UserConnected
from .files.upload_service import UploadService
from .handlers.context import Control
from .handlers.orders.administrator_orders import claim_link
from .hub import Hub
from .invocation import command_line
from .log.base import Kept, Log, LogFailed
from .log.chatlog import ChatLog
from .log.index import Summarizer
from .log.sqlite import SqliteLog
from .model.replay import summarize, summary_format
from .outbox.listeners import BatchListener
from .protocols import Protocols
from .resources import process_usage, storage_of
from .terminal import Terminal, own_terminal

if TYPE_CHECKING:
    from .push.pusher import Pusher

logger = logging.getLogger("hubbub")

#: Clients get this long to read the last lines.
LAST_LINES_SECONDS = 1.0
#: And those who listen so long to take in what happened last.
LAST_BATCH_SECONDS = 5.0


class Server:
    """A running server. `start`, then `wait`; `request_stop` from anywhere ends it."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        say: Callable[[str], None] = lambda line: None,
        load: Callable[[], Settings] | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """`load` reads the settings again; the server ends with its `terminal`."""
        self.settings = settings
        self._say = say
        self._load = load
        self._terminal = terminal or Terminal()
        self.restarting = False
        self._stopping = False
        # What `wait` is to do. A signal handler puts it there, and may not wait for a lock that the
        # thread it interrupts holds: so no Event.
        self._asked: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._reason = "Server shutting down"
        self.exit_code = 0
        self._log = log
        self._chat_log = ChatLog(
            settings.data_dir / "chat.log",
            log,
            size=settings.chat_log.size,
            backups=settings.chat_log.backups,
            text=settings.log_text,
        )
        self.hub = Hub(log, settings, on_failure=self._on_failure)
        self.hub.context.motd = _motd(settings.motd_file)
        self.hub.context.control = _Control(self)
        count = settings.threads or default_threads()
        self.pusher = self._get_pusher()
        self.threads = [IoThread(index) for index in range(count)]
        self.files = self._get_keeper()
        self.doors = Protocols(self.hub, settings, self._not_ready, self.files)
        for listener in self._listeners():
            self.hub.listen(listener)

    def _listeners(self) -> Iterator[BatchListener]:
        """Who hears of what happened."""
        yield BatchListener("chat-log", self._chat_log.hear)
        yield BatchListener(
            "console-listener", self._say_who_came, kinds=frozenset({UserConnected})
        )
        if self.files is not None:
            yield self.files.listener()
        if self.pusher is not None:
            yield self.pusher.listener()

    def _say_who_came(self, kept: Kept) -> None:
        for entry in kept.entries:
            if isinstance(entry.event, UserConnected):
                self._say(f"Client connected: {entry.event.address}")

    def start(self) -> tuple[str, int]:
        """Listen, and say so; the address that it is. Raises OSError, ProgramError."""
        certificate = self._get_certificate()
        sock = listen(self.settings.host, self.settings.port)
        host, port = sock.getsockname()[:2]
        for thread in self.threads:
            thread.start()
        is_first_start = self._log.last_position == 0
        self.hub.start(self.threads, __version__)
        self.hub.context.home = home_address(host, port)
        if self.files is not None:
            self.files.start()
            self.hub.context.takes_files = True
        if self.pusher is not None:
            self.pusher.start()
        self.hub.context.control.token = data_dir.announce(self.settings.data_dir, host, port)
        self._say(f"Server listening on {join_host_port(host, port)}...")
        for line in banner(host, port):
            self._say(line)
        if self.settings.invite_only != "off" and host not in ("127.0.0.1", "::1"):
            where = "Everybody" if self.settings.invite_only == "on" else "From the internet"
            self._say(f"  {where} only with an account or an invitation:")
            self._say(f"    {_admin_order('invite', self.settings)}")
        if is_first_start and not self.settings.operators:
            self._say("  Who opens this first is the administrator; to see it again:")
            self._say(f"    {_admin_order('link', self.settings)}")
            self._say(f"    {claim_link(self.hub.context)}")
        if certificate is not None:
            certificate.add_done_callback(self._show_certificate)
        self._listener = Listener(sock, self.threads, self.doors.factory, self._admit)
        self._listener.start()
        self.doors.web.start()
        return host, port

    def _get_keeper(self) -> UploadService | None:
        """Files come by HTTP; without it there are none."""
        if find_spec("aiohttp") is None:
            return None
        keeper = UploadService(self.hub, self.settings.data_dir / "files")
        if self.settings.files.enabled and not keeper.pictures.available:
            logger.info("no Python package pillow: uploaded pictures are only saved, not shown")
        return keeper

    def _get_pusher(self) -> Pusher | None:
        """Encrypting needs a library; without it nobody is told by push."""
        if not self.settings.push or find_spec("cryptography") is None:
            return None
        from .push.pusher import Pusher

        return Pusher(self.hub)

    def _get_certificate(self) -> Future[Certificate] | None:
        """The operator's own certificate has to work; one of ours is made while clients come."""
        if self.doors.certificate is None:
            return None
        certificate = self.doors.certificate.certificate()
        if self.settings.tls.cert is not None:
            try:
                certificate.result()
            except CertificateError as error:
                raise ProgramError(str(error)) from None
        return certificate

    def _show_certificate(self, certificate: Future[Certificate]) -> None:
        error = certificate.exception()
        if error is not None:
            self._say(f"  {error}")
        else:
            self._say(f"  TLS fingerprint (SHA-256) {certificate.result().readable_fingerprint}")

    def _not_ready(self) -> str | None:
        return self._reason if self._stopping else None

    def reload(self) -> str | None:
        """Read the settings, the message of the day and the certificate anew; what is wrong with
        them, or None. Connections that are open keep their limits and their TLS; where to listen,
        threads, the log and the web are as they were until a restart."""
        problem = self._reload_settings()
        if problem is not None:
            logger.error("the settings stay as they were: %s", problem)
            return problem
        if self.doors.certificate is not None:
            self.doors.certificate.reload().add_done_callback(self._show_certificate)
        return None

    def _reload_settings(self) -> str | None:
        try:
            settings = self._load() if self._load is not None else self.settings
            motd = _motd(settings.motd_file)
        except ProgramError as error:
            return str(error)
        self.hub.reconfigure(settings, motd)
        return None

    def _admit(self, host: str) -> str | None:
        return self.doors.admit(host)

    def request_stop(self, reason: str = "Server shutting down") -> None:
        """From any thread, or a signal handler."""
        self._reason = reason
        self._stopping = True
        self._asked.put(lambda: None)

    def request_reload(self) -> None:
        """From the handler of SIGHUP, which may also mean that the terminal is closed."""
        self._asked.put(lambda: None if self._terminal.hung_up() else self.reload())

    def wait(self) -> None:
        """Until somebody asks to stop, or closes the terminal. (Waiting in slices lets signals in
        on every system.)"""
        while not self._stopping:
            with contextlib.suppress(Empty):
                self._asked.get(timeout=0.5)()
            if self._terminal.was_closed():
                self.request_stop()

    def stop(self) -> None:
        """Tell the clients, close the log."""
        data_dir.withdraw(self.settings.data_dir)
        self._listener.close()
        self.hub.stop(self._reason)
        for thread in self.threads:
            thread.stop(LAST_LINES_SECONDS)
        if self.hub.wait_for_listeners(LAST_BATCH_SECONDS):
            self._chat_log.close()
        else:
            logger.warning("chat.log is not complete; the next start writes what is missing")
        if self.files is not None:
            self.files.stop()
        if self.pusher is not None:
            self.pusher.stop()
        if self.exit_code == 0:
            self._log.close()

    def _on_failure(self, reason: str) -> None:
        self.exit_code = 1
        self.request_stop(f"The server's disk failed ({reason})")


class _Control(Control):
    """What operators ask of the process, from inside the chat."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def reload(self) -> str | None:
        return self._server.reload()

    def storage(self) -> dict[str, Any]:
        return storage_of(self._server.settings.data_dir)

    def usage(self) -> dict[str, Any]:
        return process_usage()

    def stop(self, reason: str) -> None:
        self._server.request_stop(reason)

    def restart(self, reason: str) -> None:
        self._server.restarting = True
        self._server.request_stop(reason)


def default_threads() -> int:
    """One where the interpreter runs one thread at a time, else one for each core, up to 8."""
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return 1 if gil else min(8, os.cpu_count() or 1)


def _motd(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        return tuple(path.read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"cannot read the message of the day: {error}") from error


def main(settings: Settings, load: Callable[[], Settings] | None = None) -> int:
    """Run a server until SIGINT or SIGTERM. The exit code. `load` reads the settings again."""
    console = Console()
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(levelname)s: %(message)s",
        handlers=[ConsoleHandler(console)],
    )
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with data_dir.locked(settings.data_dir):
            server = _run(settings, console, load)
    except data_dir.InUse:
        raise ProgramError(_in_use(settings)) from None
    except OSError as error:
        raise ProgramError(f"{error}{_hint(settings)}") from error
    finally:
        console.close()
    if server.restarting:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return server.exit_code


def open_log(settings: Settings) -> SqliteLog:
    """The log in the data directory. Raises ProgramError."""
    path = settings.data_dir / "chat.db"
    try:
        for name in (path, path.with_name("chat-index.db")):
            # What people wrote and the hashes of their passwords are for this user alone.
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
        return SqliteLog(path, summarizer=Summarizer(summarize, summary_format()))
    except (LogFailed, OSError) as error:
        raise ProgramError(f"{error}{_hint(settings)}") from error


def _hint(settings: Settings) -> str:
    writable = os.access(settings.data_dir, os.W_OK)
    return "" if writable else " (nothing can be written here; another place: --data-dir DIR)"


def _in_use(settings: Settings) -> str:
    """Most often it is the same server, started twice."""
    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        return _cannot_listen(settings, error)
    return (
        f"cannot use {settings.data_dir.resolve()}: another server runs with it. "
        "Another place: --data-dir DIR"
    )


def _run(settings: Settings, console: Console, load: Callable[[], Settings] | None) -> Server:
    """Run a server until it is told to stop; the server as it is then."""
    log = open_log(settings)
    try:
        server = Server(settings, log, console.say, load, own_terminal())
    except (LogFailed, sqlite3.Error) as error:
        hubbub = command_line()
        raise ProgramError(
            f"cannot read {log.path}: {error}. It is left as it is: {hubbub} verify says what is"
            f" wrong with it, {hubbub} restore brings a backup back"
        ) from error

    if server.files is not None:
        log.on_forgotten = server.files.messages_gone

    def on_signal(number: int, frame: FrameType | None) -> None:
        server.request_stop()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    # Ignored (nohup) it stays so.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: server.request_reload())
    try:
        server.start()
    except OSError as error:
        log.close()
        raise ProgramError(_cannot_listen(settings, error)) from error
    # What lives now lives on, and messages make no cycles: the collector may look seldom.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    server.wait()
    console.say("Stopping: telling the clients and closing the log.")
    server.stop()
    return server


def banner(host: str, port: int) -> list[str]:
    """How to join, and how to stop."""
    everywhere = host in ("0.0.0.0", "::")
    local = "127.0.0.1" if everywhere else host
    lines = [
        f"  Terminal      python3 client.py {local} {port}",
        f"  netcat        nc {local} {port}, then press Enter",
        f"  IRC app       server {local}, port {port}",
    ]
    lan = lan_address() if everywhere else None
    if find_spec("websockets") is not None:
        lines.insert(0, f"  Browser       http://{join_host_port(local, port)}/")
        if lan is not None:
            lines.append(f"  Other devices http://{join_host_port(lan, port)}/")
    elif lan is not None:
        lines.append(f"  Other devices python3 client.py {lan} {port}")
    lines.append("  Press Ctrl-C to stop.")
    return lines


def home_address(host: str, port: int) -> str:
    """Where browsers find the server, as far as this machine knows."""
    everywhere = host in ("0.0.0.0", "::")
    return f"http://{join_host_port(lan_address() or '127.0.0.1' if everywhere else host, port)}"


def lan_address() -> str | None:
    """This machine's address in its network, or None. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: chooses the outgoing interface
            return str(probe.getsockname()[0])
        except OSError:
            return None


def _cannot_listen(settings: Settings, error: OSError) -> str:
    import errno

    where = join_host_port(settings.host, settings.port)
    if error.errno == errno.EADDRINUSE:
        return (
            f"cannot listen on {where}: the port is taken. Is a server running already? "
            f"Another port: python3 server.py {settings.host} {settings.port % 65535 + 1}"
        )
    why = error.strerror or error
    if error.errno == errno.EADDRNOTAVAIL:
        why = "this machine does not have that address"
    elif isinstance(error, socket.gaierror):
        why = "no host is known by that name"
    return f"cannot listen on {where}: {why}"


def _admin_order(name: str, settings: Settings) -> str:
    """What is typed beside the server to give that order to it."""
    place = f" --data-dir {quote(str(settings.data_dir))}" if settings.data_dir != Path() else ""
    return f"{command_line()} admin {name}{place}"
