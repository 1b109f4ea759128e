"""The conversations that an event belongs to, and what remains of an event when it is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..protocol.modes import SIGNS
from ..protocol.names import conversation, fold
from .facts import CHANNEL, CHANNELS, CONVERSATION, KINDS, NOWHERE, SAID, History
from .kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountSettingChanged,
    AccountSuspended,
    CertificateAdded,
    ChannelRenamed,
    Entry,
    Event,
    GuestLoggedIn,
    HistoryPutAside,
    MessageEdited,
    MessageSent,
    PasswordChanged,
)


def _its_channel(event: Any) -> tuple[str, ...]:
    return () if getattr(event, "hidden", False) else (fold(event.channel),)


def _its_channels(event: Any) -> tuple[str, ...]:
    return tuple(key for key in event.channels if key not in event.hidden)


_FINDERS: dict[History, Callable[[Any], tuple[str, ...]]] = {
    NOWHERE: lambda event: (),
    CHANNEL: _its_channel,
    CHANNELS: _its_channels,
    CONVERSATION: lambda event: (event.conversation,),
}
_FINDER_OF = {event: _FINDERS[kind.history] for event, kind in KINDS.items()}


def conversations_of(event: Event) -> tuple[str, ...]:
    """The conversations whose history contains an event."""
    return _FINDER_OF[type(event)](event)


def account_place(account: str) -> str:
    """The key under which the log finds the events about an account (`accounts_of`). No channel or
    nick has that form, so it is no conversation."""
    return f"={fold(account)}"


def is_account(place: str) -> bool:
    return place.startswith("=")


def account_of(event: Event) -> str | None:
    """The account whose deletion deletes the event. (Read markers are deleted too; the log finds
    them by other means.)"""
    field = KINDS[type(event)].goes_with
    if field == "account":
        return event.account  # type: ignore[union-attr]
    # Channels have no owner, and the key of a guest begins so (User.stable_key).
    if field == "owner":
        owner = event.owner  # type: ignore[union-attr]
        return owner if owner and not owner.startswith("!") else None
    return None


def forgotten(entry: Entry) -> Event | None:
    """What remains of an event about a deleted account; None: nothing."""
    event = entry.event
    if isinstance(event, AccountRegistered):
        return AccountRegistered(event.account, None)
    if isinstance(event, PasswordChanged):
        return PasswordChanged(event.account, None)
    if isinstance(event, AccountSettingChanged):
        return event._replace(value=None) if event.name == "email" else event
    if isinstance(event, CertificateAdded):
        # Keep an event of the same class, so that reading the log gives the same state otherwise.
        return event._replace(fingerprint=f"gone-{entry.position}")
    if isinstance(event, AccountSuspended):
        return event._replace(reason="")
    return None


def without_words(event: Event) -> Event | None:
    """An expired event without its texts; None: nothing of it is needed."""
    kind = KINDS[type(event)]
    if kind.nature is SAID:
        return None
    return event if kind.words is None else event._replace(**{kind.words: ""})  # type: ignore[arg-type]


def moved(event: Event, position: int) -> dict[str, str]:
    """Conversations renamed by an event at `position`: old name -> new name, to be applied in this
    order. The history of a channel that ended, and of private messages to a deleted account, moves
    to a name that no channel and nobody can have."""
    if isinstance(event, ChannelRenamed) and fold(event.old) != fold(event.channel):
        old, new = fold(event.old), fold(event.channel)
        pairs = [(new, f"{new},{position}"), (old, new)]
    elif isinstance(event, HistoryPutAside):
        key = fold(event.channel)
        pairs = [(key, f"{key},{position}")]
    else:
        return {}
    return {sign + name: sign + later for sign in ("", *SIGNS) for name, later in pairs}


def changed_hands(names: Iterable[str], event: Event, position: int) -> dict[str, str]:
    """The new names of a person's private conversations. Those of a deleted account become those of
    a guest who left (User.key), so that the next account of that name cannot read them; those of a
    guest who logs in become those of the account, as far as the names are free."""
    if isinstance(event, AccountDeleted):
        old, new = fold(event.account), f"{fold(event.account)}!-{position}"
    elif isinstance(event, GuestLoggedIn):
        old, new = event.guest, fold(event.account)
    else:
        return {}
    known = set(names)
    renamed = {
        name: conversation(*(new if person == old else person for person in people_of(name)))
        for name in known
        if old in people_of(name)
    }
    return {name: later for name, later in renamed.items() if later not in known}


def people_of(conversation: str) -> tuple[str, ...]:
    """The two users of a private conversation; nobody for a channel."""
    one, space, other = conversation.partition(" ")
    return (one, other) if space else ()


def without_sign(event: Any) -> str:
    """The conversation of an event. A message to the holders of a prefix (@#tea) counts as the
    channel's."""
    return str(event.conversation).lstrip(SIGNS)


def by_whom(event: Any) -> str:
    """The owner of a reaction: an account, or the nick at that time."""
    return event.account or fold(event.source.partition("!")[0])


def same_reaction(one: Any, other: Any) -> bool:
    """Are two events (Reacted, Unreacted) about the same reaction by the same user?"""
    return (
        one.message == other.message
        and one.reaction == other.reaction
        and by_whom(one) == by_whom(other)
    )


def edited(entry: Entry, by: Entry) -> Entry:
    """A message after the edit `by`."""
    message, edit = entry.event, by.event
    assert isinstance(message, MessageSent)
    assert isinstance(edit, MessageEdited)
    return entry._replace(event=message._replace(text=edit.text, edited=by.time))
