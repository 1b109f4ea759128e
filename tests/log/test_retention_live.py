"""A whole server, with its threads, deletes expired messages while users talk."""

import socket
import time

from running_server import PATIENCE

from hubbub import config
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.sqlite import SqliteLog
from hubbub.serve import Server


def test_a_server_forgets_while_people_talk(tmp_path):
    pace = Pace(patience=0.01, first_pass_seconds=0.2, pass_seconds=0.1, least_ms=0)
    settings = {"port": "0", "data_dir": str(tmp_path), "limits.flood_burst": "0"}
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=pace)
    server = Server(config.load(settings), log)
    _, port = server.start()
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as ann:
            lines = ann.makefile()
            ann.sendall(b"NICK ann\r\nUSER ann 0 * :x\r\nJOIN #tea\r\nMODE #tea +H 3\r\n")
            number, deadline = 0, time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                number += 1
                ann.sendall(f"PRIVMSG #tea :text {number}\r\nPING :{number}\r\n".encode())
                while "PONG" not in lines.readline():
                    pass
                kept = [entry.event.text for entry in log.history("#tea", Range(limit=1000))]
                assert kept == [f"text {n}" for n in range(number - len(kept) + 1, number + 1)]
                if number > 50 and len(kept) < 20:
                    break
            assert len(kept) < 20
    finally:
        server.stop()
    replayed = SqliteLog(tmp_path / "chat.db", durable=False)
    assert replayed.history("#tea", Range())[-1].event.text == f"text {number}"
    replayed.close()
