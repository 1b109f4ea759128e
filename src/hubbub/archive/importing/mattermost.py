"""Read Mattermost bulk exports: JSON Lines (`mmctl export`), alone or in their zip."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from ...protocol.names import fold
from .emoji import emoji
from .slack import attached
from .sources import (
    SYSTEM,
    ImportedMessage,
    Options,
    Origin,
    Reaction,
    Repeats,
    SourceFiles,
    Topic,
    channel_from,
    nick_from,
)

_MENTION = re.compile(r"(?<![\w@./-])@([A-Za-z0-9][A-Za-z0-9._-]*)")
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
    name = _file(files)
    assert name is not None
    export = _Export(_server(files, name, options), options)
    for number, record in files.records(name, options):
        said: list[ImportedMessage] = []
        with options.one(f"{name}, line {number}"):
            said = list(export.read(record))
        yield from said


def _server(files: SourceFiles, name: str, options: Options) -> str:
    """A name for the server of this export, which does not name it: it is that of an earlier import
    if the two have a post in common, since an export has all posts."""
    for number in count(1):
        server = "mattermost" if number == 1 else f"mattermost {number}"
        is_new = not any(id.startswith(f"{server}\n") for id in options.origins)
        if is_new or any(options.is_known(key) for key in _keys(server, files, name, options)):
            return server
    raise AssertionError("count() does not end")


def _keys(server: str, files: SourceFiles, name: str, options: Options) -> Iterator[str]:
    """The keys that the posts of an export have if it is of this server."""
    done = files.done
    for _, record in files.records(name, replace(options, strict=False, damaged=[])):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            if record["type"] == "post":
                post = record["post"]
                time = int(post["create_at"])
                yield "\n".join(
                    (server, str(post["team"]), str(post["channel"]), str(time), post["user"])
                )
    files.done = done


class _Export:
    """The messages of one export, record by record.

    Posts have no id. A post is identified by its time, its user, and its number among posts with
    the same two, because a program may post several times in one millisecond.
    """

    def __init__(self, server: str, options: Options) -> None:
        self._server = server
        self._options = options
        self._public: set[tuple[str, str]] = set()  # pairs of team and channel
        self._repeats = Repeats()

    def read(self, record: dict[str, Any]) -> Iterator[ImportedMessage]:
        kind = record["type"]
        if kind == "channel" and record["channel"].get("type") == "O":
            self._public.add((record["channel"]["team"], record["channel"]["name"]))
            self._options.open_names.add(fold(channel_from(record["channel"]["name"])))
            self._topic(record["channel"])
        elif kind == "user":
            self._nick(record["user"]["username"])
        elif kind == "post":
            yield from self._post(record["post"])
        elif kind == "direct_post" and self._options.private:
            yield from self._direct(record["direct_post"])
        elif kind == "direct_post":
            self._options.skipped[_PRIVATE] += 1

    def _topic(self, channel: dict[str, Any]) -> None:
        text = str(channel.get("header") or channel.get("purpose") or "")
        where = f"{channel['team']}\n{channel['name']}"
        self._options.topics[f"{self._server}\n{where}"] = Topic(self._mentions(text))

    def _post(self, post: dict[str, Any]) -> Iterator[ImportedMessage]:
        team, channel = str(post["team"]), str(post["channel"])
        closed = (team, channel) not in self._public
        if closed and not self._options.private:
            self._options.skipped[_PRIVATE] += 1
        elif self._options.takes(channel, f"{team}/{channel}", f"{channel}-{team}"):
            where = f"{team}\n{channel}"
            origin = Origin(f"{self._server}\n{where}", (team,), closed)
            for said in self._thread(where, channel_from(channel), post):
                yield said._replace(origin=origin)

    def _nick(self, user: str) -> str:
        """User names are unique, but not all of them are nicks."""
        return self._options.nicks.of(f"{self._server}\n{user}", str(user))

    def _mentions(self, text: str) -> str:
        """The text with the nicks of the people that it mentions."""

        def shown(found: re.Match[str]) -> str:
            name = found[1].rstrip("._-")
            nick = self._options.nicks.known.get(f"{self._server}\n{name.lower()}\0{name.lower()}")
            return found[0] if nick is None else f"@{nick}{found[1][len(name) :]}"

        return _MENTION.sub(shown, text)

    def _direct(self, post: dict[str, Any]) -> Iterator[ImportedMessage]:
        """A post between two people, to oneself, or in a group, which becomes a channel."""
        names = sorted(set(map(str, post["channel_members"])))
        where = "\n".join(sorted({nick_from(name) for name in names}))
        members = sorted({self._nick(name) for name in names})
        if len(members) <= 2:
            yield from self._thread(where, (members[0], members[-1]), post)
            return
        origin = Origin("\n".join((self._server, *names)), closed=True)
        for said in self._thread(where, channel_from("-".join(members)), post):
            yield said._replace(origin=origin)

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
        texts = [self._mentions(post.get("message") or ""), *attached(props.get("attachments"))]
        texts += [each["path"].rpartition("/")[2] for each in post.get("attachments") or ()]
        user = post["user"]
        return ImportedMessage(
            self._repeats.key(self._server, where, time, user),
            time,
            place,
            self._author(str(user), props),
            "\n".join(text for text in texts if text),
            action=post.get("type") in ("me", "custom_me"),
            reply_to=reply_to,
            edited=int(post.get("edit_at") or 0),
            reactions=tuple(self._reaction(each) for each in post.get("reactions") or ()),
        )

    def _author(self, user: str, props: dict[str, Any]) -> str:
        """The nick of the author; a webhook chooses the name that its posts appear under."""
        name = props.get("override_username")
        if name and str(name) != user:
            return self._options.nicks.of(f"{self._server}\n{user}\n{name}", str(name))
        return self._nick(user)

    def _reaction(self, each: dict[str, Any]) -> Reaction:
        user = str(each["user"])
        nick = self._nick(user)
        by = "" if nick == nick_from(user) else user
        return Reaction(nick, emoji(each["emoji_name"]), int(each["create_at"]), by)
