"""The HTTP side of a class: reports come in at `/join/WORD`, the teacher looks at `/SECRET/`.

The word is short, to be read out; it lets somebody onto the grid, and nothing else. The teacher's
secret is in the address of their page, as the lab's is. Wrong words are counted for each address.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import secrets
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ...addresses import join_host_port, lan_address
from ...invocation import command_line
from ...web.assets import load_assets
from .roster import NotTaken, Roster

MOST_BODY = 1024
#: Requests that are served at the same time; others wait in the kernel.
MOST_AT_ONCE = 32
#: Wrong words of one address until it is not listened to any more.
MOST_WRONG = 50
MOST_ADDRESSES = 10_000
#: Letters of the word of a class: no two of them look or sound alike.
_LETTERS = "abcdefghkmnprstuwxyz"
_WORD = 8


class ClassPage(ThreadingHTTPServer):
    """Serves a class at `host` until `shutdown`."""

    daemon_threads = True

    def __init__(self, host: str, port: int, word: str, secret: str) -> None:
        super().__init__((host, port), _Handler)
        self.word, self.secret = word, secret
        self.roster = Roster()
        self.lock = threading.Lock()
        self.assets = load_assets("/class.html")
        self.room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._wrong: dict[str, int] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=[0.1], name="class", daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def is_shut_out(self, address: str) -> bool:
        return self._wrong.get(address, 0) >= MOST_WRONG

    def count_wrong(self, address: str) -> None:
        with self.lock:
            if address in self._wrong or len(self._wrong) < MOST_ADDRESSES:
                self._wrong[address] = self._wrong.get(address, 0) + 1

    def process_request(self, request: Any, client_address: Any) -> None:
        self.room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: somebody who goes away in the middle is no error."""


def serve(host: str, port: int, say: Callable[[str], None], *, browser: bool) -> int:
    """Serve a class until Ctrl-C, and print its links. Raises OSError if the port is taken."""
    word = "".join(secrets.choice(_LETTERS) for _ in range(_WORD))
    page = ClassPage(host, port, word, secrets.token_urlsafe(16))
    page.start()
    own = f"http://127.0.0.1:{page.port}/{page.secret}/"
    there = lan_address() if host in ("0.0.0.0", "::") else host
    link = f"http://{join_host_port(there or '127.0.0.1', page.port)}/join/{word}"
    say(f"join    {command_line()} learn --class {link} --name NAME")
    say(f"grid    {own}")
    say("Ctrl-C ends the class; what it knows is gone then")
    if browser:
        webbrowser.open(own)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    page.stop()
    return 0


class _Handler(BaseHTTPRequestHandler):
    server: ClassPage
    timeout = 10  # seconds for a request, so that slow ones take no room for long

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: addresses of learners are not kept."""

    def do_GET(self) -> None:
        path = self._teachers_path()
        if path == "/grid":
            self._grid()
        elif path == "/table":
            self._table()
        elif path is not None and (asset := self.server.assets.get(path)) is not None:
            self._send(HTTPStatus.OK, asset.content_type, asset.body, asset.headers)
        else:
            self._nothing()

    def do_POST(self) -> None:
        try:
            if self.path == f"/join/{self.server.word}" and not self._is_shut_out():
                self._report(self._body())
            elif self._teachers_path() == "/do" and self._is_json():
                self._order(self._body())
            else:
                self._nothing()
        except NotTaken as error:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(error)})

    def _report(self, told: Mapping[str, Any]) -> None:
        key = told.get("key")
        if not isinstance(key, str) or not 16 <= len(key) <= 64:
            raise NotTaken("a report has a key")
        with self.server.lock:
            self.server.roster.report(key, told, time.monotonic())
            step = self.server.roster.step
        self._json(HTTPStatus.OK, {"step": step})

    def _grid(self) -> None:
        now = time.monotonic()
        with self.server.lock:
            rows = self.server.roster.grid(now)
            lessons = sorted({row["lesson"] for row in rows})
            bars = {number: self.server.roster.predictions(number) for number in lessons}
        step = self.server.roster.step
        facts = {"rows": rows, "predictions": bars, "step": step, "word": self.server.word}
        self._json(HTTPStatus.OK, facts)

    def _table(self) -> None:
        """The grid as CSV (RFC 4180), because the teacher asked for it."""
        with self.server.lock:
            rows = self.server.roster.grid(time.monotonic())
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(["name", "lesson", "step", "passed", "of"])
        for row in rows:
            table.writerow(
                [_no_formula(row["name"]), row["lesson"], row["part"] + 1, row["passed"], row["of"]]
            )
        as_file = {"Content-Disposition": 'attachment; filename="class.csv"'}
        self._send(HTTPStatus.OK, "text/csv; charset=utf-8", text.getvalue().encode(), as_file)

    def _order(self, asked: Mapping[str, Any]) -> None:
        step, leave = asked.get("step"), asked.get("leave")
        if "step" in asked and (step is None or (type(step) is int and 0 <= step < 8)):
            self.server.roster.step = step
        elif isinstance(leave, str):
            with self.server.lock:
                self.server.roster.leave(leave)
        else:
            raise NotTaken("a class can be sent to a step, and a name taken off it")
        self._json(HTTPStatus.OK, {})

    # -- requests ----------------------------------------------------------------------------------

    def _teachers_path(self) -> str | None:
        """The path behind the secret, or None for others."""
        path = self.path.partition("?")[0]
        root = f"/{self.server.secret}"
        origin = self.headers.get("Origin", f"http://{self.headers.get('Host')}")
        if origin != f"http://{self.headers.get('Host')}" or not path.startswith(f"{root}/"):
            return None
        return path.removeprefix(root)

    def _is_json(self) -> bool:
        return self.headers.get("Content-Type") == "application/json"

    def _is_shut_out(self) -> bool:
        return self.server.is_shut_out(self.client_address[0])

    def _body(self) -> Mapping[str, Any]:
        """Raises NotTaken."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BODY:
            raise NotTaken(f"a request has at most {MOST_BODY} bytes")
        try:
            told = json.loads(self.rfile.read(int(length)))
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise NotTaken("a request is a JSON object")
        return told

    # -- answers -----------------------------------------------------------------------------------

    def _nothing(self) -> None:
        self.server.count_wrong(self.client_address[0])
        self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such page here\n", {})

    def _json(self, status: HTTPStatus, value: object) -> None:
        no_store = {"Cache-Control": "no-store"}
        self._send(status, "application/json", json.dumps(value).encode(), no_store)

    def _send(
        self, status: HTTPStatus, content_type: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _no_formula(name: str) -> str:
    """A name as text for a spreadsheet, which takes what begins with = + - @ for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
