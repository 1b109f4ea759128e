"""Read Slack exports: a zip or directory with channels.json, users.json and a folder per channel,
which has a file per day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...protocol.names import fold
from .emoji import emoji
from .sources import (
    SYSTEM,
    ImportedMessage,
    Nicks,
    Options,
    Origin,
    Reaction,
    SourceFiles,
    Topic,
    channel_from,
    nick_from,
)

#: Messages by people and programs. The others are joins, topics and the like.
_KINDS = {
    None, "me_message", "thread_broadcast", "reply_broadcast", "bot_message", "slackbot_response",
    "file_share", "file_comment", "tombstone",
}  # fmt: skip
_SYSTEM = re.compile(
    r"channel_|group_|bot_(?!message)|huddle_|sh_room_|app_|pinned|unpinned|reminder|joiner|ekm_"
    r"|file_mention|convert|message_|thread_|assistant_|mpim_|unfurl|reply"
)
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
#: Exports of a whole organisation name it org_users.json.
_USERS = ("users.json", "org_users.json")


#: The list that contains a conversation tells who may see it.
_CHANNELS: tuple[str, ...] = ("channels.json",)
_GROUPS = ("groups.json", "mpims.json")


class SlackNames(NamedTuple):
    """Names of people (as nicks) and of channels, by id."""

    users: dict[str, str]
    channels: dict[str, str]
    nicks: Nicks


class SlackPlace(NamedTuple):
    """The identity of a channel, which survives a rename, and the target of its messages."""

    id: str
    name: str | tuple[str, str]
    closed: bool
    label: str

    def origin(self) -> Origin | None:
        if isinstance(self.name, tuple):
            return None
        return Origin(f"slack\n{self.id}", (self.label,), self.closed)


def fits(files: SourceFiles) -> bool:
    names = {name.rpartition("/")[2] for name in files.names}
    lists = {*_CHANNELS, *_GROUPS, "dms.json"}
    return not names.isdisjoint(lists) and not names.isdisjoint(_USERS)


def read(files: SourceFiles, options: Options) -> Iterator[ImportedMessage]:
    users = _users(files, options)
    listed = list(_listed(files, options))
    options.open_names |= {fold(channel_from(each.name)) for each in listed if not each.closed}
    names = SlackNames(users, _channel_names(listed, options), options.nicks)
    places = _places(files, listed, names)
    for each in listed:
        text, by, time = each.topic
        if text and not each.closed:
            by = names.users.get(by, "")
            options.topics[f"slack\n{each.id}"] = Topic(readable(text, names), by, time)
    for name in files.names:
        parent, _, file = name.rpartition("/")
        folder = parent.rpartition("/")[2]
        if not _DAY.fullmatch(file):
            continue
        place = places.get(folder) or _unlisted(folder, files)
        if place.closed and not options.private:
            options.skipped[_why_not(folder, folder in places)] += 1
        elif isinstance(place.name, tuple) or options.takes(place.id, place.name):
            yield from _day(files, name, place, names, options)


def _channel_names(listed: Iterable[SlackChannel], options: Options) -> dict[str, str]:
    """Names for mentions: those of private channels are private too."""
    return {each.id: each.name for each in listed if options.private or not each.closed}


def _day(
    files: SourceFiles, name: str, place: SlackPlace, names: SlackNames, options: Options
) -> Iterator[ImportedMessage]:
    """The messages of one file."""
    found: list[Any] = []
    with options.one(name):
        found = list(files.json(name))
    for number, message in enumerate(found, 1):
        said = None
        with options.one(f"{name}, message {number}"):
            why_not = _why_no_message(message)
            if why_not is not None:
                options.skipped[why_not] += 1
            else:
                said = _said(place, message, names)
        if said is not None:
            yield said


def _why_no_message(message: dict[str, Any]) -> str | None:
    """The reason why a record is nothing that somebody said."""
    kind = message.get("subtype")
    if message.get("type") != "message" or (kind not in _KINDS and _SYSTEM.match(str(kind))):
        return SYSTEM
    return None if kind in _KINDS else "messages of a kind that is not known"


def _why_not(folder: str, is_listed: bool) -> str:
    if is_listed:
        return "files of private conversations (--private takes them too)"
    if folder.startswith("FC:"):
        return "files of comments in canvases (--private takes them too)"
    return "files of folders that no list of the export names (--private takes them too)"


def _records(
    files: SourceFiles, names: Iterable[str], options: Options
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of the export's lists, each with where it stands."""
    for each in files.names:
        name = each.rpartition("/")[2]
        if name in names:
            for number, entry in enumerate(files.json(each), 1):
                yield f"{name}, entry {number}", entry


def _users(files: SourceFiles, options: Options) -> dict[str, str]:
    """Id -> nick: the display name, or the user name, which is unique, if several people chose the
    same display name."""
    found: list[dict[str, Any]] = []
    for where, each in _records(files, _USERS, options):
        with options.one(where):
            nick_from(_name(each))
            found.append(each | {"id": str(each["id"])})
    times = Counter(fold(nick_from(_name(each))) for each in found)
    found.sort(key=lambda each: times[fold(nick_from(_name(each)))] == 1)  # user names go first
    users = {"USLACKBOT": options.nicks.of("slack\nUSLACKBOT", "slackbot")}
    for each in found:
        shown, name = _name(each), str(each.get("name") or each["id"])
        called = (shown, name) if times[fold(nick_from(shown))] == 1 else (name, f"{shown}_{name}")
        users[each["id"]] = options.nicks.of(f"slack\n{each['id']}", *called)
    return users


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or user.get("name") or user["id"])


class SlackChannel(NamedTuple):
    """An entry of the lists: `members` of a direct conversation, which has no name."""

    id: str
    name: str
    closed: bool
    members: tuple[str, ...] = ()
    topic: Topic = Topic("")


def _listed(files: SourceFiles, options: Options) -> Iterator[SlackChannel]:
    for where, each in _records(files, (*_CHANNELS, *_GROUPS, "dms.json"), options):
        with options.one(where):
            id, direct = str(each["id"]), where.startswith("dms.json")
            closed = bool(each.get("is_private")) or not where.startswith(_CHANNELS)
            name = "" if direct else str(each["name"])
            yield SlackChannel(id, name, closed, tuple(each.get("members") or ()), _topic(each))


def _topic(channel: dict[str, Any]) -> Topic:
    """The topic, or what the channel is for, by the id of the person who set it."""
    found = (channel.get("topic") or {}, channel.get("purpose") or {})
    best = next((each for each in found if each.get("value")), {})
    time = int(best.get("last_set") or 0) * 1000
    return Topic(str(best.get("value") or ""), str(best.get("creator") or ""), time)


def _places(
    files: SourceFiles, listed: Iterable[SlackChannel], names: SlackNames
) -> dict[str, SlackPlace]:
    """Folder -> target. The folder is called by the name of the channel or by its id; a name that
    several have is taken to be the closed one's."""
    folders = {name.rpartition("/")[0].rpartition("/")[2] for name in files.names}
    label = _workspace(files)
    found: dict[str, SlackPlace] = {}
    for each in sorted(listed, key=lambda each: each.closed):
        if each.name:
            place = SlackPlace(each.id, channel_from(each.name), each.closed, label)
            found |= {each.id: place} if each.id in folders else {each.name: place}
        elif each.members:  # a single member: notes to oneself
            members = [names.users.get(id) or _stranger(id, names) for id in each.members]
            found[each.id] = SlackPlace(each.id, (members[0], members[-1]), True, label)
    return found


def _unlisted(folder: str, files: SourceFiles) -> SlackPlace:
    """The place of a folder that no list names: comments in a canvas (FC:F01:title), or a
    conversation that the person who made the export may not see."""
    name = f"canvas-{folder.rpartition(':')[2]}" if folder.startswith("FC:") else folder
    return SlackPlace(folder, channel_from(name), True, _workspace(files))


def _workspace(files: SourceFiles) -> str:
    """A name for the workspace: `Acme Slack export Nov 1 2023 - Nov 30 2023.zip`."""
    return re.sub(r" Slack export.*|\.zip$", "", files.path.absolute().name)


def _stranger(id: str, names: SlackNames, *called: str) -> str:
    """The nick of somebody whom no list names: a program, or a guest from another workspace."""
    return names.nicks.of(f"slack\n{id}", *([each for each in called if each] or [id]))


def _said(place: SlackPlace, message: dict[str, Any], names: SlackNames) -> ImportedMessage:
    stamp, thread = message["ts"], message.get("thread_ts")
    # Comments on files and older uploads name their author elsewhere.
    others = (message.get("comment"), message.get("file"))
    authors = [(each or {}).get("user") for each in others]
    user = str(next(filter(None, (message.get("user"), message.get("bot_id"), *authors)), ""))
    profile = message.get("user_profile") or message.get("bot_profile") or {}
    called = profile.get("display_name") or message.get("username") or profile.get("name")
    texts = [readable(text, names) for text in _texts(message, names)]
    texts += [
        # the query is a credential
        f"{file.get('name') or 'file'}: {file['url_private'].partition('?')[0]}"
        for file in message.get("files") or ()
        if file.get("url_private")
    ]
    time, gone = _ms(stamp), message.get("subtype") == "tombstone"
    if gone and thread != stamp:  # nothing hangs on it
        texts = []
    edited = (message.get("edited") or {}).get("ts")
    return ImportedMessage(
        f"slack\n{place.id}\n{stamp}",
        time,
        place.name,
        names.users.get(user) or _stranger(user, names, str(called or "")),
        "\n".join(text for text in texts if text),
        action=message.get("subtype") == "me_message",
        reply_to=f"slack\n{place.id}\n{thread}" if thread and thread != stamp else None,
        edited=_ms(edited) if edited else 0,
        reactions=tuple(
            Reaction(
                names.users.get(who) or _stranger(who, names), emoji(reaction["name"]), time, who
            )
            for reaction in message.get("reactions") or ()
            for who in reaction.get("users") or ()
        ),
        origin=place.origin(),
        gone=gone,
    )


def _texts(message: dict[str, Any], names: SlackNames) -> Iterator[str]:
    text = message.get("text") or ""
    blocks = message.get("blocks") or []
    if text:  # messages by people repeat their text as rich text
        blocks = [each for each in blocks if each.get("type") != "rich_text"]
    more = _blocks(blocks)
    yield from (more,) if text in more else (text, more)
    for each in message.get("attachments") or ():
        if each.get("from_url"):  # Slack's preview of a link is not part of the message
            continue
        yield from attached([each]) if not each.get("blocks") else (_blocks(each["blocks"]),)


def _blocks(found: Any) -> str:
    """The text of blocks: what programs say, lists, tables."""
    if isinstance(found, list):
        return "\n".join(words for each in found if (words := _blocks(each)))
    if not isinstance(found, dict):
        return ""
    read = _BLOCKS.get(str(found.get("type")))
    if read is not None:
        return read(found)
    text = found.get("text")
    parts = [text if isinstance(text, dict) else None, found.get("title"), found.get("fields")]
    return text if isinstance(text, str) else _blocks([*parts, found.get("elements")])


def _in_line(found: dict[str, Any]) -> str:
    return "".join(_blocks(each) for each in found.get("elements") or ())


def _rows(found: dict[str, Any]) -> str:
    """A table, its cells separated by bars."""
    rows = ([_blocks(cell).replace("\n", " ") for cell in row] for row in found["rows"])
    return "\n".join(" | ".join(cells) for cells in rows)


def _listing(found: dict[str, Any]) -> str:
    indent = "  " * int(found.get("indent") or 0)
    ordered, first = found.get("style") == "ordered", int(found.get("offset") or 0) + 1
    return "\n".join(
        f"{indent}{f'{number}.' if ordered else '•'} {_blocks(each)}"
        for number, each in enumerate(found.get("elements") or (), first)
    )


def _linked(found: dict[str, Any]) -> str:
    url, text = str(found.get("url") or ""), str(found.get("text") or "")
    return f"<{url}|{text}>" if text else f"<{url}>"


def _picture(found: dict[str, Any]) -> str:
    file, title = found.get("slack_file") or {}, _blocks(found.get("title"))
    url = next(
        filter(None, (found.get(n) for n in ("image_url", "video_url", "title_url"))),
        file.get("url"),
    )
    words = title or str(found.get("alt_text") or "")
    return ": ".join(each for each in (words, str(url or "").partition("?")[0]) if each)


#: The text of a block by its type. Other types have `text`, `fields` or `elements`.
_BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "actions": lambda found: "",  # buttons
    "rich_text_section": _in_line,
    "rich_text_preformatted": lambda found: f"```\n{_in_line(found)}\n```",
    "rich_text_quote": lambda found: "\n".join(f"> {x}" for x in _in_line(found).split("\n")),
    "rich_text_list": _listing,
    "table": _rows,
    "image": _picture,
    "video": _picture,
    "user": lambda found: f"<@{found.get('user_id')}>",
    "channel": lambda found: f"<#{found.get('channel_id')}>",
    "usergroup": lambda found: f"<!subteam^{found.get('usergroup_id')}>",
    "broadcast": lambda found: f"@{found.get('range')}",
    "link": _linked,
    "emoji": lambda found: f":{found.get('name')}:",
    "date": lambda found: str(found.get("fallback") or ""),
    "color": lambda found: str(found.get("value") or ""),
}


def attached(attachments: Iterable[dict[str, Any]] | None) -> list[str]:
    """Text that programs attach to a message, in Slack and Mattermost."""
    found: list[str] = []
    for each in attachments or ():
        fields = (
            ": ".join(str(field[name]) for name in ("title", "value") if field.get(name))
            for field in each.get("fields") or ()
        )
        title, link = each.get("title"), each.get("title_link")
        if link and str(link) not in str(title):
            title = f"{title} ({link})" if title else link
        texts = [each.get("pretext"), title, each.get("text"), *fields]
        texts += [str(each.get("image_url") or "").partition("?")[0]]
        found += [str(text) for text in texts if text] or [str(each.get("fallback") or "")]
    return found


def _ms(stamp: str) -> int:
    return round(float(stamp) * 1000)


#: Code, which stays as it is, and emoji.
_CODE = re.compile(r"```(.*?)```|`[^`\n]+`", re.DOTALL)
_EMOJI = re.compile(r"(?<![\w:]):([a-z0-9_+'-]+)(?:::skin-tone-\d)?:(?![\w:])")

_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])")


def readable(text: str, names: SlackNames) -> str:
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

    def plain(part: str, is_code: bool) -> str:
        part = _LINK.sub(shown, part)
        if not is_code:
            part = _STRUCK.sub(r"~~\1~~", _EMOJI.sub(lambda each: emoji(each[1]), part))
        return part.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    done, parts = 0, []
    for code in _CODE.finditer(text):
        parts += [plain(text[done : code.start()], False), _fenced(code, plain(code[0], True))]
        done = code.end()
    return "".join([*parts, plain(text[done:], False)])


def _fenced(code: re.Match[str], text: str) -> str:
    """Code in its own lines: Slack writes it between other words, or in one line."""
    if code[1] is None:
        return text
    inner = text[3:-3].strip("\n")
    begins = code.start() == 0 or code.string[code.start() - 1] == "\n"
    ends = code.end() == len(code.string) or code.string[code.end()] == "\n"
    return f"{'' if begins else chr(10)}```\n{inner}\n```{'' if ends else chr(10)}"
