"""Open a file, a directory, a zip or a tar, and read the files in it without writing any of them.

Names in archives are names only: no path is made of them, and links and devices in a tar are left
out. What is compressed may unpack to `most_of` its size, so that a bomb is refused before it fills
the disk or the memory. A compressed tar can be read from its beginning only, so it is unpacked
into a temporary file without a name first.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib
import io
import lzma
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol

#: How compressed files begin.
_COMPRESSED = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}
_TAR = (".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz",
        ".tar.zst")  # fmt: skip
#: Bytes that a compressed byte may unpack to (text has about 20), and what is never too much.
_RATIO, SMALL = 250, 64 << 20


class TooLarge(Exception):
    """Something unpacks to more than its size makes believable."""


class Container(Protocol):
    """`sizes`: the names of the files in it, and how many bytes they have as they are stored."""

    sizes: dict[str, int]

    def open(self, name: str) -> IO[bytes]: ...

    def close(self) -> None: ...


def most_of(size: int) -> int:
    """The most that `size` bytes may unpack to."""
    return SMALL + _RATIO * size


def container(path: Path) -> Container | None:
    """What is at `path`; None for nothing. Raises ValueError for half an archive, TooLarge, OSError
    and what `unpacked` raises."""
    if path.is_dir():
        return _Folder(path)
    if not path.is_file():
        return None
    if zipfile.is_zipfile(path):
        return _Zip(path)
    if path.suffix == ".zip":
        raise ValueError("is no zip, or not the whole of one")
    if _is_tar(path):
        return _Tar(path)
    if path.name.lower().endswith(_TAR):
        raise ValueError("is no tar, or not the whole of one")
    return _Alone(path)


def unpacked(file: IO[bytes], size: int) -> contextlib.AbstractContextManager[IO[bytes]]:
    """What a file of `size` bytes contains, uncompressed. Raises RuntimeError; reading it raises
    TooLarge, and what the module of the compression raises."""
    head = file.read(6)
    file.seek(0)
    kind = next((kind for begin, kind in _COMPRESSED.items() if head.startswith(begin)), None)
    if kind is None:
        return contextlib.nullcontext(file)
    return io.BufferedReader(_Bounded(_OPENERS[kind](file), most_of(size)), 1 << 16)


def _zstd(file: IO[bytes]) -> IO[bytes]:
    try:
        zstd = importlib.import_module("compression.zstd")
    except ImportError:
        raise RuntimeError("this version of Python has no zstd (3.14 has)") from None
    return zstd.open(file)  # type: ignore[no-any-return]


_OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    "gz": gzip.open, "bz2": bz2.open, "xz": lzma.open, "zst": _zstd,
}  # fmt: skip


class _Bounded(io.RawIOBase):
    """The contents of a file, of which there may be `most` bytes."""

    def __init__(self, file: Any, most: int) -> None:
        self._file = file
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._file.read1(len(buffer))  # so that a cut file gives what is in it
        self._left -= len(found)
        if self._left < 0:
            raise TooLarge(f"it unpacks to more than {_RATIO} times its size")
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Alone:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes = {path.name: path.stat().st_size}

    def open(self, name: str) -> IO[bytes]:
        return self._path.open("rb")

    def close(self) -> None:
        pass


class _Folder:
    """A directory with all directories in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes = {
            each.relative_to(path).as_posix(): each.stat().st_size
            for each in path.rglob("*")
            if each.is_file()
        }

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")

    def close(self) -> None:
        pass


class _Zip:
    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self.sizes = {
            each.filename: each.file_size for each in self._zip.infolist() if not each.is_dir()
        }
        # zipfile reads no more of a file than this says.
        if sum(self.sizes.values()) > most_of(path.stat().st_size):
            self._zip.close()
            raise TooLarge(f"it unpacks to more than {_RATIO} times its size")

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def close(self) -> None:
        self._zip.close()


class _Tar:
    def __init__(self, path: Path) -> None:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(tempfile.TemporaryFile())
            with path.open("rb") as stored, unpacked(stored, path.stat().st_size) as contents:
                shutil.copyfileobj(contents, file)
            file.seek(0)
            self._tar = opened.enter_context(tarfile.open(fileobj=file, mode="r:"))
            self._members = {each.name: each for each in _regular(self._tar)}  # the last is valid
            self.close = opened.pop_all().close
        self.sizes = {name: member.size for name, member in self._members.items()}

    def open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(self._members[name])
        assert found is not None  # it is a regular file
        return found


def _regular(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The regular files of a tar. Raises tarfile.TarError."""
    end = -1
    while (member := tar.next()) is not None:
        if member.offset <= end or member.size < 0:  # tarfile would go round for ever
            raise tarfile.ReadError("an entry leads back")
        end = member.offset
        if member.isreg():
            yield member


def _is_tar(path: Path) -> bool:
    """Does it begin, uncompressed, with the header of a tar? A header has a checksum."""
    with contextlib.suppress(Exception):  # damage is named when the file is read
        with path.open("rb") as stored, unpacked(stored, path.stat().st_size) as contents:
            head = contents.read(tarfile.BLOCKSIZE)
        tarfile.TarInfo.frombuf(head, "utf-8", "replace")
        return True
    return False
