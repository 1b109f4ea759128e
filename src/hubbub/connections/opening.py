"""The first protocol of every connection: detects what the client speaks and hands over.

    accepted -> [PROXY header] -> TLS -> the same again inside
                               -> IRC, plain text
                               -> HTTP: the head whole -> WebSocket or HTTP

The next protocol gets the transport and every byte already read. A client that stops in the middle
of an opening is disconnected after `seconds`. A client that leaves before that (a port scan, a
reset) costs one call of `left` and nothing else.

A client that sends nothing is treated as a person with netcat: the plain protocol greets it. But a
browser opens spare connections and would take the greeting for the response to its request. So a
silent client is not greeted if a browser has connected from its address (browsers.py); there a
person has to press Enter.

The first bytes decide even after the greeting. So a slow IRC client, or a person who types IRC or
HTTP, is understood, and no request is ever taken for chat.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import cast

from ..peer import Network, Peer, is_in, peer_of
from .browsers import Browsers
from .certificate import Certificate
from .client_hello import HELLO_LIMIT, offers_http
from .detect import Verdict, detect
from .proxy_header import BadProxyHeaderError, read_proxy_header
from .request_head import (
    forwarded_peer,
    head_end,
    header_values,
    is_browser,
    is_host,
    short_response,
    wants_websocket,
)
from .tls import NO_TLS_HERE, SslEngine, TlsEngine, TlsSide

_THIS_MACHINE = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
_NOT_THIS_WAY = b"ERROR :This server is reached through a proxy\r\n"
HEAD_LIMIT = 16 * 1024  # maximum bytes of a request's head
LINGER_SECONDS = 1.0  # time for the last response to arrive


@dataclass(frozen=True, slots=True)
class Entrances:
    """Factories of the protocols that a connection can be handed to, one per kind of client.

    `certificate` is called at the first TLS hello; None means that TLS is off. `left` is called
    with the peer and a reason for every client that closed or was disconnected before it was handed
    over; the reason continues a sentence after the name ("left without a word"). `admit` returns
    why a client is refused, or None; it is called as soon as the client's own address is known.
    """

    irc: Callable[[Peer], asyncio.Protocol]
    plain: Callable[[Peer], asyncio.Protocol]
    http: Callable[[Peer], asyncio.Protocol]
    websocket: Callable[[Peer], asyncio.Protocol]
    certificate: Callable[[], Future[Certificate]] | None
    left: Callable[[Peer, str], None]
    admit: Callable[[Peer, asyncio.BaseTransport], str | None] = lambda peer, transport: None
    browsers: Browsers = field(default_factory=Browsers)


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """Timeouts in seconds, and the networks whose proxies may name the client.

    A silent client is greeted after `silence`; at an address with a browser it is instead
    disconnected after `reserve`. An opening must be complete `seconds` after its first byte.
    """

    silence: float = 0.3
    reserve: float = 60.0
    seconds: float = 10.0
    trusted_proxies: tuple[Network, ...] = ()
    # Refuse clients without a PROXY header. Programs on this machine (`hubbub account`) send one
    # too; from an untrusted address its contents are ignored.
    proxy_required: bool = False


class Opening(asyncio.Protocol):
    """See the module docstring. One per connection, and one more inside TLS."""

    def __init__(
        self, entrances: Entrances, rules: OpeningRules, inside_tls: Peer | None = None
    ) -> None:
        self._entrances = entrances
        self._rules = rules
        self._inside_tls = inside_tls is not None
        self._peer = inside_tls or Peer("", 0)
        self._may_be_proxy = False
        self._read = bytearray()
        self._why = "left without a word"
        self._sent_away = False
        # The plain protocol, once it has greeted a silent client.
        self._greeter: asyncio.Protocol | None = None
        self._in_reserve = False  # silent for long, and may be a browser's spare connection
        self._timer: asyncio.Handle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transport is not a subclass
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + self._rules.seconds
        if not self._inside_tls:
            self._peer = peer_of(self._transport)
            self._may_be_proxy = self._is_trusted()
            if self._rules.proxy_required:
                self._await_header()
                return
            if not self._may_be_proxy and not self._is_admitted():
                return
        self._greet_after_silence()

    def _is_trusted(self) -> bool:
        return is_in(self._peer_of_socket(), self._rules.trusted_proxies)

    def _await_header(self) -> None:
        self._may_be_proxy = self._may_be_proxy or is_in(self._peer.host, _THIS_MACHINE)
        if self._may_be_proxy:
            self._start_timer(self._deadline, self._too_slow)
        else:
            self._send_away("did not come through a proxy", _NOT_THIS_WAY)

    @property
    def _lacks_header(self) -> bool:
        return self._rules.proxy_required and self._may_be_proxy

    def _is_admitted(self) -> bool:
        refusal = self._entrances.admit(self._peer, self._transport)
        if refusal is not None:
            # One line that people and IRC clients both understand.
            self._send_away(f"was turned away: {refusal}", f"ERROR :{refusal}\r\n".encode())
        return refusal is None

    def data_received(self, data: bytes) -> None:
        if self._sent_away:
            return
        if not self._read:
            self._deadline = self._loop.time() + self._rules.seconds
        self._read += data
        self._look()

    def eof_received(self) -> bool | None:
        """The client closed its sending side: decide by the bytes received so far."""
        if self._sent_away or detect(self._read) is not None or self._read[:1] == b"\x16":
            return None  # the rest will never arrive
        if self._lacks_header or (not self._read and self._greeter is None):
            return None
        return self._plain().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        if self._greeter is not None:
            self._greeter.connection_lost(error)
        else:
            self._entrances.left(self._peer, self._why)

    def pause_writing(self) -> None:
        if self._greeter is not None:
            self._greeter.pause_writing()

    def resume_writing(self) -> None:
        if self._greeter is not None:
            self._greeter.resume_writing()

    # Timeouts

    def _greet_after_silence(self) -> None:
        self._start_timer(self._loop.time() + self._rules.silence, self._silent)

    def _start_timer(self, when: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_at(when, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _silent(self) -> None:
        """Wait two loop iterations first: bytes that came while the loop was busy are not read
        yet."""
        self._timer = self._loop.call_soon(self._silent_still)

    def _silent_still(self) -> None:
        self._timer = self._loop.call_soon(self._greet_or_wait)

    def _greet_or_wait(self) -> None:
        now = self._loop.time()
        if self._read or not self._entrances.browsers.expected(self._peer.host, now):
            self._greet()
        else:
            self._in_reserve = True
            self._start_timer(now + self._rules.reserve, self._never_used)

    def _greet(self) -> None:
        self._stop_timer()
        self._greeter = self._entrances.plain(self._peer)
        self._greeter.connection_made(self._transport)

    def _never_used(self) -> None:
        self._send_away(f"said nothing within {self._rules.reserve:g} s")

    def _too_slow(self) -> None:
        is_http = detect(self._read) is Verdict.HTTP
        answer = short_response("408 Request Timeout", "Too slow a request.") if is_http else b""
        self._send_away(f"said nothing complete within {self._rules.seconds:g} s", answer)

    # Detection

    def _look(self) -> None:
        verdict = detect(self._read)
        if self._lacks_header and verdict is not Verdict.PROXY:
            if verdict is not None:
                self._send_away("sent no PROXY header", _NOT_THIS_WAY)
            return
        if verdict is None:
            if self._greeter is None:  # otherwise the plain protocol's own timeout applies
                self._unfinished()
            return
        if self._greeter is not None and verdict is not Verdict.PLAIN:
            self._take_back_greeting()
        _NEXT_STEP[verdict](self)

    def _unfinished(self) -> None:
        """Greet a client that has sent only empty lines, once the silence has lasted: only people
        do that. Wait for more in all other cases."""
        if self._read.strip(b"\r\n"):
            self._start_timer(self._deadline, self._too_slow)
        elif self._in_reserve:
            self._greet()

    def _take_back_greeting(self) -> None:
        greeter, self._greeter = self._greeter, None
        assert greeter is not None
        greeter.connection_lost(None)
        self._may_be_proxy = False
        self._deadline = self._loop.time() + self._rules.seconds

    def _proxy(self) -> None:
        if not self._may_be_proxy:
            self._send_away(
                "sent a second PROXY header"
                if self._is_trusted()
                else "sent a PROXY header, but is not among trusted_proxies"
            )
            return
        try:
            header = read_proxy_header(bytes(self._read))
        except BadProxyHeaderError as error:
            self._send_away(f"sent a bad PROXY header: {error}")
            return
        if header is None:
            self._start_timer(self._deadline, self._too_slow)
            return
        del self._read[: header.length]
        self._may_be_proxy = False
        if header.source and self._is_trusted():
            host, port = header.source
            self._peer = replace(
                self._peer, host=host, port=port, tls=header.tls, reached=header.reached
            )
        if not self._is_admitted():
            return
        self._greet_after_silence()
        if self._read:
            self._look()

    def _peer_of_socket(self) -> str:
        return peer_of(self._transport).host

    def _tls(self) -> None:
        if self._inside_tls:
            self._send_away("sent TLS inside TLS")
        elif self._entrances.certificate is None:
            self._without_tls("TLS is off")
        else:
            certificate = self._entrances.certificate()
            if certificate.done():
                self._start_tls(certificate)
            else:
                self._await_certificate(certificate)

    def _await_certificate(self, certificate: Future[Certificate]) -> None:
        self._start_timer(self._deadline, self._too_slow)
        self._transport.pause_reading()

        def go_on() -> None:
            if not self._transport.is_closing():
                self._transport.resume_reading()
                self._start_tls(certificate)

        def from_its_thread(_: Future[Certificate]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(go_on)

        certificate.add_done_callback(from_its_thread)

    def _start_tls(self, certificate: Future[Certificate]) -> None:
        if (error := certificate.exception()) is not None:
            self._without_tls(str(error))
            return
        engine = self._engine(certificate.result())
        if engine is None:
            self._start_timer(self._deadline, self._too_slow)
            return
        time_left = max(0.0, self._deadline - self._loop.time())
        self._hand_over(TlsSide(engine, self._inside, self._tls_failed, time_left))

    def _engine(self, certificate: Certificate) -> TlsEngine | None:
        """The TLS engine for this client; None while its hello is incomplete."""
        if certificate.asking is None:
            return SslEngine(certificate.context)
        is_browser = offers_http(bytes(self._read)) if len(self._read) < HELLO_LIMIT else False
        if is_browser is None:
            return None
        if is_browser:
            return SslEngine(certificate.context)
        from .tls_openssl import OpenSslEngine

        return OpenSslEngine(certificate.asking, certificate.context)

    def _inside(self, certificate_fingerprint: str | None) -> asyncio.Protocol:
        peer = replace(self._peer, tls=True, certificate_fingerprint=certificate_fingerprint)
        return Opening(self._entrances, self._rules, inside_tls=peer)

    def _tls_failed(self, why: str) -> None:
        self._entrances.left(self._peer, why)

    def _without_tls(self, why: str) -> None:
        self._send_away(f"asked for TLS: {why}", NO_TLS_HERE)

    def _http(self) -> None:
        end = head_end(self._read)
        if end is None and len(self._read) < HEAD_LIMIT:
            self._start_timer(self._deadline, self._too_slow)
            return
        if end is None or end > HEAD_LIMIT:
            status = "431 Request Header Fields Too Large"
            answer = short_response(status, "Too long a request.")
            self._send_away("sent too long a head of a request", answer)
            return
        head = bytes(self._read[:end])
        if is_browser(head):
            self._entrances.browsers.heard(self._forwarded(head).host, self._loop.time())
        if not wants_websocket(head):
            self._hand_over(self._entrances.http(self._peer))
        elif self._is_client_admitted(peer := self._forwarded(head)):
            self._hand_over(self._entrances.websocket(peer))

    def _is_client_admitted(self, client: Peer) -> bool:
        """Apply the limits per address to the client that a trusted proxy names. All others were
        admitted when they connected; the proxy itself has no limit."""
        if client.host == self._peer.host:
            return True
        refusal = self._entrances.admit(client, self._transport)
        if refusal is not None:
            answer = short_response("429 Too Many Requests", refusal)
            self._send_away(f"was turned away: {refusal}", answer)
        return refusal is None

    def _forwarded(self, head: bytes) -> Peer:
        """The client behind an HTTP request, with the server's address as its page names it."""
        peer = forwarded_peer(
            self._peer,
            header_values(head, b"x-forwarded-for"),
            header_values(head, b"x-forwarded-proto"),
            self._rules.trusted_proxies,
        )
        names = header_values(head, b"host")
        return replace(peer, reached=names[0]) if len(names) == 1 and is_host(names[0]) else peer

    def _irc(self) -> None:
        self._hand_over(self._entrances.irc(self._peer))

    def _plain(self) -> asyncio.Protocol:
        if self._greeter is None:
            return self._hand_over(self._entrances.plain(self._peer))
        greeter, self._greeter = self._greeter, None
        self._transport.set_protocol(greeter)
        self._hand_on(greeter)
        return greeter

    # Handing over

    def _hand_over(self, protocol: asyncio.Protocol) -> asyncio.Protocol:
        """Let the transport call `protocol` from now on, and return it."""
        self._stop_timer()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        self._hand_on(protocol)
        return protocol

    def _hand_on(self, protocol: asyncio.Protocol) -> None:
        if self._read and not self._transport.is_closing():
            protocol.data_received(bytes(self._read))

    def _send_away(self, why: str, answer: bytes = b"") -> None:
        """Close the connection; `answer` is the last output to the client."""
        self._stop_timer()
        self._why = why
        self._sent_away = True
        self._read = bytearray()  # may be large, and the linger takes a second
        if not answer or self._transport.is_closing():
            self._transport.close()
            return
        self._transport.write(answer)
        # Closing while the client is still sending causes a reset, which can overtake the answer.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._start_timer(self._loop.time() + LINGER_SECONDS, self._transport.close)


_NEXT_STEP: dict[Verdict, Callable[[Opening], object]] = {
    Verdict.TLS: Opening._tls,
    Verdict.PROXY: Opening._proxy,
    Verdict.HTTP: Opening._http,
    Verdict.IRC: Opening._irc,
    Verdict.PLAIN: Opening._plain,
}
