"""Requests that need to know who asks: from the Authorization field to the hub and back.

    asker = await who_asks(request)                  who it is; raises ApiError
    answer = await ask(request, question)            done as that person, like a command

A question (handlers/accounts/authority.py) runs in the hub as the handler of a command does: the
same rules decide, its events are in the log before it is answered, and slow work is done by the
workers.
For as long as it runs, there is a session for it that is on no network and hears its answer alone.

Refused are pages of foreign origins, whoever asks too often, and whoever is not known. What went
wrong is told in one way: {"error": {"code": "UNKNOWN_TOKEN", "text": "for people"}}.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from ..dialects.interface import Item, Recipient
from ..handlers.accounts import logins
from ..handlers.accounts.authority import (
    API,
    Asker,
    Question,
    Unknown,
    asker_of,
    authority_of_password,
    authority_of_token,
)
from ..handlers.accounts.lifecycle import Problem
from ..handlers.command_table import Step, answer_of
from ..handlers.context import Context
from ..handlers.refusals import Refused, log_full
from ..handlers.server.ban_targets import suspect_of
from ..model.accounts import network_of
from ..protocol.message import Message, Reply
from ..session import Authority, Session
from . import strict_json
from .http_connection import THREAD, client_of, local_address_of, site_of

if TYPE_CHECKING:
    from ..dialects.variant import Writers

logger = logging.getLogger("hubbub.http")

LONGEST_JSON = 64 * 1024  # bytes
#: People behind one address may ask so much more often than one of them.
SHARING = 16
ANSWER_SECONDS = 60.0


class ApiError(Exception):
    """A refusal: the HTTP status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer, for the asker alone."""
    return web.Response(
        status=status,
        text=json.dumps(value, ensure_ascii=False) + "\n",
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: hdrs.AUTHORIZATION, **(headers or {})},
    )


def refusal(error: ApiError) -> web.Response:
    return answer({"error": {"code": error.code, "text": str(error)}}, error.status, error.headers)


# -- asking --------------------------------------------------------------------------------


async def who_asks(request: web.Request, service: str = API) -> Asker:
    """Who sent the request. Raises ApiError. `service` is what its token has to be for."""

    asker: Asker = await ask(request, lambda context, session, asker: asker, service=service)
    return asker


async def ask(
    request: web.Request,
    question: Question,
    *,
    service: str = API,
    asker: Asker | None = None,
    past: bool = False,
) -> Any:
    """What `question` returns, asked by whoever sent the request. Raises ApiError.

    Somebody who was known before (`asker`, from `who_asks`) is looked up again, without password.
    `past`: it was read from the log, and so is told also while that has no room.
    """
    check_origin(request)
    read = _authorization(request) if asker is None else None

    def run(context: Context, session: Session) -> Generator[Step, Any, Any]:
        found = yield from _find(context, session, service, read, asker)
        session.user = found.user
        ban = context.network.bans.against(suspect_of(context, session), context.now)
        if ban is not None:
            raise ApiError(403, "BANNED", f"You are banned from this server: {ban.reason}")
        answer = yield from answer_of(question(context, session, found))
        if not past:
            yield Reply("HTTP", tuple(_texts(answer)))  # what it shows (outbox/held.py)
        return answer

    return await _in_hub(request, run)


def _texts(answer: Any) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict | list | tuple):
        for each in answer.values() if isinstance(answer, dict) else answer:
            yield from _texts(each)


def check_origin(request: web.Request) -> None:
    """Raises ApiError for a page that is none of ours: browsers say whose page it is."""
    origin = request.headers.get(hdrs.ORIGIN)
    site, secure = site_of(request), client_of(request).tls
    reason = site.origins.refusal(origin, request.host, local_address_of(request), secure)
    if reason is None and origin is None and request.headers.get("Sec-Fetch-Site") == "cross-site":
        reason = "Pages of another site may not ask here."
    if reason is not None:
        raise ApiError(403, "FOREIGN_ORIGIN", reason)


def _find(
    context: Context,
    session: Session,
    service: str,
    read: tuple[str, str, str] | None,
    known: Asker | None,
) -> Generator[Step, Any, Asker]:
    """Who asks, by what the request shows."""
    address = ("address", network_of(session.peer.host))
    _spend(context, address, 1 / SHARING)
    if read is None:
        assert known is not None
        return asker_of(context, known.authority)
    kind, name, secret = read
    if kind == "bearer":
        authority: Authority = authority_of_token(context, secret, service)
    else:
        authority = yield from authority_of_password(context, session, name, secret)
    asker = asker_of(context, authority)
    _spend(context, ("asker", asker.key), 1)
    return asker


def _spend(context: Context, key: tuple[str, str], cost: float) -> None:
    if not context.requests.spend(key, context.now, cost):
        seconds = max(1, round(60 / context.settings.limits.request_rate))
        raise ApiError(
            429, "TOO_MANY", "You ask too often: wait a little", Retry_After=str(seconds)
        )


def _authorization(request: web.Request) -> tuple[str, str, str]:
    """The kind of credentials, the name and the secret. Raises ApiError."""
    scheme, _, text = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    # aiohttp hands on bytes that are no UTF-8 as half characters; no token has one.
    if scheme.lower() == "bearer" and text.strip().isascii() and text.strip():
        return "bearer", "", text.strip()
    if scheme.lower() == "basic":
        try:
            name, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if colon:
            return "basic", name, password
        raise ApiError(400, "BAD_CREDENTIALS", "Basic takes name:password in base64")
    raise _unknown(request, "Say who you are: a token (Bearer) or an account (Basic)")


def _unknown(request: web.Request, text: str) -> ApiError:
    # A browser that is offered Basic asks for a password and sends it ever after, unasked.
    browser = "Sec-Fetch-Mode" in request.headers or hdrs.ORIGIN in request.headers
    ways = 'Bearer realm="Hubbub"'
    if not browser:
        ways += ', Basic realm="Hubbub", charset="UTF-8"'
    return ApiError(401, "UNKNOWN_ASKER", text, WWW_Authenticate=ways)


# -- through the hub -----------------------------------------------------------------------


WRITERS: Writers = {}  # it is told of no changes


class _Voice:
    """The dialect of one question: it writes nothing, it notes what the hub refuses."""

    name = "http"
    for_people = False
    writers: Writers = WRITERS

    def __init__(self) -> None:
        self.refused: Reply | None = None

    def receive(self, data: bytes) -> Sequence[Message]:
        return ()

    def hears_itself(self, caps: frozenset[str]) -> bool:
        return False

    def write_answer(self, session: Recipient, items: Sequence[Item], label: str | None) -> str:
        for item in items:
            if isinstance(item, Reply) and item.command == "FAIL":
                self.refused = item
        return "."  # lets `write` be called when all that was decided is on disk

    def begin_parts(self, session: Recipient, label: str | None) -> tuple[str, str]:
        return "", ""

    def write_part(self, session: Recipient, items: Sequence[Item], batch: str) -> str:
        self.write_answer(session, items, None)
        return ""

    def end_parts(self, session: Recipient, batch: str) -> str:
        return "."

    def greeting(self, session: Recipient) -> str:
        return ""

    def farewell(self, session: Recipient, reason: str) -> str:
        return ""


async def _in_hub(request: web.Request, run: Any) -> Any:
    """What the generator `run` returns, once all its events are on disk. Raises ApiError."""
    hub, voice = site_of(request).hub, _Voice()
    thread = request.config_dict[THREAD]
    session = Session(0, thread, client_of(request), voice, hub.variants)
    session.registration = None
    outcome: list[Any] = []
    done = asyncio.get_running_loop().create_future()

    def handler(
        context: Context, session: Recipient, message: Message
    ) -> Generator[Step, Any, None]:
        try:
            outcome.append((yield from run(context, session)))
        except Refused as refused:
            voice.refused = refused.reply_to("HTTP")
        except ApiError as error:
            outcome.append(error)
        except Unknown as unknown:
            outcome.append(_unknown(request, str(unknown)))
        except logins.LoginRefused as refused:
            outcome.append(_login_error(request, str(refused)))
        except Problem as problem:
            outcome.append(ApiError(_status(problem.code), problem.code or "REFUSED", str(problem)))

    session.divert(lambda data: None if done.done() else done.set_result(None))
    hub.ask(session, handler)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await done
    except TimeoutError:
        hub.give_up(session)
        if hub.outbox.full:
            raise error_of(log_full().reply_to("HTTP")) from None
        raise ApiError(503, "TIMEOUT", "The server is too busy: try again later") from None
    if outcome and isinstance(outcome[0], ApiError):
        raise outcome[0]
    if voice.refused is not None or not outcome:
        raise error_of(voice.refused)
    return outcome[0]


def _login_error(request: web.Request, text: str) -> ApiError:
    if text == logins.TOO_MANY:
        return ApiError(429, "TOO_MANY", text, Retry_After="60")
    if text == logins.BUSY:
        return ApiError(503, "BUSY", text, Retry_After="5")
    return _unknown(request, text)


_GONE = "There is nothing of that name, or it is not for you"
#: Codes of standard replies and numerics -> the status; all others are 400.
_STATUS = {
    "INTERNAL_ERROR": 500, "LOG_FULL": 507, "TEMPORARILY_UNAVAILABLE": 503, "NOT_FOUND": 404,
    "NO_PERMISSIONS": 403, "ACCOUNT_REQUIRED": 403, "TOO_MANY": 429, "481": 403, "482": 403,
}  # fmt: skip
#: Whether it is not there or not for the asker is told in the same words.
_HIDDEN = {"INVALID_TARGET", "NOT_FOUND", "401", "403", "442"}


def _status(code: str) -> int:
    return _STATUS.get(code, 400)


def error_of(reply: Reply | None) -> ApiError:
    """A refusal of a command as one of HTTP."""
    if reply is None:
        return ApiError(500, "INTERNAL_ERROR", "That failed inside the server; it was logged")
    code = reply.params[1] if reply.command == "FAIL" else reply.command
    if code in _HIDDEN:
        return ApiError(404, "NOT_FOUND", _GONE)
    return ApiError(_status(code), f"IRC_{code}" if code.isdigit() else code, reply.params[-1])


# -- what the request says -----------------------------------------------------------------


async def read_json(request: web.Request, *names: str) -> dict[str, Any]:
    """The JSON object in the body, which has no other names than these. Raises ApiError."""
    if request.content_type != "application/json":
        raise ApiError(415, "NOT_JSON", "Send application/json")
    if (request.content_length or 0) > LONGEST_JSON:
        raise ApiError(413, "TOO_LONG", f"At most {LONGEST_JSON} bytes")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LONGEST_JSON:
            raise ApiError(413, "TOO_LONG", f"At most {LONGEST_JSON} bytes")
    try:
        value = strict_json.loads(bytes(body))
    except strict_json.BadJson as error:
        raise ApiError(400, "BAD_JSON", f"That is no JSON of ours: {error}") from None
    if not isinstance(value, dict):
        raise ApiError(400, "BAD_JSON", "Send one JSON object")
    for name in value:
        if name not in names:
            raise ApiError(400, "UNKNOWN_FIELD", f"No field {name[:40]!r} here; {_known(names)}")
    return value


def read_query(request: web.Request, *names: str) -> dict[str, str]:
    """The parameters in the address, each once and none but these. Raises ApiError."""
    for name in request.query:
        if name not in names:
            raise ApiError(400, "UNKNOWN_FIELD", f"No field {name[:40]!r} here; {_known(names)}")
        if len(request.query.getall(name)) > 1:
            raise ApiError(400, "TWICE", f"{name} stands there twice")
    return dict(request.query)


def _known(names: Sequence[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there are none"


def field(values: dict[str, Any], name: str, kind: type, otherwise: Any = None) -> Any:
    """A field of this type. Raises ApiError. Without `otherwise` it has to be there."""
    value = values.get(name, otherwise)
    if value is None and otherwise is None:
        raise ApiError(400, "MISSING_FIELD", f"{name} is missing")
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ApiError(400, "WRONG_TYPE", f"{name} is not of the type {kind.__name__}")
    return value
