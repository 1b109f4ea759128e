"""Mattermost bulk exports: JSON Lines (`mmctl export`), alone or in their zip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .base import Files, Options, Reaction, Said, channel_from, nick_from, reading
from .emoji import emoji
from .slack import attached

_PRIVATE = "messages of private conversations (--private takes them too)"


def _file(files: Files) -> str | None:
    """Beside it are the files that people attached."""
    return next((name for name in files.names if _is_export(files, name)), None)


def _is_export(files: Files, name: str) -> bool:
    if not name.endswith((".jsonl", ".json")):
        return False
    first = files.head(name).split(b"\n")[0]
    return b'"type"' in first and b'"version"' in first


def fits(files: Files) -> bool:
    return _file(files) is not None


def read(files: Files, options: Options) -> Iterator[Said]:
    public: set[tuple[str, str]] = set()  # team and channel
    name = _file(files)
    assert name is not None
    for number, record in files.records(name):
        with reading(f"{name}, line {number}"):
            said = list(_read(record, public, options))
        yield from said


def _read(record: dict[str, Any], public: set[tuple[str, str]], options: Options) -> Iterator[Said]:
    kind = record["type"]
    if kind == "channel" and record["channel"].get("type") == "O":
        public.add((record["channel"]["team"], record["channel"]["name"]))
    elif kind == "post":
        post = record["post"]
        place = (post["team"], post["channel"])
        if place in public or options.private:
            yield from _thread("\n".join(place), channel_from(post["channel"]), post)
        else:
            options.skipped[_PRIVATE] += 1
    elif kind == "direct_post" and options.private:
        yield from _direct(record["direct_post"])
    elif kind == "direct_post":
        options.skipped[_PRIVATE] += 1


def _direct(post: dict[str, Any]) -> Iterator[Said]:
    """Of two people, of one with herself, or of a group, which becomes a channel."""
    members = sorted({nick_from(name) for name in post["channel_members"]})
    place = channel_from("-".join(members))
    pair = (members[0], members[-1])
    yield from _thread("\n".join(members), pair if len(members) <= 2 else place, post)


def _thread(where: str, place: str | tuple[str, str], post: dict[str, Any]) -> Iterator[Said]:
    first = _said(where, place, post, None)
    if not str(post.get("type") or "").startswith("system_"):  # joins, headers and the like
        yield first
    for reply in post.get("replies") or ():
        yield _said(where, place, reply, first.key)


def _said(
    where: str, place: str | tuple[str, str], post: dict[str, Any], reply_to: str | None
) -> Said:
    time = int(post["create_at"])
    texts = [post.get("message") or ""]
    if not texts[0]:
        texts += attached((post.get("props") or {}).get("attachments"))
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
