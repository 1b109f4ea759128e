"""GUEST: let a browser find a guest's private conversations again.

    C: GUEST 4f9d2c7be81a03d6              before NICK and USER
    C: GUEST 4f9d2c7be81a03d6 anna         the next time: the nick of the first

The secret is the client's own. The server stores a keyed hash of it, as a part of the key of the
guest's private conversations (User.key). The other part is the nick under which the others find
the conversation when the guest has left, so it has to be the same each time. When the guest logs
in, the conversations go to the account (GuestLoggedIn). The server keeps no list of guests.
"""

from __future__ import annotations

import hmac

from ...protocol.message import Message
from ...protocol.names import fold
from ...protocol.numerics import ERR_ALREADYREGISTERED
from ...session import Registration, Session
from ..command_table import Steps, command
from ..context import Context
from ..refusals import Refused

#: Begins the second part of the key; the number of a user, in the key of other guests, does not.
SIGN = "~"
_SHORTEST, _LONGEST = 16, 100  # characters of a secret


@command("GUEST", params=1, anyone=True)
def guest(context: Context, session: Session, message: Message) -> Steps:
    secret, *rest = message.params
    if session.registration is None:
        raise Refused.numeric(ERR_ALREADYREGISTERED)
    if not _SHORTEST <= len(secret) <= _LONGEST:
        text = f"The secret of a guest has {_SHORTEST} to {_LONGEST} characters"
        raise Refused("INVALID_PARAMS", text)
    session.registration.guest = secret, rest[0] if rest else ""
    return ()


def key_of(context: Context, entering: Registration) -> str:
    """The key of the guest's private conversations (User.guest), or "" without a secret."""
    secret, first = entering.guest
    if not secret:
        return ""
    nick = first if _is_free(context, first) else entering.nick
    digest = hmac.new(context.network.secret.encode(), f"guest {secret}".encode(), "sha256")
    return f"{fold(nick)}!{SIGN}{digest.hexdigest()[:24]}"


def _is_free(context: Context, nick: str) -> bool:
    """May a guest's conversations be found under this nick? Not under the name of an account."""
    return context.may_be_called(nick) and context.network.accounts.named(nick) is None
