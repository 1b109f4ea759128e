"""Render events as lines for people. Pure: no output, no clock. Text of others is made printable
here.

A line is a list of (style, text). A view without styles joins the texts.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime

from hubbub.client import events as ev
from hubbub.client.text import printable

Fragment = tuple[str, str]
Line = list[Fragment]

NICK_STYLES = 6
"""Nicks are coloured `nick0` to `nick5`, the same nick always alike."""
LISTED = 12
"""Names told before "and 7 more"."""


def plain(line: Line) -> str:
    return "".join(text for _, text in line)


def note(text: str) -> Line:
    return [("note", "* " + printable(text))]


def problem(text: str) -> Line:
    return [("error", "! " + printable(text))]


def said(message: ev.Said, current: str, today: datetime, *, times: bool) -> Line:
    """Render a message, with its channel if that is not `current`, and its time if it is not new.

    `times=False` omits the time of missed messages, for programs that parse `Received: Bob: Hi`
    line by line.
    """
    word = "Received: " if message.when in ("now", "missed") else "Earlier: "
    line: Line = [("word", word)]
    if message.when != "now" and (times or message.when != "missed"):
        line.append(("time", _stamp(message.time, today)))
    if message.private:
        line.append(
            ("channel", f"[to {printable(message.where)}] " if message.mine else "[private] ")
        )
    elif message.where.lower() != current.lower():
        line.append(("channel", f"[{printable(message.where)}] "))
    return [*line, *_speech(message)]


def _speech(message: ev.Said) -> Line:
    nick, text = nick_fragment(message.sender), ("", printable(message.text))
    match message.kind:
        case "action":
            return [("", "* "), nick, ("", " "), text]
        case "notice":
            return [nick, ("", " (notice): "), text]
        case "ctcp":
            return [nick, ("", " (CTCP): "), text]
    return [nick, ("", ": "), text]


def nick_fragment(nick: str) -> Fragment:
    return f"nick{zlib.crc32(nick.lower().encode('utf-8', 'replace')) % NICK_STYLES}", printable(
        nick
    )


def _stamp(time: datetime | None, today: datetime) -> str:
    """`[14:02] ` in local time, with the date if it is not today."""
    if time is None:
        return ""
    local = time.astimezone(today.tzinfo)
    return local.strftime("[%H:%M] " if local.date() == today.date() else "[%Y-%m-%d %H:%M] ")


def names(event: ev.Names, me: str) -> Line:
    others = [name for name in event.names if name.lstrip("~&@%+").lower() != me.lower()]
    if not event.asked and not others:
        return note(f"Nobody else is in {event.channel} yet.")
    return note(f"In {event.channel}: {listing(event.names)} ({len(event.names)})")


def listing(words: Sequence[str]) -> str:
    shown = ", ".join(words[:LISTED])
    return shown if len(words) <= LISTED else f"{shown} and {len(words) - LISTED} more"


Presence = ev.Joined | ev.Left | ev.Quit


def presence(happened: Sequence[Presence], current: str) -> Line:
    """Render any number of joins and leaves in one line."""
    if len(happened) == 1:
        return note(_one_presence(happened[0], current))
    joined = list(dict.fromkeys(event.nick for event in happened if isinstance(event, ev.Joined)))
    gone = list(dict.fromkeys(event.nick for event in happened if not isinstance(event, ev.Joined)))
    parts = [
        f"{word}: {listing(nicks)}."
        for word, nicks in (("Joined", joined), ("Left", gone))
        if nicks
    ]
    return note(" ".join(parts))


def _one_presence(event: Presence, current: str) -> str:
    why = f" ({event.reason})" if not isinstance(event, ev.Joined) and event.reason else ""
    if isinstance(event, ev.Quit):
        return f"{event.nick} left{why}"
    place = "" if event.channel.lower() == current.lower() else f" {event.channel}"
    if isinstance(event, ev.Joined):
        return f"{event.nick} joined{place}"
    if event.by:
        return f"{event.nick} was removed from {event.channel} by {event.by}{why}"
    return f"{event.nick} left{place}{why}"


def topic(event: ev.TopicIs) -> Line:
    if not event.topic:
        return note(f"{event.by or 'Somebody'} removed the topic of {event.channel}")
    who = (
        f"{event.by} set the topic of {event.channel}" if event.by else f"Topic of {event.channel}"
    )
    return note(f"{who}: {event.topic}")


def listed(event: ev.ChannelListed) -> Line:
    people = "1 person" if event.people == 1 else f"{event.people} people"
    return note(f"{event.channel} ({people})" + (f": {event.topic}" if event.topic else ""))


#: Numerics as sentences, and the number of parameters that each needs.
_SENTENCES = {
    "INVITE": (2, "{sender} invites you to {1}: /join {1}"),
    "MODE": (2, "{sender} sets {rest} on {0}"),
    "301": (2, "{0} is away: {last}"),
    "311": (5, "{0} is {1}@{2}: {last}"),
    "312": (2, "{0} is connected to {1}"),
    "313": (1, "{0} {rest}"),
    "317": (2, "{0} has said nothing for {1} seconds"),
    "319": (2, "{0} is in {1}"),
    "330": (2, "{0} is logged in as {1}"),
    "335": (1, "{0} {rest}"),
    "341": (2, "{0} is invited to {1}"),
    "379": (1, "{0} {rest}"),
    "443": (2, "{0} is in {1} already"),
    "671": (1, "{0} {rest}"),
}
_LAST_WORD = frozenset({"900", "901", "NOTICE", "ERROR", "WARN", "NOTE", "FAIL"})


def reply(event: ev.Reply) -> Line:
    """Render any other reply in the server's words."""
    words = list(event.params)
    tell = problem if event.error else note
    least, sentence = _SENTENCES.get(event.code, (0, ""))
    if sentence and len(words) >= least:
        rest = " ".join(words[1:])
        return tell(sentence.format(*words, sender=event.sender, rest=rest, last=words[-1]))
    if event.code in _LAST_WORD:
        words = words[-1:]
    return tell(": ".join(word for word in words if word))
