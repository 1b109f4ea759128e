"""WEBIRC: a web gateway names the client it connects for (IRCv3 WebIRC)."""

from __future__ import annotations

import hmac
import ipaddress

from ...addresses import ip_of
from ...config import WebIrcSettings
from ...peer import Peer, is_in, plain_address
from ...protocol.codec import parse_tags
from ...protocol.message import Message
from ...protocol.numerics import ERR_ALREADYREGISTERED
from ...session import Session
from ..command_table import CloseConnection, Steps, command
from ..context import Context
from ..refusals import Refused


@command("WEBIRC", params=4, anyone=True)
def webirc(context: Context, session: Session, message: Message) -> Steps:
    """WEBIRC <password> <gateway> <hostname> <ip> [<options>]: the first command of all."""
    password, _, _, ip = message.params[:4]
    entering = session.registration
    if entering is None or entering.nick or entering.username or entering.negotiating:
        raise Refused.numeric(ERR_ALREADYREGISTERED)
    gateways = context.settings.webirc.values()
    if not any(_is_trusted(gateway, session.peer, password) for gateway in gateways):
        yield CloseConnection("Invalid WebIRC password")
        return
    if ip_of(ip) is None:
        yield CloseConnection("Invalid WebIRC address")
        return
    session.peer = _peer_behind(session.peer, plain_address(ip), message.params[4:5])


def _is_trusted(gateway: WebIrcSettings, peer: Peer, password: str) -> bool:
    trusted = tuple(ipaddress.ip_network(text, strict=False) for text in gateway.addresses)
    right = hmac.compare_digest(gateway.password.encode(), password.encode())
    return bool(gateway.password) and right and is_in(peer.host, trusted)


def _peer_behind(gateway: Peer, host: str, options: tuple[str, ...]) -> Peer:
    """The client behind the gateway. Its TLS flag counts if the gateway itself uses TLS."""
    said = parse_tags(";".join(options[0].split()) if options else "")
    port = said.get("remote-port", "")
    fingerprint = said.get("certfp-sha-256", "").lower()
    return Peer(
        host,
        int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0,
        tls=gateway.tls and "secure" in said,
        certificate_fingerprint=fingerprint if gateway.tls and fingerprint else None,
    )
