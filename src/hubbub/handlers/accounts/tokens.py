"""TOKEN: a token for authentication elsewhere, here for HTTP (IRCv3 draft/authtoken, specification
pull request 602).

    C: TOKEN GENERATE HUBBUB/API
    S: TOKEN GENERATE HUBBUB/API :1a.kX...        goes into  Authorization: Bearer 1a.kX...

The services are those of this server, which checks its own tokens without VALIDATE.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...events.kinds import DeviceRemoved
from ...protocol.message import Message, Reply
from ...session import Session
from ...work import random_token
from ..command_table import HistoryReply, Step, command
from ..context import Context
from ..refusals import Refused
from . import devices
from .authority import API, FILEHOST, keep_token

CAP = "draft/authtoken"
#: Service -> URL path, description.
SERVICES = {
    API: ("/api/", "History, search, invitations and administration, as JSON"),
    FILEHOST: ("/files", "Upload files"),
}
#: A token that logs in, see devices.py.
DEVICE = "HUBBUB/DEVICE"


@command("TOKEN", params=1)
def token(context: Context, session: Session, message: Message) -> Generator[Step, Any, None]:
    subcommand, *rest = message.params
    if subcommand.upper() == "SERVICELIST":
        replies = (
            Reply("TOKEN", ("SERVICE", name, context.address(path), text))
            for name, (path, text) in SERVICES.items()
        )
        yield HistoryReply(tuple(replies), CAP, "*")
    elif subcommand.upper() == "GENERATE":
        yield from _generate(context, session, rest)
    elif subcommand.upper() == "REVOKE":
        yield from _revoke(context, session, rest)
    elif subcommand.upper() == "VALIDATE":
        text = "The services of this server know its tokens"
        raise Refused("NO_PERMISSIONS", text, "*")
    else:
        raise Refused("UNKNOWN_COMMAND", "No such command", subcommand)


def _generate(context: Context, session: Session, words: list[str]) -> Generator[Step, Any, None]:
    if not words:
        raise Refused("INVALID_PARAMS", "Say for which service", "GENERATE")
    service = words[0].upper()
    if service == DEVICE:
        secret = yield random_token()
        device = yield from devices.add(context, session, secret, " ".join(words[1:]))
        yield Reply("TOKEN", ("GENERATE", service, device))
        return
    if service not in SERVICES:
        raise Refused("UNKNOWN_SERVICE", "No such service", words[0])
    if words[1:] not in ([], ["*"]):
        text = "A token here is for all that you may"
        raise Refused("INVALID_SCOPE", text, service, words[1])
    secret = yield random_token()
    yield Reply("TOKEN", ("GENERATE", service, keep_token(context, session, service, secret)))


def _revoke(context: Context, session: Session, words: list[str]) -> Generator[Step, Any, None]:
    """TOKEN REVOKE HUBBUB/DEVICE <token>: the device logs out for good."""
    account = context.account(session)
    number = devices.number_of(account, words[-1] if words else "")
    if account is None or number is None:
        raise Refused("INVALID_TOKEN", "That is no token of your account", "REVOKE")
    yield DeviceRemoved(account.name, number)
    yield Reply("TOKEN", ("REVOKE", DEVICE))
