#!/usr/bin/env python3
"""Take the pictures in docs/web/ of the real server in a real Chromium, with a lesson in it.

    python3 bench/pictures.py              all of them, half a minute
    python3 bench/pictures.py --into DIR   into another directory, to inspect them first

Mira's page on a desktop, light and dark; a newcomer's page and the list of conversations, on a
phone of 360 pixels; files; the administrator's page.
"""

from __future__ import annotations

import argparse
import io
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import READY, NoBrowser, Talker, chromium, until
from browser import opened as new_page
from ledger import SRC, Served

DOCS = Path(__file__).resolve().parents[1] / "docs" / "web"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
TOPIC = "Sockets, lesson 7: the slow reader. Notes on the wall."
CODE = """Good morning! Today one of us *stops reading*, and we watch what happens to the others.
```
while data := sock.recv(4096):
    time.sleep(1)      # the slow reader
```"""
SEES = (
    "(text) => [...document.querySelectorAll('.message')].some((m) => m.innerText.includes(text))"
)


class Guest(Talker):
    """Somebody with another client, who can answer and react."""

    def __init__(self, port: int, nick: str) -> None:
        super().__init__(port, nick, "#lobby")
        self.sends("CAP REQ :message-tags echo-message")
        self.until(b" ACK ")

    def says(self, *texts: str, tags: str = "") -> None:
        for text in texts:
            self.sends(f"{tags}PRIVMSG {self.channel} :{text}", "PING :stored")
            self.until(b"PONG")

    def reacts(self, msgid: str, emoji: str) -> None:
        tags = f"@+draft/reply={msgid};+draft/react={emoji}"
        self.sends(f"{tags} TAGMSG {self.channel}", "PING :stored")
        self.until(b"PONG")


def opened(browser: Any, port: int, place: str, size: dict[str, int], **options: Any) -> Any:
    """The page of a browser that was never there."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
    page = new_page(context)
    page.goto(f"http://127.0.0.1:{port}/{place}")
    until(page, READY)
    until(page, "hubbub.connection.status.rtt !== null")
    return page


def says(page: Any, text: str) -> None:
    page.locator("textarea").fill(text)
    page.keyboard.press("Enter")
    until(page, "!hubbub.queue.entries.length")


def msgid(page: Any, text: str) -> str:
    """Of the message that holds this text."""
    until(page, SEES, text)
    held = "(text) => hubbub.buffer.live.items.findLast((each) => each.text.includes(text)).id"
    return str(page.evaluate(held, text))


def lesson(page: Any, port: int) -> list[Guest]:
    """A conversation between Mira, whose page it is, and three others."""
    page.evaluate("hubbub.identity.ask('Mira')")
    until(page, "hubbub.state.me.nick === 'Mira'")
    jonas, aiko, omar = (Guest(port, nick) for nick in ("Jonas", "Aiko", "عمر"))
    page.evaluate("(topic) => hubbub.connection.send('TOPIC', '#lobby', topic)", TOPIC)
    says(page, CODE)
    jonas.says("I bet on the kernel buffers: about 4 MB until anybody notices")
    bet = msgid(page, "I bet on")
    aiko.says("On loopback it was 3.9 MB here. See https://hubbub.example/notes and `ss -tm`",
              tags=f"@+draft/reply={bet} ")  # fmt: skip
    jonas.reacts(bet, "👀")
    aiko.reacts(bet, "👍")
    omar.reacts(bet, "👍")
    jonas.reacts(msgid(page, "On loopback"), "🎉")
    omar.says("صباح الخير! وصلت للتو، ماذا فاتني؟")
    msgid(page, "صباح")
    says(page, "Welcome! Scroll up to the line, it is all there. @Jonas shows you the rest")
    jonas.says("On it 🚀")
    msgid(page, "On it")
    for channel in ("#break", "#lesson-7", "#lobby"):
        page.evaluate("(name) => hubbub.conversations.join(name)", channel)
        until(page, "(name) => hubbub.buffer.name === name && hubbub.buffer.joined", channel)
    aiko.sends("JOIN #break", "PRIVMSG #break :Mira, tea?", "PRIVMSG Mira :have you a minute?",
               "PING :stored")  # fmt: skip
    aiko.until(b"PONG")
    until(page, "hubbub.conversations.sorted().filter((each) => each.unread).length === 2")
    return [jonas, aiko, omar]


def landscape(size: tuple[int, int], shift: float) -> bytes:
    """Hills in the evening, as a PNG."""
    from PIL import Image, ImageDraw

    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        part = y / height
        draw.line(
            (0, y, width, y), (int(240 - 100 * part), int(150 + 50 * part), int(110 + 120 * part))
        )
    for base, swing, pace, colour in (
        (0.55, 0.12, 9, (70, 90, 110)),
        (0.72, 0.08, 4, (40, 60, 60)),
    ):
        line = [
            (
                x,
                height
                * (base + swing * math.sin(shift + pace * x / width) * math.sin(x / width * 3)),
            )
            for x in range(width)
        ]
        draw.polygon([(0, height), *line, (width, height)], colour)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def with_files(page: Any) -> None:
    """A channel with pictures, a sound and a document."""
    page.evaluate("hubbub.conversations.join('#outing')")
    until(page, "hubbub.buffer.name === '#outing' && hubbub.buffer.loaded")
    sound = b"RIFF" + (36 + 16000).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
    sound += (8000).to_bytes(4, "little") * 2 + b"\x01\0\x08\0data" + (16000).to_bytes(4, "little")
    for text, files in (
        ("The view from the top", [("hills.png", "image/png", landscape((840, 560), 1))]),
        ("and all the rest", [
            ("left.png", "image/png", landscape((400, 400), 2)),
            ("right.png", "image/png", landscape((480, 400), 4)),
            ("song.wav", "audio/wav", sound + b"\x80" * 16000),
            ("Packing list.pdf", "application/pdf", b"%PDF-1.4\n\xff" + b"0" * 200_000)]),
    ):  # fmt: skip
        given = [{"name": n, "mimeType": kind, "buffer": data} for n, kind, data in files]
        page.locator("#file-input").set_input_files(given)
        until(
            page,
            "(n) => hubbub.attaching.uploads?.all.filter((u) => u.state === 'ready').length === n",
            len(files),
        )
        says(page, text)
    until(page, "[...document.querySelectorAll('.pictures img')].every((i) => i.complete)")
    until(page, "document.querySelector('.file-card small')?.textContent.includes('kB')")


def administered(page: Any, data: Path, somebody: Guest, samples: int) -> None:
    """Mira's account runs the server, and its page has figures to show."""
    page.evaluate(
        "import('/js/accounts.js')"
        ".then(({ register }) => register(hubbub, '*', '', 'correct-horse-battery', true))"
    )
    until(page, "hubbub.state.me.account")
    words = [sys.executable, "-m", "hubbub", "admin", "promote", "Mira", "--data-dir", str(data)]
    subprocess.run(words, env={"PYTHONPATH": str(SRC)}, check=True, capture_output=True)
    until(page, "hubbub.state.me.operator")
    page.evaluate("hubbub.ui.open('admin')")
    while page.evaluate("(hubbub.ui.dialog.samples || []).length") < samples:
        somebody.says("and on it goes")
        page.wait_for_timeout(300)
    page.evaluate("document.activeElement.blur()")


def take(browser: Any, into: Path, samples: int = 8) -> None:
    """`samples`: how many points the administrator's plots have, one each two seconds."""

    def shot(page: Any, name: str) -> None:
        page.mouse.move(0, 0)
        page.evaluate("hubbub.ui.toasts = [], hubbub.invalidate()")
        page.wait_for_timeout(300)
        _save(page.screenshot(animations="disabled", caret="hide"), into / f"{name}.png")

    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        data.mkdir()
        served = Served(data, files__free_space=0, accounts__hash_memory=1024)
        try:
            port = served.port
            mira = opened(browser, port, "#lobby", DESKTOP)
            people = lesson(mira, port)
            mira.evaluate("hubbub.ui.togglePanel('members')")
            while not mira.evaluate("hubbub.buffer.typing.size"):  # it goes by itself
                people[1].sends("@+typing=active TAGMSG #lobby")
                mira.wait_for_timeout(200)
            shot(mira, "desktop-light")
            mira.evaluate("hubbub.settings.set('theme', 'dark')")
            shot(mira, "desktop-dark")
            mira.evaluate(
                "hubbub.settings.set('theme', 'system'), hubbub.ui.togglePanel('members')"
            )
            guest = opened(browser, port, "#lobby", PHONE, has_touch=True, is_mobile=True)
            shot(guest, "phone-light")
            mira.set_viewport_size(PHONE)
            mira.evaluate(
                "hubbub.settings.set('theme', 'dark'), hubbub.ui.drawer = true, hubbub.invalidate()"
            )
            shot(mira, "phone-dark")
            mira.evaluate("hubbub.settings.set('theme', 'system'), hubbub.ui.drawer = false")
            with_files(mira)
            shot(mira, "files-phone")
            mira.set_viewport_size(DESKTOP)
            shot(mira, "files-desktop")
            mira.evaluate("hubbub.conversations.show('#lobby')")
            administered(mira, data, people[0], samples)
            shot(mira, "administration")
            mira.set_viewport_size(PHONE)
            mira.evaluate("hubbub.settings.set('theme', 'dark')")
            mira.locator(".admin-tabs button", has_text="People").click()
            until(mira, "document.querySelector('.admin-table')")
            shot(mira, "administration-phone")
        finally:
            served.end()


def _save(png: bytes, path: Path) -> None:
    """With 256 colours, which is enough for a page and a third of the bytes."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path} ({path.stat().st_size:,} bytes)")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=DOCS, metavar="DIR")
    into = parser.parse_args(words).into
    into.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser:
            take(browser, into)
    except NoBrowser as why:
        print(f"pictures.py: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
