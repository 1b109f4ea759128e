"""The pages and services behind HTTP: one file for each family, one function for each route.

To add some, write a file with a list ROUTES of aiohttp routes and name it below. A handler gets the
request; `site_of(request)` gives it the hub and the settings, `client_of(request)` the other end
(both from http_connection.py), `who_asks` and `ask` (questions.py) the person. It runs in an I/O
thread: what takes long belongs in an executor.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ...web.assets import Asset
from . import admin, files, health, history, invites, me, metrics, pages


def all_routes(assets: Mapping[str, Asset]) -> list[web.RouteDef]:
    families = (health, metrics, me, history, invites, files, admin)
    return [*(route for family in families for route in family.ROUTES), *pages.routes(assets)]
