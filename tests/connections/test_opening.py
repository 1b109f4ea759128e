"""Protocol detection over real sockets, with any packet boundaries."""

import asyncio
import contextlib
import dataclasses
import ipaddress
import socket
import ssl
import struct
import time
from concurrent.futures import Future
from typing import Any

import pytest
from doorway import Door, open_door, ready, trusting

from hubbub.connections.browsers import MOST, Browsers
from hubbub.connections.certificate import CertificateError
from hubbub.connections.detect import PROXY_V2_SIGNATURE
from hubbub.connections.opening import HEAD_LIMIT, Opening, OpeningRules
from hubbub.peer import Peer

NEVER = OpeningRules(silence=60, seconds=60)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)

WEBSOCKET = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x80"
)
OPENINGS = {
    "irc": b"CAP LS 302\r\nNICK alice\r\nUSER a 0 * :Alice\r\n",
    "plain": b"Alice\nhello\n",
    "http": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "websocket": WEBSOCKET,
}
OF_A_BROWSER = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n"
)
PROXY_V1 = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 50000\r\n"
PROXY_V2 = PROXY_V2_SIGNATURE + struct.pack(
    "!BBH4s4sHH", 0x21, 0x11, 12, bytes([192, 0, 2, 7]), bytes(4), 4711, 50000
)


async def send_in_pieces(writer: asyncio.StreamWriter, data: bytes, size: int) -> None:
    """Send so that the server, which lives in the same loop, reads piece by piece."""
    for start in range(0, len(data), size):
        writer.write(data[start : start + size])
        for _ in range(3):
            await asyncio.sleep(0)


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("kind", OPENINGS)
def test_each_kind_gets_every_byte_of_any_split(run, kind: str, size: int) -> None:
    async def scene() -> None:
        async with open_door(NEVER) as door:
            reader, writer = await door.connect()
            await send_in_pieces(writer, OPENINGS[kind], size)
            assert await reader.readline() == f"{kind}\n".encode()
            assert await reader.readexactly(len(OPENINGS[kind])) == OPENINGS[kind]
            assert door.entered[0].received == OPENINGS[kind]
            assert door.entered[0].peer == Peer(*writer.get_extra_info("sockname"))
            await close(writer)
            await door.entered[0].lost.wait()

    run(scene())


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("kind", OPENINGS)
def test_each_kind_inside_tls(run, certificate, kind: str, size: int) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            reader, writer = await door.connect(ssl=trusting())
            await send_in_pieces(writer, OPENINGS[kind], size)
            assert await reader.readline() == f"{kind}\n".encode()
            assert await reader.readexactly(len(OPENINGS[kind])) == OPENINGS[kind]
            assert door.entered[0].peer == Peer(*writer.get_extra_info("sockname"), tls=True)
            await close(writer)
            await door.entered[0].lost.wait()

    run(scene())


def test_silence_is_a_person(run, certificate) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.5), ready(certificate)) as door:
            for options in ({}, {"ssl": trusting()}):
                reader, writer = await door.connect(**options)
                assert await reader.readline() == b"plain\n"
                writer.write(b"Alice\n")
                assert await reader.readline() == b"Alice\n"
                await close(writer)

    run(scene())


async def a_browser_comes(door: Door, **connection: Any) -> None:
    """A request of a browser, and that was all."""
    before = len(door.entered)
    _, writer = await door.connect(**connection)
    writer.write(OF_A_BROWSER)
    while len(door.entered) == before:
        await asyncio.sleep(0)
    await close(writer)


async def a_silence(door: Door) -> None:
    """Long enough for a person to be greeted where no browser is."""
    reader, writer = await door.connect()
    writer.write(PROXY_V1)
    assert await reader.readline() == b"plain\n"
    await close(writer)


@pytest.mark.parametrize("tls", [False, True])
def test_where_a_browser_is_silence_is_not_greeted(run, certificate, tls: bool) -> None:
    async def scene() -> None:
        rules = OpeningRules(silence=0.05, reserve=0.5)
        async with open_door(rules, ready(certificate)) as door:
            await a_browser_comes(door)
            reader, writer = await door.connect(**({"ssl": trusting()} if tls else {}))
            assert await reader.read() == b""
            assert (await door.left.get())[1] == "said nothing within 0.5 s"
            assert [each.kind for each in door.entered] == ["http"]
            await close(writer)

    run(scene())


@pytest.mark.parametrize("kind", OPENINGS)
def test_a_connection_in_reserve_may_still_speak_anything(run, kind: str) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.05, trusted_proxies=LOOPBACK)) as door:
            await a_browser_comes(door)
            reader, writer = await door.connect()
            await a_silence(door)
            await send_in_pieces(writer, OPENINGS[kind], 5)
            assert await reader.readline() == f"{kind}\n".encode()
            assert await reader.readexactly(len(OPENINGS[kind])) == OPENINGS[kind]
            await close(writer)

    run(scene())


def test_the_time_of_an_opening_begins_with_its_first_byte(run) -> None:
    async def scene() -> None:
        async with open_door(
            OpeningRules(silence=0.6, seconds=0.5, trusted_proxies=LOOPBACK)
        ) as door:
            await a_browser_comes(door)
            reader, writer = await door.connect()
            await a_silence(door)
            await send_in_pieces(writer, OPENINGS["http"], 20)
            assert await reader.readline() == b"http\n"
            await close(writer)

    run(scene())


@pytest.mark.parametrize("at_once", [True, False])
def test_where_a_browser_is_a_person_presses_enter(run, at_once: bool) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.05, trusted_proxies=LOOPBACK)) as door:
            await a_browser_comes(door)
            reader, writer = await door.connect()
            if not at_once:
                await a_silence(door)
            writer.write(b"\n")
            assert await reader.readline() == b"plain\n"
            writer.write(b"Alice\n")
            assert await reader.readexactly(7) == b"\nAlice\n"
            await close(writer)

    run(scene())


def test_a_program_that_speaks_http_is_no_browser(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.05)) as door:
            reader, writer = await door.connect()
            writer.write(OPENINGS["http"])
            assert await reader.readline() == b"http\n"
            other, person = await door.connect()
            assert await other.readline() == b"plain\n"
            for each in (writer, person):
                await close(each)

    run(scene())


@pytest.mark.parametrize(
    ("header", "field"), [(PROXY_V1, b""), (b"", b"X-Forwarded-For: 192.0.2.7\r\n")]
)
def test_a_browser_behind_a_proxy_is_where_it_came_from(run, header: bytes, field: bytes) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.05, trusted_proxies=LOOPBACK)) as door:
            reader, browser = await door.connect()
            browser.write(header + OF_A_BROWSER[:-2] + field + b"\r\n")
            assert await reader.readline() == b"http\n"
            _, reserve = await door.connect()
            reserve.write(PROXY_V1)
            reader, person = await door.connect()
            assert await reader.readline() == b"plain\n"
            reader, other = await door.connect()
            other.write(PROXY_V1.replace(b"192.0.2.7", b"192.0.2.8"))
            assert await reader.readline() == b"plain\n"
            hosts = [each.peer.host for each in door.entered if each.kind == "plain"]
            assert hosts == ["127.0.0.1", "192.0.2.8"]
            for writer in (browser, reserve, person, other):
                await close(writer)

    run(scene())


def test_a_browser_is_expected_for_a_day_and_not_of_everybody() -> None:
    browsers = Browsers()
    browsers.heard("192.0.2.1", 100.0)
    browsers.heard("2001:db8::1", 100.0)
    assert browsers.expected("192.0.2.1", 100.0 + 23 * 3600)
    assert not browsers.expected("192.0.2.1", 100.0 + 25 * 3600)
    assert not browsers.expected("192.0.2.2", 100.0)
    assert browsers.expected("2001:db8::2", 100.0)
    assert not browsers.expected("2001:db8:0:1::1", 100.0)


def test_the_address_where_a_browser_was_last_long_ago_is_forgotten_first() -> None:
    browsers = Browsers()
    for number in range(MOST):
        browsers.heard(f"10.0.{number >> 8}.{number & 255}", 100.0)
    browsers.heard("10.0.0.0", 101.0)
    browsers.heard("192.0.2.1", 101.0)
    assert browsers.expected("10.0.0.0", 101.0)
    assert not browsers.expected("10.0.0.1", 101.0)
    assert browsers.expected("10.0.0.2", 101.0)


def test_what_came_while_the_loop_was_busy_is_no_silence(run, monkeypatch) -> None:
    made = Opening.connection_made

    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.01)) as door:
            address = ("127.0.0.1", door.port)
            with socket.create_connection(address) as other:
                other.sendall(OPENINGS["irc"])
                while not door.entered:
                    await asyncio.sleep(0)

                def takes_long(data: bytes) -> None:
                    """Meanwhile the client speaks, and the time of its silence is over."""
                    client.sendall(OPENINGS["http"])
                    time.sleep(0.02)

                def connected(opening: Opening, transport: asyncio.BaseTransport) -> None:
                    made(opening, transport)
                    other.sendall(b"PING 1\r\n")

                recorder = door.entered[0]
                recorder.data_received = takes_long
                recorder.transport.set_protocol(recorder)  # which looks for it now
                monkeypatch.setattr(Opening, "connection_made", connected)
                with socket.create_connection(address) as client:
                    while len(door.entered) < 2:
                        await asyncio.sleep(0)
            assert [each.kind for each in door.entered] == ["irc", "http"]

    run(scene())


def test_empty_lines_are_silence_and_are_handed_on(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.05)) as door:
            reader, writer = await door.connect()
            writer.write(b"\r\n\r\n")
            assert await reader.readline() == b"plain\n"
            writer.write(b"Alice\n")
            assert await reader.readexactly(10) == b"\r\n\r\nAlice\n"
            await close(writer)

    run(scene())


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("kind", OPENINGS)
def test_who_was_greeted_may_still_speak_anything(run, kind: str, size: int) -> None:
    """A request that comes late is still a request: what it carries never becomes chat."""

    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.01)) as door:
            reader, writer = await door.connect()
            assert await reader.readline() == b"plain\n"
            await send_in_pieces(writer, OPENINGS[kind], size)
            if kind != "plain":
                assert await reader.readline() == f"{kind}\n".encode()
                assert door.entered[0].received == b""
                assert door.entered[0].lost.is_set()
            assert await reader.readexactly(len(OPENINGS[kind])) == OPENINGS[kind]
            assert door.entered[-1].received == OPENINGS[kind]
            await close(writer)
            await door.entered[-1].lost.wait()
            assert door.left.empty()

    run(scene())


def test_who_was_greeted_may_leave_at_any_time(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.01)) as door:
            for said in (b"", b"\n", b"NI"):
                reader, writer = await door.connect()
                assert await reader.readline() == b"plain\n"
                writer.write(said)
                writer.write_eof()
                assert await reader.read() == said
                await door.entered[-1].lost.wait()
                assert door.entered[-1].ended
                await close(writer)
            assert door.left.empty()

    run(scene())


@pytest.mark.parametrize("beginning", [b"NI", b"\x16", b"\x16\x03\x01", b"@a=b", b"PROX"])
def test_half_an_opening_ends_in_time(run, certificate, beginning: bytes) -> None:
    async def scene() -> None:
        rules = OpeningRules(silence=60, seconds=0.05)
        async with open_door(rules, ready(certificate)) as door:
            reader, writer = await door.connect()
            writer.write(beginning)
            assert await reader.read() == b""
            _, why = await door.left.get()
            assert "within 0.0" in why
            assert door.entered == []
            await close(writer)

    run(scene())


def test_half_a_request_is_answered_408(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=60, seconds=0.5)) as door:
            reader, writer = await door.connect()
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            await close(writer)
            await door.left.get()

    run(scene())


def test_a_drip_does_not_move_the_deadline(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=60, seconds=0.5)) as door:
            reader, writer = await door.connect()

            async def drip() -> None:
                while True:
                    writer.write(b"x")
                    await asyncio.sleep(0.01)

            writer.write(b"GET /")
            dripping = asyncio.create_task(drip())
            # If it moved, it would stay away for good, and so would this answer.
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
            dripping.cancel()
            await close(writer)
            await door.left.get()

    run(scene())


def test_an_endless_head_is_answered_431(run) -> None:
    async def scene() -> None:
        async with open_door(NEVER) as door:
            reader, writer = await door.connect()
            writer.write(b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_LIMIT)
            assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
            await close(writer)
            _, why = await door.left.get()
            assert why == "sent too long a head of a request"

    run(scene())


def test_a_scan_costs_one_calm_call(run) -> None:
    async def scene() -> None:
        async with open_door(NEVER) as door:
            for _ in range(20):
                _, writer = await door.connect()
                own = Peer(*writer.get_extra_info("sockname"))
                await close(writer)
                assert await door.left.get() == (own, "left without a word")
            assert door.entered == []
            assert door.left.empty()

    run(scene())


@pytest.mark.parametrize("sent", [b"", b"NI", b"\x16\x03\x01\x00", b"GET / HT"])
def test_a_reset_costs_one_calm_call(run, certificate, sent: bytes) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            _, writer = await door.connect()
            if sent:
                await send_in_pieces(writer, sent, 100)
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            await close(writer)
            await door.left.get()
            assert door.entered == []

    run(scene())


def test_an_end_without_a_line_end_is_still_somebodys_line(run) -> None:
    async def scene() -> None:
        async with open_door(NEVER) as door:
            for text in (b"nick", b"P", b"\n"):
                reader, writer = await door.connect()
                writer.write(text)
                writer.write_eof()
                assert await reader.read() == b"plain\n" + text
                assert door.entered[-1].ended
                await close(writer)

    run(scene())


def test_half_a_request_and_an_end_is_nobodys_line(run, certificate) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            for text in (b"POST / HTTP/1.1\r\n", b"\x16", b"\x16\x03\x01\x00"):
                reader, writer = await door.connect()
                writer.write(text)
                writer.write_eof()
                assert await reader.read() == b""
                await door.left.get()
                await close(writer)
            assert door.entered == []

    run(scene())


@pytest.mark.parametrize("header", [PROXY_V1, PROXY_V2])
@pytest.mark.parametrize("kind", OPENINGS)
def test_a_trusted_proxy_names_its_client(run, header: bytes, kind: str) -> None:
    async def scene() -> None:
        rules = OpeningRules(silence=60, seconds=60, trusted_proxies=LOOPBACK)
        async with open_door(rules) as door:
            for size in (1, 9, 1000):
                reader, writer = await door.connect()
                await send_in_pieces(writer, header + OPENINGS[kind], size)
                assert await reader.readline() == f"{kind}\n".encode()
                assert await reader.readexactly(len(OPENINGS[kind])) == OPENINGS[kind]
                assert door.entered[-1].peer == Peer("192.0.2.7", 4711)
                await close(writer)

    run(scene())


def test_a_silent_client_behind_a_proxy_is_greeted(run) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(silence=0.5, trusted_proxies=LOOPBACK)) as door:
            reader, writer = await door.connect()
            writer.write(PROXY_V1)
            assert await reader.readline() == b"plain\n"
            assert door.entered[0].peer.host == "192.0.2.7"
            await close(writer)

    run(scene())


def test_a_proxy_may_pass_tls_on(run, certificate) -> None:
    async def scene() -> None:
        rules = OpeningRules(silence=60, seconds=60, trusted_proxies=LOOPBACK)
        async with open_door(rules, ready(certificate)) as door:
            reader, writer = await door.connect()
            writer.write(PROXY_V1)
            await writer.start_tls(trusting())
            writer.write(b"NICK alice\r\n")
            assert await reader.readline() == b"irc\n"
            assert door.entered[0].peer == Peer("192.0.2.7", 4711, tls=True)
            await close(writer)

    run(scene())


@pytest.mark.parametrize("header", [PROXY_V1, PROXY_V2])
def test_nobody_else_may_send_a_proxy_header(run, certificate, header: bytes) -> None:
    trusted = OpeningRules(silence=60, seconds=60, trusted_proxies=LOOPBACK)
    cases = [
        (NEVER, {}, header, "not among trusted_proxies"),
        (trusted, {}, header + header, "a second PROXY header"),
        (trusted, {}, PROXY_V1[:-2] + b" x\r\n", "a bad PROXY header"),
        (NEVER, {"ssl": trusting()}, header, "not among trusted_proxies"),
        (trusted, {"ssl": trusting()}, header, "a second PROXY header"),
    ]

    async def scene() -> None:
        for rules, options, sent, complaint in cases:
            async with open_door(rules, ready(certificate)) as door:
                reader, writer = await door.connect(**options)
                writer.write(sent + b"NICK mallory\r\n")
                # What is not read any more makes a reset of the close.
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
                _, why = await door.left.get()
                assert complaint in why
                assert door.entered == []
                await close(writer)

    run(scene())


def test_a_reverse_proxy_names_the_client_of_a_websocket(run) -> None:
    request = WEBSOCKET.replace(
        b"Host:",
        b"X-Forwarded-For: 203.0.113.9, 198.51.100.1, 127.0.0.1\r\n"
        b"X-Forwarded-Proto: https\r\nHost:",
    )

    async def scene() -> None:
        for trusted in (LOOPBACK, ()):
            rules = OpeningRules(silence=60, seconds=60, trusted_proxies=trusted)
            async with open_door(rules) as door:
                reader, writer = await door.connect()
                writer.write(request)
                assert await reader.readline() == b"websocket\n"
                own = Peer(*writer.get_extra_info("sockname"))
                client = Peer("198.51.100.1", 0, tls=True)
                assert door.entered[0].peer == (client if trusted else own)
                await close(writer)

    run(scene())


def test_limits_of_addresses_are_those_of_the_client_behind_a_reverse_proxy(run) -> None:
    def from_(host: bytes) -> bytes:
        return WEBSOCKET.replace(b"Host:", b"X-Forwarded-For: " + host + b"\r\nHost:")

    async def scene() -> None:
        rules = OpeningRules(silence=60, seconds=60, trusted_proxies=LOOPBACK)
        async with open_door(rules) as door:
            door.full.add("203.0.113.9")
            reader, writer = await door.connect()
            writer.write(from_(b"203.0.113.9"))
            assert (await reader.readline()).startswith(b"HTTP/1.1 429 ")
            await close(writer)
            reader, writer = await door.connect()
            writer.write(from_(b"203.0.113.8"))
            assert await reader.readline() == b"websocket\n"
            await close(writer)

    run(scene())


def test_a_hello_waits_for_the_certificate(run, certificate) -> None:
    async def scene() -> None:
        soon: Future = Future()
        async with open_door(NEVER, soon) as door:
            connecting = asyncio.create_task(door.connect(ssl=trusting()))
            reader, writer = await door.connect()
            writer.write(OPENINGS["irc"])
            assert await reader.readline() == b"irc\n"  # nobody else waits
            assert not connecting.done()
            soon.set_result(certificate)
            _, inside = await connecting
            await close(inside)
            await close(writer)
            await door.left.get()

    run(scene())


def test_without_a_certificate_a_hello_gets_an_alert(run) -> None:
    async def scene() -> None:
        failed: Future = Future()
        failed.set_exception(CertificateError("TLS is off: no certificate"))
        for certificate in (None, failed):
            async with open_door(NEVER, certificate) as door:
                with pytest.raises(ssl.SSLError, match="alert"):
                    await door.connect(ssl=trusting())
                _, why = await door.left.get()
                assert why.startswith("asked for TLS: TLS is off")

    run(scene())


def test_tls_inside_tls_is_refused(run, certificate) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            reader, writer = await door.connect(ssl=trusting())
            writer.write(b"\x16\x03\x01")
            assert await reader.read() == b""
            assert (await door.left.get())[1] == "sent TLS inside TLS"
            await close(writer)

    run(scene())


NOT_THIS_WAY = b"ERROR :This server is reached through a proxy\r\n"
REQUIRED = OpeningRules(silence=0.1, seconds=60, trusted_proxies=LOOPBACK, proxy_required=True)


@pytest.mark.parametrize("kind", OPENINGS)
def test_where_a_proxy_is_required_nobody_else_comes_in(run, certificate, kind: str) -> None:
    async def scene() -> None:
        async with open_door(REQUIRED, ready(certificate)) as door:
            for sent in (OPENINGS[kind], b"\x16\x03\x01", b"PROXI TCP4 x\r\n"):
                reader, writer = await door.connect()
                writer.write(sent)
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() in (b"", NOT_THIS_WAY)
                await close(writer)  # or the server waits for it
                assert "sent no PROXY header" in (await door.left.get())[1]
            reader, writer = await door.connect()
            writer.write(PROXY_V1 + OPENINGS[kind])
            assert await reader.readline() == f"{kind}\n".encode()
            assert [each.peer for each in door.entered] == [Peer("192.0.2.7", 4711)]
            await close(writer)

    run(scene())


def test_where_a_proxy_is_required_silence_is_not_greeted_before_its_header(run) -> None:
    async def scene() -> None:
        rules = dataclasses.replace(REQUIRED, seconds=0.3)
        async with open_door(rules) as door:
            reader, writer = await door.connect()
            assert await reader.read() == b""
            assert "said nothing complete" in (await door.left.get())[1]
            await close(writer)
        async with open_door(REQUIRED) as door:
            reader, writer = await door.connect()
            writer.write(PROXY_V1)
            assert await reader.readline() == b"plain\n"
            await close(writer)

    run(scene())


def test_where_a_proxy_is_required_this_machine_may_come_but_name_nobody(run) -> None:
    async def scene() -> None:
        rules = dataclasses.replace(REQUIRED, trusted_proxies=())
        async with open_door(rules) as door:
            for header in (b"PROXY UNKNOWN\r\n", PROXY_V1):
                reader, writer = await door.connect()
                writer.write(header + b"NICK alice\r\n")
                assert await reader.readline() == b"irc\n"
                assert door.entered[-1].peer.host == "127.0.0.1"
                await close(writer)

    run(scene())


def test_where_a_proxy_is_required_half_a_line_and_an_end_is_nobodys(run) -> None:
    async def scene() -> None:
        async with open_door(REQUIRED) as door:
            reader, writer = await door.connect()
            writer.write(b"PROX")
            writer.write_eof()
            assert await reader.read() == b""
            assert door.entered == []
            await close(writer)

    run(scene())
