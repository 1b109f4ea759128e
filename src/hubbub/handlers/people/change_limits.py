"""How often one person may change what everybody around them is told of.

Two hundred restless people in a room of two thousand are four hundred lines each time they turn
round; at the flood rate alone that is more than a core (docs/security-tests.md, S54). So changes of
nick, real name and AWAY have an allowance of their own, and so has coming back: leaving is paid
for but never refused, and who has spent everything waits before the next JOIN.
"""

from __future__ import annotations

from ...model.user import User
from ...protocol.numerics import RPL_TRYAGAIN
from ..context import Context
from ..refusals import Refused


def pay(context: Context, user: User, command: str) -> None:
    """One change more by `user`; refused with RPL_TRYAGAIN (RFC 2812 section 5.1) if they have
    made too many."""
    if _limited(context) and not context.changes.spend(_key(user), context.now):
        raise Refused.numeric(RPL_TRYAGAIN, command)


def leave(context: Context, user: User) -> None:
    """A channel is left."""
    if _limited(context):
        context.changes.spend(_key(user), context.now)


def enter(context: Context, user: User) -> None:
    """A channel is entered: free, but not for who has just gone in and out."""
    if _limited(context) and context.changes.left(_key(user), context.now) < 1:
        raise Refused.numeric(RPL_TRYAGAIN, "JOIN")


def _limited(context: Context) -> bool:
    return context.settings.limits.change_burst > 0


def _key(user: User) -> tuple[str, str]:
    return ("changes", user.stable_key)
