"""Read Mattermost bulk exports: JSON Lines (`mmctl export`), alone or in their zip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .emoji import emoji
from .slack import attached
from .sources import (
    SYSTEM,
    ImportedMessage,
    Options,
    Reaction,
    Repeats,
    SourceFiles,
    channel_from,
    nick_from,
    reading,
)

_PRIVATE = "messages of private conversations (--private takes them too)"


def _file(files: SourceFiles) -> str | None:
    """The JSON Lines file; the attached files are beside it."""
    return next((name for name in files.names if _is_export(files, name)), None)


def _is_export(files: SourceFiles, name: str) -> bool:
    if not name.endswith((".jsonl", ".json")):
        return False
    first = files.head(name).split(b"\n")[0]
    return b'"type"' in first and b'"version"' in first


def fits(files: SourceFiles) -> bool:
    return _file(files) is not None


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    export = _Export(options)
    name = _file(files)
    assert name is not None
    for number, record in files.records(name):
        with reading(f"{name}, line {number}"):
            said = list(export.read(record))
        yield from said


class _Export:
    """The messages of one export, record by record.

    Posts have no id. A post is identified by its time, its user, and its number among posts with
    the same two, because a program may post several times in one millisecond.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._public: set[tuple[str, str]] = set()  # pairs of team and channel
        self._repeats = Repeats()

    def read(self, record: dict[str, Any]) -> Iterator[ImportedMessage]:
        kind = record["type"]
        if kind == "channel" and record["channel"].get("type") == "O":
            self._public.add((record["channel"]["team"], record["channel"]["name"]))
        elif kind == "post":
            post = record["post"]
            place = (post["team"], post["channel"])
            if place in self._public or self._options.private:
                yield from self._thread("\n".join(place), channel_from(post["channel"]), post)
            else:
                self._options.skipped[_PRIVATE] += 1
        elif kind == "direct_post" and self._options.private:
            yield from self._direct(record["direct_post"])
        elif kind == "direct_post":
            self._options.skipped[_PRIVATE] += 1

    def _direct(self, post: dict[str, Any]) -> Iterator[ImportedMessage]:
        """A post between two people, to oneself, or in a group, which becomes a channel."""
        members = sorted({nick_from(name) for name in post["channel_members"]})
        place = channel_from("-".join(members))
        pair = (members[0], members[-1])
        yield from self._thread("\n".join(members), pair if len(members) <= 2 else place, post)

    def _thread(
        self, where: str, place: str | tuple[str, str], post: dict[str, Any]
    ) -> Iterator[ImportedMessage]:
        first = self._said(where, place, post, None)
        replies = post.get("replies") or ()
        said = [first, *(self._said(where, place, reply, first.key) for reply in replies)]
        for each, what in zip(said, (post, *replies), strict=True):
            if str(what.get("type") or "").startswith("system_"):
                self._options.skipped[SYSTEM] += 1
            else:
                yield each

    def _said(
        self,
        where: str,
        place: str | tuple[str, str],
        post: dict[str, Any],
        reply_to: str | None,
    ) -> ImportedMessage:
        time = int(post["create_at"])
        props = post.get("props") or {}
        texts = [post.get("message") or "", *attached(props.get("attachments"))]
        texts += [each["path"].rpartition("/")[2] for each in post.get("attachments") or ()]
        user = post["user"]
        return ImportedMessage(
            self._repeats.key("mattermost", where, time, user),
            time,
            place,
            # A webhook chooses the name that its posts appear under.
            nick_from(str(props.get("override_username") or user)),
            "\n".join(text for text in texts if text),
            action=post.get("type") in ("me", "custom_me"),
            reply_to=reply_to,
            edited=int(post.get("edit_at") or 0),
            reactions=tuple(
                Reaction(nick_from(each["user"]), emoji(each["emoji_name"]), int(each["create_at"]))
                for each in post.get("reactions") or ()
            ),
        )
