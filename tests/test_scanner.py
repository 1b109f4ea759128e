"""The port scanner, against small servers on this machine."""

import asyncio
import contextlib
import io
import json
import re
import socket

import pytest
from client_harness import RealServer
from running_server import PATIENCE

from hubbub import cli, scanner
from hubbub.errors import ProgramError
from hubbub.scanner import CHAT, OpenPort

PATIENTLY = ["--timeout", "60"]
GREETING = b":hubbub.local NOTICE * :Welcome to Hubbub. Type a name.\r\n"


@contextlib.asynccontextmanager
async def listening(says: bytes = b"", heard: bytearray | None = None):
    """A server on a free port that says something and writes down what it hears."""
    gone = asyncio.Event()

    async def serve(reader, writer):
        writer.write(says)
        with contextlib.suppress(ConnectionError):
            received = await reader.read(-1)
            if heard is not None:
                heard.extend(received)
        writer.close()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], gone
    finally:
        server.close()


@pytest.fixture
def closed_port():
    """A port that nobody listens on, kept from others while the test runs."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def run(*ports, timeout=PATIENCE, address="127.0.0.1"):
    told = []
    found = scanner.scan(address, ports, timeout, told.append, lambda done: None)
    return found, told


def test_hubbub_is_known_by_its_greeting_and_left_without_a_word():
    async def story():
        heard = bytearray()
        async with listening(GREETING, heard) as (port, gone):
            found, told = run(port)
            assert await found == told == [OpenPort(port, CHAT)]
            await asyncio.wait_for(gone.wait(), PATIENCE)
            assert heard == b""

    asyncio.run(story())


@pytest.mark.parametrize("leaves", [False, True])
def test_where_nothing_is_said_an_empty_line_is_sent(monkeypatch, leaves):
    monkeypatch.setattr(scanner, "service_name", lambda port: "by-number")

    async def serve(reader, writer):
        if not leaves:
            assert await reader.readline() == b"\r\n"
            writer.write(GREETING)
            assert await reader.read() == b""
        writer.close()

    async def story():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            found, _ = run(port, timeout=2)
            assert await found == [OpenPort(port, "by-number" if leaves else CHAT)]

    asyncio.run(story())


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 Hubbub FTP\r\n",
        b":irc.example NOTICE * :*** Looking up your hostname\r\n",
        b"\xff\xfe\x00" * 400,
        b":x NOTICE * :hello\r\n:x NOTICE * :Hubbub\r\n",
    ],
)
def test_another_service_has_the_name_its_port_is_known_by(says, monkeypatch):
    monkeypatch.setattr(scanner, "service_name", lambda port: "by-number")

    async def story():
        async with listening(says) as (port, _):
            found, _ = run(port, timeout=PATIENCE if says else 0.5)
            assert await found == [OpenPort(port, "by-number")]

    asyncio.run(story())


def test_open_ports_are_told_in_order_and_closed_ones_are_not(closed_port):
    async def story():
        async with listening() as (one, _), listening(GREETING) as (two, _):
            low, high = sorted((one, two))
            found, told = run(low, closed_port, high, timeout=0.5)
            assert [it.port for it in await found] == [low, high]
            assert [it.port for it in told] == [low, high]

    asyncio.run(story())


def test_more_ports_than_workers_are_all_tried(closed_port, monkeypatch):
    monkeypatch.setattr(scanner, "WORKERS", 3)
    progress = []
    found = scanner.scan("127.0.0.1", [closed_port] * 20, PATIENCE, print, progress.append)
    assert asyncio.run(found) == []
    # The same port twenty times is one result; what counts is that the line came to its end.
    assert progress[-1] == 1
    assert len(progress) == 20


def test_a_socket_connected_to_itself_is_no_open_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.connect(sock.getsockname())
        assert scanner.is_own_echo(sock)


def test_a_network_that_leads_nowhere_is_one_clear_error(monkeypatch):
    async def unreachable(*_):
        raise scanner.Unreachable

    monkeypatch.setattr(scanner, "try_port", unreachable)
    with pytest.raises(ProgramError, match=r"10\.0\.0\.1 cannot be reached"):
        asyncio.run(run(1, 2, address="10.0.0.1")[0])


def test_running_out_of_files_is_one_clear_error(monkeypatch):
    async def full(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(scanner, "try_port", full)
    with pytest.raises(ProgramError, match="Too many open files"):
        asyncio.run(run(1, 2)[0])


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("100.64.0.1", True),
        ("169.254.1.1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:8.8.8.8", False),
        ("::ffff:10.0.0.1", True),
        ("224.0.0.1", False),
    ],
)
def test_what_may_be_scanned_without_a_word(address, own):
    assert scanner.is_own_ground(address) is own


def test_services_have_names():
    assert scanner.service_name(22) == "ssh"
    assert scanner.service_name(1) in ("tcpmux", "unknown")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_for_long_scans_on_a_terminal():
    for stream, total in [(io.StringIO(), 1000), (Terminal(), 10)]:
        bar = scanner.ProgressBar(total, stream)
        bar.show(5)
        bar.clear()
        assert stream.getvalue() == ""
    bar = scanner.ProgressBar(1000, stream := Terminal())
    bar.show(500)
    bar.show(501)  # too soon to be drawn again
    assert stream.getvalue() == f"\r[{'#' * 15}{'.' * 15}]  50%  500 of 1000 ports"


def test_a_real_server_is_found_and_has_one_line_more_in_its_log(tmp_path):
    server = RealServer(tmp_path).start()
    try:
        found, _ = run(server.port)
        assert asyncio.run(found) == [OpenPort(server.port, CHAT)]
    finally:
        server.stop()
    (line,) = server.chat_log.splitlines()
    assert re.search(r"- 127\.0\.0\.1:\d+ left without logging in", line)


# -- the program -----------------------------------------------------------------------------------


@pytest.fixture
def chat_port():
    """A Hubbub of one line, in a thread, as the program has an event loop of its own."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)

        def serve():
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    sock.sendall(GREETING)
                    sock.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError), socket.create_connection(listener.getsockname(), 1):
            pass
        thread.join()


def test_the_lines_are_those_of_the_seed(chat_port, capsys):
    assert cli.main(["scan", "127.0.0.1", str(chat_port), str(chat_port), *PATIENTLY]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:-1] == [
        f"Scanning 127.0.0.1 from port {chat_port} to {chat_port}...",
        f"Port {chat_port} is OPEN (Custom Chat App)",
        "Open ports found:",
        f"Port {chat_port}: Custom Chat App",
    ]
    assert re.fullmatch(r"Scan completed in \d+\.\d\d seconds", lines[-1])
    assert err == ""


def test_json_is_one_object_and_nothing_else(chat_port, capsys):
    words = ["scan", "localhost", str(chat_port), str(chat_port), *PATIENTLY, "--json"]
    assert cli.main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.pop("seconds") < PATIENCE
    assert report == {
        "host": "localhost",
        "address": "127.0.0.1",
        "start": chat_port,
        "end": chat_port,
        "open": [{"port": chat_port, "service": "Custom Chat App", "hubbub": True}],
    }


def test_no_open_port_is_an_answer_too(closed_port, capsys):
    assert cli.main(["scan", "127.0.0.1", str(closed_port), str(closed_port)]) == 0
    assert "No open ports found.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "line", "exit_code"),
    [
        ("300.1.1.1 1 2", "300.1.1.1 is not an IPv4 address", 2),
        ("127.0.0.1 2 1", "the range begins at 2, after its end at 1", 2),
        ("127.0.0.1 0 1", "port 0 does not exist", 2),
        ("127.0.0.1 1", "the following arguments are required: END", 2),
        ("127.0.0.1 1 2 --timeout x", "'x' is not a time", 2),
        ("127.0.0.1 1 2 --timeout 0", "'0' is not a time", 2),
        ("8.8.8.8 53 53", "8.8.8.8 is a public address", 2),
        ("nobody.invalid 1 2", "nobody.invalid is not known", 1),
    ],
)
def test_an_error_is_one_line(words, line, exit_code, capsys):
    assert cli.main(["scan", *words.split()]) == exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert err.count("\n") == 1
