"""Start a server process: data directory, log, signals, and errors at the start."""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from types import FrameType

from . import data_dir
from .addresses import join_host_port
from .config import Settings
from .connections.listener import listen
from .console import Console, ConsoleHandler
from .errors import ProgramError
from .invocation import command_line
from .log.base import LogFailed
from .log.index import Summarizer
from .log.sqlite import SqliteLog
from .model.replay import summarize, summary_format
from .serve import Server
from .terminal import own_terminal


def main(settings: Settings, load: Callable[[], Settings] | None = None) -> int:
    """Run a server until SIGINT or SIGTERM. Returns the exit code. `load` reads the settings
    again."""
    console = Console()
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(levelname)s: %(message)s",
        handlers=[ConsoleHandler(console)],
    )
    try:
        with data_dir.made(settings.data_dir), data_dir.locked(settings.data_dir) as traces:
            with traces.removed_on_failure():
                server = _start(settings, console, load)
            _run(server, console)
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
    """Open the log in the data directory. Raises ProgramError."""
    path = settings.data_dir / "chat.db"
    try:
        for name in (path, path.with_name("chat-index.db")):
            # Messages and password hashes are readable by this user only.
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o600))
        return SqliteLog(path, summarizer=Summarizer(summarize, summary_format()))
    except (LogFailed, OSError) as error:
        raise ProgramError(f"{error}{_hint(settings)}") from error


def _hint(settings: Settings) -> str:
    writable = os.access(settings.data_dir, os.W_OK)
    return "" if writable else " (nothing can be written here; another place: --data-dir DIR)"


def _in_use(settings: Settings) -> str:
    """Explain why the data directory is in use; most often the same server was started twice."""
    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        return cannot_listen(settings, error)
    return (
        f"cannot use {settings.data_dir.resolve()}: another server runs with it. "
        "Another place: --data-dir DIR"
    )


def _start(settings: Settings, console: Console, load: Callable[[], Settings] | None) -> Server:
    """Start a server. Raises ProgramError, with the log closed."""
    log = open_log(settings)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(log.close)
        server = _server_on(log, settings, console, load)
        try:
            server.start()
        except OSError as error:
            raise ProgramError(cannot_listen(settings, error)) from error
        on_failure.pop_all()
    return server


def _server_on(
    log: SqliteLog, settings: Settings, console: Console, load: Callable[[], Settings] | None
) -> Server:
    """The server with its state, read from the log. Raises ProgramError."""
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
    return server


def _run(server: Server, console: Console) -> None:
    """Run a started server until it is stopped."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        server.request_stop()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    # If SIGHUP was ignored before (nohup), keep it so.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: server.request_reload())
    # Existing objects live on and messages form no cycles, so garbage collection may be rare.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    server.wait()
    console.say("Stopping: telling the clients and closing the log.")
    server.stop()


def cannot_listen(settings: Settings, error: OSError) -> str:
    where = join_host_port(settings.host, settings.port)
    if error.errno == errno.EADDRINUSE:
        return (
            f"cannot listen on {where}: the port is taken. Is a server running already? "
            f"Another port: {command_line('serve')} {settings.host} {settings.port % 65535 + 1}"
        )
    why = error.strerror or error
    if error.errno == errno.EADDRNOTAVAIL:
        why = "this machine does not have that address"
    elif isinstance(error, socket.gaierror):
        why = "no host is known by that name"
    return f"cannot listen on {where}: {why}"
