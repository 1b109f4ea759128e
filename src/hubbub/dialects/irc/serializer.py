"""Write changes as IRC lines, according to the capabilities of a variant.

There is one function per event class. It returns complete lines with their endings, or "" if
clients with these capabilities do not receive the event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...events.bursts import Logged, MessagesSent, singles
from ...events.kinds import (
    AwayChanged,
    ChannelModeChanged,
    ChannelRegistered,
    ChannelRenamed,
    ChannelUnregistered,
    HostChanged,
    Invited,
    Joined,
    Kicked,
    Knocked,
    LoggedIn,
    LoggedOut,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    ModeChange,
    NickChanged,
    NoticeGiven,
    OperatorChanged,
    Parted,
    Reacted,
    ReadMarkerMoved,
    RealnameChanged,
    TagsKept,
    TagsRelayed,
    TopicChanged,
    Unreacted,
    UserKilled,
    UserModeChanged,
    UserQuit,
    WallopsSent,
)
from ...model.change import Change
from ...protocol.codec import escape_tag, fit, format_tags
from ...protocol.multiline import CONCAT, lines_of
from ...protocol.times import server_time
from ..variant import Variant, Writers

T = TypeVar("T", bound="Callable[..., str]")

_CHANSERV = "ChanServ"  # the source of changes to registered channels


def needs(cap: str) -> Callable[[T], T]:
    """The writer's event is sent only to clients with this capability."""

    def mark(writer: T) -> T:
        writer.needs = cap  # type: ignore[attr-defined]
        return writer

    return mark


def _tags(
    entry: Logged,
    variant: Variant,
    account: str | None = None,
    client_tags: tuple[tuple[str, str], ...] = (),
    msgid: bool = False,
) -> str:
    """The tags of a line, including the @ and the space, or ""."""
    text = ""  # time and msgid have nothing to escape
    if variant.with_time:
        text = f"time={server_time(entry.time)};"
    if variant.tagged and msgid:
        text += f"msgid={variant.msgid(entry.position)};"
    if account is not None and variant.with_account:
        text += f"account={escape_tag(account)};"
    if client_tags:
        tags = [tag for tag in client_tags if _understands(variant, tag[0])]
        text += f"{format_tags(tags)};" if tags else ""
    return f"@{text[:-1]} " if text else ""


#: Tags that require a capability of their own.
_CAP_OF_TAG = {"draft/oper": "draft/oper-tag", "draft/relaymsg": "draft/relaymsg"}


def _understands(variant: Variant, key: str) -> bool:
    cap = _CAP_OF_TAG.get(key)
    if cap == "draft/relaymsg":  # sent even without message-tags
        return cap in variant.caps
    return variant.tagged and (cap is None or cap in variant.caps)


def _by(change: Change, variant: Variant) -> str:
    """The tags of a line about a user's action: account-tag, bot-mode and oper-tag apply to every
    command of a user."""
    return _tags(change.entry, variant, change.account, change.marks, msgid=True)


def _line(change: Change, variant: Variant, text: str) -> str:
    """A line about a user's action, with tags and line ending."""
    return f"{_by(change, variant)}{fit(text, variant.server.line_length)}\r\n"


def _message_sent(change: Change, event: MessageSent, variant: Variant) -> str:
    # Quick path of a message of one line (general: _several_lines).
    text, client_tags = event.text, event.tags
    if "\n" in text or (client_tags and any(key == CONCAT for key, _ in client_tags)):
        return _several_lines(change, event, variant)
    if variant.adds_tags or client_tags:
        if event.edited and "draft/message-edit" in variant.caps:
            client_tags += (("draft/edited", server_time(event.edited)),)
        tags = _tags(change.entry, variant, event.account, client_tags, msgid=True)
    else:
        tags = ""
    return f"{tags}:{event.source} {event.command} {event.target} :{text}\r\n"


def _several_lines(change: Change, event: MessageSent, variant: Variant) -> str:
    """General path of a message (quick: _message_sent, for one line): a draft/multiline batch, or
    separate lines for clients that lack the capability. The first has the msgid."""
    kept = tuple((key, value) for key, value in event.tags if key != CONCAT)
    lines = lines_of(event.text, dict(event.tags).get(CONCAT, ""))
    opening = _tags(change.entry, variant, event.account, kept, msgid=True)
    if "draft/multiline" not in variant.caps or "batch" not in variant.caps:
        later = _tags(change.entry, variant, event.account, kept)
        head = f":{event.source} {event.command} {event.target}"
        shown = [f"{head} :{line}\r\n" for line, _ in lines if line]
        return opening + later.join(shown)
    reference = f"m{change.entry.position:x}"
    batch = [f"{opening}:{event.source} BATCH +{reference} draft/multiline {event.target}"]
    for line, concat in lines:
        tags = f"@batch={reference};{CONCAT}" if concat else f"@batch={reference}"
        batch.append(f"{tags} :{event.source} {event.command} {event.target} :{line}")
    return "\r\n".join((*batch, f":{variant.server.name} BATCH -{reference}")) + "\r\n"


def _messages_sent(change: Change, event: MessagesSent, variant: Variant) -> str:
    """Messages of one line each, which differ in their tags and their text."""
    (_, source, account, command, target, _, _), texts = event
    head = f":{source} {command} {target} :"
    if variant.adds_tags:
        each = zip(singles((change.entry,)), texts, strict=True)
        tagged = ((_tags(entry, variant, account, msgid=True), text) for entry, text in each)
        return "".join([f"{tags}{head}{text}\r\n" for tags, text in tagged])
    text = texts[0] if len(texts) == 1 else f"\r\n{head}".join(texts)
    return f"{head}{text}\r\n"


@needs("message-tags")
def _tags_relayed(
    change: Change, event: TagsRelayed | TagsKept | Reacted | Unreacted, variant: Variant
) -> str:
    tags = _tags(change.entry, variant, event.account, event.tags, msgid=True)
    return f"{tags}:{event.source} TAGMSG {event.target}\r\n"


def _message_edited(change: Change, event: MessageEdited, variant: Variant) -> str:
    tags = _tags(change.entry, variant, event.account, change.marks)
    if "draft/message-edit" not in variant.caps:
        # Others see the new text as a message (docs/protocol/message-edit.md "Fallback").
        lines = [line for line in event.text.split("\n") if line]
        head = f"{tags}:{event.source} PRIVMSG {event.target} :"
        return "".join(
            f"{head}{'' if number else '(edited) '}{line}\r\n" for number, line in enumerate(lines)
        )
    head = f"{event.source} EDIT {event.target} {variant.msgid(event.message)}"
    if "\n" not in event.text:
        return f"{tags}:{head} :{event.text}\r\n"
    if "draft/multiline" not in variant.caps or "batch" not in variant.caps:
        text = " ".join(event.text.split("\n"))
        return fit(f"{tags}:{head} :{text}", variant.server.line_length) + "\r\n"
    reference = f"e{change.entry.position:x}"
    batch = [f"{tags}:{event.source} BATCH +{reference} draft/multiline {event.target}"]
    batch += [f"@batch={reference} :{head} :{line}" for line in event.text.split("\n")]
    return "\r\n".join((*batch, f":{variant.server.name} BATCH -{reference}")) + "\r\n"


@needs("draft/message-redaction")
def _message_redacted(change: Change, event: MessageRedacted, variant: Variant) -> str:
    tags = _tags(change.entry, variant, event.account, change.marks, msgid=True)
    reason = f" :{event.reason}" if event.reason else ""
    msgid = variant.msgid(event.message)
    return f"{tags}:{event.source} REDACT {event.target} {msgid}{reason}\r\n"


@needs("draft/read-marker")
def _read_marker_moved(change: Change, event: ReadMarkerMoved, variant: Variant) -> str:
    time = server_time(event.time)
    return f":{variant.server.name} MARKREAD {event.target} timestamp={time}\r\n"


def _joined(change: Change, event: Joined, variant: Variant) -> str:
    tags = _tags(change.entry, variant, event.account, change.marks, msgid=True)
    line = f"{tags}:{event.source} JOIN {event.channel}"
    if "extended-join" in variant.caps:
        line += f" {event.account or '*'} :{event.realname}"
    if change.away is not None and "away-notify" in variant.caps:
        line += f"\r\n{tags}:{event.source} AWAY :{change.away}"
    return line + "\r\n"


def _parted(change: Change, event: Parted, variant: Variant) -> str:
    reason = f" :{event.reason}" if event.reason else ""
    return _line(change, variant, f":{event.source} PART {event.channel}{reason}")


def _quit(change: Change, event: UserQuit, variant: Variant) -> str:
    return _line(change, variant, f":{event.source} QUIT :{event.reason}")


def _nick_changed(change: Change, event: NickChanged, variant: Variant) -> str:
    return f"{_by(change, variant)}:{event.source} NICK {event.nick}\r\n"


@needs("away-notify")
def _away_changed(change: Change, event: AwayChanged, variant: Variant) -> str:
    message = f" :{event.message}" if event.message is not None else ""
    return _line(change, variant, f":{event.source} AWAY{message}")


@needs("account-notify")
def _logged_in(change: Change, event: LoggedIn, variant: Variant) -> str:
    tags = _by(change, variant)
    return f"{tags}:{event.source} ACCOUNT {event.account}\r\n"


@needs("account-notify")
def _logged_out(change: Change, event: LoggedOut, variant: Variant) -> str:
    return f"{_by(change, variant)}:{event.source} ACCOUNT *\r\n"


@needs("setname")
def _realname_changed(change: Change, event: RealnameChanged, variant: Variant) -> str:
    return _line(change, variant, f":{event.source} SETNAME :{event.realname}")


@needs("chghost")
def _host_changed(change: Change, event: HostChanged, variant: Variant) -> str:
    return f"{_by(change, variant)}:{event.source} CHGHOST {event.username} {event.host}\r\n"


def _operator_changed(change: Change, event: OperatorChanged, variant: Variant) -> str:
    nick = change.users[0].nick
    return f"{_by(change, variant)}:{nick} MODE {nick} +o\r\n"


def _user_killed(change: Change, event: UserKilled, variant: Variant) -> str:
    return _line(change, variant, f":{event.source} KILL {event.nick} :{event.reason}")


def _wallops_sent(change: Change, event: WallopsSent, variant: Variant) -> str:
    return _line(change, variant, f":{event.source} WALLOPS :{event.text}")


def _notice_given(change: Change, event: NoticeGiven, variant: Variant) -> str:
    tags = _tags(change.entry, variant)
    return f"{tags}:{variant.server.name} NOTICE * :*** {event.text}\r\n"


def _knocked(change: Change, event: Knocked, variant: Variant) -> str:
    # The channel stands in place of the client's nick, so that one line serves all recipients.
    tags, name = _by(change, variant), event.channel
    server, text = variant.server.name, f"has asked for an invite ({event.text})"
    return f"{tags}:{server} 710 {name} {name} {event.source} :{text}\r\n"


def _user_mode_changed(change: Change, event: UserModeChanged, variant: Variant) -> str:
    nick = change.users[0].nick
    return f"{_by(change, variant)}:{nick} MODE {nick} {event.changes}\r\n"


def _kicked(change: Change, event: Kicked, variant: Variant) -> str:
    text = f":{event.source} KICK {event.channel} {event.nick} :{event.reason}"
    return _line(change, variant, text)


def _topic_changed(change: Change, event: TopicChanged, variant: Variant) -> str:
    return _line(change, variant, f":{event.source} TOPIC {event.channel} :{event.topic}")


@needs("draft/channel-rename")
def _channel_renamed(change: Change, event: ChannelRenamed, variant: Variant) -> str:
    text = f":{event.source} RENAME {event.old} {event.channel} :{event.reason}"
    return _line(change, variant, text)


def format_modes(changes: tuple[ModeChange, ...]) -> str:
    """Format mode changes, `+o-b alice *!*@host`: letters by sign, then the arguments in order."""
    letters, sign, arguments = "", "", []
    for change in changes:
        if change.sign != sign:
            sign = change.sign
            letters += sign
        letters += change.letter
        if change.argument is not None:
            arguments.append(change.argument)
    return " ".join((letters, *arguments))


def _channel_mode_changed(change: Change, event: ChannelModeChanged, variant: Variant) -> str:
    modes = format_modes(event.changes)
    return f"{_by(change, variant)}:{event.source} MODE {event.channel} {modes}\r\n"


def _channel_registered(change: Change, event: ChannelRegistered, variant: Variant) -> str:
    return f"{_tags(change.entry, variant)}:{_CHANSERV} MODE {event.channel} +r\r\n"


def _channel_unregistered(change: Change, event: ChannelUnregistered, variant: Variant) -> str:
    return f"{_tags(change.entry, variant)}:{_CHANSERV} MODE {event.channel} -r\r\n"


def _invited(change: Change, event: Invited, variant: Variant) -> str:
    # With channels it is sent to the members, without to the invited user.
    if change.channels and "invite-notify" not in variant.caps:
        return ""
    return f"{_by(change, variant)}:{event.source} INVITE {event.nick} {event.channel}\r\n"


WRITERS: Writers = {
    MessageSent: _message_sent,
    MessagesSent: _messages_sent,
    TagsRelayed: _tags_relayed,
    TagsKept: _tags_relayed,
    Reacted: _tags_relayed,
    Unreacted: _tags_relayed,
    MessageEdited: _message_edited,
    MessageRedacted: _message_redacted,
    ReadMarkerMoved: _read_marker_moved,
    Joined: _joined,
    Parted: _parted,
    UserQuit: _quit,
    NickChanged: _nick_changed,
    AwayChanged: _away_changed,
    UserModeChanged: _user_mode_changed,
    Kicked: _kicked,
    TopicChanged: _topic_changed,
    ChannelModeChanged: _channel_mode_changed,
    ChannelRenamed: _channel_renamed,
    Invited: _invited,
    LoggedIn: _logged_in,
    LoggedOut: _logged_out,
    RealnameChanged: _realname_changed,
    HostChanged: _host_changed,
    OperatorChanged: _operator_changed,
    UserKilled: _user_killed,
    WallopsSent: _wallops_sent,
    NoticeGiven: _notice_given,
    Knocked: _knocked,
    ChannelRegistered: _channel_registered,
    ChannelUnregistered: _channel_unregistered,
}
