"""Read Slack exports: a zip or directory with channels.json, users.json and a folder per channel,
which has a file per day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ...protocol.names import fold
from .emoji import emoji
from .sources import (
    SYSTEM,
    ImportedMessage,
    Options,
    Reaction,
    SourceFiles,
    channel_from,
    nick_from,
    reading,
)

#: Messages by people and programs. The others are joins, topics and the like.
_KINDS = {
    None, "me_message", "thread_broadcast", "reply_broadcast", "bot_message", "slackbot_response",
    "file_share", "file_comment",
}  # fmt: skip
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
#: Exports of a whole organisation name it org_users.json.
_USERS = ("users.json", "org_users.json")


#: The list that contains a conversation tells who may see it.
_CHANNELS, _GROUPS = ("channels.json",), ("groups.json", "mpims.json")


class SlackNames(NamedTuple):
    """Names of people (as nicks) and of channels, by id."""

    users: dict[str, str]
    channels: dict[str, str]


class SlackPlace(NamedTuple):
    """The identity of a channel, which survives a rename, and the target of its messages."""

    id: str
    name: str | tuple[str, str]


def fits(files: SourceFiles) -> bool:
    names = {name.rpartition("/")[2] for name in files.names}
    lists = {*_CHANNELS, *_GROUPS, "dms.json"}
    return not names.isdisjoint(lists) and not names.isdisjoint(_USERS)


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    with reading("users.json"):
        users = _users(_list(files, *_USERS))
    with reading("channels.json, groups.json, mpims.json or dms.json"):
        channels = [each for each in _list(files, *_CHANNELS) if _may_come(each, options)]
        names = SlackNames(users, {each["id"]: each["name"] for each in channels})
        places = _places(files, channels, options, names)
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
                said = _said(place, message, names) if wanted else None
            if said is not None:
                yield said
            else:
                options.skipped[SYSTEM] += 1


def _list(files: SourceFiles, *names: str) -> list[dict[str, Any]]:
    found = (each for each in files.names if each.rpartition("/")[2] in names)
    return [entry for each in found for entry in files.json(each)]


def _users(found: list[dict[str, Any]]) -> dict[str, str]:
    """Id -> nick: the display name, or the user name, which is unique, if several people chose the
    same display name."""
    shown = {each["id"]: nick_from(_name(each)) for each in found}
    count = Counter(map(fold, shown.values()))
    users = {"USLACKBOT": "slackbot"}
    for each in found:
        nick = shown[each["id"]]
        users[each["id"]] = nick_from(each.get("name") or nick) if count[fold(nick)] > 1 else nick
    return users


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or user.get("name") or user["id"])


def _may_come(channel: dict[str, Any], options: Options) -> bool:
    return options.private or not channel.get("is_private")


def _places(
    files: SourceFiles, channels: Iterable[dict[str, Any]], options: Options, names: SlackNames
) -> dict[str, SlackPlace]:
    """Folder -> target. The folder is called by the name of the channel or by its id."""
    groups = _list(files, *_GROUPS) if options.private else []
    found: dict[str, SlackPlace] = {}
    for each in (*channels, *groups):
        place = SlackPlace(each["id"], channel_from(each["name"]))
        found |= {each["id"]: place, each["name"]: place}
    for direct in _list(files, "dms.json") if options.private else ():
        members = [names.users.get(id, nick_from(id)) for id in direct.get("members", ())]
        if members:  # a single member: notes to oneself
            found[direct["id"]] = SlackPlace(direct["id"], (members[0], members[-1]))
    return found


def _said(place: SlackPlace, message: dict[str, Any], names: SlackNames) -> ImportedMessage:
    stamp, thread = message["ts"], message.get("thread_ts")
    user = message.get("user") or message.get("bot_id") or ""
    profile = message.get("user_profile") or message.get("bot_profile") or {}
    called = profile.get("display_name") or message.get("username") or profile.get("name")
    texts = [_text(text, names) for text in _texts(message, names)]
    texts += [
        # the query is a credential
        f"{file.get('name') or 'file'}: {file['url_private'].partition('?')[0]}"
        for file in message.get("files") or ()
        if file.get("url_private")
    ]
    time = _ms(stamp)
    edited = (message.get("edited") or {}).get("ts")
    return ImportedMessage(
        f"slack\n{place.id}\n{stamp}",
        time,
        place.name,
        names.users.get(user) or nick_from(called or user),
        "\n".join(text for text in texts if text),
        action=message.get("subtype") == "me_message",
        reply_to=f"slack\n{place.id}\n{thread}" if thread and thread != stamp else None,
        edited=_ms(edited) if edited else 0,
        reactions=tuple(
            Reaction(names.users.get(who) or nick_from(who), emoji(reaction["name"]), time, who)
            for reaction in message.get("reactions") or ()
            for who in reaction.get("users") or ()
        ),
    )


def _texts(message: dict[str, Any], names: SlackNames) -> Iterator[str]:
    text = message.get("text") or ""
    blocks = message.get("blocks") or []
    if text:  # messages by people repeat their text as rich text
        by_program = message.get("bot_id") is not None
        blocks = [each for each in blocks if by_program and each.get("type") != "rich_text"]
    more = _blocks(blocks, names)
    yield from (more,) if text in more else (text, more)
    for each in message.get("attachments") or ():
        if each.get("from_url"):  # Slack's preview of a link is not part of the message
            continue
        yield from attached([each]) if not each.get("blocks") else (_blocks(each["blocks"], names),)


def _blocks(found: Any, names: SlackNames) -> str:
    """The text of blocks, which programs use for their messages."""
    if isinstance(found, list):
        return "\n".join(words for each in found if (words := _blocks(each, names)))
    if not isinstance(found, dict):
        return ""
    kind = found.get("type")
    if kind == "actions":  # buttons
        return ""
    if kind == "rich_text_section":
        return "".join(_blocks(each, names) for each in found["elements"])
    if kind in ("user", "link", "emoji"):
        return {
            "user": f"<@{found.get('user_id')}>",
            "link": str(found.get("text") or found.get("url")),
            "emoji": f":{found.get('name')}:",
        }[kind]
    text = found.get("text")
    inner = [text if isinstance(text, dict) else None, found.get("fields"), found.get("elements")]
    return text if isinstance(text, str) else _blocks(inner, names)


def attached(attachments: Iterable[dict[str, Any]] | None) -> list[str]:
    """Text that programs attach to a message, in Slack and Mattermost."""
    found: list[str] = []
    for each in attachments or ():
        fields = (
            ": ".join(str(field[name]) for name in ("title", "value") if field.get(name))
            for field in each.get("fields") or ()
        )
        texts = [*(each.get(name) for name in ("pretext", "title", "text")), *fields]
        found += [str(text) for text in texts if text] or [str(each.get("fallback") or "")]
    return found


def _ms(stamp: str) -> int:
    return round(float(stamp) * 1000)


def _text(text: str, names: SlackNames) -> str:
    """Replace Slack's markup by readable text."""

    def shown(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        if target[0] == "@":
            return f"@{names.users.get(target[1:]) or label or nick_from(target[1:])}"
        if target[0] == "#":
            return f"#{label or names.channels.get(target[1:], target[1:])}"
        if target[0] == "!":  # <!here>, <!subteam^S1|@team>, <!date^1706702400^{date}|Jan 31>
            return label or f"@{target[1:].split('^')[0]}"
        if label and target == f"mailto:{label}":
            return label
        return f"{label} ({target})" if label and label not in target else target

    shown_text = _LINK.sub(shown, text)
    return shown_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
