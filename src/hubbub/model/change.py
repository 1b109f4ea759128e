"""What an applied event means for others."""

from __future__ import annotations

from typing import NamedTuple

from ..events.kinds import Entry
from .channel import Channel
from .user import User


class Change(NamedTuple):
    """An applied entry: told to everybody in `channels`, and to `users` besides.

    The rest is of the user who did it, as it was then, for those who are told by tags: `account`,
    `marks` (User.marks) and the away message.
    """

    entry: Entry
    channels: tuple[Channel, ...] = ()
    users: tuple[User, ...] = ()
    account: str | None = None
    marks: tuple[tuple[str, str], ...] = ()
    away: str | None = None
