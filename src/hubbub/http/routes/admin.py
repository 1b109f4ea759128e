"""/api/admin/...: the orders of handlers/orders/. GET reads, POST changes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from aiohttp import web

from ...handlers import orders
from ...handlers.accounts.authority import Asker
from ...handlers.command_table import Step
from ...handlers.context import Context
from ...handlers.orders.administrator_orders import claim as claim_server
from ...handlers.refusals import Refused
from ...session import Session
from ..questions import ask, field, read_json, read_query
from ..responses import answer


async def look(request: web.Request) -> web.Response:
    row = _row(request, acts=False)
    words: dict[str, Any] = dict(read_query(request, *row.fields))
    for name in words:
        if row.fields[name].kind is int:
            words[name] = _number(name, words[name])
    return await _obey(request, row, words)


async def do(request: web.Request) -> web.Response:
    row = _row(request, acts=True)
    return await _obey(request, row, await read_json(request, *row.fields))


def _row(request: web.Request, *, acts: bool) -> orders.Order:
    row = orders.ORDERS.get(request.match_info["name"])
    if row is None:
        raise Refused("NOT_FOUND", "There is no such order")
    if row.acts is not acts:
        raise Refused("BAD_METHOD", f"Ask it by {'POST' if row.acts else 'GET'}")
    return row


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refused("WRONG_TYPE", f"{name} is a number")
    return int(text)


async def _obey(request: web.Request, row: orders.Order, words: dict[str, Any]) -> web.Response:
    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        user, address = asker.user, session.peer.host
        by = orders.By(user.id, user.source, address, asker.privileges, user)
        return (yield from orders.obey(context, by, row.name, words))

    return answer({row.name: await ask(request, question)})


async def claim(request: web.Request) -> web.Response:
    """The link of the first start: makes its first user with an account an administrator."""
    word = field(await read_json(request, "word"), "word", str)

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        return (yield from claim_server(context, asker.user, word, session.peer.host))

    return answer(await ask(request, question))


ROUTES = [
    web.post("/api/admin/claim", claim),
    web.get("/api/admin/{name}", look),
    web.post("/api/admin/{name}", do),
]
