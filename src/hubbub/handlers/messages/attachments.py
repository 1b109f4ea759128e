"""Files in messages: a file belongs to the first message that links it, and is deleted with it.

C: FILEHOST TOKEN                      get a token for uploads (draft/FILEHOST)
S: FILEHOST TOKEN 1a.kX...             goes into  Authorization: Bearer 1a.kX...
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from ...config import Settings
from ...dialects.irc.isupport import file_host
from ...events.conversations import people_of
from ...events.kinds import FilePosted, FileRemoved, MessageSent
from ...model import rules
from ...model.network import Network
from ...model.uploads import File
from ...model.user import User
from ...peer import Peer
from ...protocol.message import Message, Reply
from ...protocol.modes import SIGNS
from ...protocol.numerics import RPL_ISUPPORT, numeric
from ...session import Session
from ...work import random_token
from ..accounts.authority import FILEHOST, keep_token
from ..command_table import Step, Steps, command
from ..context import Context
from ..refusals import Refused
from . import webpush

PATH = "/files"
_LINK = re.compile(r"/files/([0-9a-f]{32})(?![0-9a-f])")


def named_in(text: str) -> list[str]:
    """The ids of the files that a text links, without duplicates."""
    return list(dict.fromkeys(_LINK.findall(text)))


# -- what becomes of messages ----------------------------------------------------------------


def with_files(context: Context, said: Steps | MessageSent) -> Steps | MessageSent:
    """The same steps, with files assigned to the messages that link them first. Most messages are
    sent while no file waits for that."""
    return _posting(context, said) if context.network.files.waiting else said


def _posting(context: Context, said: Steps | MessageSent) -> Iterator[Step]:
    steps: Steps = (said,) if type(said) is MessageSent else said  # type: ignore[assignment]
    for step in steps:
        yield step
        if isinstance(step, MessageSent):
            yield from posted(context, step)


def posted(context: Context, said: MessageSent) -> Iterator[FilePosted]:
    """Events to record directly after `said`."""
    yield from belonging(context, said.text, context.network.position, said.conversation)


def belonging(context: Context, text: str, message: int, conversation: str) -> Iterator[FilePosted]:
    waiting = context.network.files.waiting
    for id in named_in(text) if waiting else ():
        if id in waiting:
            yield FilePosted(id, message, conversation)


def edited(context: Context, message: int, conversation: str, text: str) -> Iterator[Step]:
    """Edit a message; files whose links were removed are deleted."""
    named = named_in(text)
    for file in context.network.files.named_by((message,)):
        if file.id not in named:
            yield FileRemoved(file.id, file.entries, "edited")
    yield from belonging(context, text, message, conversation)


def removals(network: Network, messages: Iterable[int], why: str) -> Iterator[FileRemoved]:
    """Delete the files of the messages at these positions. Everything that deletes messages must
    record these events."""
    for file in network.files.named_by(messages):
        yield FileRemoved(file.id, file.entries, why)


# -- who may read ------------------------------------------------------------------------------


def may_read(network: Network, user: User, file: File) -> bool:
    """With access for members only: is it the user's own file, or in a conversation they may
    read?"""
    mine = file.account == user.account if file.account is not None else file.user == user.id
    if file.message is None:
        return mine
    people = people_of(file.conversation)
    if people:
        return user.key in people
    channel = network.channels.get(file.conversation.lstrip(SIGNS))
    return channel is not None and file.conversation in rules.conversations(channel, user)


# -- where to upload ---------------------------------------------------------------------------


def place(settings: Settings, peer: Peer, *, is_page: bool) -> str:
    """The upload URL for this client, "" for none. A page (`is_page`) uses its own origin."""
    if settings.file_host or not settings.files.enabled:
        return settings.file_host
    own = "" if is_page else settings.web.address
    if not own and peer.tls and settings.tls.cert is not None and not is_page:
        own = _by_name(settings, peer)
    own = own or peer.origin
    return own.rstrip("/") + PATH if own else ""


def _by_name(settings: Settings, peer: Peer) -> str:
    """The server's URL by name, for which its certificate is valid, rather than by address."""
    default = Settings.server_name
    if settings.server_name == default or not peer.reached:
        return ""
    return f"https://{settings.server_name}:{peer.reached.rpartition(':')[2]}"


def told_place(context: Context, session: Session) -> list[Reply]:
    """RPL_ISUPPORT with tokens specific to this client."""
    tokens = tokens_of(context, session, context.settings) | webpush.tokens_of(context, session)
    words = [f"{name}={value}" for name, value in tokens.items()]
    return [numeric(RPL_ISUPPORT, *words)] if words else []


def tokens_of(context: Context, session: Session, settings: Settings) -> dict[str, str]:
    if not context.takes_files and not settings.file_host:
        return {}
    return file_host(place(settings, session.peer, is_page=session.frame is not None))


@command("FILEHOST", params=1)
def filehost(context: Context, session: Session, message: Message) -> Generator[Step, Any, None]:
    subcommand = message.params[0].upper()
    if subcommand not in ("TOKEN", "CURL"):
        text = "Use FILEHOST TOKEN"
        raise Refused("UNKNOWN_COMMAND", text, message.params[0])
    where = place(context.settings, session.peer, is_page=session.frame is not None)
    if not context.takes_files or not where or context.settings.file_host:
        raise Refused("NO_FILES", "This server takes no files")
    if context.user(session).account is None and not context.settings.files.guests:
        text = "Only people with an account may upload files"
        raise Refused("ACCOUNT_REQUIRED", text)
    token = keep_token(context, session, FILEHOST, (yield random_token()))
    if subcommand == "TOKEN":
        yield Reply("FILEHOST", ("TOKEN", token))
        return
    trust = (
        " --insecure" if where.startswith("https:") and context.settings.tls.cert is None else ""
    )
    yield Reply("NOTE", ("FILEHOST", "CURL", "In another terminal, within ten minutes:"))
    line = f'curl{trust} -T FILE -H "Authorization: Bearer {token}" {where}/'
    yield Reply("NOTE", ("FILEHOST", "CURL", f"  {line}"))
    yield Reply("NOTE", ("FILEHOST", "CURL", "It prints a link: paste that here."))
