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
        ("", "listen on 127.0.0.1:50000, for this machine only"),
        ("0.0.0.0", "listen for every device in your network"),
        ("127.0.0.1 6667 --no-log-text", "another port; no message texts in chat.log"),
        ("--print-config > hubbub.toml", "write a file with every setting, to edit"),
        ("--config hubbub.toml", "use the settings in that file"),
    ),
    argument(
        "host", nargs="?", metavar="HOST", type=parse_host, help="address to listen on (127.0.0.1)"
    ),
    argument("port", nargs="?", metavar="PORT", type=parse_port, help="port (50000)"),
    *CONFIG_ARGUMENTS,
    setting_flag("--threads", "N", "number of I/O threads (chosen for this machine)"),
    setting_flag("--max-clients", "N", "maximum number of clients (10000)"),
    setting_flag("--data-dir", "DIR", "directory of chat.log and chat.db (the current one)"),
    setting_flag("--log-level", "LEVEL", "debug, info, warning or error (info)"),
    argument(
        "--no-log-text",
        dest="log_text",
        action="store_const",
        const="false",
        help="omit the text of messages from chat.log",
    ),
    argument(
        "--print-config",
        action=PrintConfig,
        nargs=0,
        help="print a settings file with all defaults",
    ),
)
def serve(args: argparse.Namespace) -> int:
    """Run the server until it is told to stop."""
    from ..launch import main as run_server

    return run_server(settings_from(args), lambda: settings_from(args))


def _host_or_link(text: str) -> str | ServerLink:
    return parse_link(text) if "://" in text else parse_host(text)


@command(
    "client",
    "chat from a terminal",
    (
        ("", "connect to the server on this machine"),
        ("192.168.1.20 50000", "connect to a server in your network"),
        ("http://192.168.1.20:50000/invite/4a-kX...", "connect with an invitation"),
        ("--nick Alice --channel '#tea'", "with a nick, to a channel"),
        ("--lines 127.0.0.1 50001", "talk to a server that you wrote (lessons/)"),
    ),
    argument("host", nargs="?", metavar="HOST", type=_host_or_link, default="127.0.0.1",
             help="address or name of the server, or a link (127.0.0.1)"),
    argument("port", nargs="?", metavar="PORT", type=parse_port, default=None,
             help="port of the server (50000)"),
    argument("--nick", metavar="NAME", help="your nick; without it the client asks"),
    argument("--channel", metavar="CHANNEL", help="channel to join (#lobby)"),
    argument("--tls", action="store_true", help="use TLS"),
    argument("--fingerprint", metavar="SHA256", default="",
             help="use TLS, and accept only the certificate with this fingerprint, as the server"
             " printed it"),
    argument("--password", metavar="PASSWORD", default="",
             help="password of the server, or of your account where one is required; without it the"
             " client asks. Other users of this machine can see the command line"),
    argument("--plain", action="store_true", help="no screen, even on a terminal"),
    argument("--lines", action="store_true",
             help="send and show lines as they are: for the servers of lessons/, not for Hubbub"),
)  # fmt: skip
def client(args: argparse.Namespace) -> int:
    """Join a server and talk."""
    from ..client import run as run_client
    from ..client import run_lines

    if args.lines:
        _refuse_what_lines_lack(args)
        return run_lines(args.host, args.port or 50000)
    link = args.host if isinstance(args.host, ServerLink) else ServerLink(args.host, 50000, False)
    return run_client(
        link.host,
        args.port or link.port,
        nick=args.nick,
        channel=args.channel or link.channel or "#lobby",
        tls=args.tls or link.tls or bool(args.fingerprint),
        invitation=link.word,
        password=args.password,
        fingerprint=args.fingerprint,
        plain=args.plain,
    )


def _refuse_what_lines_lack(args: argparse.Namespace) -> None:
    given = (args.nick, args.channel, args.tls, args.fingerprint, args.password, args.plain)
    if any(given) or isinstance(args.host, ServerLink):
        raise UsageError("--lines takes HOST and PORT, and no other option")


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
        ("192.168.1.20 1 1024 --timeout 0.3", "well-known ports of a machine in your network"),
        ("localhost 49000 51000 --json", "output for programs"),
    ),
    argument("host", metavar="HOST", type=parse_host, help="address or name to scan"),
    argument("start", metavar="START", type=parse_port, help="first port"),
    argument("end", metavar="END", type=parse_port, help="last port"),
    argument("--timeout", metavar="SECONDS", type=_seconds, default=1.0,
             help="seconds to wait for each port (1)"),
    argument("--json", action="store_true", help="print the result as one JSON object"),
    argument("--i-am-authorized", action="store_true",
             help="permit a public address; only with the consent of its owner"),
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
    "print every setting with its description, as a settings file",
    (("> hubbub.toml", "write a file with every setting, to edit"),),
    *CONFIG_ARGUMENTS,
)
def show_config(args: argparse.Namespace) -> int:
    """Print the settings as a commented file."""
    sys.stdout.write(config.sample(settings_from(args)))
    return 0


@command(
    "password",
    "print the hash of a password, for an operator's table in the settings",
    (("", "prompts twice, or reads from a pipe"),),
    *CONFIG_ARGUMENTS,
)
def hash_password(args: argparse.Namespace) -> int:
    """Read a password and print its hash."""
    from ..credentials import passwords
    from .password import read_password

    typed = read_password("Password")
    print(passwords.hash_password(typed, settings_from(args).accounts.hash_memory))
    return 0
