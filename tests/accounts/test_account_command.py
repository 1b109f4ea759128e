"""`hubbub account`, with and without a running server."""

import json
import os
import stat
import subprocess
import sys

import pytest
from running_server import PATIENCE, ROOT, RunningServer

from hubbub import cli, config, data_dir
from hubbub.cli import server_control
from hubbub.errors import ProgramError

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}


def account(data, *words, password="correct-horse"):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "HUBBUB_DATA_DIR": str(data)}
    environment |= {f"HUBBUB_{name.upper()}": value for name, value in CHEAP.items()}
    return subprocess.run(
        [sys.executable, "-m", "hubbub", "account", *words],
        input=f"{password}\n", env=environment, cwd=data, capture_output=True, text=True,
        errors="surrogateescape", timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_without_a_server_nobody_reads_the_settings_again(tmp_path):
    settings = config.load({"data_dir": str(tmp_path), "port": "0"})
    with pytest.raises(ProgramError, match="no server runs here"):
        server_control.give(settings, "rehash", {})


@pytest.mark.parametrize("running", [True, False])
def test_the_life_of_an_account(tmp_path, running):
    server = RunningServer(tmp_path, **CHEAP) if running else None
    try:
        assert account(tmp_path, "create", "alice").stdout == "Account alice created\n"
        again = account(tmp_path, "create", "alice")
        assert (again.returncode, again.stderr) == (1, "hubbub account: That name is taken\n")
        listed = account(tmp_path, "list", "--json").stdout.splitlines()
        assert [json.loads(line)["account"] for line in listed] == ["alice"]
        if server is not None:
            wire = server.irc("somebody")
            wire.sends("NS IDENTIFY alice correct-horse")
            wire.until("You are now logged in as alice")
            account(tmp_path, "suspend", "alice", "--reason", "spam")
            wire.sends("PING done")
            wire.until(" PONG ")
            wire.sends("NS IDENTIFY alice correct-horse")
            wire.until("This account is suspended: spam")
        assert "deleted" in account(tmp_path, "delete", "alice").stdout
        assert account(tmp_path, "create", "alice").returncode == 1
        assert "erased" in account(tmp_path, "delete", "alice", "--erase").stdout
    finally:
        if server is not None:
            server.stop()
    assert not (tmp_path / "control.json").exists()


def test_passwords_of_every_kind(tmp_path):
    long = account(tmp_path, "create", "bob", password="ü " * 340 + '"' * 4)
    assert long.stdout == "Account bob created\n"
    assert "longer than 1024" in account(tmp_path, "passwd", "bob", password="x" * 1025).stderr
    weak = account(tmp_path, "create", "carl", password="x")
    assert "shorter than 8" in weak.stderr
    none = account(tmp_path, "create", "carl", password="")
    assert none.stderr == "hubbub account: no password was given\n"
    half = account(tmp_path, "create", "carl", password="\udcff" * 9)
    assert half.stderr == "hubbub account: the password is not text in UTF-8\n"
    half = account(tmp_path, "show", "\udcff")
    assert half.stderr == "hubbub account: what is typed has to be text in UTF-8\n"
    assert half.returncode == 2


@pytest.mark.parametrize("trusted", ["127.0.0.1", "192.0.2.1"])
def test_a_server_behind_a_proxy_takes_orders_from_its_own_machine(tmp_path, monkeypatch, trusted):
    monkeypatch.setitem(CHEAP, "proxy__required", "true")
    monkeypatch.setitem(CHEAP, "proxy__trusted", trusted)
    with RunningServer(tmp_path, **CHEAP) as server:
        assert account(tmp_path, "create", "alice").stdout == "Account alice created\n"
        wire = server.connect()
        wire.sends("NICK alice")
        assert wire.to_the_end() == ["ERROR :This server is reached through a proxy"]
    assert account(tmp_path, "create", "bob").stdout == "Account bob created\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [("create", 2), ("nonsense x", 2), ("show nobody", 1), ("suspend x --days 0", 2)],
)
def test_what_is_typed_wrongly(tmp_path, monkeypatch, capsys, words, code):
    monkeypatch.setenv("HUBBUB_DATA_DIR", str(tmp_path))
    assert cli.main(["account", *words.split()]) == code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="rights of files are POSIX")
def test_only_this_user_reads_the_data(tmp_path):
    with RunningServer(tmp_path, **CHEAP):
        for name in ("chat.db", "chat-index.db", "control.json", "chat.db-wal"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


def test_orders_need_the_word(tmp_path):
    with RunningServer(tmp_path, **CHEAP) as server:
        reachable = data_dir.find(tmp_path)
        assert reachable is not None
        assert len(reachable.token) >= 43  # 256 bits
        wire = server.connect()
        wire.sends("CAP LS", '@+order={"order":"accounts","words":{}} CONTROL guess')
        assert " 421 * CONTROL :Unknown command" in wire.until(" 421 ")[-1]
        wire.sends('@+order={"order":"accounts","words":{}} CONTROL :')
        wire.until(" 421 ")
        wire.sends(f"CONTROL {reachable.token}", f"@+order=nonsense CONTROL {reachable.token}")
        wire.until("That order was not understood")


def test_two_servers_do_not_share_a_directory(tmp_path):
    with RunningServer(tmp_path, **CHEAP), pytest.raises(AssertionError) as ended:
        RunningServer(tmp_path, **CHEAP)
    assert "another server runs with it" in str(ended.value)
    with RunningServer(tmp_path, **CHEAP) as server:
        server.kill()
    with RunningServer(tmp_path, **CHEAP):  # the lock of one that was killed holds nobody up
        pass
