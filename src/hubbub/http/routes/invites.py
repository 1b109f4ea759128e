"""/api/invites: make, list and revoke invitations (handlers/sessions/invite_links.py)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from aiohttp import web

from ...handlers.accounts.authority import Asker
from ...handlers.command_table import Step
from ...handlers.context import Context
from ...handlers.refusals import Refused
from ...handlers.sessions import invite_links
from ...session import Session
from ..questions import ask, field, read_json, read_query
from ..responses import GONE, answer


async def listed(request: web.Request) -> web.Response:
    read_query(request)

    def question(context: Context, session: Session, asker: Asker) -> dict[str, Any]:
        found = invite_links.known_to(context, asker.user)
        return {
            "invite_only": context.settings.invite_only,
            "invites": [invite_links.facts_of(context, each) for each in found],
        }

    return answer(await ask(request, question))


async def make(request: web.Request) -> web.Response:
    body = await read_json(request, "channel", "uses", "seconds")
    channel = field(body, "channel", str, "") or None
    uses, seconds = field(body, "uses", int, 0), field(body, "seconds", int, 0)

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        wanted = invite_links.usual(context, channel)
        wanted = wanted._replace(
            uses=uses if "uses" in body else wanted.uses,
            milliseconds=seconds * 1000 if "seconds" in body else wanted.milliseconds,
        )
        made = yield from invite_links.make(context, asker.user, wanted)
        return invite_links.facts_of(context, made)

    return answer(await ask(request, question), 201)


async def revoke(request: web.Request) -> web.Response:
    word = request.match_info["id"]
    id = int(word) if len(word) <= 15 else 0

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        if invite_links.seen_by(context, asker.user, id) is None:
            raise Refused("NOT_FOUND", GONE)
        return {"revoked": (yield from invite_links.revoke(context, asker.user, id)).id}

    return answer(await ask(request, question))


ROUTES = [
    web.get("/api/invites", listed),
    web.post("/api/invites", make),
    web.delete(r"/api/invites/{id:[0-9]+}", revoke),
]
