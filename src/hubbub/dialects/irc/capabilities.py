"""Table of all capabilities (IRCv3 capability-negotiation, "The capability list").

To add one, add a row here and the code that checks for its name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from ...protocol.names import RELAY_SEPARATORS

#: Packages that push messages need (push/encryption.py).
_CAN_ENCRYPT = find_spec("cryptography") is not None


def _account_registration(settings: Any) -> str | None:
    """Value of the capability: how accounts can be registered (IRCv3
    draft/account-registration)."""
    accounts = settings.accounts
    keys = {
        "before-connect": accounts.before_connect,
        "custom-account-name": accounts.custom_names,
        "email-required": settings.mail.required,
    }
    return ",".join(key for key, on in keys.items() if on) if accounts.registration else None


def sasl_mechanisms(settings: Any) -> tuple[str, ...]:
    """The SASL mechanisms that the settings enable (IRCv3 sasl-3.2)."""
    allowed = {
        "EXTERNAL": settings.tls.enabled,
        "SCRAM-SHA-256": settings.accounts.scram_iterations > 0,
        "PLAIN": True,
        "OAUTHBEARER": bool(settings.oauth.introspection_url or settings.oauth.jwks_url),
    }
    return tuple(name for name, offered in allowed.items() if offered)


def _multiline(settings: Any) -> str:
    limits = settings.limits
    return f"max-bytes={limits.multiline_bytes},max-lines={limits.multiline_lines}"


def _sts(settings: Any) -> str | None:
    """Value of sts, with and without TLS; clients read the key for their kind of connection."""
    tls = settings.tls
    return f"port={settings.port},duration={tls.sts_seconds}" if tls.sts and tls.enabled else None


def _metadata(settings: Any) -> str:
    limits = settings.limits
    return (
        f"before-connect,max-subs={limits.metadata_subscriptions},"
        f"max-keys={limits.metadata_keys},max-value-bytes={limits.metadata_bytes}"
    )


#: Name -> value in CAP LS 302: a string, or a function of the settings that returns a string, or
#: None if the settings disable the capability.
CAPABILITIES: dict[str, str | Callable[[Any], str | None]] = {
    "account-notify": "",
    "account-tag": "",
    "away-notify": "",
    "batch": "",
    "cap-notify": "",
    "chghost": "",
    "draft/authtoken": "",
    "draft/oper-tag": "",
    "draft/account-registration": _account_registration,
    "draft/persistence": lambda settings: "" if settings.accounts.always_on != "off" else None,
    "draft/channel-rename": "",
    "draft/chathistory": "",
    "draft/extended-isupport": "",
    "draft/pre-away": "",
    "draft/event-playback": "",
    "draft/message-edit": "",
    "draft/message-redaction": "",
    "draft/metadata-2": _metadata,
    "draft/metadata-3": _metadata,
    "draft/multiline": _multiline,
    "draft/read-marker": "",
    "draft/relaymsg": RELAY_SEPARATORS,
    "draft/search": "",
    "draft/webpush": lambda settings: "" if settings.push and _CAN_ENCRYPT else None,
    "soju.im/webpush": lambda settings: "" if settings.push and _CAN_ENCRYPT else None,
    "soju.im/search": "",
    "echo-message": "",
    "extended-join": "",
    "extended-monitor": "",
    "invite-notify": "",
    "labeled-response": "",
    "message-tags": "",
    "sasl": lambda settings: ",".join(sasl_mechanisms(settings)),
    "multi-prefix": "",
    "no-implicit-names": "",
    "server-time": "",
    "setname": "",
    "standard-replies": "",
    "sts": _sts,
    "userhost-in-names": "",
    "znc.in/playback": "",
}


def offered(settings: Any) -> dict[str, str]:
    """The capabilities enabled by the settings, name -> value, sorted by name."""
    found = {}
    for name, value in sorted(CAPABILITIES.items()):
        text = value(settings) if callable(value) else value
        if text is not None:
            found[name] = text
    return found
