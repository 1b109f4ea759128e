"""GET /api/me: the authenticated user."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ...handlers.accounts.authority import Asker
from ...handlers.context import Context
from ...session import Session
from ..questions import ask, read_query
from ..responses import answer


async def me(request: web.Request) -> web.Response:
    read_query(request)

    def question(context: Context, session: Session, asker: Asker) -> dict[str, Any]:
        return {
            "nick": asker.nick,
            "account": asker.account,
            "connected": asker.connected,
            "privileges": list(asker.privileges),
        }

    return answer(await ask(request, question))


ROUTES = [web.get("/api/me", me)]
