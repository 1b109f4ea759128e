"""Authenticate HTTP requests by the Authorization header, and check their origin.

Accepted are the token of a connection (Bearer) or the name and password of an account (Basic).
Refused are pages of foreign origins, too many requests, and invalid credentials.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator
from typing import Any, NamedTuple

from aiohttp import hdrs, web

from ..handlers.accounts.authority import (
    Asker,
    asker_of,
    authority_of_password,
    authority_of_token,
)
from ..handlers.command_table import Step
from ..handlers.context import Context
from ..handlers.people.budgets import SHARING
from ..handlers.refusals import Refused
from ..handlers.server.ban_targets import suspect_of
from ..model.accounts import network_of
from ..session import Authority, Session
from .http_connection import client_of, local_address_of, site_of


def check_origin(request: web.Request) -> None:
    """Raises Refused for a page of a foreign origin; browsers state the origin."""
    origin = request.headers.get(hdrs.ORIGIN)
    site, secure = site_of(request), client_of(request).tls
    reason = site.origins.refusal(origin, request.host, local_address_of(request), secure)
    if reason is None and origin is None and request.headers.get("Sec-Fetch-Site") == "cross-site":
        reason = "Pages of another site may not ask here."
    if reason is not None:
        raise Refused("FOREIGN_ORIGIN", reason)


class Credentials(NamedTuple):
    """The credentials of a request: name and password of an account, or a token without a name."""

    name: str | None
    secret: str


def credentials_of(request: web.Request) -> Credentials:
    """Parse the Authorization header. Raises Refused."""
    scheme, _, text = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    # aiohttp turns bytes that are not UTF-8 into surrogates; no token has one.
    if scheme.lower() == "bearer" and text.strip().isascii() and text.strip():
        return Credentials(None, text.strip())
    if scheme.lower() == "basic":
        try:
            name, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if colon:
            return Credentials(name, password)
        raise Refused("BAD_CREDENTIALS", "Basic takes name:password in base64")
    raise Refused("UNKNOWN_ASKER", "Say who you are: a token (Bearer) or an account (Basic)")


def find_asker(
    context: Context, session: Session, service: str, shown: Credentials
) -> Generator[Step, Any, Asker]:
    """Find the sender of a request by its credentials. Raises Refused, also for too many requests
    or a ban."""
    _spend(context, ("address", network_of(session.peer.host)), 1 / SHARING)
    if shown.name is None:
        authority: Authority = authority_of_token(context, shown.secret, service)
    else:
        authority = yield from authority_of_password(context, session, shown.name, shown.secret)
    asker = asker_of(context, authority)
    _spend(context, ("asker", asker.key), 1)
    session.user = asker.user
    ban = context.network.bans.against(suspect_of(context, session), context.now)
    if ban is not None:
        raise Refused("BANNED", f"You are banned from this server: {ban.reason}")
    return asker


def _spend(context: Context, key: tuple[str, str], cost: float) -> None:
    if not context.requests.spend(key, context.now, cost):
        seconds = max(1, round(60 / context.settings.limits.request_rate))
        raise Refused("TOO_MANY", "You ask too often: wait a little", retry_after=seconds)
