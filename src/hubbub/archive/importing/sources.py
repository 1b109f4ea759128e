"""What every format is read into, and the files it is read from.

A reader is a generator over `ImportedMessage`; it decides nothing about places in the log. It
counts what it leaves out in `Options.skipped`, with a word why, and refuses a damaged file, saying
where it is damaged.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any, NamedTuple

from ...protocol.names import fold, is_channel, is_visible, valid_nick


class NotReadable(Exception):
    """The files cannot be imported; the text says why."""


@contextlib.contextmanager
def reading(where: str) -> Iterator[None]:
    """What is not as it should be inside is NotReadable, with its place: `a.json, line 7`."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise NotReadable(f"{where}: {error.msg}, column {error.colno}") from error
    except KeyError as error:
        raise NotReadable(f"{where}: there is no {error}") from error
    except RecursionError as error:
        raise NotReadable(f"{where}: brackets within brackets without end") from error
    except (ValueError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise NotReadable(f"{where}: {error}") from error


class Reaction(NamedTuple):
    nick: str
    reaction: str
    time: int  # ms
    by: str = ""  # what stays when they call themselves something else; "" is the nick


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """The lines of a file that were said in one conversation at one time, as far as its clock
    tells.

    A log has no names for its lines, and equal ones are not one. Those of a moment are told apart
    by their order (moments.py). The first and the last moment of a file may not be the whole of it:
    logs are cut anywhere.
    """

    key: str
    first: bool
    last: bool


class ImportedMessage(NamedTuple):
    """One message. `key` is the same whenever the same export is read, and nobody else's; of a line
    of a moment it is what the line says.

    `place` is a channel, or the two people of a private conversation. `reply_to` is the key of the
    message it answers.
    """

    key: str
    time: int  # ms since 1970
    place: str | tuple[str, str]
    nick: str
    text: str
    action: bool = False
    notice: bool = False
    reply_to: str | None = None
    edited: int = 0
    reactions: tuple[Reaction, ...] = ()
    moment: Moment | None = None


class Nicks:
    """Two people who are called the same are two: the second one goes by the next of the names."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}
        self._taken: dict[str, str] = {}  # folded nick -> who has it

    def of(self, id: str, *names: str) -> str:
        who = (id, *names)  # what is said by a webhook has one id and many names
        if who not in self._known:
            nicks = [nick_from(name) for name in names]
            free = (nick for nick in nicks if self._taken.setdefault(fold(nick), id) == id)
            self._known[who] = next(free, nicks[0])
        return self._known[who]


@dataclass
class Options:
    """What the person who imports has to say. `zone`: of times that are written without one; None
    is that of this machine."""

    zone: tzinfo | None = None
    channel: str | None = None  # for logs whose name does not tell
    me: str | None = None  # whose logs these are, for private conversations
    private: bool = False  # also what not everybody could read
    own: str = ""  # the name of the log that it goes into
    nicks: Nicks = field(default_factory=Nicks)
    skipped: Counter[str] = field(default_factory=Counter)


class SourceFiles:
    """A file, a directory or a zip archive: names and what is in them. `done` of `size` bytes have
    been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done = 0
        self._zip = zipfile.ZipFile(path) if path.is_file() and zipfile.is_zipfile(path) else None
        if self._zip is not None:
            self.names = sorted(
                name for name in self._zip.namelist() if not name.endswith("/") and _theirs(name)
            )
            self.size = sum(self._zip.getinfo(name).file_size for name in self.names)
        elif path.is_dir():
            self.names = sorted(
                name
                for each in path.rglob("*")
                if each.is_file() and _theirs(name := each.relative_to(path).as_posix())
            )
            self.size = sum((path / name).stat().st_size for name in self.names)
        elif path.suffix == ".zip" and path.is_file():
            raise NotReadable(f"{path} is no zip, or not the whole of one")
        elif path.is_file():
            self.names = [path.name]
            self.size = path.stat().st_size
        else:
            raise NotReadable(f"there is no {path}")

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        if self._zip is not None:
            try:
                with self._zip.open(name) as file:
                    yield file
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
                raise NotReadable(f"{self.path}: {name} in it cannot be read: {error}") from error
        else:
            with (self.path / name if self.path.is_dir() else self.path).open("rb") as file:
                yield file

    def lines(self, name: str) -> Iterator[str]:
        """UTF-8; what is not, is taken as Windows-1252, as old logs are."""
        with self.open(name) as file:
            for line in file:
                self.done += len(line)
                yield decoded(line.rstrip(b"\r\n"))

    def json(self, name: str) -> Any:
        """What is in a file of JSON. Raises NotReadable."""
        with self.open(name) as file:
            content = file.read()
        self.done += len(content)
        with reading(name):
            try:
                return json.loads(content)
            except json.JSONDecodeError as error:
                raise NotReadable(f"{name}, line {error.lineno}: {error.msg}") from error

    def records(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a file of JSON Lines, with their numbers. Raises NotReadable."""
        for number, line in enumerate(self.lines(name), 1):
            if line.strip():
                with reading(f"{name}, line {number}"):
                    record = json.loads(line)
                    if not isinstance(record, dict):
                        raise ValueError("this is no record")
                yield number, record

    def head(self, name: str, size: int = 4096) -> bytes:
        with self.open(name) as file:
            return file.read(size)

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()


def _theirs(name: str) -> bool:
    """Not one of the files that macOS puts beside others."""
    return not any(part.startswith(("._", "__MACOSX")) for part in name.split("/"))


#: Why messages that no person wrote are left out.
SYSTEM = "messages of the system: joins, topics and the like"


def decoded(line: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode("latin-1")


def ms(time: datetime, zone: tzinfo | None) -> int:
    """A time as milliseconds since 1970; one without a zone is in `zone`."""
    if time.tzinfo is None and zone is not None:
        time = time.replace(tzinfo=zone)
    return round(time.timestamp() * 1000)


_BAD_IN_NICK = frozenset(" ,*?!@.:#&+%~$'\"<>()[]\\/|=;\t\n\r")


def nick_from(name: str, longest: int = 32) -> str:
    """A name as a nick: itself, or with _ for what no nick may have."""
    if valid_nick(name, longest):
        return name
    nick = "".join("_" if c in _BAD_IN_NICK or not is_visible(c) else c for c in name.strip())
    nick = nick.strip("_") or "somebody"
    if nick[0] in "-0123456789":
        nick = f"_{nick}"
    nick = nick.encode()[:longest].decode(errors="ignore")
    return nick if valid_nick(nick, longest) else "somebody"


def channel_from(name: str) -> str:
    """A name as that of a channel."""
    plain = "".join("-" if c in " ,:*?\x07\t" or not is_visible(c) else c for c in name.strip())
    plain = plain if plain.strip("#") else "imported"
    return plain if is_channel(plain) else f"#{plain}"


class Repeats:
    """Tells messages apart that are known by the same facts: by their order, which is that of the
    export and the same at the next one."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._count: Counter[int] = Counter()  # of those that came again

    def key(self, *facts: object) -> str:
        known = hash(facts)
        if known not in self._seen:
            self._seen.add(known)
        else:
            self._count[known] += 1
            facts = (*facts, self._count[known] + 1)
        return "\n".join(map(str, facts))
