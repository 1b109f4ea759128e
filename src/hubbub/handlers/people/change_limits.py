"""Limit how often a user may change what everybody around them is notified of.

Two hundred users who leave and join a channel of two thousand cause four hundred lines each time
for everybody; with the flood rate as the only limit that takes more than a core
(docs/security-tests.md, S54). So changes of nick, real name and AWAY have a limit of their own, and
so have returns to channels: leaving counts but is never refused, and a user over the limit waits
before the next JOIN.
"""

from __future__ import annotations

from ...model.user import User
from ...protocol.numerics import RPL_TRYAGAIN
from ..context import Context
from ..refusals import Refused
from . import budgets


def pay(context: Context, user: User, command: str) -> None:
    """Count a change by `user`; refused with RPL_TRYAGAIN (RFC 2812 section 5.1) if there were too
    many."""
    if _limited(context) and not budgets.pays(context, context.changes, user):
        raise Refused.numeric(RPL_TRYAGAIN, command)


def leave(context: Context, user: User) -> None:
    """Count leaving a channel."""
    if _limited(context):
        budgets.pays(context, context.changes, user)


def enter(context: Context, user: User) -> None:
    """Joining is free, but refused for a user who has just left too often."""
    if _limited(context) and not budgets.has_some(context, context.changes, user):
        raise Refused.numeric(RPL_TRYAGAIN, "JOIN")


def _limited(context: Context) -> bool:
    return context.settings.limits.change_burst > 0
