"""Shared by the tests of /api/: a whole server, its IRC clients, and HTTP requests."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from typing import Any

from running_server import PATIENCE, Wire

from hubbub.serve import Server


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == "application/json; charset=utf-8", self.body
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error."""
        error = self.json["error"]
        assert set(error) == {"code", "text"}
        assert error["text"]
        return str(error["code"])


def request(
    server: Server, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Answer:
    """`body` goes as JSON, bytes as they are."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)  # type: ignore
    try:
        fields = {"Content-Type": "application/json"} if body is not None else {}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, data, {**fields, **(headers or {})})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


class Person(Wire):
    """Somebody with an IRC client, and the token that it got."""

    def __init__(self, server: Server, nick: str, *lines: str, join: str = "") -> None:
        super().__init__(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))  # type: ignore
        self.server = server
        self.nick = nick
        self.sends("CAP LS 302", *lines, f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        self.until(" 001 ")
        if join:
            self.sends(f"JOIN {join}")
            self.until(" 366 ")
        self.token = self.gets_token()

    def gets_token(self, service: str = "HUBBUB/API") -> str:
        self.sends(f"TOKEN GENERATE {service}")
        return self.until(" TOKEN GENERATE ")[-1].rpartition(" ")[2].removeprefix(":")

    def asks(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.server, method, path, body, {**bearer(self.token), **fields})

    def gets(self, path: str) -> Any:
        answer = self.asks("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def registers(self, password: str = "correct-horse") -> Person:
        self.sends(f"NS REGISTER {password}")
        self.until("Account created")
        self.token = self.gets_token()
        return self
