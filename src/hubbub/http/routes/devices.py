"""/api/devices: list and log out the devices of one's account (handlers/accounts/devices.py)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from aiohttp import web

from ...handlers.accounts import devices
from ...handlers.accounts.authority import Asker
from ...handlers.command_table import Step
from ...handlers.context import Context
from ...handlers.refusals import Refused
from ...model.accounts import Account
from ...protocol.times import server_time
from ...session import Session
from ..questions import ask, read_query
from ..responses import answer


async def listed(request: web.Request) -> web.Response:
    read_query(request)

    def question(context: Context, session: Session, asker: Asker) -> dict[str, Any]:
        account, own = _account(context, asker), _own_device(context, asker)
        return {
            "devices": [
                {
                    "id": number,
                    "name": device.name,
                    "address": device.address,
                    "since": server_time(device.since),
                    "used": server_time(device.used),
                    "here": number == own,
                }
                for number, device in account.devices.items()
            ]
        }

    return answer(await ask(request, question))


async def log_out(request: web.Request) -> web.Response:
    """One device by its number, or without one all but that of the asker."""
    word = request.match_info.get("id", "")
    wanted = int(word) if word and len(word) <= 15 else 0

    def question(context: Context, session: Session, asker: Asker) -> Generator[Step, Any, Any]:
        account, own = _account(context, asker), _own_device(context, asker)
        others = [number for number in account.devices if number != own]
        chosen = [number for number in account.devices if number == wanted] if word else others
        if word and not chosen:
            raise Refused("NOT_FOUND", "That is not a device of yours")
        yield from devices.remove(context, asker.session, account, chosen)
        return {"logged_out": chosen}

    return answer(await ask(request, question))


def _account(context: Context, asker: Asker) -> Account:
    account = context.network.accounts.get(asker.account)
    if account is None:
        raise Refused("ACCOUNT_REQUIRED", "You are not logged in to an account")
    return account


def _own_device(context: Context, asker: Asker) -> int:
    """The number of the device that the asker is connected with, or 0."""
    session = context.sessions.get(asker.session) if asker.session is not None else None
    return session.device if session is not None else 0


ROUTES = [
    web.get("/api/devices", listed),
    web.delete("/api/devices", log_out),
    web.delete(r"/api/devices/{id:[0-9]+}", log_out),
]
