"""Pictures are re-encoded by a process with limited memory and time."""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest

from hubbub.files.pictures import WORKER, Pictures
from hubbub.handlers.refusals import Refused

Image = pytest.importorskip("PIL.Image")
PIXELS = 2_000_000


def remade(tmp_path: Path, content: bytes) -> tuple[Any, Any, Path]:
    """What is said of it, the picture as it is now, the path of its thumbnail."""
    path, small = tmp_path / "picture", tmp_path / "small"
    path.write_bytes(content)
    said = Pictures().remake(path, small, PIXELS)
    assert {each.name for each in tmp_path.iterdir()} <= {"picture", "small"}
    return said, Image.open(path), small


def encoded(picture: Any, format: str, **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, format, **options)
    return target.getvalue()


def test_where_and_with_what_it_was_taken_is_gone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[0x0112] = 6  # held upright: to be turned
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    photo = Image.new("RGB", (400, 300), "navy")
    photo.paste("yellow", (0, 0, 400, 10))
    content = encoded(photo, "JPEG", exif=exif, comment=b"hidden words", xmp=b"<x:xmpmeta/>")
    assert b"Secret Camera" in content
    said, picture, _ = remade(tmp_path, content)
    assert (said.type, said.width, said.height) == ("image/jpeg", 300, 400)
    assert picture.size == (300, 400)
    assert picture.getpixel((295, 200))[0] > 150  # the yellow edge is on the right now
    assert not picture.getexif()
    bytes = (tmp_path / "picture").read_bytes()
    for trace in (b"Secret", b"hidden", b"xmpmeta", b"Exif"):
        assert trace not in bytes


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_what_is_written_into_other_pictures_is_gone(tmp_path: Path, format: str) -> None:
    options: dict[str, Any] = {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0Secret"}
    if format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Comment", "Secret")
    if format == "GIF":
        options = {"comment": b"Secret"}
    content = encoded(Image.new("RGB", (30, 20), "red"), format, **options)
    assert b"Secret" in content
    said, picture, _ = remade(tmp_path, content)
    assert said.type == f"image/{format.lower()}"
    assert b"Secret" not in (tmp_path / "picture").read_bytes()
    assert picture.convert("RGB").getpixel((5, 5))[0] > 240


def test_what_hangs_behind_a_picture_is_gone(tmp_path: Path) -> None:
    """A file can be a picture and a page, or a picture and an archive."""
    content = encoded(Image.new("P", (10, 10)), "GIF") + b"<script>alert(1)</script>PK\x03\x04"
    remade(tmp_path, content)
    assert b"script" not in (tmp_path / "picture").read_bytes()


def test_a_large_one_has_a_small_one_beside_it(tmp_path: Path) -> None:
    _, _, small = remade(tmp_path, encoded(Image.effect_noise((1600, 1200), 50), "JPEG"))
    thumbnail = Image.open(small)
    assert thumbnail.format == "WEBP"
    assert thumbnail.size == (800, 600)


def test_a_small_one_has_none(tmp_path: Path) -> None:
    _, _, small = remade(tmp_path, encoded(Image.new("RGB", (640, 480)), "PNG"))
    assert not small.exists()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_goes_on_moving(tmp_path: Path, format: str) -> None:
    frames = [Image.new("RGB", (40, 30), (each * 20, 0, 99)) for each in range(8)]
    content = encoded(
        frames[0], format, save_all=True, append_images=frames[1:], duration=70, loop=0
    )
    said, picture, small = remade(tmp_path, content)
    assert said.type == f"image/{format.lower()}"
    assert picture.n_frames == 8
    picture.load()
    assert picture.info["duration"] == 70
    assert Image.open(small).n_frames == 1  # for those who want nothing to move


@pytest.mark.parametrize(("format", "becomes"), [("BMP", "png"), ("TIFF", "png")])
def test_what_browsers_do_not_show_becomes_what_they_do(
    tmp_path: Path, format: str, becomes: str
) -> None:
    said, _, _ = remade(tmp_path, encoded(Image.new("RGB", (10, 10)), format))
    assert said.type == f"image/{becomes}"


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * (width * 3 + 1) * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def endless_gif(frames: int) -> bytes:
    one = encoded(Image.new("P", (8, 8)), "GIF")
    image = one[one.index(b"\x2c") : -1]
    pace = b"\x21\xf9\x04\x00\x01\x00\x00\x00"
    return one[: one.index(b"\x2c")] + (pace + image) * frames + b";"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bomb(50_000, 50_000), "too large: 50000 x 50000"),
        (endless_gif(100_000), "too long: more than 600 frames"),
        (b"\x89PNG\r\n\x1a\nnonsense", "cannot be read"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 1000, "cannot be read"),
        (encoded(Image.new("RGB", (300, 300)), "JPEG")[:500], "cannot be read"),
    ],
    ids=["bomb", "endless", "nonsense", "zeros", "cut"],
)
def test_a_picture_that_hurts_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    """And takes nothing from the server: what it takes, a process of its own takes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "picture"
    path.write_bytes(content)
    with pytest.raises(Refused, match=why):
        Pictures().remake(path, tmp_path / "small", PIXELS)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024  # KiB on Linux, and less than that elsewhere


#: A small process starts the worker: what its parent takes counts as the worker's until it runs.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def worker_of(tmp_path: Path, content: bytes, pixels: int) -> int:
    """The most memory that the worker takes for this picture, in MiB."""
    path = tmp_path / "picture"
    path.write_bytes(content)
    pillow = Path(Image.__file__).parent.parent
    words = [pillow, path, tmp_path / "new", tmp_path / "small", pixels, pixels]
    command = [sys.executable, "-I", str(WORKER), *map(str, words)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True
    )
    assert (tmp_path / "new").exists()
    return int(done.stdout.split()[-1]) // 1024


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units")
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_is_in_memory_once(tmp_path: Path, mode: str) -> None:
    """A file of 100 KB of 24 million pixels: 92 MiB, and what the program and PNG take."""
    content = encoded(Image.new(mode, (6000, 4000)), "PNG")
    assert len(content) < 200_000
    assert worker_of(tmp_path, content, 24_000_000) < 240


def test_a_large_one_is_left_for_those_who_take_their_time(tmp_path: Path) -> None:
    path, small = tmp_path / "picture", tmp_path / "small"
    for content in (
        encoded(Image.new("RGB", (200, 100)), "PNG"),
        endless_gif(5),
    ):
        path.write_bytes(content)
        assert Pictures().remake(path, small, PIXELS, 10_000) is None
        assert path.read_bytes() == content
        assert Pictures().remake(path, small, PIXELS) is not None


def test_one_that_never_ends_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.new("RGB", (10, 10)), "PNG"))
    with pytest.raises(Refused, match="too much time"):
        Pictures(seconds=0.01).remake(path, tmp_path / "small", PIXELS)


def test_a_decoder_that_dies_takes_nobody_along(tmp_path: Path) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import os, signal; os.kill(os.getpid(), signal.SIGABRT)")
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.new("RGB", (10, 10)), "PNG"))
    with pytest.raises(Refused):
        Pictures(worker=worker).remake(path, tmp_path / "small", PIXELS)


def test_a_server_that_stops_waits_for_no_picture(tmp_path: Path) -> None:
    worker, path, begun = tmp_path / "worker.py", tmp_path / "picture", tmp_path / "begun"
    os.mkfifo(begun)  # opens for its reader when the worker opens it
    worker.write_text(f"import time; open({str(begun)!r}, 'w'); time.sleep(600)")
    path.write_bytes(encoded(Image.new("RGB", (10, 10)), "PNG"))
    pictures = Pictures(worker=worker)

    def stop() -> None:
        begun.open().close()
        pictures.stop()

    stopper = threading.Thread(target=stop, daemon=True)
    stopper.start()
    with pytest.raises(Refused):
        pictures.remake(path, tmp_path / "small", PIXELS)
    stopper.join()
    with pytest.raises(Refused, match="stopping"):
        pictures.remake(path, tmp_path / "small", PIXELS)
