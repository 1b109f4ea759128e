"""Appliers for the network as a whole: server start, bans, the secret, deleted accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...events.conversations import changed_hands
from ...events.kinds import (
    AccountDeleted,
    BanLifted,
    BanSet,
    Entry,
    GuestLoggedIn,
    InviteMade,
    ReportMade,
    SecretMade,
    ServerStarted,
)
from ...protocol.names import fold
from ..change import Change
from ..user import NOT_CONNECTED
from .appliers import applies
from .channels import call_otherwise
from .empty_channels import GRACE_MS, end_rested
from .people import drop_operator, end_sessions, remove_user

if TYPE_CHECKING:
    from ..network import Network


@applies(ServerStarted)
def server_started(network: Network, entry: Entry, event: ServerStarted) -> Change:
    network.always_on = event.always_on
    network.locks_end = event.locks_end
    grace = GRACE_MS if event.locks_end else 0
    if event.locks_end:
        network.resting.limit_locks(entry.time + grace)
    network.bans.forget_ended(entry.time)
    network.invites.forget_ended(entry.time)
    for user in list(network.users.values()):
        if network.stays(user) if event.one_person else network.is_always_on(user.account):
            end_sessions(network, user)
            drop_operator(network, user)
            if user.away is None and network.goes_away(user):
                user.away = NOT_CONNECTED
        else:
            remove_user(network, user, entry.time, grace)
    end_rested(network, entry.time)
    return Change(entry)


@applies(BanSet)
def ban_set(network: Network, entry: Entry, event: BanSet) -> Change:
    network.bans.set(event, entry.time)
    return Change(entry)


@applies(BanLifted)
def ban_lifted(network: Network, entry: Entry, event: BanLifted) -> Change:
    network.bans.lift(event.kind, event.mask)
    return Change(entry)


@applies(SecretMade)
def secret_made(network: Network, entry: Entry, event: SecretMade) -> Change:
    network.secret = event.secret
    return Change(entry)


@applies(ReportMade)
def report_made(network: Network, entry: Entry, event: ReportMade) -> Change:
    user = network.users.get(event.user)
    network.administration.reported(entry, event, user.customer if user is not None else "")
    return Change(entry)


@applies(InviteMade)
def invite_made(network: Network, entry: Entry, event: InviteMade) -> Change:
    user = network.users.get(event.user)
    # An account can ask by HTTP without being connected; a guest's key begins with "!".
    absent = "" if event.owner.startswith("!") else f"account {event.owner}"
    network.invites.made(entry, event, user.customer if user is not None else absent)
    return Change(entry)


@applies(GuestLoggedIn)
def guest_logged_in(network: Network, entry: Entry, event: GuestLoggedIn) -> Change:
    _change_hands(network, entry, event)
    return Change(entry)


def _change_hands(network: Network, entry: Entry, event: AccountDeleted | GuestLoggedIn) -> None:
    names = {name for markers in network.markers.values() for name in markers}
    names.update(file.conversation for file in network.files.by_id.values())
    call_otherwise(network, changed_hands(names, event, entry.position))


@applies(AccountDeleted)
def account_deleted(network: Network, entry: Entry, event: AccountDeleted) -> Change:
    # Its channels and users were announced before, each by an event of its own.
    network.accounts.deleted(entry, event)
    network.administration.forget(event.account)
    network.subscriptions.forget(event.account)
    network.invites.forget_maker(event.account)
    network.markers.pop(fold(event.account), None)
    network.metadata.pop(fold(event.account), None)
    _change_hands(network, entry, event)
    for channel in network.channels.values():
        channel.access.pop(fold(event.account), None)
        channel.returning.discard(fold(event.account))
        if channel.offered is not None and fold(channel.offered) == fold(event.account):
            channel.offered = None
    return Change(entry)
