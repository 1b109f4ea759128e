"""RELAYMSG: bridges speak for people on other networks (IRCv3 draft/relaymsg, pull request 417).

A relayed nick contains a separator (`ann/discord`), which no nick of this server can contain, so
nobody can be impersonated. Channel operators may relay to their channel.
"""

from __future__ import annotations

from ...events.kinds import MessageSent
from ...model import rules
from ...model.channel import Channel
from ...model.masks import matches
from ...protocol.message import Message
from ...protocol.names import RELAY_SEPARATORS, valid_nick
from ...session import Session
from ..command_table import Steps, command
from ..context import Context
from ..refusals import Refused
from . import attachments
from .privmsg import client_tags

TAG = "draft/relaymsg"


@command("RELAYMSG", params=3)
def relay(context: Context, session: Session, message: Message) -> Steps | MessageSent:
    target, nick, text = message.params[:3]
    user, channel = context.user(session), context.own_channel(session, target)
    if not rules.is_operator(channel, user):
        raise Refused("PRIVS_NEEDED", "Only operators of the channel may relay into it")
    if not text.strip():
        raise Refused("BLANK_MSG", "A message has to have some text")
    source = f"{nick}!~relay@{user.host}"
    if not _is_relayed(nick, context.settings.limits.nick_length):
        raise Refused("INVALID_NICK", f"A relayed nick holds one of {RELAY_SEPARATORS}")
    if _is_banned(channel, source):
        raise Refused("BANNED", f"{nick} is banned from the channel")
    if len(f":{source} PRIVMSG {channel.name} :{text}\r\n".encode()) > context.server.line_length:
        raise Refused("TOO_LONG", "That does not fit into a line")
    session.last_spoke = context.now
    tags = (*client_tags(message.tags), (TAG, user.nick))
    said = MessageSent(
        user.id, source, None, "PRIVMSG", channel.name, None, channel.key, text, tags
    )
    return attachments.with_files(context, said)


def _is_relayed(nick: str, longest: int) -> bool:
    name = nick
    for separator in RELAY_SEPARATORS:
        name = name.replace(separator, "_")
    return name != nick and nick[0] not in RELAY_SEPARATORS and valid_nick(name, longest)


def _is_banned(channel: Channel, source: str) -> bool:
    return any(matches(entry.mask, source) for entry in channel.lists.get("b", {}).values())
