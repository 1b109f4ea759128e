"""The lab's page: its files, the stream of events, and the requests that set controls.

Loopback only. The address contains a secret, so that no other user of the machine and no page of
another site finds it; the Host header has to be an address or localhost, so that no other name
leads here (DNS rebinding). A request can set controls and speak for the lab's people; it cannot
start a command.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ...web.assets import Asset, load_assets
from .trace import Trace, dump

MOST_STREAMS = 40
MOST_BODY = 8192
#: Seconds without an event after which the stream says that it is alive.
_HEARTBEAT = 10.0
_HOSTS = {"localhost", "127.0.0.1", "[::1]"}

#: Carries out a request of the page. Raises ValueError with a sentence for people.
Act = Callable[[Mapping[str, Any]], object]


class LabPage(ThreadingHTTPServer):
    """Serves at `address` until `shutdown`. `act` is called in threads of its own."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, trace: Trace, facts: Mapping[str, Any], secret: str, act: Act) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.trace = trace
        self.facts = facts
        self.root = f"/{secret}"
        self.act = act
        self.assets = load_assets("/glass.html")
        self.streams = threading.BoundedSemaphore(MOST_STREAMS)
        self.watchers: set[object] = set()  # streams that are open
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.root}/"

    def start(self) -> None:
        threading.Thread(
            target=self.serve_forever, args=[0.1], name="lab-page", daemon=True
        ).start()

    def stop(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that goes away in the middle is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: LabPage
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal belongs to the program's output."""

    def do_GET(self) -> None:
        path = self._path()
        if path == "/events":
            self._stream()
        elif path == "/facts":
            self._json(self.server.facts)
        elif path == "/recording":
            self._recording()
        elif path is not None and (asset := self._asset(path)) is not None:
            self._send(HTTPStatus.OK, asset.content_type, asset.body, asset.headers)
        else:
            self._plain(HTTPStatus.NOT_FOUND, "there is no such page here")

    def do_POST(self) -> None:
        if self._path() != "/do" or self.headers.get("Content-Type") != "application/json":
            self._plain(HTTPStatus.NOT_FOUND, "there is no such page here")
            return
        try:
            self.server.act(self._body())
        except ValueError as error:
            self._plain(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._json({})

    def _body(self) -> Mapping[str, Any]:
        """Raises ValueError."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BODY:
            self.close_connection = True
            raise ValueError(f"a request has at most {MOST_BODY} bytes")
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            raise ValueError("a request is a JSON object")
        return asked

    def _path(self) -> str | None:
        """The path behind the secret, or None for a stranger."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        origin = self.headers.get("Origin", f"http://{self.headers.get('Host')}")
        if host not in _HOSTS or origin != f"http://{self.headers.get('Host')}":
            return None
        path = self.path.partition("?")[0]
        return path.removeprefix(self.server.root) if path.startswith(self.server.root) else None

    def _asset(self, path: str) -> Asset | None:
        return self.server.assets.get(path)

    # -- answers -----------------------------------------------------------------------------------

    def _send(
        self, status: HTTPStatus, content_type: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _plain(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{text}\n".encode(), {})

    def _json(self, value: object) -> None:
        no_store = {"Cache-Control": "no-store"}
        self._send(HTTPStatus.OK, "application/json", json.dumps(value).encode(), no_store)

    def _recording(self) -> None:
        name = {"Content-Disposition": 'attachment; filename="lab.jsonl"'}
        body = dump(self.server.trace.since(0)).encode()
        self._send(HTTPStatus.OK, "application/jsonl", body, name)

    def _stream(self) -> None:
        """Server-sent events (WHATWG HTML 9.2), going on behind Last-Event-ID."""
        if not self.server.streams.acquire(blocking=False):
            self._plain(HTTPStatus.SERVICE_UNAVAILABLE, "too many pages of this lab are open")
            return
        self.server.watchers.add(self)
        try:
            self._write_events()
        except OSError:
            pass  # the page was closed
        finally:
            self.server.watchers.discard(self)
            self.server.streams.release()
            self.close_connection = True

    def _write_events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        last = self.headers.get("Last-Event-ID", "0")
        number = int(last) if last.isdecimal() else 0
        while not self.server.closing.is_set():
            events = self.server.trace.wait_since(number, _HEARTBEAT)
            if not events:
                self.wfile.write(b": alive\n\n")
            for event in events:
                number = event["n"]
                self.wfile.write(f"id: {number}\ndata: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
