"""The commands `hubbub serve`, `client`, `scan`, `config` and `password`."""

import argparse
import sys

from .. import config
from ..addresses import ServerLink, parse_host, parse_link, parse_port
from ..errors import UsageError
from .subcommands import (
    CONFIG_ARGUMENTS,
    PrintConfig,
    argument,
    command,
    setting_flag,
    settings_from,
)


@command(
    "serve",
    "start the server",
    (
        ("", "for this machine, on 127.0.0.1:50000"),
        ("0.0.0.0", "for every device in your network"),
        ("127.0.0.1 6667 --no-log-text", "another port; chat.log without what is said"),
        ("--print-config > hubbub.toml", "a file with every setting, to be changed"),
        ("--config hubbub.toml", "with the settings in it"),
    ),
    argument(
        "host", nargs="?", metavar="HOST", type=parse_host, help="address to listen on (127.0.0.1)"
    ),
    argument("port", nargs="?", metavar="PORT", type=parse_port, help="port (50000)"),
    *CONFIG_ARGUMENTS,
    setting_flag("--threads", "N", "I/O threads (as many as help)"),
    setting_flag("--max-clients", "N", "clients at once (10000)"),
    setting_flag("--data-dir", "DIR", "where chat.log and chat.db are kept (here)"),
    setting_flag("--log-level", "LEVEL", "debug, info, warning or error (info)"),
    argument(
        "--no-log-text",
        dest="log_text",
        action="store_const",
        const="false",
        help="leave what people say out of chat.log",
    ),
    argument("--print-config", action=PrintConfig, nargs=0, help="print a sample of all settings"),
)
def serve(args: argparse.Namespace) -> int:
    """Run the server until it is told to stop."""
    from ..launch import main as run_server

    return run_server(settings_from(args), lambda: settings_from(args))


def _host_or_link(text: str) -> str | ServerLink:
    return parse_link(text) if "://" in text else parse_host(text)


@command(
    "client",
    "talk from a terminal",
    (
        ("", "to the server on this machine"),
        ("192.168.1.20 50000", "to a server in your network"),
        ("http://192.168.1.20:50000/invite/4a-kX...", "by an invitation"),
        ("--nick Alice --channel '#tea'", "with a name, into a channel"),
    ),
    argument("host", nargs="?", metavar="HOST", type=_host_or_link, default="127.0.0.1",
             help="the server's address or name, or a link (127.0.0.1)"),
    argument("port", nargs="?", metavar="PORT", type=parse_port, default=None,
             help="its port (50000)"),
    argument("--nick", metavar="NAME", help="your name, instead of being asked"),
    argument("--channel", metavar="CHANNEL", help="where to talk (#lobby)"),
    argument("--tls", action="store_true", help="encrypt the connection"),
    argument("--fingerprint", metavar="SHA256", default="",
             help="encrypt, and accept only the certificate that the server printed"),
    argument("--plain", action="store_true", help="lines only, also on a terminal"),
)  # fmt: skip
def client(args: argparse.Namespace) -> int:
    """Join a server and talk."""
    from ..client import run as run_client

    link = args.host if isinstance(args.host, ServerLink) else ServerLink(args.host, 50000, False)
    return run_client(
        link.host,
        args.port or link.port,
        nick=args.nick,
        channel=args.channel or link.channel or "#lobby",
        tls=args.tls or link.tls or bool(args.fingerprint),
        invitation=link.word,
        fingerprint=args.fingerprint,
        plain=args.plain,
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds <= 60:
        raise UsageError(f"{text!r} is not a time: give seconds, at most 60")
    return seconds


@command(
    "scan",
    "find open ports, and Hubbub behind them",
    (
        ("127.0.0.1 50000 50000", "is a server running here?"),
        ("192.168.1.20 1 1024 --timeout 0.3", "the usual services of a machine in your network"),
        ("localhost 49000 51000 --json", "for a program to read"),
    ),
    argument("host", metavar="HOST", type=parse_host, help="address or name to look at"),
    argument("start", metavar="START", type=parse_port, help="first port"),
    argument("end", metavar="END", type=parse_port, help="last port"),
    argument("--timeout", metavar="SECONDS", type=_seconds, default=1.0,
             help="how long a port may take to answer (1)"),
    argument("--json", action="store_true", help="one JSON object in place of the lines"),
    argument("--i-am-authorized", action="store_true",
             help="scan a public address; only with the consent of whoever runs it"),
)  # fmt: skip
def scan(args: argparse.Namespace) -> int:
    """Scan a range of ports."""
    from .. import scanner

    return scanner.main(
        args.host,
        args.start,
        args.end,
        timeout=args.timeout,
        as_json=args.json,
        authorized=args.i_am_authorized,
    )


@command(
    "config",
    "print every setting with its meaning, as a file to start from",
    (("> hubbub.toml", "a file with every setting, to be changed"),),
    *CONFIG_ARGUMENTS,
)
def show_config(args: argparse.Namespace) -> int:
    """Print the settings as a commented file."""
    sys.stdout.write(config.sample(settings_from(args)))
    return 0


@command(
    "password",
    "print the hash of a password, for an operator's table in the settings",
    (("", "asks for it twice; or reads it from a pipe"),),
    *CONFIG_ARGUMENTS,
)
def hash_password(args: argparse.Namespace) -> int:
    """Read a password and print its hash."""
    from ..credentials import passwords
    from .password import read_password

    typed = read_password("Password")
    print(passwords.hash_password(typed, settings_from(args).accounts.hash_memory))
    return 0
