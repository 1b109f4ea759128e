"""Run an HTTP request in the hub, like a command.

    asker = await who_asks(request)                  authenticate; raises Refused
    answer = await ask(request, question)            run it as that user

A question (handlers/accounts/authority.py) runs in the hub like the handler of a command: the same
permissions apply, its events are in the log before the response, and workers do slow work. While it
runs, it has a session that is not on the network and receives only its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from typing import Any

from aiohttp import web

from ..dialects.interface import Item, Recipient
from ..dialects.irc.dialect import IrcDialect
from ..handlers.accounts.authority import API, Asker, Question
from ..handlers.command_table import CommandRow, Step, answer_of
from ..handlers.context import Context
from ..handlers.refusals import Refused, log_full
from ..hub import Hub
from ..protocol.message import Message, Reply
from ..session import Session
from . import strict_json
from .authentication import check_origin, credentials_of, find_asker
from .http_connection import THREAD, client_of, site_of

LONGEST_JSON = 64 * 1024  # bytes
BODY_SECONDS = 20.0  # for all of it
ANSWER_SECONDS = 60.0


# -- asking --------------------------------------------------------------------------------


async def who_asks(request: web.Request, service: str = API) -> Asker:
    """Authenticate a request. Raises Refused. `service` is what a token must be valid for."""

    asker: Asker = await ask(request, lambda context, session, asker: asker, service=service)
    return asker


async def ask(
    request: web.Request, question: Question, *, service: str = API, past: bool = False
) -> Any:
    """Return the result of `question`, run as the sender of the request. Raises Refused.

    `past`: the result is read from the log alone (CommandRow).
    """
    check_origin(request)
    shown = credentials_of(request)

    def run(context: Context, session: Session) -> Generator[Step, Any, Any]:
        asker = yield from find_asker(context, session, service, shown)
        session.person = asker.key
        return (yield from answer_of(question(context, session, asker)))

    return await _in_hub(request, run, past)


# -- through the hub -----------------------------------------------------------------------


async def _in_hub(request: web.Request, run: Any, past: bool) -> Any:
    """The result of the generator `run`, once all its events are on disk. Raises Refused."""
    hub = site_of(request).hub
    # This dialect writes nothing.
    session = Session(
        0, request.config_dict[THREAD], client_of(request), IrcDialect(), hub.variants
    )
    session.registration = None
    answers: list[Any] = []
    refusals: list[Refused] = []
    done: asyncio.Future[list[Item]] = asyncio.get_running_loop().create_future()

    def handler(
        context: Context, session: Recipient, message: Message
    ) -> Generator[Step, Any, None]:
        try:
            answers.append((yield from run(context, session)))
        except Refused as refused:
            refusals.append(refused)

    session.answered = lambda items: None if done.done() else done.set_result(items)
    hub.ask(session, CommandRow("HTTP", handler, 0, past=past))
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            items = await done
    except TimeoutError:
        hub.give_up(session)
        raise _late(hub) from None
    refusals += [
        Refused(item.params[1], item.params[-1])
        for item in items
        if isinstance(item, Reply) and item.command == "FAIL"
    ]
    if refusals:
        raise refusals.pop(0)  # kept here, it and this frame would hold each other
    if not answers:
        raise Refused("INTERNAL_ERROR", "That failed inside the server; it was logged")
    return answers[0]


def _late(hub: Hub) -> Refused:
    if hub.outbox.full:
        return log_full()
    return Refused("TIMEOUT", "The server is too busy: try again later")


# -- what the request says -----------------------------------------------------------------


async def read_json(request: web.Request, *names: str) -> dict[str, Any]:
    """The JSON object in the body, which may have only these members. Raises Refused; before
    reading the body for an unauthenticated request, and for a body that is too slow."""
    credentials_of(request)
    if request.content_type != "application/json":
        raise Refused("NOT_JSON", "Send application/json")
    if (request.content_length or 0) > LONGEST_JSON:
        raise Refused("TOO_LONG", f"At most {LONGEST_JSON} bytes")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _read_body(request)
    except TimeoutError:
        raise Refused("TOO_SLOW", f"A body has to be here within {BODY_SECONDS:g} s") from None
    try:
        value = strict_json.loads(body)
    except strict_json.BadJson as error:
        raise Refused("BAD_JSON", f"That is no JSON of ours: {error}") from None
    if not isinstance(value, dict):
        raise Refused("BAD_JSON", "Send one JSON object")
    for name in value:
        if name not in names:
            raise Refused("UNKNOWN_FIELD", f"No field {name[:40]!r} here; {_known(names)}")
    return value


async def _read_body(request: web.Request) -> bytes:
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LONGEST_JSON:
            raise Refused("TOO_LONG", f"At most {LONGEST_JSON} bytes")
    return bytes(body)


def read_query(request: web.Request, *names: str) -> dict[str, str]:
    """The query parameters, each at most once and only these. Raises Refused."""
    for name in request.query:
        if name not in names:
            raise Refused("UNKNOWN_FIELD", f"No field {name[:40]!r} here; {_known(names)}")
        if len(request.query.getall(name)) > 1:
            raise Refused("TWICE", f"{name} stands there twice")
    return dict(request.query)


def _known(names: Sequence[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there are none"


def field(values: dict[str, Any], name: str, kind: type, otherwise: Any = None) -> Any:
    """A member of this type. Without `otherwise` it is required. Raises Refused."""
    value = values.get(name, otherwise)
    if value is None and otherwise is None:
        raise Refused("MISSING_FIELD", f"{name} is missing")
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Refused("WRONG_TYPE", f"{name} is not of the type {kind.__name__}")
    return value
