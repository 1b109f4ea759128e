"""HTTP on the one port, over real sockets, against a whole server."""

import contextlib
import http.client
import importlib
import itertools
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doorway import trusting
from running_server import PATIENCE, eventually
from server_here import running

from hubbub.http.server import HttpService
from hubbub.serve import Server
from hubbub.web.assets import Asset


def exchange(server: Server, request: bytes, *, tls: bool = False) -> bytes:
    """Everything that comes back until the server closes."""
    with connected(server) as raw:
        connection: Any = trusting().wrap_socket(raw) if tls else raw
        received = b""
        try:
            connection.sendall(request)
            while data := connection.recv(65536):
                received += data
        except ConnectionError:
            pass
        finally:
            connection.close()
        return received


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def get(server: Server, path: str, *fields: str, method: str = "GET", body: bytes = b"") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        headers = dict(field.split(": ", 1) for field in fields)
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def sessions(server: Server) -> int:
    with server.hub.lock:
        return len(server.hub.context.sessions)


@pytest.fixture
def impatient(start: Callable[..., Any]) -> Iterator[Server]:
    """Soon takes who is silent for a person with netcat."""
    with start(limits__greeting_seconds="0.05") as server:
        yield server


# -- pages -----------------------------------------------------------------------------------


def test_the_page_says_how_to_join(server: Server) -> None:
    port = server.port
    for path in ("/", "/join"):
        answer = get(server, path, "Accept: text/html")
        if answer.status == 200 and b"client.py" in answer.body:
            break
    assert f"python3 client.py 127.0.0.1 {port}" in answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_behind_a_proxy_with_tls_the_port_is_that_of_https(start: Callable[..., Any]) -> None:
    with start(proxy__trusted="127.0.0.1") as server:
        fields = b"Host: chat.example\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
        answer = exchange(server, b"GET /join HTTP/1.1\r\nConnection: close\r\n" + fields + b"\r\n")
        assert b"client.py chat.example 443" in answer


def test_a_host_field_is_never_markup(server: Server) -> None:
    for host in ("<script>", '"><img src=x>', "a b", "x'--", "{title}"):
        request = f"GET /join HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        assert host.encode() not in exchange(server, request.encode())


def test_every_answer_carries_the_security_headers(server: Server) -> None:
    for path in ("/", "/nothing", "/livez", "/metrics", "/%2e%2e/etc/passwd", "/..%5c"):
        answer = get(server, path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Server"] is None
        assert answer.headers["Access-Control-Allow-Origin"] is None


def test_a_script_or_style_comes_with_few_headers(server: Server) -> None:
    """tests/web/test_assets.py counts as many bytes for each."""
    for path in ("/js/main.js", "/style.css"):
        request = f"GET {path} HTTP/1.1\r\nHost: chat.example\r\nAccept-Encoding: gzip\r\n"
        request += "Connection: close\r\n\r\n"
        head, _, body = exchange(server, request.encode()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"X-Content-Type-Options: nosniff\r\n" in head
        assert b"Content-Encoding: gzip\r\n" in head
        assert body
        assert len(head) - len("Connection: close\r\n") < 302, head


def test_what_is_not_there_is_404(server: Server) -> None:
    page = get(server, "/nothing", "Accept: text/html,*/*")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    line = get(server, "/nothing")
    assert (line.status, line.body) == (404, b"There is nothing here.\n")


def test_head_is_get_without_the_body(server: Server) -> None:
    full, head = get(server, "/livez"), get(server, "/livez", method="HEAD")
    assert head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == full.headers["Content-Length"]


def test_options_tells_what_is_allowed_and_to_nobody_else(server: Server) -> None:
    answer = get(server, "/livez", "Origin: http://evil.example", method="OPTIONS")
    assert answer.status == 204
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = get(server, "/livez", method=method, body=b"x")
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_health(server: Server, path: str) -> None:
    answer = get(server, path)
    assert (answer.status, answer.body) == (200, b"ok\n")


def test_a_server_that_stops_is_alive_and_not_ready(start: Callable[..., Any]) -> None:
    with start() as server:
        server.request_stop()
        assert get(server, "/livez").status == 200
        assert get(server, "/readyz").status == get(server, "/healthz").status == 503


def test_tls_says_the_same(server: Server) -> None:
    context = trusting()
    connection = http.client.HTTPSConnection(
        "127.0.0.1", server.port, timeout=PATIENCE, context=context
    )
    for _ in range(3):  # one connection
        connection.request("GET", "/livez")
        assert connection.getresponse().read() == b"ok\n"
    connection.close()


# -- metrics -----------------------------------------------------------------------------------


def test_metrics_tell_of_the_sessions(server: Server) -> None:
    with connected(server) as irc:
        irc.sendall(b"NICK alice\r\nUSER a 0 * :A\r\nPING 1\r\n")
        received = b""
        while b"PONG" not in received:
            received += irc.recv(4096)
        text = get(server, "/metrics").body.decode()
    eventually(lambda: sessions(server) == 0)  # for those who count them next
    assert 'hubbub_sessions{dialect="irc",tls="false",websocket="false"} 1.0' in text
    assert "hubbub_users 1.0" in text
    assert "hubbub_build_info{" in text


def test_metrics_are_for_listed_addresses(start: Callable[..., Any]) -> None:
    with start(web__metrics="192.0.2.0/24", proxy__trusted="127.0.0.1") as server:
        assert get(server, "/metrics").status == 403
        assert get(server, "/metrics", "X-Forwarded-For: 192.0.2.7").status == 200
        assert get(server, "/metrics", "X-Forwarded-For: 192.0.2.7, 8.8.8.8").status == 403
    with start(web__metrics="192.0.2.0/24") as server:
        assert get(server, "/metrics", "X-Forwarded-For: 192.0.2.7").status == 403


def test_metrics_are_not_for_pages_that_took_our_address(server: Server) -> None:
    answer = get(server, "/metrics", f"Host: evil.example:{server.port}")
    assert answer.status == 403
    assert b"hubbub_" not in answer.body


# -- the web client's files ----------------------------------------------------------------------


def test_files_come_from_a_table(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {
        "/": Asset("text/html; charset=utf-8", b"<!doctype html>hello", 'W/"1"', None),
        "/js/main.js": Asset("text/javascript; charset=utf-8", b"x" * 1000, 'W/"2"', b"gz"),
    }
    monkeypatch.setattr("hubbub.http.server.load_assets", lambda: table)
    with start() as server:
        page = get(server, "/?channel=%23tea")
        assert (page.status, page.body) == (200, b"<!doctype html>hello")
        assert page.headers["Cache-Control"] == "no-cache"
        script = get(server, "/js/main.js")
        assert (script.body, script.headers["Content-Encoding"]) == (b"x" * 1000, None)
        packed = get(server, "/js/main.js", "Accept-Encoding: br, gzip;q=0.5")
        assert (packed.body, packed.headers["Content-Encoding"]) == (b"gz", "gzip")
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert get(server, "/js/main.js", "Accept-Encoding: gzip;q=0").body == b"x" * 1000
        for known in ('W/"2"', '"2"', '"7", W/"2"', "*"):
            same = get(server, "/js/main.js", f"If-None-Match: {known}")
            assert (same.status, same.body) == (304, b"")
            assert same.headers["ETag"] == 'W/"2"'
        assert get(server, "/js/main.js", 'If-None-Match: "1"').status == 200
        for path in ("/js/", "/js/main.js/", "//js/main.js", "/js/../js/main.js", "/JS/main.js"):
            assert get(server, path).status == 404
        assert b"client.py" in get(server, "/join").body


# -- never chat ----------------------------------------------------------------------------------

CHAT = (
    b"NICK mallory\r\nUSER m 0 * :M\r\nJOIN #lobby\r\nPRIVMSG #lobby :spam\r\nMallory\r\nspam\r\n"
)


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "GET", "HEAD", "DELETE", "PATCH"])
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x"])
def test_a_page_cannot_post_chat(server: Server, method: str, kind: str) -> None:
    """S03: what a browser can be tricked into sending is HTTP and stays HTTP."""
    before = server.hub.log.last_position
    head = (
        f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: http://evil.example\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(CHAT)}\r\nAccept: */*\r\n"
        "Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n\r\n"
    )
    for size in (1, 16, 10_000):
        data = head.encode() + CHAT
        with connected(server) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(data), size):
                connection.sendall(data[start : start + size])
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 ")
        assert b"mallory" not in answer
    assert server.hub.log.last_position == before
    assert sessions(server) == 0


def test_a_request_after_the_greeting_is_a_request(impatient: Server) -> None:
    """By hand in netcat."""
    before = impatient.hub.log.last_position
    with connected(impatient) as connection:
        assert b"What is your name?" in connection.recv(4096)
        connection.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        answer = b""
        while data := connection.recv(4096):
            answer += data
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nok\n")
    assert impatient.hub.log.last_position == before


def test_a_websocket_on_a_used_connection_is_sent_to_a_fresh_one(server: Server) -> None:
    first = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    second = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    answer = exchange(server, first + second + b"\x81\x80\0\0\0\0")
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert answer.count(b"HTTP/1.1 426 ") == 1


# -- hostile requests ------------------------------------------------------------------------------


def malformed() -> Iterator[tuple[str, bytes]]:
    """S12: requests that two parsers might read differently, each with a second one behind it."""
    host = "Host: x\r\n"
    lines = [
        "GET / HTTP/1.1 x", "GET /x", "GET ", "GET / HTTP", "GET / HTTP/", "GET / HTTP/1.1,",
        "GET / HTTP/1.10", "GET / HTTP/11",
        "GET / HTTP/-1.1", "GET / HTTP/+1.1", "GET / HTTP/1.", "GET / HTTP/.1", "GET / http/1.1",
        "GET / HTTPS/1.1", "GET /\x00 HTTP/1.1", "GET /\x7f HTTP/1.1", "GET / \tHTTP/1.1",
        "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.1\r", "GET /\r HTTP/1.1",
        "GET / HTTP/\u0661.1", "GET / HTTP/1.1\x00",
    ]  # fmt: skip
    for line in lines:
        yield f"line {line!r}", f"{line}\r\n{host}\r\n".encode()
    names = [
        "",
        " ",
        "X ",
        "\tX",
        "X/",
        "X=",
        "X{",
        "X}",
        'X"',
        "X?",
        "X<",
        "X\\",
        "X\t",
        "X\x00",
        "X\r",
        "X(",
        "X,",
        "X;",
        "X\x7f",
        "X\xe9",
        "X[",
        "X@",
    ]
    for name in names:
        yield f"name {name!r}", f"GET / HTTP/1.1\r\n{host}{name}: y\r\n\r\n".encode("latin-1")
    values = ["a\x00b", "a\rb", "\x00", "a\r\x00", "a\nb: c\x00"]
    for value in values:
        yield f"value {value!r}", f"GET / HTTP/1.1\r\n{host}X: {value}\r\n\r\n".encode("latin-1")
    lengths = ["-1", "+5", "0x5", "5 5", "5,5", "5, 5", "five", "", " ", "1e1", "5.0", "5_0",
               "\u0665", "9" * 400, "5\x00", "5;", "--5", "5 ,"]  # fmt: skip
    for length in lengths:
        head = f"POST / HTTP/1.1\r\n{host}Content-Length: {length}\r\n\r\n"
        yield f"length {length!r}", head.encode() + b"hello"
    codings = ["chunked, identity", "xchunked", "chunked;q=1", "identity, gzip", "chunked,",
               "\x0bchunked", "chunked\x00", "chunked chunked"]  # fmt: skip
    for coding in codings:
        head = f"POST / HTTP/1.1\r\n{host}Transfer-Encoding: {coding}\r\n\r\n"
        yield f"coding {coding!r}", head.encode() + b"5\r\nhello\r\n0\r\n\r\n"
    both = [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Content-Length: 5"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", " folded"),
        ("Host: y", "X: y"),
    ]
    for first, second in both:
        for body in (b"5\r\nhello\r\n0\r\n\r\n", b"hello"):
            head = f"POST / HTTP/1.1\r\n{host}{first}\r\n{second}\r\n\r\n"
            yield f"both {first} {second} {body[:2]!r}", head.encode() + body
    chunks = [b"-5\r\nhello\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b"5_\r\nhello\r\n",
              b"g\r\nhello\r\n", b"\r\nhello\r\n", b" 5\r\nhello\r\n", b"5 \r\nhello\r\n",
              b"5\nhello\r\n", b"5\r\nhelloo\r\n", b"5\r\nhell\r\n", b"f" * 40 + b"\r\nhello\r\n",
              b"5\r\nhello\n", b"5\r\nhelloX\r\n", b"5;\x00\r\nhello\r\n", b"5;\n\r\nhello\r\n",
              b"5\r\r\nhello\r\n", b"\xd9\xa5\r\nhello\r\n"]  # fmt: skip
    for chunk in chunks:
        head = f"POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n".encode()
        yield f"chunk {chunk[:12]!r}", head + chunk + b"0\r\n\r\n"
    ends = ["\n", "\r", "\r\r\n", "\n\r", "\n\n"]
    for first, second in itertools.product(ends, ["\r\n", *ends]):
        yield f"ends {first!r} {second!r}", f"GET / HTTP/1.1{first}Host: x{second}{second}".encode()
    yield "folded", f"GET / HTTP/1.1\r\n{host}X: a\r\n b\r\n\r\n".encode()
    yield "folded host", b"GET / HTTP/1.1\r\nHost:\r\n x\r\n\r\n"
    yield "no colon", f"GET / HTTP/1.1\r\n{host}novalue\r\n\r\n".encode()
    yield "leading space", f"GET / HTTP/1.1\r\n X: a\r\n{host}\r\n".encode()
    yield "http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    for size in (17_000, 70_000):
        yield f"path of {size}", b"GET /" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        yield f"field of {size}", b"GET / HTTP/1.1\r\nX: " + b"a" * size + b"\r\n\r\n"
    yield "200 fields", b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n"
    yield "2000 fields", b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 2000 + b"\r\n"


MALFORMED = dict(malformed())


def test_a_malformed_request_gets_one_400_and_the_end(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """S12: never two answers to what a proxy may have taken for one request."""
    second = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    wrong = {}
    for name, request in MALFORMED.items():
        answer = exchange(server, request + second)
        statuses = re.findall(rb"^HTTP/1\.[01] (\d+)", answer, re.MULTILINE)
        if statuses not in ([b"400"], [b"431"]):
            wrong[name] = answer
    assert wrong == {}
    assert len(MALFORMED) >= 150
    assert caplog.records == []  # what clients do wrong is no error of ours


def test_a_hundred_thousand_tiny_chunks_cost_little(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += b"Connection: close\r\n\r\n"
    before = time.process_time()
    answer = exchange(server, head + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")
    cost = time.process_time() - before  # ours and the server's, in one process
    assert cost < 10  # it is a thirtieth of that; with the square of them it would be minutes


def test_a_slow_second_request_ends_in_time(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    http_app = importlib.import_module("hubbub.http.app")
    monkeypatch.setattr(http_app, "KEEP_ALIVE_SECONDS", 0.2)
    with start() as server:
        first = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = exchange(server, first + b"GET /livez HTTP/1.1\r\nHos")
        assert answer.count(b"HTTP/1.1 200 ") == 1


def test_who_does_not_read_is_let_go(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = importlib.import_module("hubbub.http.http_connection")
    size = 64 << 20
    table = {"/big": Asset("text/plain", b"x" * size, '"1"', None)}
    monkeypatch.setattr("hubbub.http.server.load_assets", lambda: table)
    monkeypatch.setattr(connection, "UNREAD_SECONDS", 0.1)
    gone = threading.Event()
    lose = connection.HttpConnection.connection_lost

    def lost(self: Any, error: Exception | None) -> None:
        lose(self, error)
        gone.set()

    monkeypatch.setattr(connection.HttpConnection, "connection_lost", lost)
    with start() as server, connected(server) as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        assert gone.wait(PATIENCE)
        received = 0
        with contextlib.suppress(ConnectionError):
            while data := client.recv(1 << 20):
                received += len(data)
        assert received < size


# -- without the packages --------------------------------------------------------------------------


def test_without_the_packages_a_browser_is_told_how_to_get_them(
    start: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "hubbub.http.app", None)
    monkeypatch.setitem(sys.modules, "hubbub.connections.websocket", None)
    caplog.set_level("DEBUG")
    with start() as server:
        page = get(server, "/")
        assert page.status == 200
        assert b"pip install aiohttp" in page.body
        assert f"nc 127.0.0.1 {server.port}" in page.body.decode()
        head = get(server, "/", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert get(server, "/healthz").body == b"ok\n"
        assert get(server, "/other").status == 404
        assert get(server, "/", "Upgrade: websocket", "Connection: Upgrade").status == 200
        assert get(server, "/", method="POST", body=CHAT).status == 405
        assert exchange(server, b"GET nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert exchange(server, b"GET / HTTP/1.1\r\n\r\n", tls=True).startswith(b"HTTP/1.1 200 ")
        assert sessions(server) == 0
    web = [record for record in caplog.records if record.name == "hubbub"]
    said = [record.getMessage().partition(":")[0] for record in web]
    assert said == ["most of the web part is off", "WebSocket, and so the web client, is off"]


def test_without_aiohttp_the_web_client_is_there(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hubbub.http.app", None)
    with start() as server:
        page = get(server, "/")
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert get(server, "/nothing").status == 404


def test_a_browser_that_is_faster_than_the_import_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: list[HttpService] = []
    begin = HttpService.start
    monkeypatch.setattr(HttpService, "start", lambda service: services.append(service))
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with running(tmp_path) as server, connected(server) as early, connected(server) as irc:
        early.sendall(request)
        irc.sendall(b"NICK alice\r\nUSER a 0 * :A\r\n")
        assert b"001 alice" in irc.recv(65536)  # nobody else waits
        begin(services[0])
        assert early.recv(65536).endswith(b"\r\n\r\nok\n")


@pytest.mark.parametrize("framing", [b"Content-Length: 60000", b"Transfer-Encoding: chunked"])
def test_a_body_that_comes_slowly_is_not_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch, framing: bytes
) -> None:
    """Nor at all of a stranger, who is asked who it is before."""
    monkeypatch.setattr("hubbub.http.questions.BODY_SECONDS", 0.1)
    head = b"POST /api/invites HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    assert exchange(server, head + framing + b"\r\n\r\n").startswith(b"HTTP/1.1 401 ")
    known = b"\r\nAuthorization: Bearer 1.x\r\n\r\n"
    assert exchange(server, head + framing + known).startswith(b"HTTP/1.1 408 ")
