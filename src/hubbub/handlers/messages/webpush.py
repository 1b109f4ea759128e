"""WEBPUSH: subscribe to push notifications (soju.im/webpush, which is IRCv3 draft/webpush,
specification pull request 471)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from ...events.kinds import PushSubscribed, PushUnsubscribed
from ...model.subscriptions import wrong_with
from ...protocol.message import Message, Reply
from ...protocol.numerics import standard_reply
from ...session import Session
from ..command_table import Step, Steps, command
from ..context import Context
from ..refusals import Refused

CAPS = ("draft/webpush", "soju.im/webpush")
_LENGTHS = {"p256dh": 65, "auth": 16}  # bytes: a point of P-256, and a secret


def tokens_of(context: Context, session: Session) -> dict[str, str]:
    """The ISUPPORT token with the server's push key, for clients with the capability."""
    knows = not session.caps.isdisjoint(CAPS)
    return {"VAPID": context.push_key} if knows and context.push_key else {}


@command("WEBPUSH", params=2)
def webpush(context: Context, session: Session, message: Message) -> Steps:
    subcommand, endpoint, *keys = message.params
    if not context.push_key:
        raise Refused("NO_PUSH", "This server does not push", subcommand, endpoint)
    if subcommand.upper() == "REGISTER" and len(keys) == 1:
        return _register(context, session, endpoint, keys[0])
    if subcommand.upper() == "UNREGISTER" and not keys:
        return _unregister(context, session, endpoint)
    raise Refused(
        "INVALID_PARAMS", "Use REGISTER <endpoint> <keys> or UNREGISTER", subcommand, endpoint
    )


def _register(context: Context, session: Session, endpoint: str, words: str) -> Iterator[Step]:
    account = context.user(session).account
    if account is None:
        text = "Only people with an account can be told later"
        raise Refused("ACCOUNT_REQUIRED", text, "REGISTER", endpoint)
    why = wrong_with(endpoint)
    if why is not None:
        raise Refused("INVALID_PARAMS", f"Nothing can be sent there: {why}", "REGISTER", endpoint)
    keys = dict(word.partition("=")[::2] for word in words.split(";"))
    if not all(_length(keys.get(name, "")) == length for name, length in _LENGTHS.items()):
        raise Refused("INVALID_PARAMS", "The keys are p256dh=...;auth=...", "REGISTER", endpoint)
    yield PushSubscribed(account, endpoint, keys["p256dh"], keys["auth"])
    yield Reply("WEBPUSH", ("REGISTER", endpoint))
    if not context.network.stays(context.user(session)):
        text = "You are told only while you stay without a connection: PERSISTENCE SET ON"
        yield standard_reply("WARN", "WEBPUSH", "PERSISTENCE_REQUIRED", text=text)


def _unregister(context: Context, session: Session, endpoint: str) -> Iterator[Step]:
    account = context.user(session).account
    held = context.network.subscriptions.of(account)
    if account is not None and any(each.endpoint == endpoint for each in held):
        yield PushUnsubscribed(account, endpoint, "asked for")
    yield Reply("WEBPUSH", ("UNREGISTER", endpoint))


def _length(text: str) -> int:
    """Number of bytes of a base64url text; 0 if it is invalid."""
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except ValueError:
        return 0
