"""Build HTTP responses: values as JSON, and refusals with the status of their code.

All errors have one shape: {"error": {"code": "UNKNOWN_ASKER", "text": "for people"}}.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from aiohttp import hdrs, web

from ..handlers.refusals import Refused

#: Code of a refusal -> the status; all others are 400, what was asked cannot be meant.
STATUS = {
    "UNKNOWN_ASKER": 401,
    "481": 403, "482": 403, "ACCOUNT_REQUIRED": 403, "BANNED": 403, "FOREIGN_ORIGIN": 403,
    "NO_PERMISSIONS": 403,
    "NO_FILES": 404, "NOT_FOUND": 404,
    "BAD_METHOD": 405,
    "TOO_SLOW": 408,
    "GONE": 410,
    "TOO_LARGE": 413, "TOO_LONG": 413,
    "NOT_JSON": 415, "TYPE": 415,
    "BAD_PICTURE": 422,
    "TOO_MANY": 429,
    "INTERNAL_ERROR": 500,
    "BUSY": 503, "TEMPORARILY_UNAVAILABLE": 503, "TIMEOUT": 503,
    "DISK": 507, "LOG_FULL": 507, "QUOTA": 507,
}  # fmt: skip

#: The same text whether the resource does not exist or is not permitted.
_HIDDEN = {"INVALID_TARGET", "401", "403", "442"}
GONE = "There is nothing of that name, or it is not for you"


class HttpRefusal(NamedTuple):
    """A refusal as HTTP tells it."""

    status: int
    code: str
    text: str
    headers: dict[str, str]


def http_refusal(request: web.Request, refused: Refused) -> HttpRefusal:
    code, text = refused.code, str(refused)
    if code in _HIDDEN:
        code, text = "NOT_FOUND", GONE
    status = STATUS.get(code, 400)
    name = f"IRC_{code}" if code.isdigit() else code
    return HttpRefusal(status, name, text, _headers(request, status, refused.retry_after))


def _headers(request: web.Request, status: int, retry_after: int) -> dict[str, str]:
    headers: dict[str, str] = {hdrs.RETRY_AFTER: str(retry_after)} if retry_after else {}
    if status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = _ways(request)
    return headers


def _ways(request: web.Request) -> str:
    """The authentication schemes. Browsers are not offered Basic: they would prompt for a password
    and send it with every later request."""
    ways = 'Bearer realm="Hubbub"'
    if "Sec-Fetch-Mode" in request.headers or hdrs.ORIGIN in request.headers:
        return ways
    return ways + ', Basic realm="Hubbub", charset="UTF-8"'


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON response that nobody may cache."""
    return web.Response(
        status=status,
        text=json.dumps(value, ensure_ascii=False) + "\n",
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store", hdrs.VARY: hdrs.AUTHORIZATION, **(headers or {})},
    )


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """The same in JSON, for programs."""
    told = http_refusal(request, refused)
    return answer({"error": {"code": told.code, "text": told.text}}, told.status, told.headers)
