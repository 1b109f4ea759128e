"""Health checks for supervisors and load balancers.

The names are those of Kubernetes: /livez checks the process, /readyz whether it can serve clients,
/healthz is the older name of that. A thread that has failed and was started again is told behind
"ok".
"""

from __future__ import annotations

from aiohttp import web

from ...supervised_thread import troubles
from ..http_connection import site_of


async def livez(request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    reason = site_of(request).not_ready()
    if reason is not None:
        return web.Response(status=503, text=f"{reason}\n")
    return web.Response(text="".join(f"{line}\n" for line in ("ok", *troubles())))


ROUTES = [web.get("/livez", livez), web.get("/readyz", readyz), web.get("/healthz", readyz)]
