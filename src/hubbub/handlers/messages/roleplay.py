"""Roleplay: NPC, NPCA and SCENE in channels with +E, as on other servers.

The character is shown as `*name*` or `=Scene=`, with the user's nick after the `!` and the account
in the tags. No nick of the server can contain a `*`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import Entry, MessageSent
from ...protocol.message import Message
from ...protocol.names import is_channel, valid_nick
from ...protocol.numerics import ERR_CANNOTSENDRP, ERR_INPUTTOOLONG
from ...session import Session
from ..command_table import HistoryReply, Step, Steps, command
from ..context import Context
from ..refusals import Refused
from .privmsg import say_to

_HOST = "npc.invalid"


def _by_name(context: Context, name: str) -> str:
    if not valid_nick(name, context.settings.limits.nick_length):
        raise Refused.numeric(ERR_CANNOTSENDRP, name, "Nobody can be called so")
    return f"*{name}*"


@command("NPC", params=3)
def npc(context: Context, session: Session, message: Message) -> Steps:
    """NPC <channel> <name> <text>"""
    channel, name, *words = message.params
    return _play(context, session, channel, _by_name(context, name), " ".join(words))


@command("NPCA", params=3)
def npc_action(context: Context, session: Session, message: Message) -> Steps:
    """NPCA <channel> <name> <what they do>"""
    channel, name, *words = message.params
    does = f"\x01ACTION {' '.join(words)}\x01"
    return _play(context, session, channel, _by_name(context, name), does)


@command("SCENE", params=2)
def scene(context: Context, session: Session, message: Message) -> Steps:
    """SCENE <channel> <text>"""
    channel, *words = message.params
    return _play(context, session, channel, "=Scene=", " ".join(words))


def _play(context: Context, session: Session, name: str, nick: str, text: str) -> Iterator[Step]:
    user = context.user(session)
    if not is_channel(name) or "E" not in context.seen_channel(session, name).modes:
        raise Refused.numeric(ERR_CANNOTSENDRP, name, "There is no roleplay there (+E)")
    said = say_to(context, user, "PRIVMSG", name, text, user.marks)
    assert isinstance(said, MessageSent)  # it is always this for a channel
    event = said._replace(source=f"{nick}!{user.nick}@{_HOST}")
    if (
        len(f":{event.source} PRIVMSG {event.target} :{text}\r\n".encode())
        > context.server.line_length
    ):
        raise Refused.numeric(ERR_INPUTTOOLONG)
    session.last_spoke = context.now
    yield event
    if not session.hears_itself:  # no client shows messages under another name by itself
        yield HistoryReply((Entry(context.network.position, context.now, event),))
