"""Uploads and downloads over HTTP, for every kind of client."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running_server import PATIENCE, eventually
from uploading import Person, kept, request

from hubbub.files.upload_service import Upload, Uploader
from hubbub.handlers.refusals import Refused
from hubbub.serve import Server

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8AARP8BAAcAAf9SaRIPAAAAAElFTkSu"
    "QmCC"
)


def error(answer: Any) -> str:
    return str(json.loads(answer.body)["error"]["code"])


def test_the_way_of_a_file(server: Server, tmp_path: Path) -> None:
    anna, bert = Person(server, "anna"), Person(server, "bert")
    link = anna.uploads(b"tea at five\n", "tea plan.txt")
    assert re.fullmatch(
        rf"http://127\.0\.0\.1:{server.port}/files/[0-9a-f]{{32}}/tea_plan\.txt",  # type: ignore
        link,
    )
    msgid = anna.says(f"look: {link}")
    bert.until(link)
    answer = bert.gets(link)
    assert (answer.status, answer.body) == (200, b"tea at five\n")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert 'filename="tea plan.txt"' in answer.headers["Content-Disposition"]
    anna.sends(f"REDACT #tea {msgid} :wrong day")
    bert.until(" REDACT ")
    assert bert.gets(link).status == 404
    eventually(lambda: kept(tmp_path) == [])  # after the line, by a listener


def test_links_are_for_everybody(start: Callable[..., Any]) -> None:
    """From this machine alone nobody else could follow 127.0.0.1."""
    with start() as server:
        anna = Person(server, "anna")
        server.hub.context.home = "http://192.168.1.20:50000"
        assert anna.uploads(b"x").startswith("http://192.168.1.20:50000/files/")
        lan = anna.uploads(b"x", Host="hub.lan:50000")
        assert lan.startswith("http://hub.lan:50000/files/")
        bad = anna.uploads(b"x", Host="a<b>")
        assert bad.startswith("http://192.168.1.20:50000/files/")
    with start(web__address="https://chat.example.org/") as server:
        anna = Person(server, "anna")
        assert any("FILEHOST=https://chat.example.org/files" in line for line in anna.welcome)
        assert anna.uploads(b"x").startswith("https://chat.example.org/files/")


def test_changed_settings_are_told(server: Server) -> None:
    anna = Person(server, "anna")
    settings = server.hub.settings
    files = dataclasses.replace(settings.files, enabled=False)
    server.hub.reconfigure(dataclasses.replace(settings, files=files), ())
    assert " 005 anna -draft/FILEHOST -soju.im/FILEHOST :" in anna.until(" 005 ")[-1]
    elsewhere = dataclasses.replace(settings, file_host="https://up.example.org/")
    server.hub.reconfigure(elsewhere, ())
    assert "draft/FILEHOST=https://up.example.org/ " in anna.until(" 005 ")[-1]


def test_where_to_upload_is_told(server: Server) -> None:
    anna = Person(server, "anna")
    place = f"http://127.0.0.1:{server.port}/files"  # type: ignore[attr-defined]
    line = next(line for line in anna.welcome if "FILEHOST" in line)
    assert f"draft/FILEHOST={place} soju.im/FILEHOST={place}" in line
    anna.sends("VERSION")
    anna.until(f"soju.im/FILEHOST={place}")


def test_what_is_taken_is_told_to_who_asks(start: Callable[..., Any]) -> None:
    with start(files__types="image/*,text/plain") as server:
        answer = request(server, "OPTIONS", "/files")
        assert answer.status == 204
        assert answer.headers["Accept-Post"] == "image/*, text/plain"
        assert answer.headers["Allow"] == "OPTIONS, POST"
        anna = Person(server, "anna")
        assert error(anna.posts(b"PK\x03\x04" + b"\0" * 5000, "x.zip")) == "TYPE"
        assert anna.posts(b"words").status == 201


def test_curl_may_put_it(server: Server) -> None:
    anna = Person(server, "anna")
    answer = request(
        server, "PUT", "/files/my%20caf%C3%A9.txt", b"x", Authorization=f"Bearer {anna.token}"
    )
    assert answer.status == 201
    link = answer.body.decode().strip()
    assert link.endswith("/my_caf%C3%A9.txt")
    assert "filename*=UTF-8''my%20caf%C3%A9.txt" in anna.gets(link).headers["Content-Disposition"]


def test_an_account_may_show_its_password(server: Server) -> None:
    """For IRC clients that know no tokens (soju.im/FILEHOST)."""
    Person(server, "anna").registers()
    login = base64.b64encode(b"anna:correct-horse").decode()
    answer = request(server, "POST", "/files", b"x", Authorization=f"Basic {login}")
    assert answer.status == 201
    login = base64.b64encode(b"anna:wrong").decode()
    assert request(server, "POST", "/files", b"x", Authorization=f"Basic {login}").status == 401


def test_nobody_uploads_unknown(server: Server, tmp_path: Path) -> None:
    answer = request(server, "POST", "/files", b"x" * 100_000)
    assert (answer.status, error(answer)) == (401, "UNKNOWN_ASKER")
    answer = request(server, "POST", "/files", b"x", Authorization="Bearer 1.nonsense")
    assert answer.status == 401
    assert kept(tmp_path) == []


def test_no_page_of_another_origin_uploads(server: Server, tmp_path: Path) -> None:
    anna = Person(server, "anna")
    for method in ("POST", "OPTIONS", "DELETE"):
        path = "/files" if method != "DELETE" else f"/files/{'0' * 32}"
        answer = request(
            server, method, path, b"x", Origin="https://evil.example",
            Authorization=f"Bearer {anna.token}",
        )  # fmt: skip
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert kept(tmp_path) == []


def test_a_page_that_the_operator_trusts_may(start: Callable[..., Any]) -> None:
    origin = "https://chat.example.org"
    with start(web__origins=origin) as server:
        anna = Person(server, "anna")
        answer = request(server, "OPTIONS", "/files", Origin=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert anna.posts(b"x", Origin=origin).headers["Access-Control-Expose-Headers"] == (
            "Location"
        )


def test_guests_may_be_kept_out(start: Callable[..., Any]) -> None:
    with start(files__guests="false") as server:
        anna = Person(server, "anna", token=False)
        anna.sends("FILEHOST TOKEN")
        anna.until("FAIL FILEHOST ACCOUNT_REQUIRED")
        anna.sends("NS REGISTER correct-horse")
        anna.until("Account created")
        anna.token = anna.gets_token()
        assert anna.posts(b"x").status == 201


# -- what is given out -----------------------------------------------------------------------------


def test_a_picture_is_shown_and_has_a_thumbnail(server: Server) -> None:
    anna = Person(server, "anna")
    link = anna.uploads(PNG, "../../sunset.html")
    assert link.endswith("/2x1/sunset.png")
    answer = anna.gets(link)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert anna.gets(f"/thumbnails/{link.split('/')[4]}").headers["Content-Type"] == "image/png"


def test_without_pillow_a_picture_is_a_download(
    start: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("hubbub.files.pictures.find_pillow", lambda: None)
    caplog.set_level("INFO")
    with start() as server:
        said = [line for line in caplog.messages if "pillow" in line]
        assert said == ["no Python package pillow: uploaded pictures are only saved, not shown"]
        anna = Person(server, "anna")
        link = anna.uploads(PNG, "sunset.png")
        answer = anna.gets(link)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert anna.gets(f"/thumbnails/{link.split('/')[4]}").status == 404


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"<!doctype html><script>alert(1)</script>", "x.html", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "x.svg", "image/svg+xml"),
        (b"%PDF-1.7\n\0\xff", "x.pdf", "application/pdf"),
        (b"PK\x03\x04\0\0", "x.zip", "application/zip"),
        (b"From: x\nContent-Type: multipart/related\n\n", "x.mht", "multipart/related"),
    ],
    ids=["html", "svg", "pdf", "zip", "mhtml"],
)  # fmt: skip
def test_what_could_run_does_not(server: Server, content: bytes, name: str, said: str) -> None:
    anna = Person(server, "anna")
    answer = anna.gets(anna.uploads(content, name, Content_Type=said))
    assert answer.body == content
    assert answer.headers["Content-Type"] in (
        "text/plain; charset=utf-8",
        "application/octet-stream",
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    if answer.headers["Content-Type"] == "application/octet-stream":
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("field", "status", "body", "where"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=" + "9" * 5000 + "-", 200, b"0123456789", None),
    ],
)
def test_parts(server: Server, field: str, status: int, body: bytes, where: str | None) -> None:
    anna = Person(server, "anna")
    answer = anna.gets(anna.uploads(b"0123456789"), Range=field)
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["Content-Range"] == where


def test_what_a_client_has_it_does_not_get_again(server: Server) -> None:
    anna = Person(server, "anna")
    link = anna.uploads(b"0123456789")
    head = anna.gets(link, "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "10")
    tag = head.headers["ETag"]
    assert anna.gets(link, If_None_Match=tag).status == 304
    assert anna.gets(link, Range="bytes=0-1", If_Range=tag).status == 206
    assert anna.gets(link, Range="bytes=0-1", If_Range='"other"').status == 200
    assert "private" in head.headers["Cache-Control"]


def test_names_and_ids_lead_nowhere_else(server: Server, tmp_path: Path) -> None:
    """Whatever is asked for: a file that was uploaded, or nothing."""
    secret = tmp_path / "files" / "secret"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("secret")
    anna = Person(server, "anna")
    link = anna.uploads(b"public")
    id = link.split("/")[4]
    up = ["..", "%2e%2e", "%252e%252e", "..%2f", "..%5c", "....", "~", "%00", "CON", "a" * 300]
    paths = [f"/files/{a}/{b}" for a in up for b in [*up, "secret"]]
    paths += [f"/files/{id[:2]}/{id}", f"/files/{id.upper()}", f"/files/{id}x", f"/files/{id[:-1]}"]
    paths += [f"/thumbnails/{each}" for each in up]
    for path in paths:
        assert request(server, "GET", path).status in (400, 404), path
    for name in up:
        assert request(server, "GET", f"/files/{id}/{name}").body == b"public"
        answer = request(
            server, "PUT", f"/files/{name}", b"x", Authorization=f"Bearer {anna.token}"
        )
        assert answer.status in (201, 400, 404, 405)
    inside = [each for each in kept(tmp_path) if each != secret]
    assert all(re.fullmatch(r"files/memory/[0-9a-f]{2}/[0-9a-f]{32}", _path(each, tmp_path))
               for each in inside)  # fmt: skip


def _path(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


# -- limits ----------------------------------------------------------------------------------------


def test_limits_are_told(start: Callable[..., Any], tmp_path: Path) -> None:
    with start(
        files__size="2000", files__guest_quota="3000", files__account_quota="1024"
    ) as server:
        anna = Person(server, "anna")
        answer = anna.posts(b"x" * 2001)
        assert (answer.status, error(answer)) == (413, "TOO_LARGE")
        assert anna.posts(b"x" * 2000).status == 201
        answer = anna.posts(b"x" * 1001)
        assert (answer.status, error(answer)) == (507, "QUOTA")
        assert anna.posts(b"x" * 1000).status == 201
        assert error(anna.posts(b"x")) == "QUOTA"
        assert error(anna.posts(b"")) == "EMPTY"
        anna.registers()
        assert anna.posts(b"x" * 1024).status == 201  # an account has its own
        assert error(anna.posts(b"x")) == "QUOTA"
        files = server.hub.network.files
        assert (files.total, server.files.allowance.held) == (4024, 0)  # type: ignore[union-attr]
        assert sum(path.stat().st_size for path in kept(tmp_path)) == 4024


def test_what_is_gone_makes_room(start: Callable[..., Any]) -> None:
    with start(files__guest_quota="1000") as server:
        anna = Person(server, "anna")
        link = anna.uploads(b"x" * 1000)
        msgid = anna.says(link)
        assert anna.posts(b"y").status == 507
        anna.sends(f"REDACT #tea {msgid}")
        anna.until(" REDACT ")
        assert anna.posts(b"y").status == 201


def test_guests_of_one_address_share_room(start: Callable[..., Any]) -> None:
    with start(files__address_quota="1000") as server:
        assert Person(server, "anna").posts(b"x" * 600).status == 201
        assert Person(server, "bert").posts(b"x" * 600).status == 507


def test_the_number_of_files_is_bounded_too(start: Callable[..., Any]) -> None:
    """Per person, per address, per account, and in all."""
    with start(
        files__guest_files="2", files__address_files="3", files__account_files="1",
        files__total_files="5",
    ) as server:  # fmt: skip
        anna, bert, cleo, dora = (Person(server, n) for n in ("anna", "bert", "cleo", "dora"))
        link = anna.uploads(b"1")
        msgid = anna.says(link)
        assert anna.posts(b"2").status == 201
        answer = anna.posts(b"3")
        assert (answer.status, error(answer)) == (507, "QUOTA")
        assert b"Your number of files is 2 at most" in answer.body
        assert bert.posts(b"1").status == 201
        assert b"Your network's number of files is 3 at most" in bert.posts(b"2").body
        anna.sends(f"REDACT #tea {msgid}")
        anna.until(" REDACT ")
        assert bert.posts(b"2").status == 201
        assert bert.posts(b"3").status == 507
        for person in (cleo, dora):
            assert person.registers().posts(b"1").status == 201
        assert b"Your number of files is 1 at most" in cleo.posts(b"2").body
        anna.registers()
        answer = anna.posts(b"1")
        assert error(answer) == "QUOTA"
        assert b"This server keeps no more files" in answer.body


def test_parallel_uploads_count_before_they_are_there(start: Callable[..., Any]) -> None:
    """Uploads that have begun take a place each; one that is cut gives it back."""
    with start(files__guest_files="2", files__at_once="10") as server:
        anna = Person(server, "anna")
        user = next(iter(server.hub.network.users))
        service = server.files
        assert service is not None
        owner = Uploader(None, user, "127.0.0.1")
        begun = [service.upload(owner, "a", "text/plain", None) for _ in range(2)]
        for upload in begun:
            upload.begin()
        assert error(anna.posts(b"x")) == "QUOTA"
        begun[0].drop()
        assert anna.posts(b"x").status == 201
        assert error(anna.posts(b"x")) == "QUOTA"
        begun[1].drop()
        assert anna.posts(b"x").status == 201


def test_the_disk_is_never_filled(start: Callable[..., Any], tmp_path: Path) -> None:
    with start(files__free_space=str(1 << 60)) as server:
        answer = Person(server, "anna").posts(b"x")
        assert (answer.status, error(answer)) == (507, "QUOTA")
        assert b"disk" in answer.body
        assert kept(tmp_path) == []


def test_an_upload_without_a_length_has_the_same_limits(start: Callable[..., Any]) -> None:
    with start(files__size="100000", files__guest_quota="150000") as server:
        anna = Person(server, "anna")

        def chunks(count: int) -> Any:
            return (b"x" * 1000 for _ in range(count))

        assert anna.posts(chunks(100)).status == 201
        assert error(anna.posts(chunks(101))) == "TOO_LARGE"
        assert error(anna.posts(chunks(60))) == "QUOTA"
        assert server.files.allowance.held == 0  # type: ignore[union-attr]


def test_so_many_at_once(start: Callable[..., Any]) -> None:
    with start(files__at_once="1") as server:
        anna = Person(server, "anna")
        slow = anna.server
        import socket

        head = (
            f"POST /files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {anna.token}\r\n"
            "Content-Length: 100\r\n\r\nhalf"
        )
        begun = threading.Event()
        begin = server.files.allowance.begin_locked  # type: ignore[union-attr]

        def note(*arguments: Any) -> None:
            begin(*arguments)
            begun.set()

        server.files.allowance.begin_locked = note  # type: ignore
        with socket.create_connection(("127.0.0.1", slow.port), timeout=PATIENCE) as first:  # type: ignore
            first.sendall(head.encode())
            assert begun.wait(PATIENCE)
            answer = anna.posts(b"x")
            assert (answer.status, error(answer)) == (429, "TOO_MANY")
            first.sendall(b"x" * 96)
            assert first.recv(1000).startswith(b"HTTP/1.1 201")
        assert anna.posts(b"x").status == 201


def test_pictures_that_take_long_keep_nobody_from_files(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, eve = Person(server, "anna"), Person(server, "eve")
    link = anna.uploads(b"tea at five")
    free, begun, answers = threading.Event(), threading.Semaphore(0), []
    write = Upload.write

    def note(upload: Upload, data: bytes) -> None:
        write(upload, data)
        begun.release()

    def slow(*_: Any) -> Any:
        assert free.wait(PATIENCE)
        raise Refused("BAD_PICTURE", "too large")

    server.files.pictures.remake = slow  # type: ignore
    monkeypatch.setattr(Upload, "write", note)
    threads = [
        threading.Thread(target=lambda: answers.append(eve.posts(PNG).status)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert all(begun.acquire(timeout=PATIENCE) for _ in threads)
    try:
        assert anna.gets(link).body == b"tea at five"
        assert anna.posts(b"more").status == 201
    finally:
        free.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert answers == [422] * 4


def test_switched_off_there_is_nothing(start: Callable[..., Any]) -> None:
    with start(files__enabled="false") as server:
        anna = Person(server, "anna", token=False)
        assert not [line for line in anna.welcome if "FILEHOST" in line]
        anna.sends("FILEHOST TOKEN")
        anna.until("FAIL FILEHOST NO_FILES")
        assert request(server, "POST", "/files", b"x").status == 404


# -- the end of files ------------------------------------------------------------------------------


def test_one_that_nobody_posts_goes(start: Callable[..., Any], tmp_path: Path) -> None:
    with start(files__unposted_hours="0.01") as server:
        anna = Person(server, "anna")
        posted, other = anna.uploads(b"one"), anna.uploads(b"two")
        anna.says(posted)
        keeper = server.files
        keeper.tidy()
        assert anna.gets(other).status == 200
        server.hub.recorder.clock = lambda: server.hub.context.now + 40_000
        with server.hub.lock:
            server.hub.recorder.tick_locked()
        keeper.tidy()
        assert anna.gets(other).status == 404
        assert anna.gets(posted).status == 200


def test_one_whose_message_the_log_lost_goes(server: Server) -> None:
    """However it went: by retention, or by a program beside the server."""
    anna = Person(server, "anna")
    link = anna.uploads(b"x")
    anna.says(link)
    server.files.tidy()  # type: ignore[union-attr]
    assert anna.gets(link).status == 200
    log: Any = server.hub.log
    log.entries = [each for each in log.entries if link not in str(each.event)]
    server.files.tidy()  # type: ignore[union-attr]
    assert anna.gets(link).status == 404


def test_it_can_be_taken_back_before_it_is_posted(server: Server) -> None:
    anna, eve = Person(server, "anna"), Person(server, "eve")
    link = anna.uploads(b"x")
    assert anna.gets(link, "DELETE").status == 401
    assert anna.gets(link, "DELETE", Authorization=f"Bearer {eve.token}").status == 404
    assert anna.gets(link, "DELETE", Authorization=f"Bearer {anna.token}").status == 204
    assert anna.gets(link).status == 404
    link = anna.uploads(b"y")
    anna.says(link)
    assert anna.gets(link, "DELETE", Authorization=f"Bearer {anna.token}").status == 404


# -- who may read ----------------------------------------------------------------------------------


def test_members_only(start: Callable[..., Any]) -> None:
    """With files.access = members nothing is reachable after access is lost, link or not."""
    with start(files__access="members") as server:
        anna, bert = Person(server, "anna"), Person(server, "bert")
        eve = Person(server, "eve", join="#other")
        link = anna.uploads(b"secret")

        def status(person: Person | None) -> int:
            if person is None:
                return request(server, "GET", link).status
            return person.gets(link, Authorization=f"Bearer {person.token}").status

        assert [status(each) for each in (anna, bert, eve, None)] == [200, 404, 404, 401]
        anna.says(link)
        assert [status(each) for each in (anna, bert, eve, None)] == [200, 200, 404, 401]
        answer = bert.gets(link, Authorization=f"Bearer {bert.token}")
        assert answer.headers["Cache-Control"] == "no-store"
        anna.sends("KICK #tea bert")
        bert.until(" KICK ")
        assert status(bert) == 404
        bert.sends("JOIN #tea")
        bert.until(" 366 ")
        assert status(bert) == 200
        bert.sends("PART #tea")
        bert.until(" PART ")
        assert status(bert) == 404
        bert.sends("JOIN #tea")
        bert.until(" 366 ")
        bert.sends("QUIT")
        bert.to_the_end()
        assert status(bert) == 401
        eve.sends("JOIN #tea")
        eve.until(" 366 ")
        assert status(eve) == 200
        anna.sends("MODE #tea +b eve!*@*", "KICK #tea eve", "MODE #tea +s")
        eve.until(" KICK ")
        eve.sends("JOIN #tea")
        eve.until(" 474 ")  # banned
        assert status(eve) == 404
        # Who follows a link from an IRC application has a browser that can ask.
        answer = request(server, "GET", link, Sec_Fetch_Mode="navigate")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert (
            "Basic"
            not in request(server, "GET", link, Sec_Fetch_Mode="no-cors").headers[
                "WWW-Authenticate"
            ]
        )
        anna.registers()
        login = base64.b64encode(b"anna:correct-horse").decode()
        assert anna.gets(link, Authorization=f"Basic {login}").body == b"secret"
        old = anna.token
        anna.sends("NS LOGOUT")
        anna.until(" 901 ")
        assert anna.gets(link, Authorization=f"Bearer {old}").status == 401
        anna.token = anna.gets_token()
        private = anna.uploads(b"for eve")
        anna.sends(f"PRIVMSG eve :{private}")
        eve.until(private)
        assert eve.gets(private, Authorization=f"Bearer {eve.token}").status == 200
        carl = Person(server, "carl")
        assert carl.gets(private, Authorization=f"Bearer {carl.token}").status == 404
