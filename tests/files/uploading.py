"""Shared by the tests of files: users who upload to a whole server."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

from running_server import PATIENCE, Wire

from hubbub.files.store import Store
from hubbub.serve import Server


def put(store: Store, content: bytes, small: bytes = b"") -> str:
    """A content of the store; its id."""
    incoming = store.begin()
    incoming.write(content)
    if small:
        incoming.small.write_bytes(small)
    store.keep(incoming)
    return incoming.id


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


def request(
    server: Server, method: str, path: str, body: bytes | None = None, **fields: str
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)  # type: ignore
    try:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, urlsplit(path).path, body, headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Person(Wire):
    """Somebody with an IRC client."""

    def __init__(self, server: Server, nick: str, join: str = "#tea", token: bool = True) -> None:
        address = ("127.0.0.1", server.port)  # type: ignore[attr-defined]
        super().__init__(socket.create_connection(address, timeout=PATIENCE))
        self.server = server
        self.nick = nick
        caps = "batch draft/message-edit draft/message-redaction echo-message message-tags"
        self.sends(f"CAP REQ :{caps}", f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        self.welcome = self.until(" 422 ")
        self.sends(f"JOIN {join}")
        self.until(" 366 ")
        self.token = self.gets_token() if token else ""

    def gets_token(self) -> str:
        self.sends("FILEHOST TOKEN")
        return self.until(" FILEHOST TOKEN ")[-1].rpartition(" ")[2]

    def registers(self, password: str = "correct-horse") -> Person:
        self.sends(f"NS REGISTER {password}")
        self.until("Account created")
        self.token = self.gets_token()
        return self

    def posts(self, content: bytes, name: str = "note.txt", **fields: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content_Disposition": f'attachment; filename="{name}"',
            **fields,
        }
        return request(self.server, "POST", "/files", content, **headers)

    def uploads(self, content: bytes, name: str = "note.txt", **fields: str) -> str:
        """The link."""
        answer = self.posts(content, name, **fields)
        assert answer.status == 201, answer.body
        return str(answer.headers["Location"])

    def says(self, text: str, target: str = "#tea") -> str:
        """The msgid."""
        self.sends(f"PRIVMSG {target} :{text}")
        line = self.until(f" PRIVMSG {target} :{text}")[-1]
        tags = dict(word.partition("=")[::2] for word in line[1:].split(" ")[0].split(";"))
        return tags["msgid"]

    def gets(self, link: str, method: str = "GET", **fields: str) -> Answer:
        return request(self.server, method, link, **fields)


def kept(folder: Path) -> list[Path]:
    """All contents on the disk."""
    return sorted(each for each in (folder / "files").rglob("*") if each.is_file())
