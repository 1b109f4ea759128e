"""Privileges of network operators, and the classes that combine them.

An operator is a table [operators.NAME] in the settings, with the hash of a password and `classes`:
names of classes or of single privileges.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Privilege -> what it allows, as the docs say it.
PRIVILEGES = {
    "see": "see secret channels, real addresses and user modes of others",
    "announce": "send to all users (WALLOPS, GLOBAL)",
    "kill": "disconnect users (KILL)",
    "ban": "ban addresses, masks and accounts (UBAN, KLINE, DLINE)",
    "channels": "act in channels without being a member or an operator (SAMODE, SAJOIN ...)",
    "accounts": "act on other people's accounts and channels (NickServ, ChanServ)",
    "invites": "see and revoke everybody's invitations",
    "reports": "see and close reports",
    "audit": "see the audit log, the limits, the storage and the figures",
    "administrators": "make and remove administrators",
    "rehash": "reload the settings (REHASH)",
    "die": "stop and restart the server (DIE, RESTART)",
}
CLASSES: dict[str, tuple[str, ...]] = {
    "helper": ("see", "announce", "reports"),
    "moderator": ("see", "announce", "reports", "kill", "ban", "channels", "invites"),
    "admin": tuple(PRIVILEGES),
}


def privileges_of(classes: Iterable[str]) -> tuple[str, ...]:
    """Expand classes and single privileges to privileges, in table order."""
    held = {privilege for name in classes for privilege in CLASSES.get(name, (name,))}
    return tuple(privilege for privilege in PRIVILEGES if privilege in held)


def unknown(classes: Iterable[str]) -> str | None:
    """Return what is wrong with a list of classes, or None."""
    for name in classes:
        if name not in CLASSES and name not in PRIVILEGES:
            known = ", ".join((*CLASSES, *PRIVILEGES))
            return f"{name!r} is neither a class nor a privilege; there are {known}"
    return None
