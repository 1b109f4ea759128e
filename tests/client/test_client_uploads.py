"""/upload sends a file from the terminal."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import threading
import urllib.request

import pytest
from client_harness import SOON, RealServer

from hubbub.client import Client
from hubbub.client.errors import ClientError
from hubbub.client.uploading import UploadError, UploadPlace, upload


def run(story):
    async def in_time():
        async with asyncio.timeout(SOON):
            return await story

    return asyncio.run(in_time())


def read(link):
    with urllib.request.urlopen(link, timeout=SOON) as answer:
        return answer.read()


def test_a_program_uploads_with_progress(server, tmp_path):
    path = tmp_path / "my café.bin"
    path.write_bytes(bytes(range(256)) * 2000)
    told = []

    async def story():
        async with Client(port=server.port, nick="Alice") as alice:
            link = await alice.upload(path, lambda sent, size: told.append((sent, size)))
            await alice.send("#lobby", link)
            return link

    link = run(story())
    assert link.endswith("/my_caf%C3%A9.bin")
    assert read(link) == path.read_bytes()
    assert told[-1] == (512_000, 512_000)
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)


def test_a_script_uploads_and_the_link_is_said(server, piped, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("tea at five\n")
    code, out, err = piped(server.port, f"Alice\n/upload {path}\nquit\n")
    assert (code, out) == (0, ""), err
    link = re.search(
        r"Alice to #lobby: (http://\S+/files/[0-9a-f]{32}/notes\.txt)", server.chat_log
    )
    assert link is not None
    assert read(link[1]) == b"tea at five\n"
    assert f"* notes.txt is there for the others: {link[1]}" in err


def test_what_cannot_be_sent_is_told_once(server, piped, tmp_path):
    code, _, err = piped(server.port, f"Alice\n/upload {tmp_path / 'nothing'}\n/upload\nquit\n")
    assert code == 1
    assert f"! There is no file {tmp_path / 'nothing'}" in err
    assert "! Usage: /upload path" in err
    running = server.running
    settings = running.hub.settings
    files = dataclasses.replace(settings.files, size=1024)
    running.hub.reconfigure(dataclasses.replace(settings, files=files), ())
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * 2_000_000)
    code, _, err = piped(server.port, f"Alice\n/upload {large}\nquit\n")
    assert code == 1
    assert err.count("large.bin was not sent: Files may have 1024 bytes at most") == 1
    files = dataclasses.replace(settings.files, guests=False)
    running.hub.reconfigure(dataclasses.replace(settings, files=files), ())
    code, _, err = piped(server.port, f"Alice\n/upload {large}\nquit\n")
    assert code == 1
    assert err.count("Only people with an account may upload files") == 1


def test_nowhere_to_upload(tmp_path):
    path = tmp_path / "x"
    path.write_text("x")

    async def story(port):
        async with Client(port=port, nick="Alice") as alice:
            await alice.upload(path)

    server = RealServer(tmp_path)
    server.start()
    try:
        settings = server.running.hub.settings
        files = dataclasses.replace(settings.files, enabled=False)
        server.running.hub.reconfigure(dataclasses.replace(settings, files=files), ())
        with pytest.raises(ClientError, match="takes no files"):
            run(story(server.port))
    finally:
        server.stop()


def test_it_can_be_cancelled(server, tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"x" * 1_000_000)
    stop = threading.Event()

    async def token():
        async with Client(port=server.port, nick="Alice") as alice:
            url = alice.state.file_host
            word = await alice.upload_token()
            place = UploadPlace(url, word, "", stop.is_set)
            with pytest.raises(UploadError, match="cancelled"):
                await asyncio.to_thread(upload, place, path, lambda sent, size: stop.set())

    run(token())
    assert server.running.hub.network.files.by_id == {}
