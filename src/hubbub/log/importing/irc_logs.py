"""Logs of irssi, WeeChat and ZNC: lines of text, one file a conversation (ZNC: and a day).

The conversation is in the file's name: `#tea.log` (irssi), `irc.libera.#tea.weechatlog` (WeeChat),
`#tea/2024-01-31.log` or `user_net_#tea_20240131.log` (ZNC).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from ...model.names import is_channel
from .base import Files, NotReadable, Options, Repeats, Said, channel_from, ms, nick_from


class Line(NamedTuple):
    """What a line of a log says."""

    time: datetime
    nick: str
    text: str
    action: bool = False
    notice: bool = False


#: The lines of one file, with its name. Joins and the like are no lines.
ReadLines = Callable[[str, Iterator[str]], Iterator[Line]]


def read(kind: str, lines_of: ReadLines, files: Files, options: Options) -> Iterator[Said]:
    for name in files.names:
        place = _place(name, files, options)
        if place is None:
            options.skipped["files of private conversations (--private and --me NICK)"] += 1
            continue
        day, repeats, time = None, Repeats(kind), 0
        for line in _lines(name, lines_of, files):
            if line.time.date() != day:  # lines of two days are never taken for one another
                day, repeats = line.time.date(), Repeats(kind)
            time = _time(line.time, time, options)
            key = repeats.key(place, time, line.nick, line.text)
            yield Said(key, time, place, nick_from(line.nick), line.text, line.action, line.notice)
        if day is None:
            options.skipped[f"files without a message that is written as {kind} does"] += 1


def _lines(name: str, lines_of: ReadLines, files: Files) -> Iterator[Line]:
    """Those of one file. Raises NotReadable at a time that there is not."""
    number = 0

    def numbered() -> Iterator[str]:
        nonlocal number
        for line in files.lines(name):
            number += 1
            yield line

    try:
        yield from lines_of(name, numbered())
    except ValueError as error:
        raise NotReadable(f"{name}, line {number}: {error}") from error


def _time(local: datetime, before: int, options: Options) -> int:
    """In ms. The hour that there is twice in autumn is the second one when the line before it was
    said later."""
    time = ms(local, options.zone)
    if time + 60_000 < before:
        return max(time, ms(local.replace(fold=1), options.zone))
    return time


#: What may stand behind a conversation in the name of its log: a day, an extension, and the number
#: of one that was put away.
_END = r"(?:[._-]\d{4}-?\d\d-?\d\d)?(?:\.(?:log|weechatlog|txt)(?:\.\d+)?)?$"


def _place(name: str, files: Files, options: Options) -> str | tuple[str, str] | None:
    if options.channel is not None:
        return channel_from(options.channel)
    whole = f"{files.path.absolute().parent.name}/{files.path.name}/{name}"
    found = re.findall(rf"(#[^/]*?)(?={_END}|/)", whole)
    if found:
        return channel_from(found[-1])
    other = re.sub(_END, "", name.rpartition("/")[2])
    if other.startswith(("core.", "irc.server.")):  # WeeChat's own talk
        return None
    other = other.rpartition(".")[2] or other
    if re.fullmatch(r"\d{4}-\d\d-\d\d", other):  # ZNC: the directory has the name
        other = name.rpartition("/")[0].rpartition("/")[2] or files.path.absolute().parent.name
    if not options.private or not options.me or is_channel(other):
        return None
    return nick_from(other), nick_from(options.me)


# -- irssi ---------------------------------------------------------------------------------------

_IRSSI_DAY = re.compile(r"--- (?:Log opened|Day changed) \S+ (\S+) +(\d+) (?:[\d:]+ )?(\d{4})")
_IRSSI = re.compile(r"\[?(?:(\d{4})-(\d\d)-(\d\d)[ T])?([0-2]\d):([0-5]\d)(?::([0-5]\d))?\]? (.*)")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def irssi(name: str, lines: Iterator[str]) -> Iterator[Line]:
    day: date | None = None
    for line in lines:
        if opened := _IRSSI_DAY.match(line):
            month, number, year = opened.groups()
            if month not in _MONTHS:
                raise ValueError(f"{month} is no month in English, as irssi writes it")
            day = date(int(year), _MONTHS.index(month) + 1, int(number))
        elif match := _IRSSI.match(line):
            *full, hour, minute, second, rest = match.groups()
            if full[0] is not None:
                day = date(*map(int, full))
            if day is not None and (said := _irssi_said(rest)):
                time = datetime(day.year, day.month, day.day, int(hour), int(minute))
                yield said._replace(time=time.replace(second=int(second or 0)))


def _irssi_said(rest: str) -> Line | None:
    if found := re.match(r"<[ @+%&~!.*]?([^>:]+)(?::[^>]*)?> ?(.*)", rest):
        return Line(datetime.min, found[1], found[2])
    if found := re.match(r" ?\* (\S+) (.*)", rest):
        return Line(datetime.min, found[1], found[2], action=True)
    if found := re.match(r"-([^ :!(]+)(?::[@+]?#\S*|\(\S*\))- (.*)", rest):
        return Line(datetime.min, found[1], found[2], notice=True)
    return None


# -- WeeChat -------------------------------------------------------------------------------------

#: The time is local up to WeeChat 4.7, and later in UTC with microseconds and a Z.
_WEECHAT = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d[^\t]*)\t([^\t]*)\t(.*)")


def weechat(name: str, lines: Iterator[str]) -> Iterator[Line]:
    for line in lines:
        match = _WEECHAT.match(line)
        if match is None:
            continue
        time, prefix, text = datetime.fromisoformat(match[1]), match[2].strip(), match[3]
        if prefix == "*":
            nick, _, text = text.partition(" ")
            yield Line(time, nick, text, action=True)
        elif prefix == "--":
            if notice := re.match(r"(?:Pv)?Notice(?::\S+)?\(([^)]+)\)(?: -> \S+)?: (.*)", text):
                yield Line(time, notice[1], notice[2], notice=True)
        elif prefix and prefix not in ("-->", "<--", "=!="):
            yield Line(time, prefix.lstrip("@+%&~!"), text)


# -- ZNC -----------------------------------------------------------------------------------------

_ZNC = re.compile(r"\[(\d\d):(\d\d):(\d\d)\] (.*)")
_ZNC_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)\.log$")


def znc(name: str, lines: Iterator[str]) -> Iterator[Line]:
    found = _ZNC_DAY.search(name)
    if found is None:
        return
    year, month, day = map(int, found.groups())
    for line in lines:
        match = _ZNC.match(line)
        if match is None:
            continue
        hour, minute, second, rest = match.groups()
        time = datetime(year, month, day, int(hour), int(minute), int(second))
        if said := re.match(r"<([^>]+)> ?(.*)", rest):
            yield Line(time, said[1].lstrip("@+%&~!"), said[2])
        elif said := re.match(r"\* (\S+) (.*)", rest):
            yield Line(time, said[1], said[2], action=True)
        elif said := re.match(r"-(\S+)- (.*)", rest):
            yield Line(time, said[1], said[2], notice=True)


# -- which of them -------------------------------------------------------------------------------


def kind_of(head: str) -> str | None:
    """Whose log begins like this?"""
    for line in head.splitlines()[:20]:
        if _IRSSI_DAY.match(line):
            return "irssi"
        if _WEECHAT.match(line):
            return "weechat"
        if _ZNC.match(line):
            return "znc"
    return None
