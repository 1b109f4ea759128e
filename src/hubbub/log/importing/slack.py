"""Slack exports: a zip (or the directory it was), channels.json and users.json, a folder a channel,
a file a day."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .base import Files, Options, Reaction, Said, channel_from, nick_from, reading
from .emoji import emoji

#: Messages by people and programs; the rest are about joining, topics and the like.
_KINDS = {
    None, "me_message", "thread_broadcast", "reply_broadcast", "bot_message", "slackbot_response",
    "file_share", "file_comment",
}  # fmt: skip
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
#: An export of a whole organisation calls it org_users.json.
_USERS = ("users.json", "org_users.json")


class Names(NamedTuple):
    """What people (as nicks) and channels are called, by id."""

    users: dict[str, str]
    channels: dict[str, str]


def fits(files: Files) -> bool:
    names = {name.rpartition("/")[2] for name in files.names}
    return "channels.json" in names and not names.isdisjoint(_USERS)


def read(files: Files, options: Options) -> Iterator[Said]:
    with reading("users.json"):
        users = {each["id"]: nick_from(_name(each)) for each in _list(files, *_USERS)}
    with reading("channels.json, groups.json, mpims.json or dms.json"):
        channels = {each["id"]: each["name"] for each in _list(files, "channels.json")}
        names = Names(users, channels)
        places = _places(files, options, names)
    for name in files.names:
        folder, _, file = name.rpartition("/")
        folder = folder.rpartition("/")[2]
        if not _DAY.fullmatch(file):
            continue
        place = places.get(folder)
        if place is None:
            options.skipped["files of private conversations (--private takes them too)"] += 1
            continue
        for number, message in enumerate(files.json(name), 1):
            with reading(f"{name}, message {number}"):
                wanted = message.get("type") == "message" and message.get("subtype") in _KINDS
                said = _said(folder, place, message, names) if wanted else None
            if said is not None:
                yield said


def _list(files: Files, *names: str) -> list[dict[str, Any]]:
    found = (each for each in files.names if each.rpartition("/")[2] in names)
    return [entry for each in found for entry in files.json(each)]


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or user.get("name") or user["id"])


def _places(files: Files, options: Options, names: Names) -> dict[str, str | tuple[str, str]]:
    """Folder -> where it belongs."""
    found: dict[str, str | tuple[str, str]] = {
        name: channel_from(name) for name in names.channels.values()
    }
    if not options.private:
        return found
    for group in _list(files, "groups.json", "mpims.json"):
        found[group["name"]] = channel_from(group["name"])
    for direct in _list(files, "dms.json"):
        members = [names.users.get(id, nick_from(id)) for id in direct.get("members", ())]
        if members:  # one alone: notes to oneself
            found[direct["id"]] = (members[0], members[-1])
    return found


def _said(folder: str, place: str | tuple[str, str], message: dict[str, Any], names: Names) -> Said:
    stamp, thread = message["ts"], message.get("thread_ts")
    user = message.get("user") or message.get("bot_id") or ""
    profile = message.get("user_profile") or message.get("bot_profile") or {}
    called = profile.get("display_name") or message.get("username") or profile.get("name")
    texts = [_text(message.get("text") or "", names)]
    if not texts[0]:
        texts += [_text(text, names) for text in attached(message.get("attachments"))]
    texts += [
        # Behind it stands a token, which lets in whoever has it.
        f"{file.get('name') or 'file'}: {file['url_private'].partition('?token=')[0]}"
        for file in message.get("files") or ()
        if file.get("url_private")
    ]
    time = _ms(stamp)
    edited = (message.get("edited") or {}).get("ts")
    return Said(
        f"slack\n{folder}\n{stamp}",
        time,
        place,
        names.users.get(user) or nick_from(called or user),
        "\n".join(text for text in texts if text),
        action=message.get("subtype") == "me_message",
        reply_to=f"slack\n{folder}\n{thread}" if thread and thread != stamp else None,
        edited=_ms(edited) if edited else 0,
        reactions=tuple(
            Reaction(names.users.get(who) or nick_from(who), emoji(reaction["name"]), time)
            for reaction in message.get("reactions") or ()
            for who in reaction.get("users") or ()
        ),
    )


def attached(attachments: Iterable[dict[str, Any]] | None) -> list[str]:
    """What programs say beside the text, here and in Mattermost."""
    return [
        str(text)
        for each in attachments or ()
        if (text := each.get("text") or each.get("fallback") or each.get("title"))
    ]


def _ms(stamp: str) -> int:
    return round(float(stamp) * 1000)


def _text(text: str, names: Names) -> str:
    """Slack's own marks as people read them."""

    def shown(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        if target[0] == "@":
            return f"@{label or names.users.get(target[1:]) or nick_from(target[1:])}"
        if target[0] == "#":
            return f"#{label or names.channels.get(target[1:], target[1:])}"
        if target[0] == "!":  # <!here>, <!subteam^S1|@team>, <!date^1706702400^{date}|Jan 31>
            return label or f"@{target[1:].split('^')[0]}"
        if label and target == f"mailto:{label}":
            return label
        return f"{label} ({target})" if label and label not in target else target

    return html.unescape(_LINK.sub(shown, text))
