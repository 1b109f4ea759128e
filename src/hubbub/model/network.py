"""The network as it is now, and how each event changes it.

`apply` is infallible for events that the handlers produced: it decides nothing, it only does what
happened. It returns the change: who must hear of it, as copies, since for those who left the
membership is gone once the event is applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from ..log.events import (
    AccountDeleted,
    AdministratorMade,
    AdministratorRemoved,
    AwayChanged,
    BanLifted,
    BanSet,
    ChannelAccessChanged,
    ChannelEnded,
    ChannelModeChanged,
    ChannelModesLocked,
    ChannelOffered,
    ChannelRegistered,
    ChannelRenamed,
    ChannelTransferred,
    ChannelUnregistered,
    Entry,
    FilePosted,
    FileRemoved,
    FileUploaded,
    HistoryPutAside,
    HostChanged,
    Invited,
    InviteMade,
    InviteRevoked,
    InviteUsed,
    Joined,
    Kicked,
    Knocked,
    LoggedIn,
    LoggedOut,
    MessageEdited,
    MessageRedacted,
    MessageSent,
    MetadataChanged,
    ModeChange,
    NickChanged,
    NoticeGiven,
    OperatorActed,
    OperatorChanged,
    Parted,
    PushSubscribed,
    PushUnsubscribed,
    Reacted,
    ReadMarkerMoved,
    RealnameChanged,
    ReportClosed,
    ReportMade,
    SecretMade,
    ServerStarted,
    SessionAttached,
    SessionDetached,
    TagsKept,
    TagsRelayed,
    TopicChanged,
    Unreacted,
    UserConnected,
    UserKilled,
    UserModeChanged,
    UserQuit,
    WallopsSent,
)
from ..log.reading import left_behind, moved
from .accounts import Accounts
from .administration import Administration
from .bans import Bans
from .channel import Channel, ListEntry
from .confusables import skeleton
from .files import Files
from .invites import Invites
from .modes import CLOSED, LIST_MODES, PREFIX_MODES, PREFIX_OF_SIGN, prefixes_from, sort_prefixes
from .names import fold
from .pushing import Subscriptions
from .user import NOWHERE, User
from .whowas import Whowas

#: The away message of somebody who is here by an account only, with no connection.
NOT_CONNECTED = "Not connected"
Addressed: TypeAlias = (
    MessageSent | MessageEdited | MessageRedacted | Reacted | Unreacted | TagsKept | TagsRelayed
)


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


#: How long a channel that is not registered rests when nobody is in it, and how many may: those
#: that have rested the longest end first.
RESTING_MS = 30 * 24 * 60 * 60 * 1000
MOST_RESTING = 10_000
#: Makes a change without the call that names its fields.
_new = tuple.__new__
#: What people do, apart from messages, which carry the account themselves.
_ACTS = frozenset(
    {
        AwayChanged, ChannelModeChanged, HostChanged, Invited, Joined, Kicked, LoggedIn, LoggedOut,
        NickChanged, Parted, RealnameChanged, TopicChanged, UserQuit, WallopsSent,
    }
)  # fmt: skip


class Network:
    """Users by id, nicks and channels by folded name."""

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.nicks: dict[str, User] = {}
        self.skeletons: dict[str, User] = {}  # what the nick looks like
        self.channels: dict[str, Channel] = {}
        self.resting: dict[str, int] = {}  # channels nobody is in, that stay: since when (ms)
        self.closed: set[str] = set()  # channels that ended, what was said there is nobody's
        self.whowas = Whowas()
        self.bans = Bans()
        self.accounts = Accounts()
        self.invites = Invites()
        self.files = Files()
        self.subscriptions = Subscriptions()
        self.administration = Administration()
        self.secret = ""  # see SecretMade
        self.always_on = "off"  # see ServerStarted
        self.attached = 0  # sessions that speak for a user
        self.markers: dict[str, dict[str, int]] = {}  # User.stable_key: conversation: ms
        self.metadata: dict[str, dict[str, str]] = {}  # User.stable_key: key: value
        self.position = 0  # of the last entry applied
        self.most_users = 0
        self.mode_counts: Counter[str] = Counter()  # how many users hold a user mode
        self._appliers: dict[type, Callable[[Entry, Any], Change]] = {
            ServerStarted: self._server_started,
            UserConnected: self._user_connected,
            UserQuit: self._user_quit,
            NickChanged: self._nick_changed,
            AwayChanged: self._away_changed,
            UserModeChanged: self._user_mode_changed,
            Joined: self._joined,
            Parted: self._parted,
            Kicked: self._kicked,
            TopicChanged: self._topic_changed,
            ChannelRenamed: self._channel_renamed,
            ChannelEnded: self._channel_ended,
            HistoryPutAside: self._history_put_aside,
            ChannelModeChanged: self._channel_mode_changed,
            Invited: self._invited,
            MessageSent: self._addressed,
            MessageEdited: self._addressed,
            MessageRedacted: self._addressed,
            Reacted: self._addressed,
            Unreacted: self._addressed,
            TagsKept: self._addressed,
            TagsRelayed: self._addressed,
            RealnameChanged: self._realname_changed,
            HostChanged: self._host_changed,
            Knocked: self._knocked,
            OperatorChanged: self._operator_changed,
            UserKilled: self._user_killed,
            WallopsSent: self._told_to_mode("w"),
            NoticeGiven: self._told_to_mode("s"),
            BanSet: self._ban_set,
            BanLifted: self._ban_lifted,
            SecretMade: self._secret_made,
            SessionAttached: self._session_attached,
            SessionDetached: self._session_detached,
            LoggedIn: self._logged_in,
            LoggedOut: self._logged_out,
            AccountDeleted: self._account_deleted,
            ChannelRegistered: self._channel_registered,
            ChannelUnregistered: self._channel_unregistered,
            ChannelOffered: self._channel_offered,
            ChannelTransferred: self._channel_transferred,
            ChannelAccessChanged: self._channel_access_changed,
            ChannelModesLocked: self._channel_modes_locked,
            ReadMarkerMoved: self._read_marker_moved,
            MetadataChanged: self._metadata_changed,
            OperatorActed: _silent(self.administration.acted),
            AdministratorMade: _silent(self.administration.made),
            AdministratorRemoved: _silent(self.administration.removed),
            ReportMade: _silent(self.administration.reported),
            ReportClosed: _silent(self.administration.closed),
            InviteMade: _silent(self.invites.made),
            InviteUsed: _silent(self.invites.used),
            InviteRevoked: _silent(self.invites.revoked),
            FileUploaded: _silent(self.files.uploaded),
            FilePosted: _silent(self.files.posted),
            FileRemoved: _silent(self.files.removed),
            PushSubscribed: _silent(self.subscriptions.subscribed),
            PushUnsubscribed: _silent(self.subscriptions.unsubscribed),
        }
        for kind, applier in self.accounts.appliers.items():
            self._appliers.setdefault(kind, _silent(applier))

    # -- reading ---------------------------------------------------------------------------

    def user(self, nick: str) -> User | None:
        return self.nicks.get(fold(nick))

    def lookalike(self, nick: str) -> User | None:
        """Who has this nick, or one that looks like it."""
        return self.nicks.get(fold(nick)) or self.skeletons.get(skeleton(nick))

    def channel(self, name: str) -> Channel | None:
        return self.channels.get(fold(name))

    def channels_of(self, user: User) -> tuple[Channel, ...]:
        return tuple(self.channels[key] for key in sorted(user.channels))

    def is_hidden(self, channel: Channel | None, user: User, modes: str = "") -> bool:
        """Is it hidden from all without a prefix what this person does in the channel? `modes` are
        the prefixes of somebody who is about to enter."""
        if channel is None or "u" not in channel.modes:
            return False
        return not channel.members.get(user.id, modes)

    def whereabouts(self, user: User) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The folded names of all channels this person is in, and of those where it is hidden."""
        channels = self.channels_of(user)
        hidden = tuple(each.key for each in channels if self.is_hidden(each, user))
        return tuple(each.key for each in channels), hidden

    def share_channel(self, one: User, other: User) -> bool:
        return not one.channels.isdisjoint(other.channels)

    def stays(self, user: User) -> bool:
        """Does this person stay when the last connection ends?"""
        account = self.accounts.get(user.account)
        if account is None or self.always_on == "off":
            return False
        wanted = account.settings.get("always-on")
        return wanted == "on" if self.always_on == "opt-in" else wanted != "off"

    def goes_away(self, user: User) -> bool:
        """Is this person shown as away while not connected?"""
        account = self.accounts.get(user.account)
        return account is not None and account.settings.get("auto-away") != "off"

    # -- the only door ---------------------------------------------------------------------

    def apply(self, entry: Entry) -> Change:
        self.position = entry.position
        event = entry.event
        kind = type(event)
        if kind is MessageSent:
            # What is said to all of a channel, as most of what happens is, has the channel's key.
            channel = self.channels.get(event.conversation)  # type: ignore[union-attr]
            if channel is not None:
                return _new(Change, (entry, (channel,), (), None, (), None))
        if kind not in _ACTS:
            return self._appliers[kind](entry, event)
        # Who did it, looked up before it is done: the one who quits is gone afterwards, and who
        # logs in has done so as who that was before (IRCv3 account-tag, its example).
        user = self.users.get(event.user)  # type: ignore[union-attr]
        account = user.account if user is not None else None
        change = self._appliers[kind](entry, event)
        if user is None:
            return change
        return change._replace(account=account, marks=user.marks, away=user.away)

    def _server_started(self, entry: Entry, event: ServerStarted) -> Change:
        self.always_on = event.always_on
        self.bans.forget_ended(entry.time)
        self.invites.forget_ended(entry.time)
        for user in list(self.users.values()):
            if self.stays(user):
                self.attached -= len(user.sessions)
                user.sessions.clear()
                self._drop_operator(user)
                if user.away is None and self.goes_away(user):
                    user.away = NOT_CONNECTED
            else:
                self._remove_user(user, entry.time)
        self._end_rested(entry.time)
        return Change(entry)

    def _user_connected(self, entry: Entry, event: UserConnected) -> Change:
        user = User(event.user, event.nick, event.username, event.host, entry.time)
        user.realname = event.realname
        user.address = event.address
        user.account = event.account
        user.sessions[event.session] = event.secure
        self.attached += 1
        self.users[user.id] = user
        self._give_nick(user, event.nick)
        self.most_users = max(self.most_users, len(self.users))
        self.accounts.seen(event.account, event.address, entry.time)
        return Change(entry)

    def _secret_made(self, entry: Entry, event: SecretMade) -> Change:
        self.secret = event.secret
        return Change(entry)

    def _session_attached(self, entry: Entry, event: SessionAttached) -> Change:
        user = self.users[event.user]
        user.sessions[event.session] = event.secure
        user.address = event.address
        self.attached += 1
        self.accounts.seen(user.account, event.address, entry.time)
        return Change(entry)

    def _session_detached(self, entry: Entry, event: SessionDetached) -> Change:
        user = self.users[event.user]
        del user.sessions[event.session]
        self.attached -= 1
        if not user.sessions:
            self._drop_operator(user)
        return Change(entry)

    def _logged_in(self, entry: Entry, event: LoggedIn) -> Change:
        user = self.users[event.user]
        before = user.stable_key if user.account is None else None
        user.account = event.account
        if before is not None:  # what was without an account is the account's from now on
            self._hand_over(before, user.stable_key)
        self.accounts.seen(user.account, user.address, entry.time)
        return self._around(entry, user, (user,))

    def _hand_over(self, before: str, after: str) -> None:
        """Metadata where the account says nothing else, markers where they are further on."""
        said = self.metadata.pop(before, None)
        if said:
            self.metadata[after] = said | self.metadata.get(after, {})
        read = self.markers.pop(before, None)
        if read:
            markers = self.markers.setdefault(after, {})
            markers.update((k, t) for k, t in read.items() if t > markers.get(k, 0))

    def _logged_out(self, entry: Entry, event: LoggedOut) -> Change:
        user = self.users[event.user]
        user.account = None
        return self._around(entry, user, (user,))

    def _user_quit(self, entry: Entry, event: UserQuit) -> Change:
        user = self.users[event.user]
        change = self._around(entry, user)
        self._remove_user(user, entry.time)
        return change

    def _nick_changed(self, entry: Entry, event: NickChanged) -> Change:
        user = self.users[event.user]
        self.whowas.remember(user, entry.time)
        self._take_nick(user)
        self._give_nick(user, event.nick)
        return self._around(entry, user, (user,))

    def _away_changed(self, entry: Entry, event: AwayChanged) -> Change:
        user = self.users[event.user]
        user.away = event.message
        return self._around(entry, user)

    def _user_mode_changed(self, entry: Entry, event: UserModeChanged) -> Change:
        user = self.users[event.user]
        held, sign = set(user.modes), "+"
        for letter in event.changes:
            if letter in "+-":
                sign = letter
            elif sign == "+":
                held.add(letter)
            else:
                held.discard(letter)
        self.mode_counts.subtract(user.modes)
        self.mode_counts.update(held)
        user.modes = "".join(sorted(held))
        if "o" not in held:
            user.operator, user.privileges = None, ()
        return Change(entry, (), (user,))

    def _realname_changed(self, entry: Entry, event: RealnameChanged) -> Change:
        user = self.users[event.user]
        user.realname = event.realname
        return self._around(entry, user, (user,))

    def _host_changed(self, entry: Entry, event: HostChanged) -> Change:
        user = self.users[event.user]
        self.whowas.remember(user, entry.time)
        user.call(user.nick, event.username, event.host)
        return self._around(entry, user, (user,))

    def _operator_changed(self, entry: Entry, event: OperatorChanged) -> Change:
        user = self.users[event.user]
        user.operator, user.privileges = event.operator, event.privileges
        self.mode_counts["o"] += "o" not in user.modes
        user.modes = "".join(sorted({*user.modes, "o"}))
        return Change(entry, (), (user,))

    def _user_killed(self, entry: Entry, event: UserKilled) -> Change:
        return Change(entry, (), (self.users[event.target],))

    def _told_to_mode(self, letter: str) -> Callable[[Entry, Any], Change]:
        """Something that is told to everybody who holds a user mode."""

        def apply(entry: Entry, event: Any) -> Change:
            return Change(entry, (), tuple(u for u in self.users.values() if letter in u.modes))

        return apply

    def _ban_set(self, entry: Entry, event: BanSet) -> Change:
        self.bans.set(event, entry.time)
        return Change(entry)

    def _ban_lifted(self, entry: Entry, event: BanLifted) -> Change:
        self.bans.lift(event.kind, event.mask)
        return Change(entry)

    def _joined(self, entry: Entry, event: Joined) -> Change:
        key = fold(event.channel)
        channel = self.channels.get(key)
        if channel is None:
            channel = self.channels[key] = Channel(event.channel, key, entry.time)
            self.closed.discard(key)
        channel.members[event.user] = event.modes
        channel.invited.discard(event.user)
        self.resting.pop(key, None)
        user = self.users[event.user]
        if user.account is not None:
            channel.returning.discard(fold(user.account))
        user.forget_invitation(key)
        user.channels.add(key)
        if self.is_hidden(channel, user):
            return Change(entry, (), (*self._holders(channel, PREFIX_MODES), user))
        return Change(entry, (channel,))

    def _parted(self, entry: Entry, event: Parted) -> Change:
        user = self.users[event.user]
        channel = self.channels[fold(event.channel)]
        hidden = self.is_hidden(channel, user)
        self._remove_member(channel, user, entry.time)
        if hidden:
            return Change(entry, (), (*self._holders(channel, PREFIX_MODES), user))
        return Change(entry, (channel,), (user,))

    def _kicked(self, entry: Entry, event: Kicked) -> Change:
        target = self.users[event.target]
        channel = self.channels[fold(event.channel)]
        self._remove_member(channel, target, entry.time)
        return Change(entry, (channel,), (target,))

    def _topic_changed(self, entry: Entry, event: TopicChanged) -> Change:
        channel = self.channels[fold(event.channel)]
        channel.topic = event.topic
        channel.topic_by = event.source
        channel.topic_time = entry.time
        return Change(entry, (channel,))

    def _channel_renamed(self, entry: Entry, event: ChannelRenamed) -> Change:
        """Told to the members one by one (handlers/channels/renames.py)."""
        old, new = fold(event.old), fold(event.channel)
        channel = self.channels.pop(old)
        channel.name, channel.key, channel.renamed = event.channel, new, entry.time
        self.channels[new] = channel
        self.closed.discard(new)
        for id in channel.members:
            self.users[id].channels.discard(old)
            self.users[id].channels.add(new)
        for id in channel.invited:
            self.users[id].forget_invitation(old)
            self.users[id].invited |= {new}
        self.invites.renamed(old, event.channel)
        self._moved(moved(event, entry.position))
        return Change(entry)

    def _channel_ended(self, entry: Entry, event: ChannelEnded) -> Change:
        self._end(self.channels[fold(event.channel)])
        return Change(entry)

    def _history_put_aside(self, entry: Entry, event: HistoryPutAside) -> Change:
        self.invites.ended(fold(event.channel))
        self._moved(moved(event, entry.position))
        return Change(entry)

    def _moved(self, names: dict[str, str]) -> None:
        """Conversations are called otherwise."""
        for markers in self.markers.values() if names else ():
            markers.update({new: markers.pop(old) for old, new in names.items() if old in markers})
        self.files.renamed(names)

    def _channel_mode_changed(self, entry: Entry, event: ChannelModeChanged) -> Change:
        channel = self.channels[fold(event.channel)]
        for change in event.changes:
            self._change_mode(channel, change, event.source, entry.time)
        return Change(entry, (channel,))

    def _change_mode(self, channel: Channel, change: ModeChange, by: str, time: int) -> None:
        sign, letter, argument, member = change
        if letter in PREFIX_MODES:
            if member is not None and member in channel.members:
                held = channel.members[member].replace(letter, "")
                channel.members[member] = sort_prefixes(held + letter if sign == "+" else held)
        elif letter in LIST_MODES:
            masks = channel.lists.setdefault(letter, {})
            mask = argument or ""
            if sign == "+":
                masks[fold(mask)] = ListEntry(mask, by, time)
            else:
                masks.pop(fold(mask), None)
        elif sign == "+":
            channel.modes[letter] = argument
        else:
            channel.modes.pop(letter, None)

    def _invited(self, entry: Entry, event: Invited) -> Change:
        channel = self.channels.get(fold(event.channel))
        target = self.users[event.target]
        if channel is None:
            return Change(entry, (), (target,))
        channel.invited.add(target.id)
        target.invited |= {channel.key}
        return Change(entry, (channel,), (target,))

    def _knocked(self, entry: Entry, event: Knocked) -> Change:
        return Change(entry, (), self._holders(self.channels[fold(event.channel)], "qaoh"))

    def _around(self, entry: Entry, user: User, users: tuple[User, ...] = ()) -> Change:
        """Told to `users` and wherever `user` is seen."""
        channels = self.channels_of(user)
        hidden = [channel for channel in channels if self.is_hidden(channel, user)]
        if not hidden:
            return Change(entry, channels, users)
        seeing = [other for each in hidden for other in self._holders(each, PREFIX_MODES)]
        shown = tuple(channel for channel in channels if channel not in hidden)
        return Change(entry, shown, tuple(dict.fromkeys((*users, *seeing))))

    def _holders(self, channel: Channel, letters: Iterable[str]) -> tuple[User, ...]:
        """The members who hold one of these prefixes."""
        return tuple(
            self.users[id]
            for id, held in channel.members.items()
            if held and not set(held).isdisjoint(letters)
        )

    def _addressed(self, entry: Entry, event: Addressed) -> Change:
        """Told to a channel or a person; what it changes is in the log, not here."""
        if event.recipient is None:
            channel = self.channels.get(fold(event.target))
            if channel is not None:
                if "U" in channel.modes and not channel.members.get(event.user):
                    return Change(entry, (), self._holders(channel, "qaoh"))
                return Change(entry, (channel,))
            if event.target[0] not in PREFIX_OF_SIGN:
                return Change(entry)  # an old message of a channel that has ended is changed
            # STATUSMSG: a sign before the name means who holds that prefix or a higher one.
            letters = prefixes_from(PREFIX_OF_SIGN[event.target[0]])
            channel = self.channels[fold(event.target[1:])]
            return Change(entry, (), self._holders(channel, letters))
        recipient = self.users.get(event.recipient)
        sender = self.users.get(event.user)
        if sender is not None and len(sender.sessions) > 1 and sender is not recipient:
            # The sender's other connections see what was said by this one.
            return Change(entry, (), (recipient, sender) if recipient else (sender,))
        return Change(entry, (), (recipient,) if recipient else ())

    # -- registered channels -----------------------------------------------------------------

    def _channel_registered(self, entry: Entry, event: ChannelRegistered) -> Change:
        channel = self.channels[fold(event.channel)]
        channel.founder = event.founder
        channel.registered = entry.time
        self.resting.pop(channel.key, None)
        channel.modes["r"] = None
        return Change(entry, (channel,))

    def _channel_unregistered(self, entry: Entry, event: ChannelUnregistered) -> Change:
        channel = self.channels[fold(event.channel)]
        channel.founder = channel.offered = None
        channel.registered, channel.locked = 0, ""
        channel.access.clear()
        channel.modes.pop("r", None)
        self._rest_if_empty(channel, entry.time)
        return Change(entry, (channel,))

    def _channel_offered(self, entry: Entry, event: ChannelOffered) -> Change:
        self.channels[fold(event.channel)].offered = event.account
        return Change(entry)

    def _channel_transferred(self, entry: Entry, event: ChannelTransferred) -> Change:
        channel = self.channels[fold(event.channel)]
        channel.founder, channel.offered = event.founder, None
        return Change(entry)

    def _channel_access_changed(self, entry: Entry, event: ChannelAccessChanged) -> Change:
        channel, key = self.channels[fold(event.channel)], fold(event.account)
        if event.modes:
            channel.access[key] = (event.account, sort_prefixes(event.modes))
        else:
            channel.access.pop(key, None)
        return Change(entry)

    def _channel_modes_locked(self, entry: Entry, event: ChannelModesLocked) -> Change:
        self.channels[fold(event.channel)].locked = event.modes
        return Change(entry)

    def _account_deleted(self, entry: Entry, event: AccountDeleted) -> Change:
        # Its channels and its people have been told before, each by an event of its own.
        self.accounts.appliers[AccountDeleted](entry, event)
        self.administration.forget(event.account)
        self.subscriptions.forget(event.account)
        self.invites.forget_maker(event.account)
        self.markers.pop(fold(event.account), None)
        self.metadata.pop(fold(event.account), None)
        names = {name for markers in self.markers.values() for name in markers}
        names.update(file.conversation for file in self.files.by_id.values())
        self._moved(left_behind(names, event, entry.position))
        for channel in self.channels.values():
            channel.access.pop(fold(event.account), None)
            channel.returning.discard(fold(event.account))
            if channel.offered is not None and fold(channel.offered) == fold(event.account):
                channel.offered = None
        return Change(entry)

    def _read_marker_moved(self, entry: Entry, event: ReadMarkerMoved) -> Change:
        """Told to the other sessions of this person."""
        self.markers.setdefault(fold(event.account), {})[event.conversation] = event.time
        user = self.users.get(event.user)
        return Change(entry, (), (user,) if user is not None else ())

    def _metadata_changed(self, entry: Entry, event: MetadataChanged) -> Change:
        """Who subscribed to the key is told one by one (handlers/people/metadata.py)."""
        if event.owner:
            values = self.metadata.setdefault(event.owner, {})
        else:
            values = self.channels[fold(event.target)].metadata
        if event.value is None:
            values.pop(event.key, None)
        else:
            values[event.key] = event.value
        if event.owner and not values:
            del self.metadata[event.owner]
        return Change(entry)

    # -- parts of the above ----------------------------------------------------------------

    def _drop_operator(self, user: User) -> None:
        """Nobody is an operator without being connected."""
        user.operator, user.privileges = None, ()
        for letter in "os":
            self.mode_counts[letter] -= letter in user.modes
            user.modes = user.modes.replace(letter, "")

    def _give_nick(self, user: User, nick: str) -> None:
        user.call(nick, user.username, user.host)
        self.nicks[fold(nick)] = user
        self.skeletons[skeleton(nick)] = user

    def _take_nick(self, user: User) -> None:
        del self.nicks[fold(user.nick)]
        if self.skeletons.get(skeleton(user.nick)) is user:
            del self.skeletons[skeleton(user.nick)]

    def _remove_user(self, user: User, time: int) -> None:
        self.whowas.remember(user, time)
        for key in user.invited:
            self.channels[key].invited.discard(user.id)
        user.invited = NOWHERE
        for channel in self.channels_of(user):
            if user.account is not None and "i" in channel.modes:
                channel.returning.add(fold(user.account))
            self._remove_member(channel, user, time)
        self.mode_counts.subtract(user.modes)
        self.attached -= len(user.sessions)
        self._take_nick(user)
        if user.account is None:
            self.markers.pop(user.stable_key, None)
            self.metadata.pop(user.stable_key, None)
        del self.users[user.id]

    def _remove_member(self, channel: Channel, user: User, time: int) -> None:
        del channel.members[user.id]
        user.channels.discard(channel.key)
        self._rest_if_empty(channel, time)

    def _rest_if_empty(self, channel: Channel, time: int) -> None:
        """What was set in a channel stays for a while when nobody is in it."""
        if channel.members or channel.founder is not None:
            return
        if channel.is_plain() or not self._can_be_entered(channel):
            self._end(channel)
        else:
            self.resting[channel.key] = time
            self._end_rested(time)

    def _can_be_entered(self, channel: Channel) -> bool:
        """Is there anybody for whom it could rest? Into +i somebody has to let people in."""
        return (
            "i" not in channel.modes
            or bool(channel.returning or channel.invited or channel.lists.get("I"))
            or self.invites.lead_to(channel.key)
        )

    def _end_rested(self, now: int) -> None:
        while self.resting:
            key, since = next(iter(self.resting.items()))
            if len(self.resting) <= MOST_RESTING and since > now - RESTING_MS:
                return
            self._end(self.channels[key])

    def _end(self, channel: Channel) -> None:
        for id in channel.invited:
            self.users[id].forget_invitation(channel.key)
        del self.channels[channel.key]
        self.resting.pop(channel.key, None)
        if not CLOSED.isdisjoint(channel.modes):
            self.closed.add(channel.key)

    # -- comparing -------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """All of it as plain values, equal for equal networks ("replay equals live")."""
        return {
            "users": {str(id): _values(user) for id, user in sorted(self.users.items())},
            "nicks": {key: user.id for key, user in sorted(self.nicks.items())},
            "channels": {key: _values(channel) for key, channel in sorted(self.channels.items())},
            "closed": sorted(self.closed),
            "resting": list(self.resting.items()),
            "accounts": self.accounts.snapshot(),
            "whowas": self.whowas.snapshot(),
            "bans": self.bans.snapshot(),
            "invites": self.invites.snapshot(),
            "administration": self.administration.snapshot(),
            "always_on": self.always_on,
            "markers": _plain(self.markers),
            "metadata": _plain(self.metadata),
            "files": self.files.snapshot(),
            "subscriptions": _plain(self.subscriptions.snapshot()),
            "secret": self.secret,
        }


def _silent(applier: Callable[[Entry, Any], None]) -> Callable[[Entry, Any], Change]:
    """An applier of something that nobody is told of."""

    def apply(entry: Entry, event: Any) -> Change:
        applier(entry, event)
        return Change(entry)

    return apply


def _values(thing: User | Channel) -> dict[str, Any]:
    slots: Iterable[str] = type(thing).__slots__
    return {name: _plain(getattr(thing, name)) for name in slots}


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in sorted(value.items())}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
