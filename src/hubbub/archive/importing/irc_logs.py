"""Read logs of irssi, WeeChat and ZNC: text files, one per conversation (ZNC: and per day).

The file's name tells the conversation: `#tea.log` (irssi), `irc.libera.#tea.weechatlog` (WeeChat),
`#tea/2024-01-31.log` or `user_net_#tea_20240131.log` (ZNC).
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from ...protocol.names import fold, is_channel
from .days import clock_on, day_in, time_in
from .sources import (
    ImportedMessage,
    Moment,
    NotReadable,
    Options,
    Origin,
    SourceFiles,
    Topic,
    channel_from,
    ms,
    nick_from,
)


class LogLine(NamedTuple):
    """A parsed line. `nick` is empty for the owner of the log."""

    time: datetime
    nick: str
    text: str
    action: bool = False
    notice: bool = False
    private: bool = False


class LogTopic(NamedTuple):
    """A line that tells the topic. `nick` is empty if it does not tell who set it."""

    text: str
    nick: str = ""


class Aside:
    """What a log contains besides messages: strange lines, and the last topic."""

    def __init__(self) -> None:
        self.strange: Counter[str] = Counter()
        self.topic: LogTopic | None = None


#: A line, the reason why one is skipped, or what is wrong with it.
Parsed = LogLine | LogTopic | str | ValueError
#: Lines of a file, by its name. Joins and the like are omitted.
ReadLines = Callable[[str, Iterator[str]], Iterator[Parsed]]
_STRANGE = "lines that are no message, join or the like"
_UNDATED = "lines before the first day that the log names"


def read(
    kind: str, lines_of: ReadLines, files: SourceFiles, options: Options
) -> Iterator[ImportedMessage]:
    for name in files.names:
        place = _place(name, files, options)
        if place is None:
            options.skipped["files of private conversations (--private and --me NICK)"] += 1
            continue
        aside, found = Aside(), False
        people = _People(kind, name, files, place, options)
        origin = _origin(kind, lines_of, name, files, options)
        lines = _lines(name, lines_of, files, aside, options)
        for said in _messages(kind, people.place, lines, options):
            found = True
            yield said._replace(nick=people.nick(said.nick), origin=origin)
        if found:
            options.skipped.update(aside.strange)
            _keep_topic(aside, origin.id if origin else str(place), options)
        else:
            options.skipped[f"files without a message that is written as {kind} does"] += 1


def _keep_topic(aside: Aside, id: str, options: Options) -> None:
    if aside.topic is not None:
        nick = aside.topic.nick and nick_from(aside.topic.nick)
        options.topics[id] = Topic(aside.topic.text, nick)


def _topic_in(text: str, pattern: re.Pattern[str]) -> LogTopic | None:
    found = pattern.match(text)
    if found is None:
        return None
    parts = found.groupdict(default="")
    return LogTopic(parts["topic"] or parts.get("read", ""), parts["nick"])


def _messages(
    kind: str, place: str | tuple[str, str], lines: Iterator[LogLine], options: Options
) -> Iterator[ImportedMessage]:
    """The messages of a file, by the nicks that it gives."""
    moments = _moments(lines, options)
    for (time, of_moment), first, last in _with_ends(moments):
        moment = Moment("\n".join((kind, str(place), str(time))), first, last)
        for line in of_moment:
            if line.private and isinstance(place, str):
                options.skipped["private lines in logs of channels"] += 1
                continue
            nick = nick_from(line.nick or options.me or "")
            kind_of_line = "*" if line.action else "-" if line.notice else ""
            key = "\n".join((nick, kind_of_line, line.text))
            yield ImportedMessage(
                key, time, place, nick, line.text, line.action, line.notice, moment=moment
            )


class _People:
    """The nicks in one file. The other person of a private conversation is somebody else on another
    network; in a channel, which is its own, nicks stay as they are."""

    def __init__(
        self,
        kind: str,
        name: str,
        files: SourceFiles,
        place: str | tuple[str, str],
        options: Options,
    ) -> None:
        self.place = place
        self._other: tuple[str, str] | None = None
        if isinstance(place, tuple) and options.me:
            other, me = place
            network = _network(kind, name, files)
            id = f"irc\n{network}\n{fold(other)}"
            here = options.nicks.of(id, other, f"{other}_{network}")
            self._other, self.place = (fold(other), here), (here, me)

    def nick(self, nick: str) -> str:
        return self._other[1] if self._other and fold(nick) == self._other[0] else nick


def _origin(
    kind: str, lines_of: ReadLines, name: str, files: SourceFiles, options: Options
) -> Origin | None:
    """The channel of a network; None if --channel names it. irssi's network is the folder, if that
    is one, so what the file contains decides."""
    place = _place(name, files, options)
    if options.channel is not None or not isinstance(place, str):
        return None
    network = _network(kind, name, files)

    def lines() -> Iterator[tuple[str, str]]:
        quiet = replace(options, skipped=Counter(), damaged=[], strict=False)
        done = files.done
        again = _lines(name, lines_of, files, Aside(), quiet)
        for said in _messages(kind, place, again, quiet):
            assert said.moment is not None
            yield said.moment.key, said.key
        files.done = done

    guessed = None if kind == "weechat" else lines
    return Origin(f"irc\n{fold(network)}\n{fold(place)}", (network,), lines=guessed)


#: Folders that do not have the name of a network: of dates, and of logs.
_NO_NETWORK = re.compile(r"[\d._-]*|(?:irc)?logs?|moddata|weechat|irssi|[#&!+].*", re.IGNORECASE)


def _network(kind: str, name: str, files: SourceFiles) -> str:
    """The network of a log: in its name (WeeChat, older ZNC), or the folder that it is in."""
    *folders, file = (files.path.absolute().parent / files.path.name / name).parts[1:]
    if kind == "weechat" and (found := re.match(r"irc\.(?!server\.)([^#]+)\.[^.]", file)):
        return found[1]
    if kind == "znc" and (found := re.match(r"(.+?)_[#&!+]", file)):
        return found[1]
    if kind == "znc" and "networks" in folders[:-1]:
        return folders[folders.index("networks") + 1]
    if kind == "znc" and re.match(r"\d{4}-\d\d-\d\d\b", file):
        folders.pop()  # of the conversation
    if not files.path.is_dir():
        folders = [each for each in folders if each != files.path.name]
    return next((each for each in reversed(folders) if not _NO_NETWORK.fullmatch(each)), "")


def _lines(
    name: str, lines_of: ReadLines, files: SourceFiles, aside: Aside, options: Options
) -> Iterator[LogLine]:
    """Parse the lines of one file; those with an impossible time are left out."""
    number = 0

    def numbered() -> Iterator[str]:
        nonlocal number
        for line in files.lines(name):
            number += 1
            yield line

    with options.one(name):
        for line in lines_of(name, numbered()):
            if isinstance(line, LogLine):
                yield line
            elif isinstance(line, str):
                aside.strange[line] += 1
            elif isinstance(line, LogTopic):
                aside.topic = line
            else:
                options.leave_out(NotReadable(f"{name}, line {number}: {line}"))


def _moments(lines: Iterator[LogLine], options: Options) -> Iterator[tuple[int, list[LogLine]]]:
    """Group lines by time (ms since 1970), day by day, because clocks are set back."""
    before = 0
    for _, of_day in groupby(lines, key=lambda line: line.time.date()):
        times: dict[int, list[LogLine]] = {}
        for line in of_day:
            before = _time(line.time, before, options)
            times.setdefault(before, []).append(line)
        yield from times.items()


Of = tuple[int, list[LogLine]]


def _with_ends(moments: Iterator[Of]) -> Iterator[tuple[Of, bool, bool]]:
    """Yield each item with two flags: is it the first, is it the last?"""
    held = next(moments, None)
    first = True
    while held is not None:
        following = next(moments, None)
        yield held, first, following is None
        held, first = following, False


def _time(local: datetime, before: int, options: Options) -> int:
    """A local time in ms since 1970. In the autumn hour that occurs twice, it is the second
    occurrence if the line before it was later."""
    time = ms(local, options.zone)
    if time + 60_000 < before:
        return max(time, ms(local.replace(fold=1), options.zone))
    return time


#: Suffixes of a log's name after the conversation: a day or a month, an extension, and the number
#: of a rotated file.
_END = (
    r"(?:[._-](?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?|\.\d\d-\d\d)?"
    r"(?:\.(?:log|weechatlog|txt)(?:[.-]\d+)?)?$"
)


def _place(name: str, files: SourceFiles, options: Options) -> str | tuple[str, str] | None:
    if options.channel is not None:
        return channel_from(options.channel)
    whole = f"{files.path.absolute().parent.name}/{files.path.name}/{name}"
    found = re.findall(rf"(#[^/]*?)(?={_END}|/)", whole)
    if found:
        return channel_from(found[-1])
    other = re.sub(_END, "", name.rpartition("/")[2])
    if other.startswith(("core.", "irc.server.")):  # WeeChat's own messages
        return None
    other = other.rpartition(".")[2] or other
    # ZNC: the directory has the name of the conversation.
    if re.fullmatch(r"\d{4}-\d\d-\d\d", other):
        other = name.rpartition("/")[0].rpartition("/")[2] or files.path.absolute().parent.name
    if not options.private or not options.me or is_channel(other):
        return None
    return nick_from(other), nick_from(options.me)


# -- irssi ---------------------------------------------------------------------------------------

#: Log opened, Day changed, Log closed. Users can configure other words for them.
_IRSSI_DAY = re.compile(r"--- (?:Log opened|Day changed) (.+)")
_ZONE = r"(?: ?(Z|(?:UTC|GMT)?[-+]\d\d:?\d\d|[A-Z]{3,5}(?=\]|\s)))?"
_CLOCK = rf"(\d?\d):([0-5]\d)(?::([0-6]\d)(?:[.,](\d{{1,6}})\d*)?)?(?: ?([AaPp])[Mm])?{_ZONE}"
#: The time, with or without a day, a zone and a space behind it.
_IRSSI = re.compile(rf"\[?(?:(\d{{4}})-(\d\d)-(\d\d)[ T])?{_CLOCK}\]? ?(.*)")


def irssi(name: str, lines: Iterator[str]) -> Iterator[Parsed]:
    day: date | None = None
    for line in lines:
        try:
            if line.startswith("--- "):
                if not line.startswith("--- Log closed"):
                    day = None  # until the next day that can be read
                    day = _irssi_day(line)
            elif match := _IRSSI.match(line):
                if match[1] is not None:
                    day = date(*map(int, match.groups()[:3]))
                yield from _irssi_line(match, day)
            elif line.strip():
                yield _STRANGE
        except ValueError as error:
            yield error


def _irssi_day(line: str) -> date:
    opened = _IRSSI_DAY.match(line)
    if opened is None:
        raise ValueError(f"{line[:60]!r} is neither Log opened nor Day changed")
    return day_in(opened[1])


def _irssi_line(match: re.Match[str], day: date | None) -> Iterator[Parsed]:
    *clock, rest = match.groups()[3:]
    said = _irssi_said(rest)
    if said is not None:
        yield said._replace(time=clock_on(day, *clock)) if day is not None else _UNDATED
    elif topic := _topic_in(rest, _IRSSI_TOPIC):
        yield topic
    elif not _IRSSI_ELSE.match(rest):
        yield _STRANGE


_IRSSI_TOPIC = re.compile(
    r" ?-!- (?:Topic for [^:]+: (?P<read>.*)"
    r"|(?P<nick>\S+) changed the topic of \S+ to: (?P<topic>.*)|Topic unset by \S+)"
)
#: Joins, topics and the like; messages of servers; the user's own CTCP.
_IRSSI_ELSE = re.compile(r" ?-!-|!\S+ |\[ctcp\(|\s*$")


def _irssi_said(rest: str) -> LogLine | None:
    if found := re.match(r"<[ @+%&~!.*]?([^>:]+)(?::[^>]*)?> ?(.*)", rest):
        return LogLine(datetime.min, found[1], found[2])
    if found := re.match(r" ?(?:\((?:\*|\*dcc\*)\)|\*) ([^\s:]+)\S* (.*)", rest):
        return LogLine(datetime.min, found[1], found[2], action=True)
    if found := re.match(r"-([^ :!(]+)(?::[@+]?#\S*|(\(\S*\)))- (.*)", rest):
        return LogLine(datetime.min, found[1], found[3], notice=True, private=found[2] is not None)
    if found := re.match(r"\[(msg|notice|dcc)\(\S+\)\] (.*)", rest):
        return LogLine(datetime.min, "", found[2], notice=found[1] == "notice", private=True)
    if found := re.match(r"\[(?!ctcp\()([^\s(\]]+)\(\S+\)\] (.*)", rest):
        return LogLine(datetime.min, found[1], found[2], private=True)
    return None


# -- WeeChat -------------------------------------------------------------------------------------

#: Local time up to WeeChat 4.7; later versions write UTC with microseconds and a Z.
_WEECHAT = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d[^\t]*)\t([^\t]*)\t(.*)")

#: A time in another format, which the user has set.
_WEECHAT_LIKE = re.compile(r"([^\t]{0,40}\d:\d\d[^\t]*)\t([^\t]*)\t(.*)")


def weechat(name: str, lines: Iterator[str]) -> Iterator[Parsed]:
    said: LogLine | None = None
    begun = False
    for line in lines:
        match, time = _weechat_line(line)
        begun = begun or time is not None
        if match is None and begun and said is not None:  # a continuation of the message before
            said = said._replace(text=f"{said.text}\n{line}")
            continue
        if match is not None and said is not None:
            yield said
            said = None
        if isinstance(time, datetime) and match is not None:
            said = _weechat_said(time, match[2].strip(), match[3])
            if topic := said is None and _topic_in(match[3], _WEECHAT_TOPIC):
                yield topic
            elif said is None and not _WEECHAT_ELSE.fullmatch(match[2].strip()):
                yield _STRANGE
        elif isinstance(time, ValueError):
            yield time
        elif match is not None or (line.strip() and not begun):
            yield _STRANGE
    if said is not None:
        yield said


def _weechat_line(line: str) -> tuple[re.Match[str] | None, datetime | ValueError | None]:
    """The parts of a line, and its time: an error if that cannot be, None if the line may be none
    of WeeChat."""
    if match := _WEECHAT.match(line):
        try:
            return match, time_in(match[1])
        except ValueError as error:
            return match, error
    match = _WEECHAT_LIKE.match(line)
    with contextlib.suppress(ValueError):
        return match, time_in(match[1]) if match else None
    return match, None


_WEECHAT_TOPIC = re.compile(
    r'Topic for \S+ is "(?P<read>.*)"|(?P<nick>\S+)(?: \(\S+\))? has'
    r' (?:(?:changed|set) topic for \S+(?: from ".*")? to "(?P<topic>.*)"|unset topic for .*)'
)
#: Joins, network messages, errors, and lines without a prefix.
_WEECHAT_ELSE = re.compile(r"(?:-->|<--|--|=!=)?")


def _weechat_said(time: datetime, prefix: str, text: str) -> LogLine | None:
    if prefix == "*":
        nick, _, text = text.partition(" ")
        return LogLine(time, nick, text, action=True)
    if prefix == "--":  # a notice, in the language that WeeChat uses
        found = re.match(r"(Pv)?[^\W\d_]+(?::\S+)?\(([^)\s]+)\)(?: -> \S+)?: (.*)", text, re.S)
        if found is None:
            return None
        return LogLine(time, found[2], found[3], notice=True, private=found[1] is not None)
    nick = prefix.strip("<>").lstrip("@+%&~!")
    # A character that the user configured for joins or actions is not a nick.
    return LogLine(time, nick, text) if re.search(r"\w", nick) else None


# -- ZNC -----------------------------------------------------------------------------------------

_ZNC = re.compile(rf"\[(?:(\d{{4}})-(\d\d)-(\d\d)[ T])?{_CLOCK}\] (.*)")
_ZNC_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)\.log$")
_ZNC_TOPIC = re.compile(r"\*\*\* (?P<nick>\S+) changes topic to '(?P<topic>.*)'")
#: Joins, modes and the like, and the module's messages about the connection.
_ZNC_ELSE = re.compile(r"\*\*\* |(?:Connected to|Disconnected from) IRC |Broadcast: ")


def znc(name: str, lines: Iterator[str]) -> Iterator[Parsed]:
    named = _ZNC_DAY.search(name)
    for line in lines:
        match = _ZNC.match(line)
        day = match.groups()[:3] if match and match[1] else named.groups() if named else None
        if match is None or day is None:
            if line.strip():
                yield _STRANGE
            continue
        *clock, rest = match.groups()[3:]
        try:
            time = clock_on(date(*map(int, day)), *clock)
        except ValueError as error:
            yield error
            continue
        if said := re.match(r"<([^>]+)> ?(.*)", rest):
            yield LogLine(time, said[1].lstrip("@+%&~!"), said[2])
        elif said := re.match(r"\* (\S+) (.*)", rest):
            yield LogLine(time, said[1], said[2], action=True)
        elif said := re.match(r"-(\S+)- (.*)", rest):
            yield LogLine(time, said[1], said[2], notice=True)
        elif topic := _topic_in(rest, _ZNC_TOPIC):
            yield topic
        elif not _ZNC_ELSE.match(rest):
            yield _STRANGE


# -- which of them -------------------------------------------------------------------------------


def kind_of(head: str) -> str | None:
    """The client whose log begins with this text, or None."""
    for line in head.splitlines()[:20]:
        if _IRSSI_DAY.match(line):
            return "irssi"
        if _WEECHAT.match(line):
            return "weechat"
        if _ZNC.match(line):
            return "znc"
    return None
