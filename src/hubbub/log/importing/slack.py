"""Slack exports: a zip (or the directory it was), channels.json and users.json, a folder a channel,
a file a day."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from .base import Files, Options, Reaction, Said, channel_from, nick_from
from .emoji import emoji

#: Messages by people; the rest are about joining, topics and the like.
_KINDS = {None, "me_message", "thread_broadcast", "bot_message", "file_share", "file_comment"}
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def fits(files: Files) -> bool:
    return any(name.rpartition("/")[2] == "channels.json" for name in files.names) and any(
        name.rpartition("/")[2] == "users.json" for name in files.names
    )


def read(files: Files, options: Options) -> Iterator[Said]:
    users = {user["id"]: _name(user) for user in _list(files, "users.json")}
    places = _places(files, options, users)
    for name in files.names:
        folder = name.rpartition("/")[0].rpartition("/")[2]
        if not re.fullmatch(r"\d{4}-\d\d-\d\d\.json", name.rpartition("/")[2]):
            continue
        place = places.get(folder)
        if place is None:
            options.skipped["files of private conversations (--private takes them too)"] += 1
            continue
        for message in json.loads(files.read(name)):
            if message.get("type") == "message" and message.get("subtype") in _KINDS:
                yield _said(folder, place, message, users)


def _list(files: Files, name: str) -> list[dict[str, Any]]:
    for each in files.names:
        if each.rpartition("/")[2] == name:
            return list(json.loads(files.read(each)))
    return []


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or user.get("name") or user["id"])


def _places(
    files: Files, options: Options, users: dict[str, str]
) -> dict[str, str | tuple[str, str]]:
    """Folder -> where it belongs."""
    found: dict[str, str | tuple[str, str]] = {}
    for channel in _list(files, "channels.json"):
        found[channel["name"]] = channel_from(channel["name"])
    if not options.private:
        return found
    for group in (*_list(files, "groups.json"), *_list(files, "mpims.json")):
        found[group["name"]] = channel_from(group["name"])
    for direct in _list(files, "dms.json"):
        members = [nick_from(users.get(id, id)) for id in direct.get("members", ())]
        if len(members) == 2:
            found[direct["id"]] = (members[0], members[1])
    return found


def _said(
    folder: str, place: str | tuple[str, str], message: dict[str, Any], users: dict[str, str]
) -> Said:
    stamp, thread = message["ts"], message.get("thread_ts")
    user = message.get("user", "")
    profile = message.get("user_profile") or {}
    nick = users.get(user) or profile.get("display_name") or message.get("username") or user
    texts = [_text(message.get("text", ""), users)]
    texts += [
        f"{file.get('name') or 'file'}: {file['url_private']}"
        for file in message.get("files", ())
        if file.get("url_private")
    ]
    time = _ms(stamp)
    edited = (message.get("edited") or {}).get("ts")
    return Said(
        f"slack\n{folder}\n{stamp}",
        time,
        place,
        nick_from(nick or "somebody"),
        "\n".join(text for text in texts if text),
        action=message.get("subtype") == "me_message",
        reply_to=f"slack\n{folder}\n{thread}" if thread and thread != stamp else None,
        edited=_ms(edited) if edited else 0,
        reactions=tuple(
            Reaction(nick_from(users.get(who, who)), emoji(reaction["name"]), time)
            for reaction in message.get("reactions", ())
            for who in reaction.get("users", ())
        ),
    )


def _ms(stamp: str) -> int:
    return round(float(stamp) * 1000)


def _text(text: str, users: dict[str, str]) -> str:
    """Slack's own marks as people read them."""

    def shown(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        if target[0] == "@":
            return f"@{label or nick_from(users.get(target[1:], target[1:]))}"
        if target[0] == "#":
            return f"#{label or target[1:]}"
        if target[0] == "!":
            return f"@{label or target[1:].split('^')[0]}"
        return f"{label} ({target})" if label and label not in target else target

    return html.unescape(_LINK.sub(shown, text))
