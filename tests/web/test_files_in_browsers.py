"""Files from one browser to another, through the real server."""

from __future__ import annotations

import base64
import contextlib
import io
import math
import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import People, Person, address
from running_server import RunningServer
from test_access import FRAMES, axe

ROOMY = {"files__free_space": 0, "limits__flood_burst": 0, "limits__request_burst": 100_000}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with RunningServer(tmp_path, **ROOMY) as running:
        yield running


PNG_START = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, colour: tuple[int, int, int] = (200, 120, 40)) -> bytes:
    """A picture, made without a library."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    row = b"\0" + bytes(colour) * width
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def wav(seconds: float = 0.1) -> bytes:
    import wave

    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * int(8000 * seconds))
    return target.getvalue()


def picks(person: Person, *files: tuple[str, str, bytes]) -> None:
    """With the paper clip: name, type, content."""
    person.until("hubbub.attaching.available()")
    person.page.locator("#file-input").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    )


def ready(person: Person, count: int = 1) -> None:
    person.until(
        f"hubbub.attaching.uploads?.all.filter((u) => u.state === 'ready').length === {count}"
    )


#: All pictures that are drawn are there.
LOADED = "[...document.querySelectorAll('.picture img')].every((i) => i.naturalWidth > 0)"

GIVE = """([kind, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  if (kind === 'paste') {
    const facts = { clipboardData: data, bubbles: true, cancelable: true };
    document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', facts));
  } else {
    const facts = { dataTransfer: data, bubbles: true, cancelable: true };
    for (const type of ['dragover', 'drop'])
      document.body.dispatchEvent(new DragEvent(type, facts));
  }
}"""


def gives(person: Person, how: str, name: str, kind: str, content: bytes) -> None:
    person.until("hubbub.attaching.available()")
    person.page.evaluate(GIVE, [how, name, kind, base64.b64encode(content).decode()])


def test_two_browsers_netcat_and_irc_have_the_same_file(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    netcat, irc = server.person("Nora"), server.irc("irene", join="#lobby")
    picks(anna, ("sun set.png", "image/png", png(1000, 500)))
    anna.page.locator(".upload img").wait_for()
    ready(anna)
    anna.say("from the beach")
    link = re.search(r"http://\S+", irc.until("from the beach")[-1])
    assert link is not None
    assert re.search(r"/files/[0-9a-f]{32}/1000x500/sun_set\.png$", link[0])
    netcat.until(link[0])
    for each in (anna, bert):
        each.sees("from the beach")
        picture = each.page.locator(".message .picture img")
        picture.wait_for()
        each.until(LOADED)
        assert picture.get_attribute("alt") == "sun_set.png"
        assert "http" not in each.page.locator(".message .text").first.inner_text()
    assert anna.page.locator(".upload").count() == 0
    bert.page.locator(".picture").click()
    large = bert.page.locator(".lightbox img")
    large.wait_for()
    bert.until("document.querySelector('.lightbox img').naturalWidth === 1000")
    bert.page.keyboard.press("Escape")
    bert.page.locator(".lightbox").wait_for(state="detached")


def test_dropped_pasted_and_picked_several_at_once(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    gives(anna, "drop", "dropped.png", "image/png", png(40, 30))
    gives(anna, "paste", "pasted.png", "image/png", png(30, 40, (0, 90, 200)))
    picks(anna, ("tune.wav", "audio/wav", wav()), ("plan.pdf", "application/pdf", b"%PDF-1.7\0"))
    ready(anna, 4)
    anna.page.keyboard.press("Enter")
    message = bert.page.locator(".message:has(.attachments)").first
    message.wait_for()
    names = bert.page.locator(".attachments img").evaluate_all("all => all.map((i) => i.alt)")
    assert names == ["dropped.png", "pasted.png"]
    assert bert.page.locator(".sound audio").count() == 1
    card = bert.page.locator(".file-card", has_text="plan.pdf")
    card.get_by_text("9 byte").wait_for()
    with bert.page.expect_download() as download:
        card.locator("a").click()
    assert download.value.suggested_filename == "plan.pdf"
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.7\0"


def test_cells_of_a_spreadsheet_are_pasted_as_text(person: People, server: RunningServer) -> None:
    """They come with a picture of themselves."""
    anna = person("#lobby", url=address(server))
    anna.until("hubbub.attaching.available()")
    held = anna.page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(['x'], 'image.png', { type: 'image/png' }));
          data.setData('text/plain', 'a\\tb');
          data.setData('text/html', '<table><tr><td>a<td>b</table>');
          const facts = { clipboardData: data, bubbles: true, cancelable: true };
          const event = new ClipboardEvent('paste', facts);
          document.querySelector('textarea').dispatchEvent(event);
          return event.defaultPrevented;
        }"""
    )
    assert held is False
    assert anna.page.evaluate("hubbub.attaching.uploads") is None


def test_nothing_moves_when_a_picture_comes(person: People, server: RunningServer) -> None:
    """Its room is there before it is."""
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    held: list[Any] = []
    bert.page.route("**/thumbnails/*", lambda route: held.append(route))
    picks(anna, ("tall.png", "image/png", png(600, 900)))
    ready(anna)
    anna.say("tall")
    bert.sees("tall")
    anna.say("below")
    bert.sees("below")
    bert.until("document.querySelector('.picture img')")
    box = "[...document.querySelectorAll('.message')].map((m) => m.getBoundingClientRect().height)"
    before = bert.page.evaluate(box)
    while not held:
        bert.page.wait_for_timeout(20)
    for route in held:
        route.continue_()
    bert.until("document.querySelector('.picture img').naturalWidth > 0")
    assert bert.page.evaluate(box) == before


def test_progress_cancel_and_a_message_that_waits(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    held: list[Any] = []
    anna.page.route(
        "**/files", lambda r: held.append(r) if r.request.method == "POST" else r.continue_()
    )
    picks(anna, ("one.txt", "text/plain", b"1"), ("two.txt", "text/plain", b"2"))
    anna.page.locator(".upload progress").first.wait_for()
    anna.say("both of them")
    anna.page.locator(".strip", has_text="Goes out when its files are there").wait_for()
    assert anna.page.locator("textarea").input_value() == ""
    while len(held) < 2:
        anna.page.wait_for_timeout(20)
    anna.page.get_by_role("button", name="Cancel two.txt").click()
    anna.page.locator(".upload").nth(1).wait_for(state="detached")
    (one,) = (r for r in held if "one.txt" in r.request.headers["content-disposition"])
    one.continue_()
    anna.sees("both of them")
    anna.page.locator(".file-card", has_text="one.txt").wait_for()
    assert anna.page.locator(".upload").count() == 0


def test_an_upload_that_is_cut_off_goes_again_when_asked(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    sent: list[str] = []

    def once_in_vain(route: Any) -> None:
        if route.request.method != "POST":
            return route.continue_()
        sent.append(route.request.url)
        return route.abort("failed") if len(sent) == 1 else route.continue_()

    anna.page.route("**/files", once_in_vain)
    picks(anna, ("one.txt", "text/plain", b"1"))
    anna.page.locator(".upload.failed", has_text="The network cut it off.").wait_for()
    assert len(sent) == 1
    anna.page.locator(".upload .button").click()
    anna.until("hubbub.attaching.uploads.all[0].state === 'ready'")
    assert len(sent) == 2


def test_what_is_refused_says_why(person: People, tmp_path: Path) -> None:
    with RunningServer(tmp_path, **ROOMY, files__size=2048, files__guest_quota=1500) as server:
        anna = person("#lobby", url=address(server))
        anna.is_refused(413, 415, 422, 507)
        picks(anna, ("large.bin", "", b"x" * 3000))
        anna.page.locator(".upload.failed", has_text="files of 2 kB at most").wait_for()
        assert anna.page.locator(".upload .button").count() == 0  # trying again changes nothing
        picks(anna, ("fits.bin", "", b"x" * 1000), ("more.bin", "", b"x" * 1000))
        anna.page.locator(".upload.failed", has_text="no room left").wait_for()
        picks(anna, ("broken.png", "image/png", b"\x89PNG\r\n\x1a\nnonsense"))
        anna.page.locator(".upload.failed", has_text="cannot be read").wait_for()


def test_the_network_goes_and_comes(person: People, tmp_path: Path, kept_port: int) -> None:
    with RunningServer(tmp_path, port=kept_port, **ROOMY) as first:
        anna = person("#lobby", url=address(first))
        anna.until("hubbub.attaching.available() && hubbub.attaching.fetchUploads()")
        first.kill()
    anna.page.locator(".banner").wait_for()
    anna.page.evaluate(
        "hubbub.attaching.attach([new File(['kept'], 'patient.txt', { type: 'text/plain' })])"
    )
    anna.page.locator(".upload.waiting", has_text="waits for the connection").wait_for()
    anna.say("when it is back")
    anna.waits_to_be_asked()
    with RunningServer(tmp_path, port=kept_port, **ROOMY) as second:
        irc = second.irc("irene", join="#lobby")
        anna.page.evaluate("hubbub.connection.hurry()")
        assert "/patient.txt" in irc.until("when it is back")[-1]
        anna.sees("when it is back")
        anna.context.close()


def test_a_deleted_message_takes_its_file(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    picks(anna, ("secret.png", "image/png", png(50, 50)))
    ready(anna)
    anna.page.keyboard.press("Enter")
    anna.page.locator(".picture img").wait_for()
    path = anna.page.evaluate("document.querySelector('.picture img').getAttribute('src')")
    anna.page.locator(".message:has(.picture)").hover()
    anna.page.locator(".actions [aria-label=More]").click()
    anna.page.get_by_role("menuitem", name="Delete").click()
    anna.page.locator("dialog .danger").click()
    anna.page.locator(".gone").wait_for()
    anna.is_refused(404)
    assert anna.page.evaluate("(path) => fetch(path).then((a) => a.status)", path) == 404


def test_only_members_see_it_where_that_is_set(person: People, tmp_path: Path) -> None:
    with RunningServer(tmp_path, **ROOMY, files__access="members") as server:
        anna = person("#lobby", url=address(server))
        bert = person("#lobby", url=address(server))
        for each in (anna, bert):
            each.is_refused(401, 403)  # the first try, without a token
        picks(anna, ("ours.png", "image/png", png(300, 200)), ("ours.zip", "", b"PK\x03\x04\0"))
        ready(anna, 2)
        anna.say("for us")
        for each in (anna, bert):
            each.sees("for us")
            each.until("document.querySelector('.picture img')?.naturalWidth === 300")
            assert each.page.locator(".picture img").get_attribute("src").startswith("blob:")
            each.page.locator(".file-card", has_text="5 byte").wait_for()
        with bert.page.expect_download() as download:
            bert.page.locator(".file-card button").click()
        assert Path(download.value.path()).read_bytes() == b"PK\x03\x04\0"


# -- S24: what a file may be, and still not run ----------------------------------------------------

RUN = "fetch('/pwned');document.title='pwned'"
SCRIPT = f"<script>{RUN}</script>".encode()
SVG = (
    f"<svg xmlns='http://www.w3.org/2000/svg' onload=\"{RUN}\"><script>{RUN}</script></svg>"
).encode()


def polyglots() -> dict[str, tuple[str, bytes]]:
    """Name -> the type it is said to be, its bytes."""
    heads = {
        "gif": b"GIF89a", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff\xe0", "bmp": b"BM",
        "webp": b"RIFF\0\0\0\0WEBP", "wav": b"RIFF\0\0\0\0WAVE", "mp3": b"ID3\x03", "flac": b"fLaC",
        "ogg": b"OggS", "mp4": b"\0\0\0\x18ftypmp42", "webm": b"\x1aE\xdf\xa3\x42\x82\x84webm",
        "pdf": b"%PDF-1.7\n", "zip": b"PK\x03\x04", "text": b"", "bom": b"\xef\xbb\xbf",
        "utf16": "\ufeff".encode("utf-16-le"),
    }  # fmt: skip
    said = ["text/html", "image/svg+xml", "application/xhtml+xml", ""]
    made = {
        f"{name}.html": (said[at % 4], head + SCRIPT)
        for at, (name, head) in enumerate(heads.items())
    }
    made |= {f"{name}.svg": ("image/svg+xml", head + SVG) for name, head in heads.items()}
    xhtml = f"<html xmlns='http://www.w3.org/1999/xhtml'><script>{RUN}</script></html>".encode()
    mhtml = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n" + (
        b"Content-Type: text/html\n\n" + SCRIPT + b"\n--x--\n"
    )
    made |= {
        "page.xhtml": ("application/xhtml+xml", b'<?xml version="1.0"?>' + xhtml),
        "style.xml": ("text/xml", b'<?xml-stylesheet href="javascript:x"?>' + xhtml),
        "archive.mht": ("multipart/related", mhtml),
        "program.js": ("text/javascript", RUN.encode()),
        "sheet.css": ("text/css", b"*{background:url(/pwned)}"),
        "feed.rss": ("application/rss+xml", xhtml),
        "gif.js": ("text/javascript", b"GIF89a=1;" + RUN.encode()),
        "manifest.json": ("application/json", b'{"start_url":"/pwned"}'),
    }
    return made


def test_nothing_that_was_uploaded_ever_runs(person: People, server: RunningServer) -> None:
    """Each opened by itself, and as a picture, a page in the page, a program, a style."""
    anna = person("#lobby", url=address(server))
    anna.until("hubbub.attaching.available()")
    anna.is_refused(422)
    links: list[str] = []
    refused = 0
    upload = """async ([name, type, content]) => {
      const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
      const answer = await fetch('/files', { method: 'POST', body: bytes, headers: {
        'Content-Type': type || 'application/octet-stream',
        'Content-Disposition': `attachment; filename="${name}"`,
        Authorization: await (await import('/js/filehost.js')).authorization(hubbub) } });
      return answer.headers.get('Location');
    }"""
    for name, (said, content) in polyglots().items():
        words = [name, said, base64.b64encode(content).decode()]
        link = anna.page.evaluate(upload, words)
        if link is None:
            refused += 1  # it said that it was a picture, and was none
        else:
            links.append(link)
    assert len(links) + refused >= 40
    asked: list[str] = []
    anna.context.on("request", lambda request: asked.append(request.url))
    visitor = anna.context.new_page()
    titles = []
    for link in links:
        with contextlib.suppress(Exception):  # a download is no page
            visitor.goto(link, wait_until="load")
        titles.append(visitor.title())
    for link in links:
        headers = anna.context.request.get(link).headers
        kind, disposition = headers["content-type"], headers["content-disposition"]
        sniffing, policy = headers["x-content-type-options"], headers["content-security-policy"]
        assert sniffing == "nosniff"
        assert re.match(r"sandbox(?: allow-same-origin)?; default-src 'none';", policy)
        assert disposition.startswith("attachment") or re.match(
            r"(image/(png|jpeg|gif|webp)|(audio|video)/\w+|text/plain; charset=utf-8)$", kind
        ), (link, kind)
    executions = sum("pwned" in url for url in asked) + titles.count("pwned")
    print(f"{len(links)} polyglots opened, {refused} refused as broken pictures: {executions} ran")
    assert executions == 0


def test_opened_alone_a_browser_shows_what_it_can(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    picks(anna, ("a.png", "image/png", png(30, 20)), ("b.wav", "audio/wav", wav(1)),
          ("c.txt", "text/plain", "Gr\u00fc\u00dfe".encode()))  # fmt: skip
    ready(anna, 3)
    links = anna.page.evaluate("hubbub.attaching.uploads.all.map(({ link }) => link).sort()")
    pages = {}
    for link in links:
        page = anna.context.new_page()
        page.goto(link)
        pages[link.rpartition("/")[2]] = page
    assert pages["a.png"].evaluate("document.images[0].naturalWidth") == 30
    sound = "document.querySelector('video, audio')"
    while not pages["b.wav"].evaluate(f"{sound}?.readyState"):
        pages["b.wav"].wait_for_timeout(20)
    assert pages["b.wav"].evaluate(f"{sound}.duration") == 1
    assert pages["c.txt"].inner_text("body").strip() == "Gr\u00fc\u00dfe"
    anna.page.evaluate("hubbub.attaching.uploads.all.length = 0")  # nobody asks whether to leave


def test_a_hostile_name_is_only_a_name(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    evil = "<img src=x onerror=document.title='pwned'>\u202egpj.exe"
    picks(anna, (evil, "text/plain", b"\0binary"))
    ready(anna)
    anna.page.keyboard.press("Enter")
    card = bert.page.locator(".file-card")
    card.wait_for()
    bert.page.locator(".file-card", has_text="7 byte").wait_for()
    assert "\u202e" not in card.inner_text()
    assert bert.page.locator(".file-card img").count() == 0
    assert bert.page.title() != "pwned"


def test_a_link_to_a_file_that_is_not_there_stays_a_link(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    anna.is_refused(404)
    anna.say(f"http://elsewhere.example/files/{'0' * 32}/20x20/x.png")
    anna.until("hubbub.files?.gone.size === 1")
    anna.page.locator(".message .text a", has_text="elsewhere.example").wait_for()
    anna.page.locator(".picture").wait_for(state="detached")


# -- what it looks like ----------------------------------------------------------------------------


def landscape(width: int, height: int, seed: float) -> bytes:
    """Hills in the evening."""
    picture = bytearray()
    for y in range(height):
        picture.append(0)
        sky = (240 - 90 * y // height, 150 + 60 * y // height, 110 + 120 * y // height)
        for x in range(width):
            hills = [
                0.55 + 0.12 * math.sin(x / width * 5 + seed) + 0.03 * math.sin(x / 13 + seed),
                0.72 + 0.08 * math.sin(x / width * 8 + 2 * seed),
            ]
            depth = sum(y > each * height for each in hills)
            picture += bytes(((sky), (70, 90, 110), (40, 60, 60))[depth])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        PNG_START + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(picture)) + chunk(b"IEND")
    )


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", (1280, 800)), ("dark", (360, 740))], ids=["desktop", "phone"]
)
def test_every_view_of_files_is_for_everybody(
    person: People, server: RunningServer, scheme: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """No violation of the rules of axe-core, nothing wider than the window. With SHOTS=folder the
    pictures are kept, to be looked at."""
    source, shots = axe(), Path(os.environ.get("SHOTS", tmp_path))
    name = "desktop" if size[0] > 1000 else "phone"
    viewport = {"width": size[0], "height": size[1]}
    anna = person(
        "#lobby", url=address(server), color_scheme=scheme, viewport=viewport, bypass_csp=True,
        reduced_motion="reduce",
    )  # fmt: skip
    anna.page.evaluate(source)
    violations: dict[str, Any] = {}

    def look(view: str) -> None:
        anna.page.mouse.move(0, 0)
        anna.page.evaluate(FRAMES)
        anna.page.screenshot(path=shots / f"files-{view}-{name}.png")
        assert anna.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        found = anna.page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        for rule in found:
            nodes = [f"{n['target']} {n['failureSummary']}" for n in rule["nodes"][:3]]
            violations[f"{view}: {rule['id']}"] = nodes

    anna.is_refused(422)  # the broken picture
    anna.say("/nick Anna")
    anna.page.locator(".self .nick", has_text="Anna").wait_for(state="attached")
    picks(anna, ("evening.png", "image/png", landscape(600, 400, 1)))
    ready(anna)
    anna.say("Our way on Saturday. Who comes along?")
    anna.page.locator(".picture img").wait_for()
    picks(anna, ("ridge.png", "image/png", landscape(300, 300, 2)),
          ("valley.png", "image/png", landscape(450, 300, 4)))  # fmt: skip
    picks(anna, ("song.wav", "audio/wav", wav(2)), ("Packing list.pdf", "", b"%PDF\0" * 40_000))
    ready(anna, 4)
    picks(anna, ("broken.png", "image/png", b"\x89PNG\r\n\x1a\nnonsense"))
    anna.page.locator(".upload.failed").wait_for()
    look("tray")
    anna.page.get_by_role("button", name="Remove broken.png").click()
    anna.say("and all the rest")
    anna.page.locator(".file-card", has_text="kB").wait_for()
    anna.until(LOADED)
    look("chat")
    anna.page.locator(".picture").first.click()
    anna.page.locator(".lightbox img").wait_for()
    anna.until("document.querySelector('.lightbox img').naturalWidth > 0")
    look("lightbox")
    anna.page.keyboard.press("ArrowRight")
    anna.page.locator(".dialog h2", has_text="ridge.png").wait_for()
    anna.page.keyboard.press("Escape")
    anna.page.locator(".lightbox").wait_for(state="detached")
    assert violations == {}
