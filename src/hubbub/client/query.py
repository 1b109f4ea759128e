"""Parse the text after /search into the attributes of SEARCH (IRCv3 draft/search; has= is an
extension of Hubbub).

    tea from:ann in:#pot before:2026-11-01     text=tea;from=ann;in=#pot;before=2026-11-01T00:...
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_PART = re.compile(r'(?:(from|in|has|before|after|on):)?("[^"]*"?|\S+)', re.IGNORECASE)
_MSGID = re.compile("[0-9a-f]{10}-[0-9a-z]+")
_DAY = timedelta(days=1)


def attributes(typed: str) -> dict[str, str]:
    """Parse a query. An operator with an invalid argument counts as search text."""
    found: dict[str, str] = {}
    words = []
    for operator, argument in _PART.findall(typed):
        meant = _operated(operator.lower(), argument.strip('"')) if operator else {}
        found |= meant
        if not meant:
            words.append(f"{operator} {argument}" if operator else argument)
    return {"text": " ".join(words)} | found if words else found


def _operated(operator: str, argument: str) -> dict[str, str]:
    if operator in ("from", "in"):
        return {operator: argument.lstrip("@")}
    if operator == "has":
        return {"has": "link"} if argument.lower() in ("link", "links", "url") else {}
    if operator != "on" and _MSGID.fullmatch(argument):
        return {operator: argument}
    try:
        day = date.fromisoformat(argument)
        if operator == "before":
            return _before(day)
        return _after(day) if operator == "after" else _after(day - _DAY) | _before(day + _DAY)
    except (ValueError, OverflowError):
        return {}


def _before(day: date) -> dict[str, str]:
    return {"before": f"{day}T00:00:00.000Z"}


def _after(day: date) -> dict[str, str]:
    return {"after": f"{day}T23:59:59.999Z"}
