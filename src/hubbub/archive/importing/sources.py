"""The common result of all import formats, and the files that they read.

A reader is a generator of `ImportedMessage`; it does not choose positions in the log. It counts
skipped messages in `Options.skipped` by reason, and reports the location of damage in a file.
"""

from __future__ import annotations

import contextlib
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, NamedTuple

from ...events.kinds import MessageSent
from ...protocol.names import fold, is_channel, is_visible, valid_nick
from .packed import Container, TooLarge, container, unpacked


class NotReadable(Exception):
    """The files cannot be imported; the text says why."""


@contextlib.contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn errors in the block into NotReadable with the location: `a.json, line 7`."""
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
    time: int  # ms since 1970
    by: str = ""  # identity that survives a change of nick; "" is the nick


@dataclass(frozen=True, eq=False, slots=True)
class Moment:
    """The lines of a file in one conversation that have the same time, at the clock's resolution.

    Lines of a log have no ids, and equal lines may be distinct. Those of a moment are told apart by
    their order (overlap.py). The first and last moment of a file may be incomplete, because logs
    are cut anywhere.
    """

    key: str
    first: bool
    last: bool


class Origin(NamedTuple):
    """What a conversation is where it comes from; messages with different origins never go into one
    conversation (places.py).

    `id` is the same in each export, even if the conversation was renamed. `labels` tell it apart
    from others of its name: the team, the network. `closed`: not everybody could read it. `lines`
    reads it again, as pairs of the moment's key and the message's, if `id` is only a guess.
    """

    id: str
    labels: tuple[str, ...] = ()
    closed: bool = False
    lines: Callable[[], Iterable[tuple[str, str]]] | None = None


class Own(NamedTuple):
    """A message that the log had once; without the event it was deleted since."""

    position: int
    event: MessageSent | None


class Topic(NamedTuple):
    """The topic of a channel, who set it, and when (ms since 1970; 0: nobody knows)."""

    text: str
    by: str = ""
    time: int = 0


class ImportedMessage(NamedTuple):
    """One message. `key` is unique and the same each time the export is read; for a line of a
    moment it is the text of the line.

    `place` is a channel, or the two people of a private conversation. `reply_to` is the key of the
    message that it replies to. `gone`: the message was deleted where it comes from, and `text`
    stands in its place. `own`: what the log that it goes into had once, before it was restored.
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
    origin: Origin | None = None
    gone: bool = False
    own: Own | None = None
    taken_back: tuple[Reaction, ...] = ()  # reactions that are no more, and since when


class Nicks:
    """Makes nicks unique: a second person of a name gets the next of their names, or a number.

    `known` has the nick of each person by identity and names, also of earlier imports; `apart` the
    nicks of people whose first name was taken, and that name.
    """

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.apart: dict[str, str] = {}
        self._taken: dict[str, str] = {}  # folded nick -> identity of its holder

    def remember(self, known: Mapping[str, str]) -> None:
        """Take over the nicks of earlier imports."""
        self.known.update(known)
        self._taken.update((fold(nick), who.partition("\0")[0]) for who, nick in known.items())

    def of(self, id: str, *names: str) -> str:
        who = "\0".join((id, *names))  # a webhook has one id and many names
        if who not in self.known:
            wanted = [nick_from(name) for name in names]
            choice = chain(wanted, (_numbered(wanted[0], n) for n in count(2)))
            nick = next(nick for nick in choice if self._taken.setdefault(fold(nick), id) == id)
            self.known[who] = nick
            if fold(nick) != fold(wanted[0]):
                self.apart[nick] = names[0]
        return self.known[who]


def _numbered(nick: str, number: int, longest: int = 32) -> str:
    end = f"_{number}"
    return nick.encode()[: longest - len(end)].decode(errors="ignore") + end


@dataclass
class Options:
    """Options of the import. `zone` applies to times written without one; None is this
    machine's."""

    zone: tzinfo | None = None
    channel: str | None = None  # of logs whose name does not tell; of exports: only this one
    me: str | None = None  # owner of the logs, for private conversations
    private: bool = False  # also import what was not public
    strict: bool = False  # refuse everything because of one record that cannot be read
    called: str | None = None  # the channel to import into, whatever it is called there
    own: str = ""  # id of the log that is imported into
    topics: dict[str, Topic] = field(default_factory=dict)  # by Origin.id, or by name without one
    #: Where people have read to, by account and conversation, in an export of the very log.
    markers: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    open_names: set[str] = field(default_factory=set)  # folded, of channels that anybody could read
    nicks: Nicks = field(default_factory=Nicks)
    origins: frozenset[str] = frozenset()  # Origin.id of earlier imports
    is_known: Callable[[str], bool] = lambda key: False  # was the message of this key imported?
    skipped: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)  # what could not be read, and why

    @contextlib.contextmanager
    def one(self, where: str) -> Iterator[None]:
        """Read one record or file: it is left out if it cannot be read. With `strict` raises
        NotReadable."""
        try:
            with reading(where):
                yield
        except NotReadable as error:
            self.leave_out(error)

    def takes(self, *names: str) -> bool:
        """Does --channel choose a channel that is called so, there or here?"""
        wanted = self.channel and fold(channel_from(self.channel))
        return not wanted or wanted in {fold(channel_from(name)) for name in names}

    def leave_out(self, error: NotReadable) -> None:
        if self.strict:
            raise error
        self.damaged.append(str(error))


#: Suffixes of compressed files, which are not part of the name here.
_PACKED_NAME = re.compile(r"(?<=.)\.(?:gz|bz2|xz|zst|zstd)$", re.IGNORECASE)
#: Bytes of a JSON file or of a line, which are read at once.
MOST_AT_ONCE = 1 << 29


class SourceFiles:
    """A file, a directory, a zip or a tar: names and contents, uncompressed. `done` of `size` bytes
    have been read. Raises NotReadable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done = 0
        self._container = _container(path)
        sizes = self._container.sizes
        self.names = sorted(name for name in sizes if _theirs(name))
        self.size = sum(sizes[name] for name in self.names)
        self._stored: dict[str, str] = {}  # name without the suffix of the compression -> stored
        for name in self.names:
            plain = _PACKED_NAME.sub("", name)
            self._stored[name if plain in self.names or plain in self._stored else plain] = name
        self.names = sorted(self._stored)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The contents of a file. Raises NotReadable for damage in a compressed one."""
        stored = self._stored[name]
        try:
            with (
                self._container.open(stored) as file,
                unpacked(file, self._container.sizes[stored]) as content,
            ):
                yield content
        except RecursionError:  # by what is done with the contents
            raise
        except _DAMAGE as error:
            where = f"{self.path}: {name} in it" if self._in_archive else name
            raise NotReadable(f"{where} cannot be read: {error}") from error
        except OSError as error:
            if error.errno is not None:  # of the disk, not of what is compressed
                raise
            raise NotReadable(f"{name} cannot be read: {error}") from error

    @property
    def _in_archive(self) -> bool:
        return self.path.is_file() and self.path.name not in self._container.sizes

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a file in UTF-8; lines in other encodings are read as Windows-1252."""
        with self.open(name) as file:
            while line := file.readline(MOST_AT_ONCE):
                if len(line) == MOST_AT_ONCE:
                    raise NotReadable(f"{name}: a line has more than {MOST_AT_ONCE:,} bytes")
                self.done += len(line)
                yield decoded(line.rstrip(b"\r\n"))

    def json(self, name: str) -> Any:
        """The contents of a JSON file. Raises NotReadable."""
        with self.open(name) as file:
            content = file.read(MOST_AT_ONCE)
        if len(content) == MOST_AT_ONCE:
            raise NotReadable(f"{name} has more than {MOST_AT_ONCE:,} bytes")
        self.done += len(content)
        with reading(name):
            try:
                return json.loads(content)
            except json.JSONDecodeError as error:
                raise NotReadable(f"{name}, line {error.lineno}: {error.msg}") from error

    def records(self, name: str, options: Options) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a JSON Lines file that can be read, with their numbers."""
        with options.one(name):
            for number, line in enumerate(self.lines(name), 1):
                record = None
                with options.one(f"{name}, line {number}"):
                    record = json.loads(line) if line.strip() else None
                    if record is not None and not isinstance(record, dict):
                        raise ValueError("this is no record")
                if record is not None:
                    yield number, record

    def head(self, name: str, size: int = 4096) -> bytes:
        """The beginning of a file; empty if it cannot be read."""
        with contextlib.suppress(NotReadable), self.open(name) as file:
            return file.read(size)
        return b""

    def close(self) -> None:
        self._container.close()


#: What the modules of the compressions and archives raise.
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError,
    NotImplementedError, TooLarge,
)  # fmt: skip


def _container(path: Path) -> Container:
    """Open what is at `path`. Raises NotReadable."""
    try:
        found = container(path)
    except ValueError as error:
        raise NotReadable(f"{path} {error}") from error
    except _DAMAGE as error:
        raise NotReadable(f"{path} cannot be read: {error}") from error
    if found is None:
        raise NotReadable(f"there is no {path}")
    return found


def _theirs(name: str) -> bool:
    """Is it a real file, not one that macOS adds beside others?"""
    return not any(part.startswith(("._", "__MACOSX")) for part in name.split("/"))


#: Reasons to skip messages that no person wrote.
SYSTEM = "messages of the system: joins, topics and the like"


def decoded(line: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode("latin-1")


def ms(time: datetime, zone: tzinfo | None) -> int:
    """A time in ms since 1970; times without a zone are in `zone`."""
    if time.tzinfo is None and zone is not None:
        time = time.replace(tzinfo=zone)
    return round(time.timestamp() * 1000)


_BAD_IN_NICK = frozenset(" ,*?!@.:#&+%~$'\"<>()[]\\/|=;\t\n\r")


def nick_from(name: str, longest: int = 32) -> str:
    """Turn a name into a valid nick, with _ in place of invalid characters."""
    if valid_nick(name, longest):
        return name
    nick = "".join("_" if c in _BAD_IN_NICK or not is_visible(c) else c for c in name.strip())
    nick = nick.strip("_") or "somebody"
    if nick[0] in "-0123456789":
        nick = f"_{nick}"
    nick = nick.encode()[:longest].decode(errors="ignore")
    return nick if valid_nick(nick, longest) else "somebody"


def channel_from(name: str) -> str:
    """Turn a name into a valid channel name."""
    plain = "".join("-" if c in " ,:*?\x07\t" or not is_visible(c) else c for c in name.strip())
    plain = plain if plain.strip("#") else "imported"
    return plain if is_channel(plain) else f"#{plain}"


class Repeats:
    """Distinguishes messages with equal properties by their order, which is the same in each
    export."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._count: Counter[int] = Counter()  # number of repetitions so far

    def key(self, *facts: object) -> str:
        known = hash(facts)
        if known not in self._seen:
            self._seen.add(known)
        else:
            self._count[known] += 1
            facts = (*facts, self._count[known] + 1)
        return "\n".join(map(str, facts))
