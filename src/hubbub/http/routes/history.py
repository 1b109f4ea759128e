"""GET /api/history and /api/search: messages that the user may read now.

Both use the functions and permissions of CHATHISTORY and SEARCH.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from aiohttp import hdrs, web

from ...events.kinds import Entry, MessageSent, Reacted
from ...events.msgid import msgid
from ...handlers.accounts.authority import Asker, Question
from ...handlers.command_table import Step
from ...handlers.context import Context
from ...handlers.history import chathistory, searching
from ...handlers.refusals import Refused
from ...protocol.times import server_time
from ...session import Session
from ..http_connection import site_of
from ..questions import ask, read_query
from ..responses import answer

USUAL = 50
#: Requests of one person at a time, including those whose answer is still being sent.
AT_ONCE = 2
_SLICE = 16_384  # bytes of an answer that are sent at once


async def history(request: web.Request) -> web.StreamResponse:
    query = read_query(request, "target", "limit", "before", "after", "around")
    if "target" not in query:
        raise Refused("MISSING_FIELD", "target is missing: a channel, or a nick")
    params = _params(query)

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        past = yield from chathistory.said(context, session, params, events=False, reactions=True)
        messages = _messages(context, past.entries)
        return {"target": past.target, "messages": messages, "more": past.more}

    return await _in_turn(request, question)


async def _in_turn(request: web.Request, question: Question) -> web.StreamResponse:
    """Answer a question as one of `AT_ONCE` of its sender. The answer counts until the client has
    received it, so nobody lets answers pile up by not reading."""
    site, mine = site_of(request), list[str]()
    turns = site.readers

    def ask_in_turn(context: Context, session: Session, asker: Asker) -> Any:
        if turns[asker.key] >= AT_ONCE:
            text = f"At most {AT_ONCE} requests for history at a time"
            raise Refused("TOO_MANY", text, retry_after=1)
        turns[asker.key] += 1
        mine.append(asker.key)
        return question(context, session, asker)

    try:
        return await _send(request, await ask(request, ask_in_turn, past=True))
    finally:
        with site.hub.lock:
            turns.subtract(mine)
            for key in mine:
                if not turns[key]:
                    del turns[key]


async def _send(request: web.Request, value: Any) -> web.StreamResponse:
    """Send an answer in slices, as fast as the client reads."""
    whole = answer(value)
    body = whole.body
    if request.method == hdrs.METH_HEAD or not isinstance(body, bytes):
        return whole
    response = web.StreamResponse(headers=whole.headers)
    response.content_length = len(body)
    await response.prepare(request)
    for start in range(0, len(body), _SLICE):
        await response.write(body[start : start + _SLICE])
    await response.write_eof()
    return response


def _params(query: dict[str, str]) -> tuple[str, ...]:
    """The parameters in the form of CHATHISTORY."""
    bounds = [name for name in ("before", "after", "around") if name in query]
    target, limit = query["target"], query.get("limit", str(USUAL))
    if not bounds:
        return ("LATEST", target, "*", limit)
    if bounds == ["before", "after"]:
        return (
            "BETWEEN",
            target,
            chathistory.reference(query["after"]),
            chathistory.reference(query["before"]),
            limit,
        )
    if len(bounds) > 1:
        raise Refused("TOO_MUCH", "around stands alone")
    return (bounds[0].upper(), target, chathistory.reference(query[bounds[0]]), limit)


async def search(request: web.Request) -> web.StreamResponse:
    query = read_query(request, "q", "in", "from", "before", "after", "limit")
    attributes = {"limit": str(USUAL), **query}
    typed = attributes.pop("q", "")

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        page = yield from searching.find(context, session, attributes, typed, reactions=True)
        return {"messages": _messages(context, page.entries)[::-1], "more": page.more}

    return await _in_turn(request, question)


def _messages(context: Context, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Messages as JSON, each with the reactions that follow it."""
    found: dict[int, dict[str, Any]] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, MessageSent):
            found[entry.position] = _message(context, entry, event)
        elif isinstance(event, Reacted) and event.message in found:
            nick = event.source.partition("!")[0]
            found[event.message]["reactions"].append({"reaction": event.reaction, "nick": nick})
    return list(found.values())


def _message(context: Context, entry: Entry, event: MessageSent) -> dict[str, Any]:
    tags = dict(event.tags)
    return {
        "id": msgid(entry.position, context.server.log_id),
        "time": server_time(entry.time),
        "target": event.target,
        "nick": event.source.partition("!")[0],
        "account": event.account,
        "command": event.command,
        "text": event.text,
        "edited": server_time(event.edited) if event.edited else None,
        "reply_to": tags.get("+draft/reply") or tags.get("+reply"),
        "reactions": [],
    }


ROUTES = [web.get("/api/history", history), web.get("/api/search", search)]
