"""TlsTransport behaves like a plain transport, and survives any input."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from doorway import open_door, ready, trusting
from running_server import PATIENCE

from hubbub.connections.certificate import Certificate
from hubbub.connections.opening import OpeningRules
from hubbub.connections.tls import SslEngine, TlsSide
from hubbub.connections.tls_openssl import OpenSslEngine

NEVER = OpeningRules(silence=60, seconds=60)


class Wire(asyncio.Transport):
    """A raw transport in memory that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self.closed = False
        self.reading = True

    def write(self, data: Any) -> None:
        assert not self.closed
        self.sent += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def take(self) -> bytes:
        sent = bytes(self.sent)
        self.sent.clear()
        return sent


class Inside(asyncio.Protocol):
    def __init__(self) -> None:
        self.received = bytearray()
        self.happened: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.happened.append("made")

    def data_received(self, data: bytes) -> None:
        self.received += data

    def eof_received(self) -> None:
        self.happened.append("end")

    def connection_lost(self, error: Exception | None) -> None:
        self.happened.append("lost")

    def pause_writing(self) -> None:
        self.happened.append("paused")

    def resume_writing(self) -> None:
        self.happened.append("resumed")


class Scene:
    """A client's TLS in memory, the server's side under test, and the wire between them."""

    def __init__(self, certificate: Certificate, shows: Path | None = None, **client: Any) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = trusting(**client)
        if shows is not None:
            context.load_cert_chain(shows)
        self.context = context
        self.client = context.wrap_bio(self.incoming, self.outgoing)
        self.wire = Wire()
        self.inside = Inside()
        self.failures: list[str] = []
        self.fingerprint: str | None = None
        engine = (
            SslEngine(certificate.context)
            if certificate.asking is None
            else OpenSslEngine(certificate.asking, certificate.context)
        )
        self.side = TlsSide(engine, self._welcome, self.failures.append, 60)
        self.side.connection_made(self.wire)

    def _welcome(self, fingerprint: str | None) -> Inside:
        self.fingerprint = fingerprint
        return self.inside

    def to_server(self, size: int = 1 << 20) -> None:
        data = self.outgoing.read()
        for start in range(0, len(data), size):
            self.side.data_received(data[start : start + size])

    def shake_hands(self, size: int = 1 << 20) -> None:
        done = False
        while not done:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.client.do_handshake()
                done = True
            self.to_server(size)
            self.incoming.write(self.wire.take())

    def send(self, data: bytes, size: int = 1 << 20) -> None:
        self.client.write(data)
        self.to_server(size)

    def hear(self) -> bytes:
        self.incoming.write(self.wire.take())
        heard = b""
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while data := self.client.read(1 << 20):
                heard += data
        return heard


@pytest.fixture(params=["ssl", "pyOpenSSL"])
def certificate(
    request: pytest.FixtureRequest, own_certificate: Certificate, asking_certificate: Certificate
) -> Certificate:
    """Each test runs with both engines."""
    return own_certificate if request.param == "ssl" else asking_certificate


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def version(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"minimum_version": request.param, "maximum_version": request.param}


def in_a_loop(scene: Any) -> None:
    async def play() -> None:
        scene()

    asyncio.run(play())


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_handshake_byte_by_byte(certificate: Certificate, version: Any, size: int) -> None:
    def play() -> None:
        scene = Scene(certificate, **version)
        scene.shake_hands(size)
        scene.send(b"hello\n" * 1000, size)
        assert scene.inside.received == b"hello\n" * 1000
        scene.inside.transport.write(b"hello yourself\n")
        assert scene.hear() == b"hello yourself\n"
        assert scene.failures == []

    in_a_loop(play)


def test_what_came_with_the_end_of_the_handshake_is_not_lost(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        with contextlib.suppress(ssl.SSLWantReadError):
            scene.client.do_handshake()
        scene.to_server()
        scene.incoming.write(scene.wire.take())
        scene.client.do_handshake()
        scene.client.write(b"NICK alice\r\n")  # in one packet with the client's Finished
        scene.to_server()
        assert scene.inside.received == b"NICK alice\r\n"

    in_a_loop(play)


def test_a_goodbye_ends_the_input_and_is_answered(certificate: Certificate, version: Any) -> None:
    def play() -> None:
        scene = Scene(certificate, **version)
        scene.shake_hands()
        scene.client.write(b"bye\n")
        with contextlib.suppress(ssl.SSLError):
            scene.client.unwrap()
        scene.to_server()
        assert scene.inside.received == b"bye\n"
        assert scene.inside.happened == ["made", "end"]
        assert scene.wire.closed
        scene.incoming.write(scene.wire.take())
        scene.client.unwrap()  # raises unless the server said goodbye
        scene.side.connection_lost(None)
        assert scene.inside.happened == ["made", "end", "lost"]

    in_a_loop(play)


def test_our_close_says_goodbye_after_the_last_line(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        scene.inside.transport.write(b"ERROR :Closing link\r\n")
        scene.inside.transport.close()
        assert scene.inside.transport.is_closing()
        assert scene.wire.closed
        scene.inside.transport.write(b"too late")
        scene.inside.transport.close()
        assert scene.hear() == b"ERROR :Closing link\r\n"
        scene.client.unwrap()

    in_a_loop(play)


def test_nothing_is_delivered_after_a_close(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        scene.inside.transport.close()
        scene.send(b"still here\n")
        assert scene.inside.received == b""

    in_a_loop(play)


def test_reading_pauses_and_goes_on_with_what_waited(certificate: Certificate) -> None:
    async def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        transport = scene.inside.transport
        transport.pause_reading()
        transport.pause_reading()
        assert not transport.is_reading()
        assert not scene.wire.reading
        scene.send(b"later\n")
        scene.client.write(b"last\n")
        scene.to_server()
        scene.side.eof_received()
        assert scene.inside.received == b""
        assert "end" not in scene.inside.happened
        transport.resume_reading()
        assert scene.wire.reading
        await asyncio.sleep(0)
        assert scene.inside.received == b"later\nlast\n"
        assert scene.inside.happened == ["made", "end"]

    asyncio.run(play())


def test_a_protocol_may_change_between_two_records(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        second = Inside()

        def hand_over(data: bytes) -> None:
            scene.inside.received += data
            scene.inside.transport.set_protocol(second)

        scene.inside.data_received = hand_over  # type: ignore[method-assign]
        scene.client.write(b"one\n")
        scene.client.write(b"two\n")
        scene.to_server()
        assert scene.inside.received == b"one\n"
        assert second.received == b"two\n"
        assert scene.inside.transport.get_protocol() is second
        scene.side.pause_writing()
        scene.side.resume_writing()
        assert second.happened == ["paused", "resumed"]

    in_a_loop(play)


def test_a_cut_line_counts_as_an_end(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        scene.send(b"almost")
        assert not scene.side.eof_received()
        assert scene.inside.received == b"almost"
        assert scene.inside.happened == ["made", "end"]

    in_a_loop(play)


@pytest.mark.parametrize("at", [0, 5, 40, 200])
def test_a_broken_hello_fails_with_a_reason(certificate: Certificate, at: int) -> None:
    def play() -> None:
        scene = Scene(certificate)
        with contextlib.suppress(ssl.SSLWantReadError):
            scene.client.do_handshake()
        hello = bytearray(scene.outgoing.read())
        hello[at:] = os.urandom(400)
        hello[:3] = b"\x16\x03\x01"
        hello[3:5] = (400).to_bytes(2, "big")
        scene.side.data_received(bytes(hello))
        scene.side.connection_lost(None)
        (why,) = scene.failures
        assert why.startswith(("failed the TLS handshake: ", "closed during the TLS handshake"))
        assert scene.inside.happened == []

    in_a_loop(play)


def test_garbage_after_the_handshake_closes_with_an_alert(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        scene.shake_hands()
        scene.hear()
        scene.side.data_received(b"\x17\x03\x03\x00\x20" + os.urandom(32))
        assert scene.wire.closed
        scene.incoming.write(scene.wire.take())
        with pytest.raises(ssl.SSLError, match="alert"):
            scene.client.read()
        scene.side.connection_lost(None)
        assert scene.inside.happened == ["made", "lost"]

    in_a_loop(play)


def test_old_versions_are_refused(certificate: Certificate) -> None:
    def play() -> None:
        scene = Scene(certificate)
        hello = bytes.fromhex(  # a TLS 1.1 hello with one cipher, written out
            "160301002f0100002b0302" + "00" * 32 + "00" + "0002c013" + "0100" + "0000"
        )
        scene.side.data_received(hello)
        scene.side.connection_lost(None)
        (why,) = scene.failures
        assert why.startswith("failed the TLS handshake: ")

    in_a_loop(play)


def test_a_half_handshake_ends_in_time(run: Any, certificate: Certificate) -> None:
    async def scene() -> None:
        async with open_door(OpeningRules(seconds=0.1), ready(certificate)) as door:
            reader, writer = await door.connect()
            writer.write(bytes.fromhex("16030100c8010000c40303"))
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            _, why = await door.left.get()
            assert why.startswith(("finished no TLS handshake within ", "said nothing complete"))
            writer.close()

    run(scene())


def test_a_large_flow_both_ways_waits_for_the_slow(run: Any, certificate: Certificate) -> None:
    """8 MiB there and back, the client reading late: writing pauses, every byte comes."""
    size = 8 << 20

    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            reader, writer = await door.connect(ssl=trusting())
            writer.write(b"NICK ")
            assert await reader.readexactly(9) == b"irc\nNICK "
            echo = door.entered[0]
            for transport in (echo.transport, writer.transport):
                for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, buffer, 65536)
            paused = asyncio.Event()

            def pause() -> None:
                paused.set()
                echo.transport.pause_reading()

            echo.pause_writing = pause  # type: ignore[method-assign]
            echo.resume_writing = echo.transport.resume_reading  # type: ignore[method-assign]
            echo.transport.set_write_buffer_limits(high=65536)
            sent = os.urandom(size)

            async def send() -> None:
                for start in range(0, size, 65536):
                    writer.write(sent[start : start + 65536])
                    await writer.drain()

            sending = asyncio.create_task(send())
            await paused.wait()
            assert await reader.readexactly(size) == sent
            await sending
            assert echo.transport.get_write_buffer_size() == 0
            writer.close()
            await echo.lost.wait()

    run(scene())


def test_a_reader_that_stops_bounds_nothing_but_itself(run: Any, certificate: Certificate) -> None:
    """abort() lets go of a client that reads nothing, with megabytes waiting for it."""

    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            _, writer = await door.connect(ssl=trusting(), limit=1)
            writer.write(b"NICK alice\r\n")
            while not door.entered:
                await asyncio.sleep(0)
            writer.transport.pause_reading()
            stuck = door.entered[0]
            while stuck.transport.get_write_buffer_size() < 1 << 20:
                stuck.transport.write(bytes(65536))
                await asyncio.sleep(0)
            stuck.transport.abort()
            await stuck.lost.wait()
            writer.transport.abort()

    run(scene())


def test_what_a_transport_tells(run: Any, certificate: Certificate) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            reader, writer = await door.connect(ssl=trusting())
            writer.write(b"NICK alice\r\n")
            await reader.readline()
            transport = door.entered[0].transport
            tells = transport.get_extra_info
            assert tells("peername") == writer.get_extra_info("sockname")
            assert tells("sslcontext") is certificate.context
            assert tells("cipher")[1] == "TLSv1.3"
            if certificate.asking is None:
                assert tells("ssl_object").version() == "TLSv1.3"
            assert tells("nothing", "default") == "default"
            assert isinstance(tells("socket").fileno(), int)
            transport.set_write_buffer_limits(high=1000, low=10)
            assert transport.get_write_buffer_limits() == (10, 1000)
            assert not transport.can_write_eof()
            transport.writelines([b"a", b"b\n"])
            await reader.readline()
            assert await reader.readline() == b"ab\n"
            served = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert hashlib.sha256(served).hexdigest() == certificate.fingerprint
            writer.close()
            await door.entered[0].lost.wait()

    run(scene())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_a_client_may_not_renegotiate(certificate: Certificate) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            client = await asyncio.create_subprocess_exec(
                *("openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{door.port}"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            assert client.stdin
            assert client.stdout
            client.stdin.write(b"R\n")  # its command to renegotiate
            output = await client.stdout.read()
            await client.wait()
            assert b"RENEGOTIATING" in output
            assert b"no renegotiation" in output
            assert (await door.left.get())[0].tls
            assert door.entered == []

    asyncio.run(asyncio.wait_for(scene(), PATIENCE))


def test_resets_at_any_point_are_calm(run: Any, certificate: Certificate) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(certificate)) as door:
            for after in (1, 2, 5, 100, 300):
                with socket.create_connection(("127.0.0.1", door.port)) as raw:
                    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                    client = trusting().wrap_bio(incoming, outgoing)
                    with contextlib.suppress(ssl.SSLWantReadError):
                        client.do_handshake()
                    raw.sendall(outgoing.read()[:after])
                    for _ in range(5):
                        await asyncio.sleep(0)
                    linger = b"\x01\0\0\0\0\0\0\0"
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                await door.left.get()
            assert door.entered == []

    run(scene())


def test_a_certificate_that_nobody_signed_is_known_by_its_fingerprint(
    asking_certificate: Certificate, second_certificate: Certificate, version: Any
) -> None:
    def play() -> None:
        scene = Scene(asking_certificate, second_certificate.path, **version)
        scene.shake_hands(7)
        assert scene.fingerprint == second_certificate.fingerprint
        scene.send(b"hello\n")
        assert scene.inside.received == b"hello\n"
        without = Scene(asking_certificate, **version)
        without.shake_hands()
        assert without.fingerprint is None

    in_a_loop(play)


def test_browsers_are_not_asked_for_one(
    run: Any, asking_certificate: Certificate, second_certificate: Certificate
) -> None:
    async def scene() -> None:
        async with open_door(NEVER, ready(asking_certificate)) as door:
            for offered in (["http/1.1"], ["h2", "http/1.1"], ["irc"], []):
                context = trusting()
                context.load_cert_chain(second_certificate.path)
                if offered:
                    context.set_alpn_protocols(offered)
                reader, writer = await door.connect(ssl=context)
                writer.write(b"NICK alice\r\n")
                assert await reader.readline() == b"irc\n"
                is_browser = "http/1.1" in offered
                fingerprint = None if is_browser else second_certificate.fingerprint
                assert door.entered[-1].peer.certificate_fingerprint == fingerprint
                writer.close()
                await door.entered[-1].lost.wait()

    run(scene())


def test_a_resumed_session_remembers_the_certificate(
    asking_certificate: Certificate, second_certificate: Certificate, version: Any
) -> None:
    def play() -> None:
        first = Scene(asking_certificate, second_certificate.path, **version)
        first.shake_hands()
        first.inside.transport.write(b"hello\n")
        assert first.hear() == b"hello\n"  # and the ticket came with it
        again = Scene(asking_certificate, second_certificate.path, **version)
        again.client = first.context.wrap_bio(
            again.incoming, again.outgoing, session=first.client.session
        )
        again.shake_hands()
        assert again.client.session_reused
        assert again.fingerprint == second_certificate.fingerprint

    in_a_loop(play)
