"""Mattermost bulk exports: JSON Lines (`mmctl export`), alone or in their zip."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import Files, Options, Reaction, Said, channel_from, nick_from
from .emoji import emoji


def _file(files: Files) -> str | None:
    return next((name for name in files.names if name.endswith((".jsonl", ".json"))), None)


def fits(files: Files) -> bool:
    name = _file(files)
    if name is None:
        return False
    first = files.head(name).split(b"\n")[0]
    return b'"type"' in first and b'"version"' in first


def read(files: Files, options: Options) -> Iterator[Said]:
    private: set[tuple[str, str]] = set()  # team and channel
    name = _file(files)
    assert name is not None
    for number, line in enumerate(files.lines(name), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            kind = record["type"]
            if kind == "channel" and record["channel"].get("type") != "O":
                private.add((record["channel"]["team"], record["channel"]["name"]))
            elif kind == "post":
                yield from _post(record["post"], private, options)
            elif kind == "direct_post":
                yield from _direct(record["direct_post"], options)
        except (ValueError, KeyError, TypeError):
            options.skipped[f"lines that are no record, the first is line {number}"] += 1


def _post(post: dict[str, Any], private: set[tuple[str, str]], options: Options) -> Iterator[Said]:
    place = (post["team"], post["channel"])
    if place in private and not options.private:
        options.skipped["messages of private conversations (--private takes them too)"] += 1
        return
    yield from _thread("\n".join(place), channel_from(post["channel"]), post)


def _direct(post: dict[str, Any], options: Options) -> Iterator[Said]:
    members = sorted({nick_from(name) for name in post["channel_members"]})
    if len(members) != 2 or not options.private:
        options.skipped["messages of private conversations (--private takes them too)"] += 1
        return
    yield from _thread("\n".join(members), (members[0], members[1]), post)


def _thread(where: str, place: str | tuple[str, str], post: dict[str, Any]) -> Iterator[Said]:
    first = _said(where, place, post, None)
    yield first
    for reply in post.get("replies") or ():
        yield _said(where, place, reply, first.key)


def _said(
    where: str, place: str | tuple[str, str], post: dict[str, Any], reply_to: str | None
) -> Said:
    time = int(post["create_at"])
    texts = [post.get("message", "")]
    texts += [each["path"].rpartition("/")[2] for each in post.get("attachments") or ()]
    action = post.get("type") == "me" or post.get("type") == "custom_me"
    return Said(
        f"mattermost\n{where}\n{time}\n{post['user']}",
        time,
        place,
        nick_from(post["user"]),
        "\n".join(text for text in texts if text),
        action=action,
        reply_to=reply_to,
        edited=int(post.get("edit_at") or 0),
        reactions=tuple(
            Reaction(nick_from(each["user"]), emoji(each["emoji_name"]), int(each["create_at"]))
            for each in post.get("reactions") or ()
        ),
    )
