"""Which conversation an event belongs to, and what becomes of an event that is forgotten."""

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
    """The conversations in whose history an event stands."""
    return _FINDER_OF[type(event)](event)


def account_place(account: str) -> str:
    """Under what the log finds the events about an account again (`accounts_of`). It is no
    conversation: no channel and no nick is called so."""
    return f"={fold(account)}"


def is_account(place: str) -> bool:
    return place.startswith("=")


def account_of(event: Event) -> str | None:
    """The account that takes an event with it when it goes. (Read markers go too; a log finds them
    by themselves.)"""
    field = KINDS[type(event)].goes_with
    if field == "account":
        return event.account  # type: ignore[union-attr]
    if field == "owner":  # of a channel there is none, and a guest's begins so (User.stable_key)
        owner = event.owner  # type: ignore[union-attr]
        return owner if owner and not owner.startswith("!") else None
    return None


def forgotten(entry: Entry) -> Event | None:
    """What stays of an event about an account that was deleted; None: nothing."""
    event = entry.event
    if isinstance(event, AccountRegistered):
        return AccountRegistered(event.account, None)
    if isinstance(event, PasswordChanged):
        return PasswordChanged(event.account, None)
    if isinstance(event, AccountSettingChanged):
        return event._replace(value=None) if event.name == "email" else event
    if isinstance(event, CertificateAdded):
        # Still one of its own, so that nothing else changes when the log is read.
        return event._replace(fingerprint=f"gone-{entry.position}")
    if isinstance(event, AccountSuspended):
        return event._replace(reason="")
    return None


def without_words(event: Event) -> Event | None:
    """An event that has expired; None: nothing of it is needed."""
    kind = KINDS[type(event)]
    if kind.nature is SAID:
        return None
    return event if kind.words is None else event._replace(**{kind.words: ""})  # type: ignore[arg-type]


def moved(event: Event, position: int) -> dict[str, str]:
    """What conversations are called after an event at `position`: old name -> new name, to be done
    in this order. What was said in a channel that ended, and what was said to an account that was
    deleted, is kept under a name that no channel and nobody can have."""
    if isinstance(event, ChannelRenamed) and fold(event.old) != fold(event.channel):
        old, new = fold(event.old), fold(event.channel)
        pairs = [(new, f"{new},{position}"), (old, new)]
    elif isinstance(event, HistoryPutAside):
        key = fold(event.channel)
        pairs = [(key, f"{key},{position}")]
    else:
        return {}
    return {sign + name: sign + later for sign in ("", *SIGNS) for name, later in pairs}


def left_behind(names: Iterable[str], gone: AccountDeleted, position: int) -> dict[str, str]:
    """What private conversations of an account are called when it is deleted: as those of a guest
    who left (User.key), so that the next account of that name reads none of them."""
    key = fold(gone.account)
    left = {key: f"{key}!-{position}"}
    return {
        name: conversation(*(left.get(person, person) for person in people_of(name)))
        for name in names
        if key in people_of(name)
    }


def people_of(conversation: str) -> tuple[str, ...]:
    """The two people of a private conversation; nobody for a channel."""
    one, space, other = conversation.partition(" ")
    return (one, other) if space else ()


def without_sign(event: Any) -> str:
    """The conversation of an event; what was said in a channel to those who hold a prefix (@#tea)
    counts as the channel's."""
    return str(event.conversation).lstrip(SIGNS)


def by_whom(event: Any) -> str:
    """Whose reaction it is: an account's, or a nick's as it was then."""
    return event.account or fold(event.source.partition("!")[0])


def same_reaction(one: Any, other: Any) -> bool:
    """Do two of Reacted, Unreacted speak of one reaction to one message by one person?"""
    return (
        one.message == other.message
        and one.reaction == other.reaction
        and by_whom(one) == by_whom(other)
    )


def edited(entry: Entry, by: Entry) -> Entry:
    """A message as it reads after the edit `by`."""
    message, edit = entry.event, by.event
    assert isinstance(message, MessageSent)
    assert isinstance(edit, MessageEdited)
    return entry._replace(event=message._replace(text=edit.text, edited=by.time))
