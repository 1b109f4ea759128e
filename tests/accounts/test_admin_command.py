"""`hubbub admin`, with and without a running server; and the link of the first start."""

import json
import os
import re
import subprocess
import sys

import pytest
from running_server import PATIENCE, ROOT, RunningServer, eventually

from hubbub import cli
from hubbub.cli.output import as_text
from hubbub.handlers.orders import ORDERS


def admin(data, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "HUBBUB_DATA_DIR": str(data)}
    return subprocess.run(
        [sys.executable, "-m", "hubbub", "admin", *words], env=environment, cwd=data,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_with_a_server_that_runs(tmp_path):
    with RunningServer(tmp_path) as server:
        wire = server.irc("bob")
        assert "bob  " in admin(tmp_path, "people").stdout
        assert admin(tmp_path, "kill", "bob", "no", "reason").stdout == "bob is gone\n"
        assert "no reason" in wire.to_the_end()[-1]
        assert "Operator hubbub-admin used kill on bob (no reason)" in server.chat_log()
        link = admin(tmp_path, "link").stdout.strip()
        assert link.startswith("http://127.0.0.1:")
        eventually(lambda: any(link in line for line in server.printed))
        invite = json.loads(admin(tmp_path, "--json", "invite", "#tea", "5", "2d").stdout)
        assert (invite["channel"], invite["uses"]) == ("#tea", 5)
    audit = json.loads(admin(tmp_path, "audit", "--json").stdout)
    assert [act["action"] for act in audit] == ["invite", "kill"]
    assert audit[1]["detail"] == "no reason"
    with RunningServer(tmp_path) as server:
        assert not any("Administrator" in line for line in server.printed)


FIGURES = {
    "time": 1_795_305_600_123, "up": 93_784, "people": 3, "secure": True, "position": 12_345_678,
    "cpu": 4.214, "memory": 60_123_456,
}  # fmt: skip
FIGURES_TEXT = """\
time      2026-11-22T00:00:00.123Z
up            1d2h
people           3
secure    yes
position  12345678
cpu          4.21s
memory     60.1 MB"""
STORAGE = {
    "files": {"chat.db": 12_345_678, "chat.log": 999_949, "files": 512},
    "free": 999_950, "total": 1_500_000_000_000,
}  # fmt: skip
STORAGE_TEXT = """\
chat.db     12.3 MB
chat.log   999.9 kB
files         512 B
free         1.0 MB
total     1500.0 GB"""


def test_numbers_are_told_as_people_read_them(tmp_path):
    assert as_text(FIGURES, ORDERS["figures"].units) == FIGURES_TEXT
    assert as_text(STORAGE, ORDERS["storage"].units) == STORAGE_TEXT
    people = [{"nick": "bob", "idle": 3600, "channels": []}]
    assert as_text(people, ORDERS["people"].units).split()[3:] == ["bob", "1h0m", "-"]
    assert as_text({"cpu": 59.94, "up": 3599, "memory": None}, ORDERS["figures"].units) == (
        "cpu      59.9s\nup      59m59s\nmemory  -"
    )
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "picture").write_bytes(b"x" * 54_321)
    assert "files       54.3 kB\n" in re.sub(
        " +(?=54)", "       ", admin(tmp_path, "storage").stdout
    )
    assert json.loads(admin(tmp_path, "storage", "--json").stdout)["files"]["files"] == 54_321


def test_the_orders_are_listed(tmp_path):
    orders = admin(tmp_path).stdout
    assert orders.startswith("usage: python3 hubbub admin ORDER ...\n")
    assert "\n  ban TARGET [TIME] [REASON] " in orders


@pytest.mark.parametrize(
    ("words", "code"),
    [("nonsense", 2), ("kill", 2), ("revoke x", 2), ("people x", 2), ("kill nobody", 1),
     ("audit \u00b2", 2)],
)  # fmt: skip
def test_what_is_typed_wrongly(tmp_path, monkeypatch, capsys, words, code):
    monkeypatch.setenv("HUBBUB_DATA_DIR", str(tmp_path))
    assert cli.main(["admin", *words.split()]) == code
    assert capsys.readouterr().err.count("\n") == 1


def test_links_are_for_where_the_server_will_be(tmp_path):
    assert admin(tmp_path, "link", "--set", "port=6667").stdout.startswith("http://127.0.0.1:6667/")


def test_the_terminal_client_comes_by_a_link(tmp_path):
    with RunningServer(tmp_path, invite_only="on") as server:
        link = json.loads(admin(tmp_path, "--json", "invite", "#tea", "1").stdout)["link"]

        def client(where):
            return subprocess.run(
                [sys.executable, "-m", "hubbub", "client", where], input="Alice\nhello\nquit\n",
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True,
                timeout=PATIENCE, check=False,
            )  # fmt: skip

        shut = client(f"http://127.0.0.1:{server.port}/")
        assert shut.returncode == 1
        assert shut.stderr.endswith("ask somebody here for a link, or log in to your account\n")
        assert client(link).returncode == 0
        assert any(line.endswith("Alice to #tea: hello") for line in server.chat_log())
