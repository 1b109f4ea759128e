"""Appliers for users: connections, nicks, modes, away, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...events.kinds import (
    AwayChanged,
    Entry,
    HostChanged,
    LoggedIn,
    LoggedOut,
    MetadataChanged,
    NickChanged,
    OperatorChanged,
    ReadMarkerMoved,
    RealnameChanged,
    SessionAttached,
    SessionDetached,
    UserConnected,
    UserKilled,
    UserModeChanged,
    UserQuit,
)
from ...protocol.modes import PREFIX_MODES
from ...protocol.names import fold
from ..change import Change
from ..confusables import skeleton
from ..user import NOWHERE, User
from .appliers import applies
from .empty_channels import remove_member

if TYPE_CHECKING:
    from ..network import Network

#: Read markers of one person; beyond this the one that was moved longest ago is dropped.
MOST_MARKERS = 1000


@applies(UserConnected)
def user_connected(network: Network, entry: Entry, event: UserConnected) -> Change:
    user = User(event.user, event.nick, event.username, event.host, entry.time)
    user.realname = event.realname
    user.address = event.address
    _join_account(network, user, event.account)
    user.guest = event.guest
    user.sessions[event.session] = event.secure
    network.attached += 1
    network.users[user.id] = user
    _give_nick(network, user, event.nick)
    network.most_users = max(network.most_users, len(network.users))
    network.accounts.seen(event.account, event.address, entry.time, event.device)
    return Change(entry)


@applies(SessionAttached)
def session_attached(network: Network, entry: Entry, event: SessionAttached) -> Change:
    user = network.users[event.user]
    user.sessions[event.session] = event.secure
    user.address = event.address
    network.attached += 1
    if event.nick:
        network.alias_of[event.session] = event.nick
        network.aliases[fold(event.nick)] = user.id
        network.skeletons.setdefault(skeleton(event.nick), user)
    network.accounts.seen(user.account, event.address, entry.time, event.device)
    return Change(entry)


@applies(SessionDetached)
def session_detached(network: Network, entry: Entry, event: SessionDetached) -> Change:
    user = network.users[event.user]
    del user.sessions[event.session]
    network.attached -= 1
    _drop_alias(network, user, event.session)
    if not user.sessions:
        drop_operator(network, user)
    return Change(entry)


@applies(LoggedIn)
def logged_in(network: Network, entry: Entry, event: LoggedIn) -> Change:
    user = network.users[event.user]
    before = user.stable_key if user.account is None else None
    _join_account(network, user, event.account)
    if before is not None:  # data of the guest moves to the account
        _hand_over(network, before, user.stable_key)
    network.accounts.seen(user.account, user.address, entry.time, event.device)
    return around(network, entry, user, (user,))


def _hand_over(network: Network, before: str, after: str) -> None:
    """Move metadata that the account does not have, and read markers that are further on."""
    said = network.metadata.pop(before, None)
    if said:
        network.metadata[after] = said | network.metadata.get(after, {})
    read = network.markers.pop(before, None)
    if read:
        markers = network.markers.setdefault(after, {})
        markers.update((k, t) for k, t in read.items() if t > markers.get(k, 0))
        _drop_oldest(markers)


def _drop_oldest(markers: dict[str, int]) -> None:
    while len(markers) > MOST_MARKERS:
        del markers[next(iter(markers))]


@applies(LoggedOut)
def logged_out(network: Network, entry: Entry, event: LoggedOut) -> Change:
    user = network.users[event.user]
    _join_account(network, user, None)
    return around(network, entry, user, (user,))


@applies(UserQuit)
def user_quit(network: Network, entry: Entry, event: UserQuit) -> Change:
    user = network.users[event.user]
    change = around(network, entry, user)
    remove_user(network, user, entry.time)
    return change


@applies(NickChanged)
def nick_changed(network: Network, entry: Entry, event: NickChanged) -> Change:
    user = network.users[event.user]
    network.whowas.remember(user, entry.time)
    _take_nick(network, user)
    _give_nick(network, user, event.nick)
    return around(network, entry, user, (user,))


@applies(AwayChanged)
def away_changed(network: Network, entry: Entry, event: AwayChanged) -> Change:
    user = network.users[event.user]
    user.away = event.message
    return around(network, entry, user)


@applies(UserModeChanged)
def user_mode_changed(network: Network, entry: Entry, event: UserModeChanged) -> Change:
    user = network.users[event.user]
    held, sign = set(user.modes), "+"
    for letter in event.changes:
        if letter in "+-":
            sign = letter
        elif sign == "+":
            held.add(letter)
        else:
            held.discard(letter)
    network.mode_counts.subtract(user.modes)
    network.mode_counts.update(held)
    user.modes = "".join(sorted(held))
    if "o" not in held:
        user.operator, user.privileges = None, ()
    return Change(entry, (), (user,))


@applies(RealnameChanged)
def realname_changed(network: Network, entry: Entry, event: RealnameChanged) -> Change:
    user = network.users[event.user]
    user.realname = event.realname
    return around(network, entry, user, (user,))


@applies(HostChanged)
def host_changed(network: Network, entry: Entry, event: HostChanged) -> Change:
    user = network.users[event.user]
    network.whowas.remember(user, entry.time)
    user.call(user.nick, event.username, event.host)
    return around(network, entry, user, (user,))


@applies(OperatorChanged)
def operator_changed(network: Network, entry: Entry, event: OperatorChanged) -> Change:
    user = network.users[event.user]
    user.operator, user.privileges = event.operator, event.privileges
    network.mode_counts["o"] += "o" not in user.modes
    user.modes = "".join(sorted({*user.modes, "o"}))
    return Change(entry, (), (user,))


@applies(UserKilled)
def user_killed(network: Network, entry: Entry, event: UserKilled) -> Change:
    return Change(entry, (), (network.users[event.target],))


@applies(ReadMarkerMoved)
def read_marker_moved(network: Network, entry: Entry, event: ReadMarkerMoved) -> Change:
    """Move a read marker and notify the other sessions of the user."""
    markers = network.markers.setdefault(fold(event.account), {})
    markers.pop(event.conversation, None)
    markers[event.conversation] = event.time  # the last moved is last
    _drop_oldest(markers)
    user = network.users.get(event.user)
    return Change(entry, (), (user,) if user is not None else ())


@applies(MetadataChanged)
def metadata_changed(network: Network, entry: Entry, event: MetadataChanged) -> Change:
    """Set metadata. The handler notifies subscribers one by one (handlers/people/metadata.py)."""
    if event.owner:
        values = network.metadata.setdefault(event.owner, {})
    else:
        values = network.channels[fold(event.target)].metadata
    if event.value is None:
        values.pop(event.key, None)
    else:
        values[event.key] = event.value
    if event.owner and not values:
        del network.metadata[event.owner]
    return Change(entry)


def around(network: Network, entry: Entry, user: User, users: tuple[User, ...] = ()) -> Change:
    """A change for `users` and for everybody who shares a visible channel with `user`."""
    channels = network.channels_of(user)
    hidden = [channel for channel in channels if network.is_hidden(channel, user)]
    if not hidden:
        return Change(entry, channels, users)
    seeing = [other for each in hidden for other in network.holders(each, PREFIX_MODES)]
    shown = tuple(channel for channel in channels if channel not in hidden)
    return Change(entry, shown, tuple(dict.fromkeys((*users, *seeing))))


def drop_operator(network: Network, user: User) -> None:
    """Drop operator status: a user without a connection is never an operator."""
    user.operator, user.privileges = None, ()
    for letter in "os":
        network.mode_counts[letter] -= letter in user.modes
        user.modes = user.modes.replace(letter, "")


def _join_account(network: Network, user: User, account: str | None) -> None:
    _leave_account(network, user)
    user.account = account
    if account is not None:
        network.by_account.setdefault(fold(account), set()).add(user.id)


def _leave_account(network: Network, user: User) -> None:
    if user.account is not None:
        others = network.by_account[fold(user.account)]
        others.discard(user.id)
        if not others:
            del network.by_account[fold(user.account)]


def _give_nick(network: Network, user: User, nick: str) -> None:
    user.call(nick, user.username, user.host)
    network.nicks[fold(nick)] = user
    network.skeletons[skeleton(nick)] = user


def _take_nick(network: Network, user: User) -> None:
    del network.nicks[fold(user.nick)]
    if network.skeletons.get(skeleton(user.nick)) is user:
        del network.skeletons[skeleton(user.nick)]
    alias = network.aliases.get(fold(user.nick))
    if alias is not None:
        network.skeletons.setdefault(skeleton(user.nick), network.users[alias])


def _drop_alias(network: Network, user: User, session: int) -> None:
    """A session of `user` has ended: the nick that it asked for is free, unless another one asked
    for it too."""
    nick = network.alias_of.get(session, "")
    if network.aliases.get(fold(nick)) != user.id:  # it has none, or is another user's by now
        return
    del network.alias_of[session]
    if fold(nick) in {fold(network.alias_of.get(other, "")) for other in user.sessions}:
        return
    del network.aliases[fold(nick)]
    look = skeleton(nick)
    if look != skeleton(user.nick) and network.skeletons.get(look) is user:
        del network.skeletons[look]


def end_sessions(network: Network, user: User) -> None:
    network.attached -= len(user.sessions)
    sessions = list(user.sessions)
    user.sessions.clear()
    for session in sessions:
        _drop_alias(network, user, session)


def remove_user(network: Network, user: User, time: int, grace: int = 0) -> None:
    network.whowas.remember(user, time)
    for key in user.invited:
        network.channels[key].invited.discard(user.id)
    user.invited = NOWHERE
    for channel in network.channels_of(user):
        if user.account is not None and "i" in channel.modes:
            channel.returning.add(fold(user.account))
        remove_member(network, channel, user, time, grace)
    network.mode_counts.subtract(user.modes)
    end_sessions(network, user)
    _take_nick(network, user)
    if user.account is None:
        network.markers.pop(user.stable_key, None)
        network.metadata.pop(user.stable_key, None)
    _leave_account(network, user)
    del network.users[user.id]
