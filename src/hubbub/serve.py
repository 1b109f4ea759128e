"""The running server: assembles the parts, registers the listeners to batches, shuts down cleanly.

The parts start in the order settings -> log -> hub -> I/O threads -> listening socket. Shutdown is
the reverse: accept no clients, notify everybody, write all decided entries, send their lines, and
let the listeners finish. The process around it is launch.py.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from . import __version__, data_dir
from .config import Settings
from .connections.certificate import Certificate, CertificateError
from .connections.io_thread import IoThread
from .connections.listener import Listener, listen
from .errors import ProgramError
from .events.kinds import UserConnected
from .files.upload_service import UploadService
from .handlers.context import Control
from .hub import Hub
from .log.base import Kept, Log
from .log.chatlog import ChatLog
from .outbox.listeners import BatchListener
from .protocols import Protocols
from .resources import process_usage, storage_of
from .supervised_thread import troubles
from .terminal import Terminal
from .welcome import home_address, welcome

if TYPE_CHECKING:
    from .push.pusher import Pusher

logger = logging.getLogger("hubbub")

#: Seconds for clients to read the last lines.
LAST_LINES_SECONDS = 1.0
#: Seconds for listeners to process the last batches.
LAST_BATCH_SECONDS = 5.0
#: How often what ends by the clock alone is ended, see Hub.tidy.
TIDY_SECONDS = 60.0


class Server:
    """A running server: `start`, then `wait`; `request_stop` from any thread ends it."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        say: Callable[[str], None] = lambda line: None,
        load: Callable[[], Settings] | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """`load` reads the settings again; the server ends when its `terminal` is closed."""
        self.settings = settings
        self._say = say
        self._load = load
        self._terminal = terminal or Terminal()
        self.restarting = False
        self._stopping = False
        # The request for `wait`. A signal handler sets it and may not wait for a lock held by the
        # thread that it interrupts, so it is not an Event.
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
        self.files = self._get_uploads()
        self.doors = Protocols(self.hub, settings, self._not_ready, self.files)
        for listener in self._listeners():
            self.hub.listen(listener)

    def _listeners(self) -> Iterator[BatchListener]:
        """The listeners to batches."""
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
        """Start listening and print that. Returns the address. Raises OSError, ProgramError."""
        sock = listen(self.settings.host, self.settings.port)
        try:
            certificate = self._get_certificate()
        except ProgramError:
            sock.close()
            raise
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
        for line in welcome(self.hub.context, host, port, is_first_start):
            self._say(line)
        if certificate is not None:
            certificate.add_done_callback(self._show_certificate)
        self._listener = Listener(sock, self.threads, self.doors.factory, self._admit)
        self._listener.start()
        self.doors.web.start()
        return host, port

    def _get_uploads(self) -> UploadService | None:
        """The upload service; None without HTTP, which it needs."""
        if find_spec("aiohttp") is None:
            return None
        uploads = UploadService(self.hub, self.settings.data_dir / "files")
        if self.settings.files.enabled and not uploads.pictures.available:
            logger.info("no Python package pillow: uploaded pictures are only saved, not shown")
        return uploads

    def _get_pusher(self) -> Pusher | None:
        """The push service; None without the library that encrypts."""
        if not self.settings.push or find_spec("cryptography") is None:
            return None
        from .push.pusher import Pusher

        return Pusher(self.hub)

    def _get_certificate(self) -> Future[Certificate] | None:
        """Load the certificate. The operator's own must be valid; a self-signed one is made in the
        background."""
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
        """Reload settings, message of the day and certificate; returns what is wrong with them, or
        None. Open connections keep their limits and their TLS. The listening address, threads, log
        and web settings change only at a restart."""
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
        self.doors.limit(settings)
        return None

    def _admit(self, host: str) -> str | None:
        return self.doors.admit(host)

    def request_stop(self, reason: str = "Server shutting down") -> None:
        """Request a shutdown, from any thread or a signal handler."""
        self._reason = reason
        self._stopping = True
        self._asked.put(lambda: None)

    def request_reload(self) -> None:
        """Handle SIGHUP, which may also mean that the terminal was closed."""
        self._asked.put(lambda: None if self._terminal.hung_up() else self.reload())

    def wait(self) -> None:
        """Wait until a shutdown is requested, or the terminal is closed, and tidy now and then.
        (Waits in slices, so that signals are handled on every system.)"""
        tidy_at = time.monotonic() + TIDY_SECONDS
        while not self._stopping:
            with contextlib.suppress(Empty):
                self._asked.get(timeout=0.5)()
            if self._terminal.was_closed():
                self.request_stop()
            if time.monotonic() >= tidy_at:
                self.hub.tidy()
                tidy_at = time.monotonic() + TIDY_SECONDS

    def stop(self) -> None:
        """Notify the clients and close the log."""
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
    """Control of the process by operators, from inside the chat."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def reload(self) -> str | None:
        return self._server.reload()

    def storage(self) -> dict[str, Any]:
        return storage_of(self._server.settings.data_dir)

    def usage(self) -> dict[str, Any]:
        return process_usage() | {"troubles": troubles()}

    def stop(self, reason: str) -> None:
        self._server.request_stop(reason)

    def restart(self, reason: str) -> None:
        self._server.restarting = True
        self._server.request_stop(reason)


def default_threads() -> int:
    """One thread if the interpreter runs one at a time, else one per core, up to 8."""
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    return 1 if gil else min(8, os.cpu_count() or 1)


def _motd(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        return tuple(path.read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"cannot read the message of the day: {error}") from error
