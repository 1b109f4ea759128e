"""Budgets of what people leave behind: reports, knocks, metadata, stored tags, visible changes.

A person has one budget of each kind. A guest is a new person with every connection, so the guests
of one address (an IPv6 /64 is one) share another, SHARING times as large: enough for a class behind
one router, and reconnecting gains nothing. Addresses in limits.exempt share none.
"""

from __future__ import annotations

from ...model.accounts import network_of
from ...model.user import User
from ...peer import is_in
from ..accounts.throttle import Key, Throttle
from ..context import Context

#: The budget of an address is this many times that of one person.
SHARING = 16


def pays(context: Context, throttle: Throttle, user: User) -> bool:
    """Charge one unit to the user, and for a guest to the address. Returns False if a budget is
    used up."""
    place = _place(context, user)
    if place is not None and not throttle.spend(place, context.now, 1 / SHARING):
        return False
    return throttle.spend(_person(user), context.now)


def has_some(context: Context, throttle: Throttle, user: User) -> bool:
    """Would `pays` succeed?"""
    place = _place(context, user)
    if place is not None and throttle.left(place, context.now) < 1 / SHARING:
        return False
    return throttle.left(_person(user), context.now) >= 1


def _person(user: User) -> Key:
    return ("person", user.stable_key)


def _place(context: Context, user: User) -> Key | None:
    if user.account is not None or is_in(user.ip, context.exempt):
        return None
    return ("address", network_of(user.address))
