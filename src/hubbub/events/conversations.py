"""Which conversation an event belongs to, and what becomes of an event that is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..protocol.modes import SIGNS
from ..protocol.names import conversation, fold
from .kinds import (
    AccountDeleted,
    AccountRegistered,
    AccountSettingChanged,
    AccountSuspended,
    CertificateAdded,
    CertificateRemoved,
    ChannelModeChanged,
    ChannelRenamed,
    Entry,
    Event,
    HistoryPutAside,
    Joined,
    Kicked,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    MetadataChanged,
    NickChanged,
    Parted,
    PasswordChanged,
    Reacted,
    TagsKept,
    TopicChanged,
    Unreacted,
    UserQuit,
)

#: Told to the people of the one channel that the event names.
_IN_CHANNEL = frozenset({Joined, Parted, Kicked, TopicChanged, ChannelModeChanged, ChannelRenamed})
_ON_ACCOUNTS = frozenset(
    {
        AccountRegistered, AccountSettingChanged, AccountSuspended, CertificateAdded,
        CertificateRemoved, PasswordChanged,
    }
)  # fmt: skip
#: Carry their conversation.
_ON_MESSAGES = frozenset({Reacted, Unreacted, MessageRedacted, TagsKept})


def conversations_of(event: Event) -> tuple[str, ...]:
    """The conversations in whose history an event other than a message stands."""
    kind, hidden = type(event), getattr(event, "hidden", ())
    if kind in _IN_CHANNEL:
        return () if hidden else (fold(event.channel),)  # type: ignore[union-attr]
    if kind in _ON_MESSAGES:
        return (event.conversation,)  # type: ignore[union-attr]
    if kind is UserQuit or kind is NickChanged:
        return tuple(key for key in event.channels if key not in hidden)  # type: ignore[union-attr]
    return ()


def account_place(account: str) -> str:
    """Under what the log finds the events about an account again (`accounts_of`). It is no
    conversation: no channel and no nick is called so."""
    return f"={fold(account)}"


def is_account(place: str) -> bool:
    return place.startswith("=")


def account_of(event: Event) -> str | None:
    """The account that an event says something about which goes when the account goes. (Read
    markers go too; a log finds them by themselves.)"""
    kind = type(event)
    if kind in _ON_ACCOUNTS:
        return event.account  # type: ignore[union-attr]
    if kind is MetadataChanged:
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


#: About messages, and nothing else.
_ABOUT_MESSAGES = frozenset({MessageEdited, MessageRedacted, Reacted, Unreacted, TagsKept})
#: Fields that hold words and change nothing that is true now. A topic does; the last one stays.
_WORDS = {
    Parted: "reason",
    Kicked: "reason",
    UserQuit: "reason",
    ChannelRenamed: "reason",
    TopicChanged: "topic",
    Joined: "realname",
}


def without_words(event: Event) -> Event | None:
    """An event that has expired; None: nothing of it is needed."""
    if type(event) in _ABOUT_MESSAGES:
        return None
    field = _WORDS.get(type(event))
    return event if field is None else event._replace(**{field: ""})  # type: ignore[arg-type]


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
