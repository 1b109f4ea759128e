"""Many parallel uploads over the quota, cut at any point, and the server killed meanwhile: no
leftovers, no acknowledged file lost, quotas exact to the byte."""

from __future__ import annotations

import contextlib
import hashlib
import random
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_server import PATIENCE, RunningServer
from uploading import Person, kept, request

from hubbub.files.upload_service import Upload

UPLOADS = 50
SIZE = 40_000


def upload(port: int, token: str, content: bytes, cut: int | None) -> tuple[int, str]:
    """Send it, or only its first `cut` bytes and then reset; the status and the link."""
    head = (
        f"POST /files HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    ).encode()
    answer = b""
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), PATIENCE) as sock,
    ):
        if cut is not None:
            sock.sendall((head + content)[: len(head) + cut])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            return 0, ""
        sock.sendall(head + content)
        while data := sock.recv(65536):
            answer += data
    lines = answer.decode().split("\r\n")
    if not answer:
        return 0, ""
    link = next((line[10:] for line in lines if line.startswith("Location: ")), "")
    return int(lines[0].split()[1]), link


def together(
    port: int, token: str, dice: random.Random, kept: Callable[[], object] = lambda: None
) -> list[tuple[bytes, int, str]]:
    """UPLOADS at once, every other one cut somewhere; the content, the status, the link of each.
    `kept` is called for each that was answered with 201."""
    done: list[tuple[bytes, int, str]] = []
    jobs = [
        (dice.randbytes(SIZE) + b"\0", dice.randrange(SIZE) if number % 2 else None)
        for number in range(UPLOADS)
    ]

    def run(content: bytes, cut: int | None) -> None:
        status, link = upload(port, token, content, cut)
        done.append((content, status, link))
        if status == 201:
            kept()

    threads = [threading.Thread(target=run, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(done) == UPLOADS
    return done


def test_parallel_uploads_over_the_quota_cut_anywhere(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = (SIZE + 1) * 10 + 123
    dice = random.Random(26)
    begun, ended = [], threading.Semaphore(0)
    with start(files__guest_quota=str(quota), files__at_once="1000") as server:
        keeper = server.files
        make, drop = keeper.upload, Upload.drop
        keeper.upload = lambda *words: begun.append(make(*words)) or begun[-1]  # type: ignore

        def note(self: Upload) -> None:
            drop(self)
            ended.release()

        monkeypatch.setattr(Upload, "drop", note)
        anna = Person(server, "anna")
        done = together(server.port, anna.token, dice)
        for _ in list(begun):
            assert ended.acquire(timeout=PATIENCE)
        answered = [status for _, status, _ in done]
        files = server.hub.network.files
        sizes = [path.stat().st_size for path in kept(tmp_path)]
        print(
            f"{UPLOADS} uploads, {answered.count(0)} cut: {answered.count(201)} kept,"
            f" {answered.count(507)} over the quota; {len(sizes) - answered.count(201)} orphans,"
            f" {sum(sizes)} bytes of {quota} on the disk, {files.total} counted,"
            f" {keeper.allowance.held} held"
        )
        assert answered.count(201) == len(sizes) > 0
        assert sum(sizes) == files.total == answered.count(201) * (SIZE + 1) <= quota
        assert keeper.allowance.held == 0
        # What was cut has given its room back: it fits to the last byte, and no further.
        left = quota - files.total
        assert anna.posts(b"x" * (left + 1)).status == 507
        while left:
            some = min(left, SIZE)
            assert anna.posts(b"x" * some).status == 201
            left -= some
        assert anna.posts(b"x").status == 507


def test_killed_among_uploads(tmp_path: Path, kept_port: int) -> None:
    """kill -9: after the next start every answered file is there, byte for byte, and nothing
    else."""
    dice = random.Random(9)
    settings = {"files__at_once": 1000, "files__free_space": 0, "limits__request_burst": 1000}
    with RunningServer(tmp_path, port=kept_port, **settings) as first:
        irc = first.irc("anna", join="#tea")
        irc.sends("FILEHOST TOKEN")
        token = irc.until(" FILEHOST TOKEN ")[-1].rpartition(" ")[2]
        count = threading.Semaphore(0)
        results: list[tuple[bytes, int, str]] = []
        thread = threading.Thread(
            target=lambda: results.extend(together(first.port, token, dice, count.release))
        )
        thread.start()
        for _ in range(UPLOADS // 8):
            assert count.acquire(timeout=PATIENCE)
        first.kill()
        thread.join(PATIENCE)
    answered = [(content, link) for content, status, link in results if status == 201]
    with RunningServer(tmp_path, port=kept_port, **settings) as second:
        for content, link in answered:
            body = request(second, "GET", link).body  # type: ignore[arg-type]
            assert hashlib.sha256(body).digest() == hashlib.sha256(content).digest()
        second.irc("bert").close()
    left = [path for path in kept(tmp_path) if "incoming" in path.parts]
    print(f"killed: {len(answered)} answered and there; {len(left)} halves, {len(kept(tmp_path))}")
    assert left == []
    # One may have been in the log when its answer was still on the way.
    assert len(answered) <= len(kept(tmp_path)) <= UPLOADS


def half(server: Any, token: str) -> socket.socket:
    """An upload that says no more."""
    sock = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    sock.sendall(
        f"POST /files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {SIZE}\r\n\r\nhalf".encode()
    )
    return sock


def test_one_that_falls_silent_is_given_up(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubbub.http.routes.files.SILENT_SECONDS", 0.1)
    with start() as server:
        anna = Person(server, "anna")
        with half(server, anna.token) as sock:
            assert sock.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert kept(tmp_path) == []
        assert server.files.allowance.held == 0


def test_the_server_stops_in_the_middle_of_one(
    start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    begin = Upload.begin

    def note(self: Upload) -> None:
        begin(self)
        begun.set()

    monkeypatch.setattr(Upload, "begin", note)
    with start() as server:
        anna = Person(server, "anna")
        sock = half(server, anna.token)
        assert begun.wait(PATIENCE)
    sock.close()
    assert kept(tmp_path) == []


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q", "-s"]))
