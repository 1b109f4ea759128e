"""The capabilities there are, in one table (IRCv3 capability-negotiation, "The capability list").

To add one: a row here, and the code that asks for its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Name -> its value in CAP LS 302: a text, or a function of the settings that gives one, or None
#: when the capability is not offered with these settings.
CAPABILITIES: dict[str, str | Callable[[Any], str | None]] = {
    "account-notify": "",
    "account-tag": "",
    "away-notify": "",
    "batch": "",
    "cap-notify": "",
    "chghost": "",
    "draft/oper-tag": "",
    "echo-message": "",
    "extended-join": "",
    "extended-monitor": "",
    "invite-notify": "",
    "labeled-response": "",
    "message-tags": "",
    "multi-prefix": "",
    "no-implicit-names": "",
    "server-time": "",
    "setname": "",
    "standard-replies": "",
    "userhost-in-names": "",
}


def offered(settings: Any) -> dict[str, str]:
    """The capabilities offered with these settings, name -> value, in alphabetical order."""
    found = {}
    for name, value in sorted(CAPABILITIES.items()):
        text = value(settings) if callable(value) else value
        if text is not None:
            found[name] = text
    return found
