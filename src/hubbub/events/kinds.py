"""All event classes, with the facts of each.

An event is an outcome, never a request: times, ids and random choices are fixed before it is
written, so that applying the same events in the same order always gives the same network. Each
class states its facts above its name; facts.py lists them.

Users in events are identified by their ids (`user`), which never change. Where readers need it, an
event also has what people saw at that moment (`source` = nick!username@host).
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
    """A server process started; all connections of the previous one have ended.

    `always_on`: which accounts stay without a connection: "off" none, "opt-in" those that chose it,
    "opt-out" all except those that declined. `locks_end`: locks of channels without members and
    without an owner end (docs/decisions/0011); false in the logs of older versions, where they
    lasted as long as the channel. `one_person`: of an account one user stays; in the logs of older
    versions all of its users did.
    """

    version: str
    always_on: str = "opt-in"
    locks_end: bool = False
    one_person: bool = False


@Kind(STATE, NOWHERE, NOBODY, secrets=("secret",))
class SecretMade(NamedTuple):
    """The secret of this log's server: the key for everything that must not be guessable."""

    secret: str


# -- people --------------------------------------------------------------------------------


@Kind(STATE, NOWHERE, NOBODY, monitor=PRESENCE)
class UserConnected(NamedTuple):
    """A user completed registration and is on the network under `nick`."""

    user: int
    session: int
    nick: str
    username: str
    host: str  # as shown to others
    realname: str
    address: str  # of the connection, "127.0.0.1:54321"
    secure: bool = False
    account: str | None = None
    guest: str = ""  # User.key of a guest whose browser identifies itself, see User.guest
    device: int = 0  # the device of the account whose token logged in (DeviceAdded); 0: none


@Kind(STATE, NOWHERE, NOBODY, renames=True)
class GuestLoggedIn(NamedTuple):
    """The private conversations of a guest (User.guest) belong to this account from now on. Those
    that the account has with the same people already stay with the guest."""

    guest: str
    account: str


@Kind(STATE, NOWHERE, NOBODY, monitor=PRESENCE)
class SessionAttached(NamedTuple):
    """Another connection of a user who is on the network already."""

    user: int
    session: int
    address: str
    secure: bool = False
    nick: str = ""  # that it asked for: an alias of the user as long as the connection lasts
    device: int = 0


@Kind(STATE, NOWHERE, NOBODY, inevitable=True, monitor=PRESENCE)
class SessionDetached(NamedTuple):
    """A connection ended and the user stays: through others, or because the account is
    always-on."""

    user: int
    session: int


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=PRESENCE | NEWS)
class LoggedIn(NamedTuple):
    """A user who is on the network already logged in."""

    user: int
    source: str
    account: str
    device: int = 0


@Kind(STATE, NOWHERE, IRC, signed=True, monitor=PRESENCE | NEWS)
class LoggedOut(NamedTuple):
    user: int
    source: str


@Kind(STATE, CHANNELS, ALL, words="reason", signed=True, monitor=PRESENCE, inevitable=True)
class UserQuit(NamedTuple):
    """`channels`: folded names of the user's channels. Their history shows the quit, except in
    those that are also in `hidden` (Network.hidden_in)."""

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
    """The user name or host shown to others changed."""

    user: int
    source: str  # before the change
    username: str
    host: str


@Kind(STATE, NOWHERE, ALL, signed=True, answered=True, monitor=NEWS)
class AwayChanged(NamedTuple):
    user: int
    source: str
    message: str | None  # None: no longer away


@Kind(STATE, NOWHERE, IRC)
class UserModeChanged(NamedTuple):
    user: int
    source: str
    changes: str  # "+i-w"


@Kind(STATE, NOWHERE, NOBODY, goes_with="owner")
class MetadataChanged(NamedTuple):
    """Metadata of a user or a channel changed (IRCv3 draft/metadata-2)."""

    user: int  # id of the user who set it
    source: str
    target: str  # the channel, or the nick at that time
    owner: str  # User.stable_key of the subject; "" for a channel
    key: str
    value: str | None  # None: deleted


# -- channels ------------------------------------------------------------------------------


@Kind(STATE, CHANNEL, ALL, words="realname", signed=True)
class Joined(NamedTuple):
    """A user joined `channel`, which is created if it did not exist.

    `hidden`: the join was not sent to all members (+u), so history does not show it either.
    """

    user: int
    source: str
    channel: str
    modes: str  # prefix modes given on join: "o" for the creator, else ""
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
    user: int  # id of the user who kicked
    source: str
    channel: str
    target: int
    nick: str  # nick of the kicked user at that time
    reason: str


@Kind(STATE, CHANNEL, ALL, words="topic", signed=True)
class TopicChanged(NamedTuple):
    user: int
    source: str
    channel: str
    topic: str


@Kind(STATE, CHANNEL, ALL, words="reason", renames=True)
class ChannelRenamed(NamedTuple):
    """The channel `old` was renamed to `channel`, with all settings and its history. Each member is
    notified separately (handlers/channels/rename.py)."""

    user: int
    source: str
    old: str
    channel: str
    reason: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelEnded(NamedTuple):
    """A channel without members ended: a server operator ended it, or its locks have ended after a
    start of the server (docs/decisions/0011)."""

    channel: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelImported(NamedTuple):
    """`hubbub import` brought messages of a channel that everybody could read there. It is listed
    from now on, also without members, with the topic that it had."""

    channel: str
    topic: str
    topic_by: str
    topic_time: int  # ms since 1970


@Kind(STATE, NOWHERE, NOBODY, renames=True)
class HistoryPutAside(NamedTuple):
    """A closed channel (protocol/modes.py, CLOSED) has ended, and one of its name is about to be
    created: the old history is moved away, so that members of the new channel cannot read it."""

    channel: str


class ModeChange(NamedTuple):
    """One change of a MODE line: `+` or `-`, the letter, its argument.

    For a prefix mode `argument` is the nick at that time and `member` the user's id.
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
    """A user asked for an invitation: sent to the channel's operators, not stored."""

    user: int
    source: str
    channel: str
    text: str


# -- registered channels -------------------------------------------------------------------


@Kind(STATE, NOWHERE, ALL)
class ChannelRegistered(NamedTuple):
    """The channel was registered to an account: it is kept without members."""

    channel: str
    founder: str


@Kind(STATE, NOWHERE, ALL)
class ChannelUnregistered(NamedTuple):
    channel: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelOffered(NamedTuple):
    """The founder offered the channel to another account, which may accept."""

    channel: str
    account: str | None  # None: the offer was withdrawn


@Kind(STATE, NOWHERE, NOBODY)
class ChannelTransferred(NamedTuple):
    channel: str
    founder: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelAccessChanged(NamedTuple):
    """The prefix modes that an account gets when it joins; "": none."""

    channel: str
    account: str
    modes: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ChannelModesLocked(NamedTuple):
    """The modes in `modes` ("+s-i") are locked against operators; "": none."""

    channel: str
    modes: str
    by: str


# -- messages ------------------------------------------------------------------------------


@Kind(SAID, CONVERSATION, ALL)
class MessageSent(NamedTuple):
    """A PRIVMSG or NOTICE to a channel or a user.

    `target` is what recipients see (channel name or nick), `recipient` the id of the user, or None
    for a channel. `conversation` is the key of the conversation: the folded channel name, or both
    users' keys. `tags` are the client-only tags. `edited` is the time (ms) of the last edit, 0 if
    there was none; read from the log, `text` is the current text. `label` identifies a retry by the
    sender (handlers/messages/dedup.py); it is never sent.
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
    """The message at position `message` was changed to `text`. The log stores the text only with
    the message, so this event's `text` is empty when read from the log. History shows the changed
    message, not the edit."""

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
    """The message at position `message` was deleted. Its text, tags and reactions are removed from
    the log; this event records who deleted it and why."""

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
    """A user reacted to the message at position `message` (IRCv3 draft/react)."""

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
    """A reaction was removed (IRCv3 draft/react, +draft/unreact)."""

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
    """A TAGMSG to be stored (client tag +draft/persist): sent, and played back."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    tags: tuple[tuple[str, str], ...]


@Kind(PASSING, NOWHERE, IRC)
class TagsRelayed(NamedTuple):
    """A TAGMSG: sent to connected clients, not stored (typing and the like)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    tags: tuple[tuple[str, str], ...]


@Kind(STATE, NOWHERE, IRC)
class ReadMarkerMoved(NamedTuple):
    """A user has read a conversation up to `time` (ms). The log keeps the last of each."""

    account: str  # or the key of a guest (User.stable_key)
    conversation: str
    target: str  # as the client wrote it
    time: int
    user: int = 0  # whose sessions are notified


# -- files ---------------------------------------------------------------------------------


@Kind(STATE, NOWHERE, NOBODY, goes_with="file")
class FileUploaded(NamedTuple):
    """A file was stored (files/store.py). No message links it yet.

    `file` is 32 hexadecimal digits, enough for a link. The uploader is an account, or the user
    `user`, at `address`. `type` is the media type served. `thumbnail` is the size of the thumbnail
    in bytes, 0 without one.
    """

    file: str
    name: str
    type: str
    size: int  # bytes
    account: str | None
    user: int
    address: str
    width: int = 0  # pixels, of a picture
    height: int = 0
    thumbnail: int = 0


@Kind(STATE, NOWHERE, NOBODY, goes_with="file")
class FilePosted(NamedTuple):
    """The message at position `message` is the first that links the file, which is deleted with
    it."""

    file: str
    message: int
    conversation: str


@Kind(STATE, NOWHERE, NOBODY, erases="file")
class FileRemoved(NamedTuple):
    """The file was deleted. Its events in the log, at the positions `entries`, are deleted."""

    file: str
    entries: tuple[int, ...]
    why: str


# -- accounts ------------------------------------------------------------------------------
#
# `account` is the name as registered. Passwords are stored as hashes only, see
# credentials/passwords.py.


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", secrets=("password", "scram", "code"))
class AccountRegistered(NamedTuple):
    account: str
    password: str | None  # hash; None: no login by password
    scram: str | None = None  # the verifier of SCRAM-SHA-256
    email: str | None = None
    code: str | None = None  # hash of the code that VERIFY expects; None: nothing to verify
    address: str = ""  # of the client that registered it
    certificate: str | None = None


@Kind(STATE, NOWHERE, NOBODY)
class AccountVerified(NamedTuple):
    account: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", secrets=("password", "scram"))
class PasswordChanged(NamedTuple):
    """A new password, or a new hash of the old one."""

    account: str
    password: str | None
    scram: str | None = None


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", monitor=PRESENCE)
class AccountSettingChanged(NamedTuple):
    account: str
    name: str
    value: str | None  # None: the server's default


@Kind(STATE, NOWHERE, NOBODY, monitor=PRESENCE)
class NickGrouped(NamedTuple):
    """A nick was added to the account."""

    account: str
    nick: str


@Kind(STATE, NOWHERE, NOBODY, monitor=PRESENCE)
class NickReleased(NamedTuple):
    account: str
    nick: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class CertificateAdded(NamedTuple):
    """Clients with this certificate (SHA-256, lower-case hexadecimal) may log in to the account."""

    account: str
    fingerprint: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class CertificateRemoved(NamedTuple):
    account: str
    fingerprint: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class IdentityBound(NamedTuple):
    """Tokens in which `issuer` names `subject` log in to this account, whatever name they carry."""

    account: str
    issuer: str
    subject: str


@Kind(STATE, NOWHERE, NOBODY, goes_with="account", secrets=("hash",))
class DeviceAdded(NamedTuple):
    """A device got a token that logs in to the account. Its number is the event's position."""

    account: str
    hash: str  # SHA-256 of the token, hexadecimal
    address: str  # of the device
    name: str = ""  # as the device calls itself


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class DeviceRemoved(NamedTuple):
    account: str
    device: int


@Kind(STATE, NOWHERE, NOBODY, goes_with="account")
class AccountSuspended(NamedTuple):
    account: str
    by: str
    reason: str
    until: int | None = None  # ms since 1970; None: until lifted


@Kind(STATE, NOWHERE, NOBODY)
class AccountReinstated(NamedTuple):
    account: str
    by: str


@Kind(STATE, NOWHERE, NOBODY, erases="account", renames=True)
class AccountDeleted(NamedTuple):
    """The account and its data are deleted. The name stays reserved unless it is `freed`."""

    account: str
    by: str
    freed: bool = False


@Kind(STATE, NOWHERE, NOBODY)
class PushSubscribed(NamedTuple):
    """A browser of this account subscribed to push. The keys are base64url (RFC 8291)."""

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
# `user` is 0 for the command line. The number of an invitation is the position of its InviteMade.


@Kind(STATE, NOWHERE, NOBODY)
class InviteMade(NamedTuple):
    """A link that admits `uses` people until `until` (ms), to `channel` if there is one."""

    user: int
    source: str
    owner: str  # User.stable_key of the maker
    channel: str | None
    uses: int
    until: int


@Kind(STATE, NOWHERE, NOBODY)
class InviteUsed(NamedTuple):
    """A user came in by an invitation. `key` identifies the same user's next use, and nothing
    else."""

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
    """A user became operator with OPER. `operator` is the name in the settings."""

    user: int
    source: str
    operator: str
    privileges: tuple[str, ...]


@Kind(STATE, NOWHERE, ALL)
class UserKilled(NamedTuple):
    """An operator disconnected a user, whose quit follows as an event of its own."""

    user: int
    source: str
    target: int
    nick: str
    reason: str


@Kind(STATE, NOWHERE, ALL, signed=True)
class WallopsSent(NamedTuple):
    """Sent to everybody with user mode w."""

    user: int
    source: str
    text: str


@Kind(PASSING, NOWHERE, ALL)
class NoticeGiven(NamedTuple):
    """A server notice to operators (user mode s). Not stored."""

    text: str


@Kind(STATE, NOWHERE, NOBODY)
class OperatorActed(NamedTuple):
    """An entry of the audit log. `user` is 0 for the command line."""

    user: int
    source: str
    address: str  # without a port
    action: str  # the command, or the order of the administration
    target: str
    detail: str


@Kind(STATE, NOWHERE, NOBODY)
class AdministratorMade(NamedTuple):
    """The account administers the server, with the privileges of `classes`."""

    account: str
    classes: tuple[str, ...]
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class AdministratorRemoved(NamedTuple):
    account: str
    by: str


@Kind(STATE, NOWHERE, NOBODY)
class ReportMade(NamedTuple):
    """A user reported another user or a channel to the administrators."""

    user: int
    source: str
    target: str
    text: str
    message: str  # msgid of the reported message, or ""


@Kind(STATE, NOWHERE, NOBODY)
class ReportClosed(NamedTuple):
    user: int
    source: str
    report: int  # position of the ReportMade
    note: str


@Kind(STATE, NOWHERE, NOBODY)
class BanSet(NamedTuple):
    """A server ban. `kind` is the type of `mask`: "address" for an address or network, "mask" for
    nick!user@host, "account" for an account."""

    user: int
    source: str
    kind: str
    mask: str
    reason: str
    until: int | None  # ms since 1970; None: until lifted


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
    | GuestLoggedIn
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
    | ChannelImported
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
    | IdentityBound
    | DeviceAdded
    | DeviceRemoved
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
    """An event in the log. `position` counts from 1 without repeats; `time` is in milliseconds
    since 1970 and never goes back."""

    position: int
    time: int
    event: Event


#: Event classes by the name that the log stores (coding.py).
EVENT_TYPES: dict[str, type] = {kind.__name__: kind for kind in KINDS}


# -- the kinds of which something is true ---------------------------------------------------


def _those(is_true: Callable[[Kind], bool]) -> frozenset[type]:
    return frozenset(kind for kind, facts in KINDS.items() if is_true(facts))


#: Sent, but not written to the log.
EPHEMERAL = _those(lambda kind: kind.nature is PASSING)
#: Recorded even while the disk is full, in the space of the reserve file.
NEVER_REFUSED = _those(lambda kind: kind.inevitable)
#: Messages to a channel or a user, and their edits; stored or not.
SPOKEN = frozenset(kind for kind in KINDS if hasattr(kind, "recipient"))
#: The client that sent the command gets a numeric instead.
ANSWERED = _those(lambda kind: kind.answered)
#: Actions of users except messages, which carry the account themselves.
SIGNED = _those(lambda kind: kind.signed)
#: A nick may be somebody's from now on, or nobody's: watchers of it are told.
ARRIVALS = _those(lambda kind: PRESENCE in kind.monitor)
#: Sent to watchers with extended-monitor and without a common channel.
NEWS_OF_PEOPLE = _those(lambda kind: NEWS in kind.monitor)
#: In the history of conversations, in addition to messages.
IN_HISTORY = _those(lambda kind: kind.history is not NOWHERE) - {MessageSent}
#: Something must be deleted from the disk.
ERASING = _those(lambda kind: kind.erases is not None)
#: The text of a message changed or was deleted.
REWORDING = _those(lambda kind: kind.erases == "message")
#: Conversations were renamed.
RENAMING = _those(lambda kind: kind.renames)
#: Events about a file, until it is deleted.
OF_FILES = _those(lambda kind: kind.goes_with == "file")
