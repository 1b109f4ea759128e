"""The lines that a server prints at its start: address, how to connect, how to stop."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from .addresses import join_host_port, lan_address
from .config import Settings
from .handlers.context import Context
from .handlers.orders.administrator_orders import claim_link
from .invocation import command_line


def welcome(context: Context, host: str, port: int, is_first_start: bool) -> Iterator[str]:
    """The lines for a server that listens on `host` and `port`."""
    settings = context.settings
    yield f"Server listening on {join_host_port(host, port)}..."
    yield from banner(host, port)
    if settings.invite_only != "off" and host not in ("127.0.0.1", "::1"):
        where = "Everybody" if settings.invite_only == "on" else "From the internet"
        yield f"  {where} only with an account or an invitation:"
        yield f"    {_admin_order('invite', settings)}"
    if is_first_start and not settings.operators:
        yield "  Who opens this first is the administrator; to see it again:"
        yield f"    {_admin_order('link', settings)}"
        yield f"    {claim_link(context)}"


def banner(host: str, port: int) -> list[str]:
    """How to connect, and how to stop."""
    everywhere = host in ("0.0.0.0", "::")
    local = "127.0.0.1" if everywhere else host
    lines = [
        f"  Terminal      {command_line('client')} {local} {port}",
        f"  netcat        nc {local} {port}, then press Enter",
        f"  IRC app       server {local}, port {port}",
    ]
    lan = lan_address() if everywhere else None
    if find_spec("websockets") is not None:
        lines.insert(0, f"  Browser       http://{join_host_port(local, port)}/")
        if lan is not None:
            lines.append(f"  Other devices http://{join_host_port(lan, port)}/")
    elif lan is not None:
        lines.append(f"  Other devices {command_line('client')} {lan} {port}")
    lines.append("  Press Ctrl-C to stop.")
    return lines


def home_address(host: str, port: int) -> str:
    """The URL for browsers, as far as this machine knows."""
    everywhere = host in ("0.0.0.0", "::")
    return f"http://{join_host_port(lan_address() or '127.0.0.1' if everywhere else host, port)}"


def _admin_order(name: str, settings: Settings) -> str:
    """The command line that sends this order to the server."""
    place = f" --data-dir {quote(str(settings.data_dir))}" if settings.data_dir != Path() else ""
    return f"{command_line()} admin {name}{place}"
