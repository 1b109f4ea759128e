"""The routes of the HTTP service: one file per family, one function per route.

To add a family, write a file with a list ROUTES of aiohttp routes and name it below. A handler gets
the request; `site_of(request)` returns the hub and the settings, `client_of(request)` the peer
(both in http_connection.py), `who_asks` and `ask` (questions.py) authenticate. It runs in an I/O
thread, so slow work belongs in an executor.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ...web.assets import Asset
from . import admin, devices, files, health, history, invites, me, metrics, pages


def all_routes(assets: Mapping[str, Asset]) -> list[web.RouteDef]:
    families = (health, metrics, me, devices, history, invites, files, admin)
    return [*(route for family in families for route in family.ROUTES), *pages.routes(assets)]
