"""REPORT: report a user, a channel or a message to the administrators."""

from __future__ import annotations

from collections.abc import Iterator

from ...events.kinds import NoticeGiven, ReportMade
from ...events.msgid import position_of
from ...model.administration import MOST_REPORTS
from ...model.user import User
from ...protocol.message import Message
from ...protocol.numerics import shown, standard_reply
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import Context, cut
from ..people import budgets
from ..refusals import Refused

LONGEST = 300  # bytes
#: Open reports of one account, or of the guests of one address. Open ones are never dropped.
MOST_OPEN_OF_ONE = 50
#: Open reports of which guests make room for accounts.
MOST_OPEN_WITH_GUESTS = MOST_REPORTS * 8 // 10


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
    check_room(context, user)
    if not budgets.pays(context, context.reports, user):
        text = "You have reported a lot just now: wait a minute"
        raise Refused("TOO_MANY", text)
    yield ReportMade(user.id, user.source, target, text, msgid)
    yield NoticeGiven(f"{user.nick} reports {target}: {text}")
    text = "Those who run this server have your report"
    yield standard_reply("NOTE", "REPORT", "REPORTED", shown(target), text=text)


def check_room(context: Context, user: User) -> None:
    """Raises Refused if the list of open reports has no room for another one of `user`."""
    waiting = [each for each in context.network.administration.reports() if not each.closed_by]
    if sum(each.customer == user.customer for each in waiting) >= MOST_OPEN_OF_ONE:
        text = f"{MOST_OPEN_OF_ONE} of your reports have not been read yet: wait for that"
        raise Refused("TOO_MANY", text)
    most = MOST_REPORTS if user.account is not None else MOST_OPEN_WITH_GUESTS
    if len(waiting) >= most:
        raise Refused("TOO_MANY", "Too many reports have not been read yet: try again later")
