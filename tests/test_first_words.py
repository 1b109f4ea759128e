"""The server's output at its start, or why it does not start."""

import errno
import socket

from hubbub import config
from hubbub.launch import cannot_listen
from hubbub.log.memory import MemoryLog
from hubbub.serve import Server


def test_the_first_start_fits_a_terminal_and_tells_an_order_that_finds_this_server(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    server = Server(config.load({"port": "0", "data_dir": "d 2"}), MemoryLog(), said.append)
    (tmp_path / "d 2").mkdir()
    server.start()
    try:
        lines = [line for line in said if "fingerprint" not in line]
        assert [line for line in lines if len(line) > 80] == []
        assert any(line.endswith("hubbub admin link --data-dir 'd 2'") for line in lines)
    finally:
        server.stop()


def test_an_address_that_cannot_be_had_is_refused_in_plain_words():
    elsewhere = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    assert cannot_listen(config.load({"host": "192.0.2.7"}), elsewhere) == (
        "cannot listen on 192.0.2.7:50000: this machine does not have that address"
    )
    nowhere = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    assert cannot_listen(config.load({"host": "nonsense"}), nowhere).endswith(
        "nonsense:50000: no host is known by that name"
    )
