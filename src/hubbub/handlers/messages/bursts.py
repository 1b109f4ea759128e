"""Messages that came with one read, decided together.

Most messages go to a whole channel in which nothing restricts who may say what. Whatever decides
that cannot change between the lines of one read, so one look serves for all of them. What needs a
look at each message (a file that it may link, a mode that removes colours) goes the general way.

The session remembers the route of its last messages. It is the same object as long as the nick,
the account and the channel are called the same, and the log knows it by that.
"""

from __future__ import annotations

from ...events.bursts import MessagesSent, Route
from ...model.channel import Channel
from ...model.user import User
from ...protocol.message import Burst
from ...protocol.modes import SPEAKING
from ...protocol.names import fold
from ...session import Session
from ..context import Context

#: Skips the generated constructor.
_new = tuple.__new__
#: Characters of a text that fits into a line in any case.
SURELY_FITS = 70


def decided(context: Context, session: Session, burst: Burst) -> MessagesSent | None:
    """Quick path of PRIVMSG (general: privmsg.say, message by message), with the same outcome.

    None: the general path has to look at each message.
    """
    user, network = session.user, context.network
    if user is None or session.batch is not None or network.files.waiting:
        return None
    if user.modes and user.marks:
        return None
    route = _remembered(session, user, burst.target)
    channel = network.channels.get(fold(burst.target) if route is None else route.conversation)
    if channel is None or not _may_say_anything(user, channel):
        return None
    if not _fit(context, user, burst):
        return None
    if route is None or route.target is not channel.name:
        route = _route(user, channel)
        session.route = route
    session.last_spoke = context.now
    return _new(MessagesSent, (route, burst.texts))


def _remembered(session: Session, user: User, target: str) -> Route | None:
    """The route of the last messages, if these go the same way from the same person."""
    route = session.route
    if route is None or route.target != target or route.source is not user.source:
        return None
    return route if route.account is user.account else None


def _route(user: User, channel: Channel) -> Route:
    return Route(user.id, user.source, user.account, "PRIVMSG", channel.name, None, channel.key)


def _may_say_anything(user: User, channel: Channel) -> bool:
    is_restricted = channel.lists or not SPEAKING.isdisjoint(channel.modes)
    return user.id in channel.members and not is_restricted


def _fit(context: Context, user: User, burst: Burst) -> bool:
    """Do the lines to the recipients fit? See `context.overflows`."""
    texts = burst.texts
    longest = max(texts, key=len) if len(texts) > 1 else texts[0]
    if len(longest) <= SURELY_FITS:
        return True
    rest = len(f":{user.source} PRIVMSG {burst.target} :\r\n".encode())
    most = context.settings.limits.line_length - rest
    return all(len(text.encode()) <= most for text in texts)
