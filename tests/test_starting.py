"""What a start leaves on the disk, and what it prints of how the program is called."""

import re
import shutil
import socket
import ssl
import subprocess
import sys

import pytest
from running_server import ROOT, RunningServer, environment, eventually

from hubbub import invocation
from hubbub.connections.certificate import self_signed_certificate


def start_fails(data, *words, **settings):
    """The line on stderr of a start that fails."""
    done = subprocess.run(
        [sys.executable, "-m", "hubbub", "serve", "--data-dir", str(data), *words],
        env=environment(data, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (done.returncode, "", 1)
    assert done.returncode in (1, 2)
    return done.stderr


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


FAILURES = {
    "setting": (["--set", "threads=many"], "threads"),
    "certificate": (["--set", "tls.cert=none.pem"], "cannot use the certificate"),
    "motd": (["--set", "motd_file=none.txt"], "none.txt"),
    "address": (["192.0.2.1"], "does not have that address"),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("exists", [True, False])
def test_a_start_that_fails_leaves_nothing_behind(tmp_path, case, exists):
    words, line = FAILURES[case]
    data = tmp_path / "data"
    if exists:
        data.mkdir()
        (data / "notes.txt").touch()
    assert line in start_fails(data, *words)
    assert [each.name for each in data.rglob("*")] == (["notes.txt"] if exists else [])
    assert data.exists() == exists


def test_a_taken_port_leaves_nothing_behind(tmp_path, taken):
    assert "the port is taken" in start_fails(tmp_path, "127.0.0.1", str(taken))
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_fails_keeps_what_an_earlier_one_wrote(tmp_path, taken):
    with RunningServer(tmp_path) as server:
        alice = server.irc("alice", join="#lobby")
        alice.sends("PRIVMSG #lobby :hello", "PING x")
        alice.until("PONG")
    before = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    start_fails(tmp_path, "127.0.0.1", str(taken))
    after = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert after.items() >= {"chat.log": before["chat.log"], "chat.pem": before["chat.pem"]}.items()
    assert "chat.db" in after


def in_the_table():
    """The names in the README's table of files."""
    text = (ROOT / "README.md").read_text("utf-8")
    table = text[text.index("## Output files") : text.index("A few lines of `chat.log`")]
    names = re.findall(r"`([a-z][-a-z.0-9*]*/?)`", table)
    return {re.sub(r"\.\d+$", ".N", name.rstrip("/")) for name in names}


def test_the_readme_names_every_file(tmp_path):
    with RunningServer(tmp_path, chat_log__size=4096) as server:
        alice = server.irc("alice", join="#lobby")
        for number in range(60):
            alice.sends(f"PRIVMSG #lobby :{number} {'x' * 200}")
        alice.sends("PING done")
        alice.until("PONG")
        wanted = ["chat.log.1", "chat.db-wal", "chat.db-reserve", "chat-index.db-wal", "chat.pem"]
        eventually(lambda: all((tmp_path / name).exists() for name in wanted))
        found = {re.sub(r"\.\d+$", ".N", path.name) for path in tmp_path.iterdir()}
        assert found | {"files"} == in_the_table()


def fingerprint(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port)) as sock,
        context.wrap_socket(sock) as secured,
    ):
        return secured.getpeercert(binary_form=True)


def test_a_renewed_certificate_is_taken_by_rehash(tmp_path):
    old, new = (self_signed_certificate(tmp_path / name) for name in made(tmp_path, "old", "new"))
    used = tmp_path / "used.pem"
    shutil.copy(old.path, used)
    data = tmp_path / "data"
    data.mkdir()
    with RunningServer(data, tls__cert=used) as server:
        before = fingerprint(server.port)
        shutil.copy(new.path, used)
        assert fingerprint(server.port) == before
        rehash = [sys.executable, "-m", "hubbub", "admin", "rehash", "--data-dir", str(data)]
        subprocess.run(rehash, check=True, env=environment(data), capture_output=True)
        eventually(lambda: fingerprint(server.port) != before)


def made(directory, *names):
    for name in names:
        (directory / name).mkdir()
    return names


@pytest.mark.parametrize(
    ("is_clone", "lines"),
    [
        (True, ["python3 server.py", "python3 client.py", "python3 hubbub", "python3 hubbub scan"]),
        (False, ["hubbub serve", "hubbub client", "hubbub", "hubbub scan"]),
    ],
)
def test_a_clone_and_an_installed_package_are_called_differently(
    tmp_path, monkeypatch, is_clone, lines
):
    monkeypatch.setattr(invocation, "CLONE", tmp_path)
    if is_clone:
        (tmp_path / "hubbub").touch()
    assert [invocation.command_line(each) for each in ("serve", "client", "", "scan")] == lines


def test_an_installed_package_prints_no_script_of_the_clone(tmp_path, taken):
    """The package alone, as an installation has it."""
    shutil.copytree(ROOT / "src" / "hubbub", tmp_path / "lib" / "hubbub")
    data = tmp_path / "data"
    data.mkdir()
    env = environment(data) | {"PYTHONPATH": str(tmp_path / "lib")}

    def runs(*words):
        command = [sys.executable, "-m", "hubbub", *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    said = [
        runs("serve", "127.0.0.1", str(taken)),
        runs("client", "127.0.0.1", "9", "--nick", "x"),
        runs("account", "create"),
        *(runs(name, "--help") for name in ("serve", "client", "scan", "admin", "backup")),
        runs(),
    ]
    ours = [re.sub(r" -- .*", "", text) for text in said]  # behind -- is a learner's own program
    assert not [text for text in ours if re.search(r"python3|server\.py|client\.py", text)]
    assert "Another port: hubbub serve 127.0.0.1" in said[0]
    assert "Start it with: hubbub serve" in said[1]
