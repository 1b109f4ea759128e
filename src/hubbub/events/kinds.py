"""Everything that can have happened, and what is true of each kind of event.

An event is the outcome, never the request: times, ids and random choices are fixed before it is
written, so that applying the same events in the same order gives the same network anywhere.
Every class states above its name what is true of its events; facts.py says what there is to state.

Names of users inside events are their ids (`user`), which never change; what people saw at that
moment (`source` = nick!username@host) is written beside it where a later reader needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from .facts import (
    ALL,
    CHANNEL,
    CHANNELS,
    CONVERSATION,
    IRC,
    KINDS,
    NEWS,
    NOBODY,
    NOWHERE,
    PASSING,
    PRESENCE,
    SAID,
    STATE,
    Kind,
)

# -- the server ----------------------------------------------------------------------------


@Kind(STATE, NOWHERE, NOBODY, inevitable=True)
class ServerStarted(NamedTuple):
    """A server process began: every connection of the one before it is over.

    `always_on`: whose people stay without one: "off" nobody's, "opt-in" accounts that want it,
    "opt-out" all accounts but those that do not.
    """

    version: str
    always_on: str = "opt-in"


@Kind(STATE, NOWHERE, NOBODY, secrets=("secret",))
class SecretMade(NamedTuple):
    """What this log's server knows and nobody else: key for whatever must not be guessed."""

    secret: str


# -- people --------------------------------------------------------------------------------


@Kind(STATE, NOWHERE, NOBODY, monitor=PRESENCE)
class UserConnected(NamedTuple):
    """A person finished registration and is on the network under `nick`."""

    user: int
    session: int
    nick: str
    username: str
    host: str  # what others see
    realname: str
    address: str  # where the connection came from, "127.0.0.1:54321"
    secure: bool = False
    account: str | None = None


@Kind(STATE, NOWHERE, NOBODY)
class SessionAttached(NamedTuple):
    """One more connection of a person who is on the network already."""

    user: int
    session: int
    address: str
    secure: bool = False


@Kind(STATE, NOWHERE, NOBODY, inevitable=True)
class SessionDetached(NamedTuple):
    """A connection ended, the person stays: there are others, or the account is always on."""

    user: int
    session: int


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=NEWS)
class LoggedIn(NamedTuple):
    """A person who is on the network already says who it is."""

    user: int
    source: str
    account: str


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=NEWS)
class LoggedOut(NamedTuple):
    user: int
    source: str


@Kind(STATE, CHANNELS, ALL, words="reason", signed=True, monitor=PRESENCE, inevitable=True)
class UserQuit(NamedTuple):
    """`channels`: folded names of those the user was in; history tells of it there, but not in
    those that are in `hidden` too (Network.hidden_in)."""

    user: int
    source: str
    reason: str
    channels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@Kind(STATE, CHANNELS, ALL, signed=True, monitor=PRESENCE)
class NickChanged(NamedTuple):
    """`channels` and `hidden` as with UserQuit."""

    user: int
    source: str  # before the change
    nick: str
    channels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=NEWS)
class RealnameChanged(NamedTuple):
    user: int
    source: str
    realname: str


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=NEWS)
class HostChanged(NamedTuple):
    """What others see behind the nick is another user name or host from now on."""

    user: int
    source: str  # before the change
    username: str
    host: str


@Kind(STATE, NOWHERE, ALL, signed=True, answered=True, monitor=NEWS)
class AwayChanged(NamedTuple):
    user: int
    source: str
    message: str | None  # None: back again


@Kind(STATE, NOWHERE, IRC)
class UserModeChanged(NamedTuple):
    user: int
    source: str
    changes: str  # "+i-w"


@Kind(STATE, NOWHERE, NOBODY, goes_with="owner")
class MetadataChanged(NamedTuple):
    """What a person or a channel says of itself under `key` (IRCv3 draft/metadata-2)."""

    user: int  # who set it
    source: str
    target: str  # the channel, or the nick as it was
    owner: str  # whose it is (User.stable_key); "" for a channel
    key: str
    value: str | None  # None: no longer set


# -- channels ------------------------------------------------------------------------------


@Kind(STATE, CHANNEL, ALL, words="realname", signed=True)
class Joined(NamedTuple):
    """A user entered `channel`, which is made if there was none.

    `hidden`: it was not told to all (+u), so history does not tell it either.
    """

    user: int
    source: str
    channel: str
    modes: str  # the prefix modes given on entry: "o" for who made it, else ""
    account: str | None = None
    realname: str = ""
    hidden: bool = False


@Kind(STATE, CHANNEL, ALL, words="reason", signed=True)
class Parted(NamedTuple):
    user: int
    source: str
    channel: str
    reason: str
    hidden: bool = False


@Kind(STATE, CHANNEL, ALL, words="reason", signed=True)
class Kicked(NamedTuple):
    user: int  # who did it
    source: str
    channel: str
    target: int
    nick: str  # the target's, as everybody saw it
    reason: str


@Kind(STATE, CHANNEL, ALL, words="topic", signed=True)
class TopicChanged(NamedTuple):
    user: int
    source: str
    channel: str
    topic: str


@Kind(STATE, CHANNEL, ALL, words="reason", renames=True)
class ChannelRenamed(NamedTuple):
    """The channel `old` is called `channel` from now on, with everything that it has and that was
    said in it. Every member is told in its own way (handlers/channels/rename.py)."""

    user: int
    source: str
    old: str
    channel: str
    reason: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelEnded(NamedTuple):
    """An operator of the server ended a channel that nobody is in (docs/decisions/0011)."""

    channel: str


@Kind(STATE, NOWHERE, NOBODY, renames=True)
class HistoryPutAside(NamedTuple):
    """A closed channel (protocol/modes.py, CLOSED) had ended, and somebody is about to make one of
    its name: what was said in it is kept apart, and none of the new one reads it."""

    channel: str


class ModeChange(NamedTuple):
    """One letter of a MODE line: `+` or `-`, the letter, its argument.

    For a prefix mode `argument` is the nick as it was shown and `member` the user's id.
    """

    sign: str
    letter: str
    argument: str | None = None
    member: int | None = None


@Kind(STATE, CHANNEL, ALL, signed=True)
class ChannelModeChanged(NamedTuple):
    user: int
    source: str
    channel: str
    changes: tuple[ModeChange, ...]


@Kind(STATE, NOWHERE, ALL, signed=True, answered=True)
class Invited(NamedTuple):
    user: int
    source: str
    channel: str
    target: int
    nick: str


@Kind(PASSING, NOWHERE, ALL)
class Knocked(NamedTuple):
    """Somebody outside asks to be invited: told to the channel's operators, not kept."""

    user: int
    source: str
    channel: str
    text: str


# -- registered channels -------------------------------------------------------------------


@Kind(STATE, NOWHERE, ALL)
class ChannelRegistered(NamedTuple):
    """The channel belongs to an account: it stays when nobody is in it."""

    channel: str
    founder: str


@Kind(STATE, NOWHERE, ALL)
class ChannelUnregistered(NamedTuple):
    channel: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelOffered(NamedTuple):
    """The founder offers it to another account, which may accept."""

    channel: str
    account: str | None  # None: the offer is taken back


@Kind(STATE, NOWHERE, NOBODY)
class ChannelTransferred(NamedTuple):
    channel: str
    founder: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelAccessChanged(NamedTuple):
    """The prefix modes that an account is given whenever it enters; "": none any more."""

    channel: str
    account: str
    modes: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelModesLocked(NamedTuple):
    """The flags in `modes` ("+s-i") stay so, whoever is operator; "": none any more."""

    channel: str
    modes: str
    by: str


# -- messages ------------------------------------------------------------------------------


@Kind(SAID, CONVERSATION, ALL)
class MessageSent(NamedTuple):
    """A PRIVMSG or NOTICE, to a channel or to one person.

    `target` is what the recipients see (channel name or nick), `recipient` the id of the person,
    or None for a channel. `conversation` is the name under which messages that belong together are
    found again: the folded channel, or both folded nicks. `tags` are the client-only tags.
    `edited` is the time (ms) of the last edit, 0 when there was none: read from the log, `text` is
    the present text. `label` is what the sender will know it by if it has to send it again
    (handlers/messages/dedup.py); it is told to nobody.
    """

    user: int
    source: str
    account: str | None
    command: str
    target: str
    recipient: int | None
    conversation: str
    text: str
    tags: tuple[tuple[str, str], ...] = ()
    edited: int = 0
    label: str | None = None


@Kind(SAID, NOWHERE, ALL, erases="message")
class MessageEdited(NamedTuple):
    """The message at position `message` says `text` from now on. The log keeps the text with the
    message alone: read again, the `text` of this event is empty. No history has the edit: it shows
    the message as it reads now."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    message: int
    text: str


@Kind(SAID, CONVERSATION, ALL, erases="message")
class MessageRedacted(NamedTuple):
    """The message at position `message` was taken back. Its text, tags and reactions are gone from
    the log; that it was there, who removed it and why is what this event tells."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    message: int
    reason: str


@Kind(SAID, CONVERSATION, IRC)
class Reacted(NamedTuple):
    """Somebody reacted to the message at position `message` (IRCv3 draft/react)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    message: int
    reaction: str
    tags: tuple[tuple[str, str], ...] = ()


@Kind(SAID, CONVERSATION, IRC)
class Unreacted(NamedTuple):
    """A reaction was taken back (IRCv3 draft/react, +draft/unreact)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    message: int
    reaction: str
    tags: tuple[tuple[str, str], ...] = ()


@Kind(SAID, CONVERSATION, IRC)
class TagsKept(NamedTuple):
    """A TAGMSG that asks to be kept (the client tag +draft/persist): told, and played back."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    tags: tuple[tuple[str, str], ...]


@Kind(PASSING, NOWHERE, IRC)
class TagsRelayed(NamedTuple):
    """A TAGMSG: told to those who are there, not kept (typing and the like)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    tags: tuple[tuple[str, str], ...]


@Kind(STATE, NOWHERE, IRC)
class ReadMarkerMoved(NamedTuple):
    """Somebody has read a conversation up to `time` (ms). The log keeps the last of each."""

    account: str  # or what stands for somebody without one (User.stable_key)
    conversation: str
    target: str  # as the client named it
    time: int
    user: int = 0  # whose sessions are told


# -- files ---------------------------------------------------------------------------------


@Kind(STATE, NOWHERE, NOBODY, goes_with="file")
class FileUploaded(NamedTuple):
    """A file is kept (files/store.py). No message names it yet.

    `file` is 32 hexadecimal digits, all that a link needs; who uploaded it is an account, or the
    person `user`, from `address`. `type` is what it is served as. `thumbnail`: bytes of the small
    picture beside it, 0 when there is none.
    """

    file: str
    name: str
    type: str
    size: int  # bytes
    account: str | None
    user: int
    address: str
    width: int = 0  # of a picture
    height: int = 0
    thumbnail: int = 0


@Kind(STATE, NOWHERE, NOBODY, goes_with="file")
class FilePosted(NamedTuple):
    """The message at position `message` is the first that names the file: it goes when that
    does."""

    file: str
    message: int
    conversation: str


@Kind(STATE, NOWHERE, NOBODY, erases="file")
class FileRemoved(NamedTuple):
    """The file is gone. What the log knew of it, at the positions `entries`, is gone from it."""

    file: str
    entries: tuple[int, ...]
    why: str


# -- accounts ------------------------------------------------------------------------------
#
# `account` is the name as it was registered. Passwords are here as hashes only, see
# credentials/passwords.py.


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", secrets=("password", "scram", "code"))
class AccountRegistered(NamedTuple):
    account: str
    password: str | None  # its hash; None: no login by password
    scram: str | None = None  # the verifier of SCRAM-SHA-256
    email: str | None = None
    code: str | None = None  # hash of the code that VERIFY waits for; None: nothing to verify
    address: str = ""  # where it was asked for
    certificate: str | None = None


@Kind(STATE, NOWHERE, NOBODY)
class AccountVerified(NamedTuple):
    account: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", secrets=("password", "scram"))
class PasswordChanged(NamedTuple):
    """A new password, or the old one hashed in a newer way."""

    account: str
    password: str | None
    scram: str | None = None


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class AccountSettingChanged(NamedTuple):
    account: str
    name: str
    value: str | None  # None: as the server has it


@Kind(STATE, NOWHERE, NOBODY)
class NickGrouped(NamedTuple):
    """A nick belongs to the account from now on."""

    account: str
    nick: str


@Kind(STATE, NOWHERE, NOBODY)
class NickReleased(NamedTuple):
    account: str
    nick: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class CertificateAdded(NamedTuple):
    """Who shows this certificate (SHA-256, lower-case hexadecimal) may log in."""

    account: str
    fingerprint: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class CertificateRemoved(NamedTuple):
    account: str
    fingerprint: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class AccountSuspended(NamedTuple):
    account: str
    by: str
    reason: str
    until: int | None = None  # ms since 1970; None: until it is taken back


@Kind(STATE, NOWHERE, NOBODY)
class AccountReinstated(NamedTuple):
    account: str
    by: str


@Kind(STATE, NOWHERE, NOBODY, erases="account", renames=True)
class AccountDeleted(NamedTuple):
    """All that is known of it is gone. The name stays taken unless it is `freed`."""

    account: str
    by: str
    freed: bool = False


@Kind(STATE, NOWHERE, NOBODY)
class PushSubscribed(NamedTuple):
    """A browser of this account is told by push. The keys are base64url (RFC 8291)."""

    account: str
    endpoint: str
    p256dh: str
    auth: str


@Kind(STATE, NOWHERE, NOBODY)
class PushUnsubscribed(NamedTuple):
    account: str
    endpoint: str
    why: str


# -- invitations ---------------------------------------------------------------------------
#
# `user` is 0 for the command line; the number of an invitation is the position of its InviteMade.


@Kind(STATE, NOWHERE, NOBODY)
class InviteMade(NamedTuple):
    """A link that lets `uses` people in until `until` (ms), into `channel` if there is one."""

    user: int
    source: str
    owner: str  # User.stable_key of who made it
    channel: str | None
    uses: int
    until: int


@Kind(STATE, NOWHERE, NOBODY)
class InviteUsed(NamedTuple):
    """Somebody came in by it. `key` is the same when they come again; it tells nothing else."""

    user: int
    source: str
    invite: int
    key: str


@Kind(STATE, NOWHERE, NOBODY)
class InviteRevoked(NamedTuple):
    user: int
    source: str
    invite: int


# -- running the network -------------------------------------------------------------------


@Kind(STATE, NOWHERE, IRC)
class OperatorChanged(NamedTuple):
    """OPER was used. `operator` is the name in the settings."""

    user: int
    source: str
    operator: str
    privileges: tuple[str, ...]


@Kind(STATE, NOWHERE, ALL)
class UserKilled(NamedTuple):
    """An operator ends a person's connections. They quit by an event of their own, after this."""

    user: int
    source: str
    target: int
    nick: str
    reason: str


@Kind(STATE, NOWHERE, ALL, signed=True)
class WallopsSent(NamedTuple):
    """Told to everybody who has user mode w."""

    user: int
    source: str
    text: str


@Kind(PASSING, NOWHERE, ALL)
class NoticeGiven(NamedTuple):
    """The server tells operators (user mode s) what happened. Not kept."""

    text: str


@Kind(STATE, NOWHERE, NOBODY)
class OperatorActed(NamedTuple):
    """An entry of the audit log: who did what, from where. `user` is 0 for the command line."""

    user: int
    source: str
    address: str  # without a port
    action: str  # the command, or the order of the administrator's page
    target: str
    detail: str


@Kind(STATE, NOWHERE, NOBODY)
class AdministratorMade(NamedTuple):
    """Who logs in to this account may run the server, as far as `classes` go."""

    account: str
    classes: tuple[str, ...]
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class AdministratorRemoved(NamedTuple):
    account: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ReportMade(NamedTuple):
    """Somebody tells those who run the server of a person or a channel."""

    user: int
    source: str
    target: str
    text: str
    message: str  # the msgid that it is about, or ""


@Kind(STATE, NOWHERE, NOBODY)
class ReportClosed(NamedTuple):
    user: int
    source: str
    report: int  # the position of its ReportMade
    note: str


@Kind(STATE, NOWHERE, NOBODY)
class BanSet(NamedTuple):
    """Keeps people out of the server. `kind` says what `mask` is: "address" an address or network,
    "mask" nick!user@host, "account" an account."""

    user: int
    source: str
    kind: str
    mask: str
    reason: str
    until: int | None  # ms since 1970; None: until it is lifted


@Kind(STATE, NOWHERE, NOBODY)
class BanLifted(NamedTuple):
    user: int
    source: str
    kind: str
    mask: str


Event: TypeAlias = (
    ServerStarted
    | SecretMade
    | UserConnected
    | SessionAttached
    | SessionDetached
    | LoggedIn
    | LoggedOut
    | UserQuit
    | NickChanged
    | RealnameChanged
    | HostChanged
    | AwayChanged
    | UserModeChanged
    | MetadataChanged
    | Joined
    | Parted
    | Kicked
    | TopicChanged
    | ChannelRenamed
    | ChannelEnded
    | HistoryPutAside
    | ChannelModeChanged
    | Invited
    | Knocked
    | ChannelRegistered
    | ChannelUnregistered
    | ChannelOffered
    | ChannelTransferred
    | ChannelAccessChanged
    | ChannelModesLocked
    | MessageSent
    | MessageEdited
    | MessageRedacted
    | Reacted
    | Unreacted
    | TagsKept
    | TagsRelayed
    | ReadMarkerMoved
    | FileUploaded
    | FilePosted
    | FileRemoved
    | AccountRegistered
    | AccountVerified
    | PasswordChanged
    | AccountSettingChanged
    | NickGrouped
    | NickReleased
    | CertificateAdded
    | CertificateRemoved
    | AccountSuspended
    | AccountReinstated
    | AccountDeleted
    | PushSubscribed
    | PushUnsubscribed
    | InviteMade
    | InviteUsed
    | InviteRevoked
    | OperatorChanged
    | UserKilled
    | WallopsSent
    | NoticeGiven
    | OperatorActed
    | AdministratorMade
    | AdministratorRemoved
    | ReportMade
    | ReportClosed
    | BanSet
    | BanLifted
)


class Entry(NamedTuple):
    """An event with its place: `position` counts from 1 without repeats, `time` is in
    milliseconds since 1970 and never goes backwards."""

    position: int
    time: int
    event: Event


#: By the name under which the log has them (coding.py).
EVENT_TYPES: dict[str, type] = {kind.__name__: kind for kind in KINDS}


# -- the kinds of which something is true ---------------------------------------------------


def _those(is_true: Callable[[Kind], bool]) -> frozenset[type]:
    return frozenset(kind for kind, facts in KINDS.items() if is_true(facts))


#: Told, but not written to the log.
EPHEMERAL = _those(lambda kind: kind.nature is PASSING)
#: Happens whether the log has room or not: there is some held back.
NEVER_REFUSED = _those(lambda kind: kind.inevitable)
#: Said to a channel or a person, and what becomes of that; kept or not.
SPOKEN = frozenset(kind for kind in KINDS if hasattr(kind, "recipient"))
#: A numeric tells the asker already.
ANSWERED = _those(lambda kind: kind.answered)
#: What people do, apart from messages, which carry the account themselves.
SIGNED = _those(lambda kind: kind.signed)
#: Somebody came, left, or is called otherwise: told to all who watch one of the names.
ARRIVALS = _those(lambda kind: kind.monitor is PRESENCE)
#: Told to watchers with extended-monitor who share no channel with the person.
NEWS_OF_PEOPLE = _those(lambda kind: kind.monitor is NEWS)
#: What was there before is to be gone from the disk.
ERASING = _those(lambda kind: kind.erases is not None)
#: A message says something else from now on, or nothing.
REWORDING = _those(lambda kind: kind.erases == "message")
#: Conversations are called otherwise from here on.
RENAMING = _those(lambda kind: kind.renames)
#: What a file leaves in the log, until it is removed.
OF_FILES = _those(lambda kind: kind.goes_with == "file")
