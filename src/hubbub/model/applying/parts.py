"""Table of events that concern one part of the network, which applies them; nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ...events.kinds import (
    AccountRegistered,
    AccountReinstated,
    AccountSettingChanged,
    AccountSuspended,
    AccountVerified,
    AdministratorMade,
    AdministratorRemoved,
    CertificateAdded,
    CertificateRemoved,
    DeviceAdded,
    DeviceRemoved,
    Entry,
    FilePosted,
    FileRemoved,
    FileUploaded,
    IdentityBound,
    InviteRevoked,
    InviteUsed,
    NickGrouped,
    NickReleased,
    OperatorActed,
    PasswordChanged,
    PushSubscribed,
    PushUnsubscribed,
    ReportClosed,
)
from ..change import Change
from .appliers import Applier, applies

if TYPE_CHECKING:
    from ..network import Network

_Method: TypeAlias = Callable[[Entry, Any], None]

_METHODS: dict[type, Callable[[Network], _Method]] = {
    AccountRegistered: lambda network: network.accounts.registered,
    AccountVerified: lambda network: network.accounts.verified,
    PasswordChanged: lambda network: network.accounts.password_changed,
    AccountSettingChanged: lambda network: network.accounts.setting_changed,
    NickGrouped: lambda network: network.accounts.nick_grouped,
    NickReleased: lambda network: network.accounts.nick_released,
    CertificateAdded: lambda network: network.accounts.certificate_added,
    CertificateRemoved: lambda network: network.accounts.certificate_removed,
    IdentityBound: lambda network: network.accounts.identity_bound,
    DeviceAdded: lambda network: network.accounts.device_added,
    DeviceRemoved: lambda network: network.accounts.device_removed,
    AccountSuspended: lambda network: network.accounts.suspended,
    AccountReinstated: lambda network: network.accounts.reinstated,
    OperatorActed: lambda network: network.administration.acted,
    AdministratorMade: lambda network: network.administration.made,
    AdministratorRemoved: lambda network: network.administration.removed,
    ReportClosed: lambda network: network.administration.closed,
    InviteUsed: lambda network: network.invites.used,
    InviteRevoked: lambda network: network.invites.revoked,
    FileUploaded: lambda network: network.files.uploaded,
    FilePosted: lambda network: network.files.posted,
    FileRemoved: lambda network: network.files.removed,
    PushSubscribed: lambda network: network.subscriptions.subscribed,
    PushUnsubscribed: lambda network: network.subscriptions.unsubscribed,
}


def _silent(method: Callable[[Network], _Method]) -> Applier:
    def apply(network: Network, entry: Entry, event: Any) -> Change:
        method(network)(entry, event)
        return Change(entry)

    return apply


for kind, method in _METHODS.items():
    applies(kind)(_silent(method))
