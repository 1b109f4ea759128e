"""The protocol objects for each kind of client on the one port, and the admission of clients.

Admission limits the number of clients in all and per address.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from .config import Settings
from .connections.browsers import Browsers
from .connections.certificate import (
    Certificate,
    CertificateProvider,
    load_certificate,
    self_signed_certificate,
)
from .connections.chat_connection import ChatConnection
from .connections.io_thread import IoThread, ProtocolFactory
from .connections.limits import AddressLimit
from .connections.opening import Entrances, Opening, OpeningRules
from .connections.origins import Origins
from .dialects.irc.dialect import IrcDialect
from .dialects.plain.dialect import PlainDialect
from .dialects.plain.entrance import entrance_of
from .files.upload_service import UploadService
from .http.fallback import SmallResponder
from .http.server import HttpService
from .http.site import Site
from .hub import Hub
from .peer import Network, Peer


class Protocols:
    def __init__(
        self,
        hub: Hub,
        settings: Settings,
        not_ready: Callable[[], str | None] = lambda: None,
        files: UploadService | None = None,
    ) -> None:
        self.hub = hub
        self.settings = settings
        self._addresses = AddressLimit(0)
        self.limit(settings)
        self._rules = OpeningRules(
            silence=settings.limits.greeting_seconds,
            reserve=settings.limits.registration_seconds,
            seconds=settings.limits.opening_seconds,
            trusted_proxies=_networks(settings.proxy.trusted),
            proxy_required=settings.proxy.required,
        )
        self._browsers = Browsers()
        self._origins = Origins(settings.web.origins)
        proxies = self._rules.trusted_proxies
        self.web = HttpService(Site(hub, settings, self._origins, proxies, not_ready, files))
        #: None: TLS is switched off.
        self.certificate = (
            CertificateProvider(partial(_certificate, settings)) if settings.tls.enabled else None
        )

    def limit(self, settings: Settings) -> None:
        """Take the limits of connections from these settings from now on."""
        limits = settings.limits
        exempt = _networks(limits.exempt)
        self._addresses.limit(limits.connections_per_address, exempt, limits.connections_per_minute)

    def admit(self, host: str) -> str | None:
        """Return why a connection from `host` is refused, or None."""
        if len(self.hub.context.sessions) >= self.hub.settings.max_clients:
            return "This server is full; try again later"
        return None

    def factory(self, thread: IoThread) -> ProtocolFactory:
        """A factory of the first protocol of connections in `thread`."""
        http = self.web.entrance(thread)
        thread.at_end.append(http.close)
        entrances = Entrances(
            irc=partial(self._irc, thread),
            plain=partial(self._plain, thread),
            http=http.enter,
            websocket=partial(self._websocket, thread),
            certificate=self.certificate.certificate if self.certificate else None,
            left=self._left,
            admit=self._admit_address,
            browsers=self._browsers,
        )
        return partial(Opening, entrances, self._rules)

    def _irc(self, thread: IoThread, peer: Peer) -> asyncio.Protocol:
        return ChatConnection(self.hub, thread, peer, self._irc_dialect())

    def _irc_dialect(self) -> IrcDialect:
        return IrcDialect(self.settings.limits.line_length, self.settings.limits.receive_queue)

    def _plain(self, thread: IoThread, peer: Peer) -> asyncio.Protocol:
        settings = self.hub.settings
        dialect = PlainDialect(settings.limits.receive_queue, entrance_of(settings))
        return ChatConnection(self.hub, thread, peer, dialect)

    def _websocket(self, thread: IoThread, peer: Peer) -> asyncio.Protocol:
        try:
            from .connections.websocket import WebSocketConnection
        except ImportError:
            return SmallResponder()
        return WebSocketConnection(
            peer,
            self._origins,
            lambda frames: ChatConnection(self.hub, thread, peer, self._irc_dialect(), frames),
        )

    def _admit_address(self, peer: Peer, transport: asyncio.BaseTransport) -> str | None:
        banned = self.hub.registry.ban_on(peer.host)
        if banned is not None:
            return f"You are banned from this server: {banned}"
        if self._addresses.admit(peer.host, transport):
            return None
        return "Too many connections from your address"

    def _left(self, peer: Peer, why: str) -> None:
        self.hub.registry.remark(peer, why)


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _certificate(settings: Settings) -> Certificate:
    """Load the certificate as the settings say. Raises CertificateError."""
    ask = settings.tls.client_certificates
    if settings.tls.cert is not None:
        return load_certificate(settings.tls.cert, settings.tls.key, ask=ask)
    names = [
        name for name in (settings.server_name, settings.host) if name not in ("::", "0.0.0.0")
    ]
    return self_signed_certificate(Path(settings.data_dir), names, ask=ask)
