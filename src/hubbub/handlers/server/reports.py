"""REPORT: report a user, a channel or a message to the administrators."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import NoticeGiven, ReportMade
from ...events.msgid import position_of
from ...protocol.message import Message
from ...protocol.numerics import shown, standard_reply
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import Context, cut
from ..refusals import Refused

LONGEST = 300  # bytes


@command("REPORT", params=2)
def report(context: Context, session: Session, message: Message) -> Steps:
    """REPORT <nick or channel> <reason> [<msgid>]"""
    target, text, *about = message.params
    msgid = about[0] if about and position_of(about[0], context.server.log_id) is not None else ""
    return _report(context, session, target, cut(text.strip(), LONGEST), msgid)


def _report(
    context: Context, session: Session, target: str, text: str, msgid: str
) -> Iterator[Step]:
    user = context.user(session)
    if not text or not target or " " in target or len(target) > 128:
        text = "Say whom or which channel you mean, and what is wrong"
        raise Refused("INVALID_PARAMS", text, target)
    if not context.reports.spend(("reporter", user.stable_key), context.now):
        text = "You have reported a lot just now: wait a minute"
        raise Refused("TOO_MANY", text)
    yield ReportMade(user.id, user.source, target, text, msgid)
    yield NoticeGiven(f"{user.nick} reports {target}: {text}")
    text = "Those who run this server have your report"
    yield standard_reply("NOTE", "REPORT", "REPORTED", shown(target), text=text)
