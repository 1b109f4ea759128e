"""GET /api/me: who the server takes the asker for."""

from __future__ import annotations

from aiohttp import web

from ..asking import answer, read_query, who_asks


async def me(request: web.Request) -> web.Response:
    read_query(request)
    asker = await who_asks(request)
    return answer(
        {
            "nick": asker.nick,
            "account": asker.account,
            "connected": asker.connected,
            "privileges": list(asker.privileges),
        }
    )


ROUTES = [web.get("/api/me", me)]
