"""Everything that can have happened.

An event is the outcome, never the request: times, ids and random choices are fixed before it is
written, so that applying the same events in the same order gives the same network anywhere.
This file imports nothing of ours; everybody may import it.

Names of users inside events are their ids (`user`), which never change; what people saw at that
moment (`source` = nick!username@host) is written beside it where a later reader needs it.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class ServerStarted(NamedTuple):
    """A server process began: every connection of the one before it is over.

    `always_on`: whose people stay without one: "off" nobody's, "opt-in" accounts that want it,
    "opt-out" all accounts but those that do not.
    """

    version: str
    always_on: str = "opt-in"


class SecretMade(NamedTuple):
    """What this log's server knows and nobody else: key for whatever must not be guessed."""

    secret: str


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


class SessionAttached(NamedTuple):
    """One more connection of a person who is on the network already."""

    user: int
    session: int
    address: str
    secure: bool = False


class SessionDetached(NamedTuple):
    """A connection ended, the person stays: there are others, or the account is always on."""

    user: int
    session: int


class UserQuit(NamedTuple):
    """`channels`: folded names of those the user was in; history tells of it there, but not in
    those that are in `hidden` too (Network.hidden_in)."""

    user: int
    source: str
    reason: str
    channels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class NickChanged(NamedTuple):
    """`channels` and `hidden` as with UserQuit."""

    user: int
    source: str  # before the change
    nick: str
    channels: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class AwayChanged(NamedTuple):
    user: int
    source: str
    message: str | None  # None: back again


class UserModeChanged(NamedTuple):
    user: int
    source: str
    changes: str  # "+i-w"


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


class Parted(NamedTuple):
    user: int
    source: str
    channel: str
    reason: str
    hidden: bool = False


class Kicked(NamedTuple):
    user: int  # who did it
    source: str
    channel: str
    target: int
    nick: str  # the target's, as everybody saw it
    reason: str


class TopicChanged(NamedTuple):
    user: int
    source: str
    channel: str
    topic: str


class ChannelRenamed(NamedTuple):
    """The channel `old` is called `channel` from now on, with everything that it has and that was
    said in it. Every member is told in its own way (handlers/channels/rename.py)."""

    user: int
    source: str
    old: str
    channel: str
    reason: str


class ChannelEnded(NamedTuple):
    """An operator of the server ended a channel that nobody is in (docs/decisions/0011)."""

    channel: str


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


class ChannelModeChanged(NamedTuple):
    user: int
    source: str
    channel: str
    changes: tuple[ModeChange, ...]


class Invited(NamedTuple):
    user: int
    source: str
    channel: str
    target: int
    nick: str


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


class MessageEdited(NamedTuple):
    """The message at position `message` says `text` from now on. The log keeps the text with the
    message alone: read again, the `text` of this event is empty."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    message: int
    text: str


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


class ReadMarkerMoved(NamedTuple):
    """Somebody has read a conversation up to `time` (ms). The log keeps the last of each."""

    account: str  # or what stands for somebody without one (User.stable_key)
    conversation: str
    target: str  # as the client named it
    time: int
    user: int = 0  # whose sessions are told


class TagsKept(NamedTuple):
    """A TAGMSG that asks to be kept (the client tag +draft/persist): told, and played back."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    conversation: str
    tags: tuple[tuple[str, str], ...]


class TagsRelayed(NamedTuple):
    """A TAGMSG: told to those who are there, not kept (typing and the like)."""

    user: int
    source: str
    account: str | None
    target: str
    recipient: int | None
    tags: tuple[tuple[str, str], ...]


class RealnameChanged(NamedTuple):
    user: int
    source: str
    realname: str


class HostChanged(NamedTuple):
    """What others see behind the nick is another user name or host from now on."""

    user: int
    source: str  # before the change
    username: str
    host: str


class MetadataChanged(NamedTuple):
    """What a person or a channel says of itself under `key` (IRCv3 draft/metadata-2)."""

    user: int  # who set it
    source: str
    target: str  # the channel, or the nick as it was
    owner: str  # whose it is (User.stable_key); "" for a channel
    key: str
    value: str | None  # None: no longer set


class Knocked(NamedTuple):
    """Somebody outside asks to be invited: told to the channel's operators, not kept."""

    user: int
    source: str
    channel: str
    text: str


# -- running the network -------------------------------------------------------------------


class OperatorChanged(NamedTuple):
    """OPER was used. `operator` is the name in the settings."""

    user: int
    source: str
    operator: str
    privileges: tuple[str, ...]


class UserKilled(NamedTuple):
    """An operator ends a person's connections. They quit by an event of their own, after this."""

    user: int
    source: str
    target: int
    nick: str
    reason: str


class WallopsSent(NamedTuple):
    """Told to everybody who has user mode w."""

    user: int
    source: str
    text: str


class NoticeGiven(NamedTuple):
    """The server tells operators (user mode s) what happened. Not kept."""

    text: str


class OperatorActed(NamedTuple):
    """An entry of the audit log: who did what, from where. `user` is 0 for the command line."""

    user: int
    source: str
    address: str  # without a port
    action: str  # the command, or the order of the administrator's page
    target: str
    detail: str


class AdministratorMade(NamedTuple):
    """Who logs in to this account may run the server, as far as `classes` go."""

    account: str
    classes: tuple[str, ...]
    by: str


class AdministratorRemoved(NamedTuple):
    account: str
    by: str


class ReportMade(NamedTuple):
    """Somebody tells those who run the server of a person or a channel."""

    user: int
    source: str
    target: str
    text: str
    message: str  # the msgid that it is about, or ""


class ReportClosed(NamedTuple):
    user: int
    source: str
    report: int  # the position of its ReportMade
    note: str


class BanSet(NamedTuple):
    """Keeps people out of the server. `kind` says what `mask` is: "address" an address or network,
    "mask" nick!user@host, "account" an account."""

    user: int
    source: str
    kind: str
    mask: str
    reason: str
    until: int | None  # ms since 1970; None: until it is lifted


class BanLifted(NamedTuple):
    user: int
    source: str
    kind: str
    mask: str


# -- invitations ---------------------------------------------------------------------------
#
# `user` is 0 for the command line; the number of an invitation is the position of its InviteMade.


class InviteMade(NamedTuple):
    """A link that lets `uses` people in until `until` (ms), into `channel` if there is one."""

    user: int
    source: str
    owner: str  # User.stable_key of who made it
    channel: str | None
    uses: int
    until: int


class InviteUsed(NamedTuple):
    """Somebody came in by it. `key` is the same when they come again; it tells nothing else."""

    user: int
    source: str
    invite: int
    key: str


class InviteRevoked(NamedTuple):
    user: int
    source: str
    invite: int


# -- accounts ------------------------------------------------------------------------------
#
# `account` is the name as it was registered. Passwords are here as hashes only, see
# credentials/passwords.py.


class AccountRegistered(NamedTuple):
    account: str
    password: str | None  # its hash; None: no login by password
    scram: str | None = None  # the verifier of SCRAM-SHA-256
    email: str | None = None
    code: str | None = None  # hash of the code that VERIFY waits for; None: nothing to verify
    address: str = ""  # where it was asked for
    certificate: str | None = None


class AccountVerified(NamedTuple):
    account: str


class PasswordChanged(NamedTuple):
    """A new password, or the old one hashed in a newer way."""

    account: str
    password: str | None
    scram: str | None = None


class AccountSettingChanged(NamedTuple):
    account: str
    name: str
    value: str | None  # None: as the server has it


class NickGrouped(NamedTuple):
    """A nick belongs to the account from now on."""

    account: str
    nick: str


class NickReleased(NamedTuple):
    account: str
    nick: str


class CertificateAdded(NamedTuple):
    """Who shows this certificate (SHA-256, lower-case hexadecimal) may log in."""

    account: str
    fingerprint: str


class CertificateRemoved(NamedTuple):
    account: str
    fingerprint: str


class AccountSuspended(NamedTuple):
    account: str
    by: str
    reason: str
    until: int | None = None  # ms since 1970; None: until it is taken back


class AccountReinstated(NamedTuple):
    account: str
    by: str


class AccountDeleted(NamedTuple):
    """All that is known of it is gone. The name stays taken unless it is `freed`."""

    account: str
    by: str
    freed: bool = False


class LoggedIn(NamedTuple):
    """A person who is on the network already says who it is."""

    user: int
    source: str
    account: str


class LoggedOut(NamedTuple):
    user: int
    source: str


# -- registered channels ---------------------------------------------------------------------


class ChannelRegistered(NamedTuple):
    """The channel belongs to an account: it stays when nobody is in it."""

    channel: str
    founder: str


class ChannelUnregistered(NamedTuple):
    channel: str
    by: str


class ChannelOffered(NamedTuple):
    """The founder offers it to another account, which may accept."""

    channel: str
    account: str | None  # None: the offer is taken back


class ChannelTransferred(NamedTuple):
    channel: str
    founder: str


class ChannelAccessChanged(NamedTuple):
    """The prefix modes that an account is given whenever it enters; "": none any more."""

    channel: str
    account: str
    modes: str
    by: str


# -- push ----------------------------------------------------------------------------------


class PushSubscribed(NamedTuple):
    """A browser of this account is told by push. The keys are base64url (RFC 8291)."""

    account: str
    endpoint: str
    p256dh: str
    auth: str


class PushUnsubscribed(NamedTuple):
    account: str
    endpoint: str
    why: str


# -- files ---------------------------------------------------------------------------------


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


class FilePosted(NamedTuple):
    """The message at position `message` is the first that names the file: it goes when that
    does."""

    file: str
    message: int
    conversation: str


class FileRemoved(NamedTuple):
    """The file is gone. What the log knew of it, at the positions `entries`, is gone from it."""

    file: str
    entries: tuple[int, ...]
    why: str


class ChannelModesLocked(NamedTuple):
    """The flags in `modes` ("+s-i") stay so, whoever is operator; "": none any more."""

    channel: str
    modes: str
    by: str


Event: TypeAlias = (
    ServerStarted
    | SecretMade
    | UserConnected
    | SessionAttached
    | SessionDetached
    | UserQuit
    | NickChanged
    | AwayChanged
    | UserModeChanged
    | Joined
    | Parted
    | Kicked
    | TopicChanged
    | ChannelRenamed
    | ChannelEnded
    | HistoryPutAside
    | ChannelModeChanged
    | Invited
    | MessageSent
    | MessageEdited
    | MessageRedacted
    | Reacted
    | Unreacted
    | ReadMarkerMoved
    | TagsKept
    | TagsRelayed
    | RealnameChanged
    | HostChanged
    | MetadataChanged
    | Knocked
    | OperatorChanged
    | UserKilled
    | WallopsSent
    | NoticeGiven
    | BanSet
    | BanLifted
    | OperatorActed
    | AdministratorMade
    | AdministratorRemoved
    | ReportMade
    | ReportClosed
    | InviteMade
    | InviteUsed
    | InviteRevoked
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
    | LoggedIn
    | LoggedOut
    | ChannelRegistered
    | ChannelUnregistered
    | ChannelOffered
    | ChannelTransferred
    | ChannelAccessChanged
    | ChannelModesLocked
    | FileUploaded
    | FilePosted
    | FileRemoved
    | PushSubscribed
    | PushUnsubscribed
)

#: Told, but not written to the log.
EPHEMERAL: frozenset[type] = frozenset({TagsRelayed, Knocked, NoticeGiven})


class Entry(NamedTuple):
    """An event with its place: `position` counts from 1 without repeats, `time` is in
    milliseconds since 1970 and never goes backwards."""

    position: int
    time: int
    event: Event


EVENT_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        ServerStarted, UserConnected, UserQuit, NickChanged, AwayChanged, UserModeChanged,
        Joined, Parted, Kicked, TopicChanged, ChannelModeChanged, Invited, MessageSent,
        RealnameChanged, HostChanged, Knocked, OperatorChanged, UserKilled, WallopsSent,
        NoticeGiven, BanSet, BanLifted, SecretMade, SessionAttached, SessionDetached,
        AccountRegistered, AccountVerified, PasswordChanged, AccountSettingChanged, NickGrouped,
        NickReleased, CertificateAdded, CertificateRemoved, AccountSuspended, AccountReinstated,
        AccountDeleted, LoggedIn, LoggedOut, ChannelRegistered, ChannelUnregistered,
        ChannelOffered, ChannelTransferred, ChannelAccessChanged, ChannelModesLocked,
        MessageEdited, MessageRedacted, Reacted, Unreacted, ReadMarkerMoved, TagsKept,
        TagsRelayed,
        ChannelRenamed, MetadataChanged, InviteMade, InviteUsed, InviteRevoked, FileUploaded,
        FilePosted, FileRemoved,
        OperatorActed, AdministratorMade, AdministratorRemoved, ReportMade, ReportClosed,
        PushSubscribed, PushUnsubscribed, HistoryPutAside, ChannelEnded,
    )
}  # fmt: skip
