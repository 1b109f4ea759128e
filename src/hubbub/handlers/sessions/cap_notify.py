"""Notify a client of changed settings: added and removed capabilities (IRCv3 cap-notify), changed
limits (RPL_ISUPPORT)."""

from __future__ import annotations

from collections.abc import Iterator

from ...config import Settings
from ...dialects.interface import Item
from ...dialects.irc.capabilities import offered
from ...dialects.irc.isupport import EXTENDED_ISUPPORT, ISUPPORT_BATCH, changed_tokens, isupport
from ...protocol.message import Bundle, Reply
from ...protocol.numerics import RPL_ISUPPORT, numeric
from ...session import Session
from ..context import Context
from ..messages.attachments import tokens_of


def news(context: Context, session: Session, old: Settings) -> list[Item]:
    """The notifications for a client that knows the `old` settings. Disables removed
    capabilities."""
    return [*_capabilities(context, session, old), *_limits(context, session, old)]


def _capabilities(context: Context, session: Session, old: Settings) -> Iterator[Item]:
    before, after = offered(old), context.offered
    gone = [name for name in before if name not in after and name != "sts"]
    if "cap-notify" in session.caps:
        values = session.cap_version >= 302
        words = [
            f"{name}={value}" if value and values else name
            for name, value in after.items()
            if before.get(name) != value
        ]
        if words:
            yield Reply("CAP", (session.nick, "NEW", " ".join(words)))
        if gone:
            yield Reply("CAP", (session.nick, "DEL", " ".join(gone)))
    if not session.caps.isdisjoint(gone):
        session.negotiate(session.caps.difference(gone))


def _limits(context: Context, session: Session, old: Settings) -> Iterator[Item]:
    knows, is_now = (
        isupport(settings) | tokens_of(context, session, settings)
        for settings in (old, context.settings)
    )
    tokens = changed_tokens(knows, is_now)
    if tokens and session.user is not None:
        said = numeric(RPL_ISUPPORT, *tokens)
        yield Bundle(ISUPPORT_BATCH, (), (said,)) if EXTENDED_ISUPPORT in session.caps else said
