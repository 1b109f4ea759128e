"""Exports of DiscordChatExporter in JSON: a file a channel, one or many of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .base import Files, NotReadable, Options, Reaction, Said, channel_from, ms, nick_from

_KINDS = {"Default", "Reply", "0", "19"}
_PRIVATE = ("Direct", "Private")


def fits(files: Files) -> bool:
    name = next((name for name in files.names if name.endswith(".json")), None)
    head = files.head(name) if name is not None else b""
    return b'"guild"' in head and b'"channel"' in head


def read(files: Files, options: Options) -> Iterator[Said]:
    for name in files.names:
        if name.endswith(".json"):
            try:
                export = json.loads(files.read(name))
                yield from _channel(export, options)
            except (ValueError, KeyError, TypeError) as error:
                raise NotReadable(
                    f"{name} is no export of a Discord channel ({error!r})"
                ) from error


def _channel(export: dict[str, Any], options: Options) -> Iterator[Said]:
    channel = export["channel"]
    if any(word in channel.get("type", "") for word in _PRIVATE) and not options.private:
        options.skipped["files of private conversations (--private takes them too)"] += 1
        return
    place = _place(channel, export["messages"], options)
    for message in export["messages"]:
        if str(message.get("type", "Default")) in _KINDS:
            yield _said(str(channel["id"]), place, message, options)


def _place(
    channel: dict[str, Any], messages: list[dict[str, Any]], options: Options
) -> str | tuple[str, str]:
    if channel.get("type") == "DirectTextChat":
        people = sorted(
            {_nick(message["author"]) for message in messages} | {nick_from(channel["name"])}
        )
        if options.me:
            return nick_from(channel["name"]), nick_from(options.me)
        if len(people) >= 2:
            return people[0], people[1]
    return channel_from(channel["name"])


def _nick(author: dict[str, Any]) -> str:
    return nick_from(author.get("nickname") or author.get("name") or "somebody")


def _said(
    channel: str, place: str | tuple[str, str], message: dict[str, Any], options: Options
) -> Said:
    time = _time(message["timestamp"], options)
    edited = message.get("timestampEdited")
    answered = (message.get("reference") or {}).get("messageId")
    texts = [message.get("content", "")]
    texts += [attachment["url"] for attachment in message.get("attachments", ())]
    texts += [f"[{sticker['name']}]" for sticker in message.get("stickers", ())]
    return Said(
        f"discord\n{channel}\n{message['id']}",
        time,
        place,
        _nick(message["author"]),
        "\n".join(text for text in texts if text),
        reply_to=f"discord\n{channel}\n{answered}" if answered else None,
        edited=_time(edited, options) if edited else 0,
        reactions=tuple(
            Reaction(_nick(user), _emoji(reaction["emoji"]), time)
            for reaction in message.get("reactions", ())
            for user in reaction.get("users", ())
        ),
    )


def _emoji(found: dict[str, Any]) -> str:
    """Discord's own have a number and a name, the others are the sign itself."""
    return f":{found['name']}:" if found.get("id") else str(found["name"])


def _time(text: str, options: Options) -> int:
    return ms(datetime.fromisoformat(text), options.zone)
