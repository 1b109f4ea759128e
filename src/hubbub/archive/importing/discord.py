"""Read exports of DiscordChatExporter in JSON: one or many files, each of one channel.

A file is one object whose last large member is the messages. It may be larger than memory, so it is
read message by message.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ...protocol.names import fold
from .sources import (
    SYSTEM,
    ImportedMessage,
    NotReadable,
    Options,
    Origin,
    Reaction,
    SourceFiles,
    Topic,
    channel_from,
    ms,
    nick_from,
    reading,
)

#: Messages by people and replies of bots to commands. The others are joins and the like.
_KINDS = {"Default", "Reply", "0", "19", "20", "23"}
_PRIVATE = ("Direct", "Private")
#: Mentions, channels and emoji in exports made without resolving them.
_MARK = re.compile(r"<(@!?|#|a?:\w+:)(\d+)>")
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
#: Bytes per read.
CHUNK = 1 << 20


def fits(files: SourceFiles) -> bool:
    return any(name.endswith(".json") and _is_export(files, name) for name in files.names)


def _is_export(files: SourceFiles, name: str) -> bool:
    head = files.head(name)
    return b'"guild"' in head and b'"channel"' in head


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    names = [name for name in files.names if name.endswith(".json") and _is_export(files, name)]
    for name in names:
        with contextlib.suppress(NotReadable, KeyError, TypeError, AttributeError):
            channel = next(_parts(files, name, counted=False))["channel"]
            if not _is_private(channel):
                options.open_names.add(fold(channel_from(_called(channel))))
    for name in names:
        with options.one(name):
            yield from _channel(files, name, options)


def _channel(files: SourceFiles, name: str, options: Options) -> Iterator[ImportedMessage]:
    parts = _parts(files, name)
    with reading(f"{name} is no export of a Discord channel"):
        head = next(parts)
        channel, guild = head["channel"], head.get("guild") or {}
        id, label = str(channel["id"]), str(guild.get("name") or "")
    if _is_private(channel) and not options.private:
        options.skipped["files of private conversations (--private takes them too)"] += 1
        return
    place = _place(files, name, channel, options)
    if isinstance(place, str) and not options.takes(id, place, f"{label}/{_called(channel)}"):
        return
    origin = _origin(channel, label) if isinstance(place, str) else None
    if origin is not None and not _is_thread(channel):
        options.topics[origin.id] = Topic(str(channel.get("topic") or ""))
    title: ImportedMessage | None = None
    for number, message in enumerate(parts, 1):
        said = None
        with options.one(f"{name}, message {number}"):
            if str(message.get("type", "Default")) in _KINDS:
                said = _said(id, place, message, options)._replace(origin=origin)
            else:
                options.skipped[SYSTEM] += 1
        if said is None:
            continue
        if _is_thread(channel):
            if title is None:
                title = _title(channel, said)
                yield title
            said = said._replace(reply_to=said.reply_to or title.key)
        yield said


def _is_private(channel: dict[str, Any]) -> bool:
    return any(word in str(channel.get("type", "")) for word in _PRIVATE)


def _called(channel: dict[str, Any]) -> str:
    return str(channel["category" if _is_thread(channel) else "name"])


def _origin(channel: dict[str, Any], label: str) -> Origin:
    """A channel, to which its threads belong."""
    id = channel.get("categoryId") if _is_thread(channel) else channel["id"]
    category = "" if _is_thread(channel) else str(channel.get("category") or "")
    return Origin(f"discord\n{id}", (label, f"{label}-{category}"), _is_private(channel))


def _is_thread(channel: dict[str, Any]) -> bool:
    """Is the channel a thread? Its parent channel is in the place of the category."""
    return "Thread" in str(channel.get("type")) and bool(channel.get("category"))


def _title(channel: dict[str, Any], first: ImportedMessage) -> ImportedMessage:
    """The title of a thread as a message by the person who started it. A thread's id is that of its
    first message, if it has one."""
    id = str(channel["id"])
    return first._replace(
        key=f"discord\n{id}\ntitle",
        text=f"🧵 {channel['name']}",
        reply_to=f"discord\n{channel.get('categoryId')}\n{id}",
        edited=0,
        reactions=(),
    )


def _place(
    files: SourceFiles, name: str, channel: dict[str, Any], options: Options
) -> str | tuple[str, str]:
    other = nick_from(channel["name"])
    if channel.get("type") != "DirectTextChat":
        return channel_from(_called(channel))
    if options.me:
        return other, nick_from(options.me)
    with reading(name):
        authors = (
            _nick(part["author"], options) for part in _parts(files, name) if "author" in part
        )
        me = next((nick for nick in authors if nick != other), None)
    return channel_from(channel["name"]) if me is None else (other, me)


def _parts(files: SourceFiles, name: str, *, counted: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the part before the messages, then each message. Raises NotReadable."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    parse = json.JSONDecoder().raw_decode
    with files.open(name) as file:
        text, at, line = "", 0, 1
        begun = ended = False
        while not ended:
            chunk = file.read(CHUNK)
            files.done += len(chunk) * counted
            text += decode(chunk, not chunk)
            if not begun and (found := _MESSAGES.search(text)):
                with reading(f"{name} is no export of a Discord channel"):
                    yield json.loads(text[: found.start()] + '"messages":[]}')
                begun, at = True, found.end()
            while begun and (at := _next(text, at)) < len(text):
                if ended := text[at] == "]":
                    break
                try:
                    message, end = parse(text, at)
                except json.JSONDecodeError as error:
                    if chunk:
                        break  # incomplete, read more
                    line += text.count("\n", 0, error.pos)
                    raise NotReadable(f"{name}, line {line}: {error.msg}") from error
                yield message
                at = end
            if not (chunk or ended):
                raise NotReadable(f"{name} is no export of a Discord channel, or not all of one")
            line += text.count("\n", 0, at)
            text, at = text[at:], 0


def _next(text: str, at: int) -> int:
    """The offset of the next message."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _nick(author: dict[str, Any], options: Options) -> str:
    name = str(author.get("name") or "somebody")
    shown = str(author.get("nickname") or name)
    id = str(author.get("id") or shown)
    return options.nicks.of(f"discord\n{id}", shown, name, f"{name}_{author.get('discriminator')}")


def _said(
    channel: str, place: str | tuple[str, str], message: dict[str, Any], options: Options
) -> ImportedMessage:
    time = _time(message["timestamp"], options)
    edited = message.get("timestampEdited")
    reference = message.get("reference") or {}
    answered = reference.get("messageId") if reference.get("type") != "Forward" else None
    for reaction in message.get("reactions", ()):
        if "users" not in reaction:  # older exports have only a count
            options.skipped["reactions of nobody knows whom"] += int(reaction.get("count", 1))
    texts = [
        text
        for part in (message, message.get("forwardedMessage"))
        for text in _texts(part, options)
    ]
    return ImportedMessage(
        f"discord\n{channel}\n{message['id']}",
        time,
        place,
        _nick(message["author"], options),
        "\n".join(texts),
        reply_to=f"discord\n{reference.get('channelId') or channel}\n{answered}"
        if answered
        else None,
        edited=_time(edited, options) if edited else 0,
        reactions=tuple(
            Reaction(
                _nick(user, options), _emoji(reaction["emoji"]), time, str(user.get("id") or "")
            )
            for reaction in message.get("reactions", ())
            for user in reaction.get("users", ())
        ),
    )


def _texts(message: dict[str, Any] | None, options: Options) -> list[str]:
    """The readable text of a message, without Discord's previews of links."""
    if message is None:
        return []
    content = message.get("content") or ""
    texts = [_MARK.sub(_marks(message, options), content)]
    by_program = (message.get("author") or {}).get("isBot", False)
    for each in message.get("embeds", ()):
        if not content or (by_program and (not each.get("url") or each["url"] not in content)):
            texts += _embedded(each)
    texts += [_attached(each) for each in message.get("attachments", ())]
    texts += [f"[{sticker['name']}]" for sticker in message.get("stickers", ())]
    return [text for text in texts if text]


def _embedded(embed: dict[str, Any]) -> list[str]:
    texts = [(embed.get("author") or {}).get("name"), embed.get("title"), embed.get("description")]
    for field in embed.get("fields") or ():
        texts.append(": ".join(field[name] for name in ("name", "value") if field.get(name)))
    texts.append((embed.get("footer") or {}).get("text"))
    return [str(text) for text in texts if text]


def _attached(attachment: dict[str, Any]) -> str:
    """The URL of an attachment without its query, which is a credential valid for a day; or its
    file name if it is stored beside the export."""
    url = str(attachment["url"])
    return url.partition("?")[0] if "://" in url else str(attachment.get("fileName") or url)


def _marks(message: dict[str, Any], options: Options) -> Callable[[re.Match[str]], str]:
    names = {str(each["id"]): _nick(each, options) for each in message.get("mentions") or ()}

    def shown(found: re.Match[str]) -> str:
        sign = found[1]
        if sign.startswith("@"):
            return f"@{names[found[2]]}" if found[2] in names else found[0]
        return found[0] if sign == "#" else sign.removeprefix("a")

    return shown


def _emoji(found: dict[str, Any]) -> str:
    """An emoji as text: Discord's own have an id and a name, the others are a character."""
    return f":{found['name']}:" if found.get("id") else str(found["name"])


def _time(text: str, options: Options) -> int:
    return ms(datetime.fromisoformat(text), options.zone)
