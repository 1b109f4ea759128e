"""S38: no password in the database, its write-ahead log, chat.log or what the server prints."""

import base64
import contextlib
import http.client
import json

import pytest
from running_server import PATIENCE, RunningServer

from hubbub import config
from hubbub.cli import server_control
from hubbub.dialects.secrets import without_secrets

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096",
         "log_level": "debug", "limits__greeting_seconds": "0.3"}  # fmt: skip


def contents(directory):
    """Of all files; some come and go while the server runs."""
    found = {}
    for path in directory.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found[path] = path.read_bytes()
    return found


def post(server, order, words, password):
    """The status of an order that alice gives by HTTP."""
    login = base64.b64encode(f"alice:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    with contextlib.closing(connection):
        connection.request("POST", f"/api/admin/{order}", json.dumps(words), headers)
        return connection.getresponse().status


def test_s38_marked_passwords_are_nowhere(tmp_path):
    marks = [f"canary{number}-{'x' * number}" for number in range(15)]
    with RunningServer(tmp_path, **CHEAP) as server:
        alice = server.irc("alice")
        alice.sends(
            f"NS REGISTER {marks[0]}",
            f"PRIVMSG NickServ :PASSWD {marks[0]} {marks[1]}",
            f"PRIVMSG nickserv :IDENTIFY alice {marks[2]}",
            f"PRIVMSG NickServ :NONSENSE {marks[3]}",
            f"NOTICE NickServ :IDENTIFY {marks[4]}",
            f"NS SET email a@example.org {marks[5]}",
            f"REGISTER other * {marks[6]}",
            f"OPER root {marks[7]}",
            "AUTHENTICATE PLAIN",
            "AUTHENTICATE " + base64.b64encode(f"\0alice\0{marks[8]}".encode()).decode(),
            "PRIVMSG alice :this is said", "PING end",
        )  # fmt: skip
        alice.until(" PONG ")
        person = server.connect()
        person.until("What is your name?")
        person.sends(f"/login alice {marks[9]}", f"/register bob {marks[10]}")
        person.until("Welcome!")
        wire = server.connect()
        wire.sends(f"PASS alice:{marks[11]}", "NICK x", "USER x 0 * :x")
        wire.to_the_end()
        settings = config.load({"data_dir": str(tmp_path)})
        server_control.give(settings, "create", {"account": "carl", "password": marks[12]})
        server_control.give(settings, "passwd", {"account": "carl", "password": marks[13]})
        server_control.give(settings, "promote", {"account": "alice"})
        assert post(server, "passwd", {"account": "carl", "password": marks[14]}, marks[1]) == 200
        files = contents(tmp_path)
        server.stop()
        files |= {path: files.get(path, b"") + data for path, data in contents(tmp_path).items()}
        printed = "\n".join(server.printed + server.errors).encode()
    assert any(b"this is said" in data for data in files.values())  # the search finds things
    hits = [
        (path.name, mark)
        for mark in marks
        for path, data in [*files.items(), (tmp_path / "printed", printed)]
        for form in (mark.encode(), base64.b64encode(mark.encode())[:8])
        if form in data
    ]
    print(f"S38: {len(marks)} marked passwords, {len(files)} files: {len(hits)} found")
    assert hits == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("PASS secret", "PASS ***"),
        ("authenticate c2VjcmV0", "authenticate ***"),
        ("@label=1 :alice NS IDENTIFY secret", "@label=1 :alice NS ***"),
        ("@+order={} CONTROL token", "CONTROL ***"),
        ("PRIVMSG NickServ :identify secret", "PRIVMSG NickServ ***"),
        ("PRIVMSG alice,NICKSERV :identify secret", "PRIVMSG alice,NICKSERV ***"),
        ("REGISTER * * secret", "REGISTER ***"),
        ("/login alice secret", "/login ***"),
        ("/msg NickServ identify secret", "/msg NickServ ***"),
        ("PRIVMSG #tea :my PASS is none of yours", "PRIVMSG #tea :my PASS is none of yours"),
        ("hello /login", "hello /login"),
        (":hub TOKEN GENERATE HUBBUB/API 1.secret", ":hub TOKEN GENERATE HUBBUB/API ***"),
        ("NICK alice", "NICK alice"),
    ],
)
def test_lines_as_others_may_see_them(line, shown):
    assert without_secrets(line) == shown
