"""The result of applying an event: the change, and who is to be told of it."""

from __future__ import annotations

from typing import NamedTuple

from ..events.bursts import Logged
from .channel import Channel
from .user import User


class Change(NamedTuple):
    """An applied entry, to be sent to the members of `channels` and to `users`.

    `account`, `marks` (User.marks) and `away` describe the user who acted, as of that moment. They
    are sent as tags.
    """

    entry: Logged
    channels: tuple[Channel, ...] = ()
    users: tuple[User, ...] = ()
    account: str | None = None
    marks: tuple[tuple[str, str], ...] = ()
    away: str | None = None
