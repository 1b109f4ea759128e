"""Orders about the server itself: audit log, settings, storage, load."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...protocol.times import server_time
from ...session import Session
from ...work import Work
from ..command_table import Step
from ..context import Context
from ..refusals import Refused
from .order_table import By, Field, Rows, Words, order


@order("audit", "audit", count=Field(int, 200))
def _audit(context: Context, by: By, words: Words) -> Rows:
    """actions of operators: who, what, when, from where; newest first"""
    acts = context.network.administration.acts()[: max(1, words["count"])]
    return [{**act._asdict(), "time": server_time(act.time)} for act in acts]


@order("limits", "audit")
def _limits(context: Context, by: By, words: Words) -> Words:
    """the settings that limit what people may do"""
    settings = context.settings
    found = {f"limits.{name}": value for name, value in vars(settings.limits).items()}
    found |= {f"accounts.{name}": value for name, value in vars(settings.accounts).items()}
    found |= {"invite_only": settings.invite_only, "max_clients": settings.max_clients}
    return {name: list(each) if isinstance(each, tuple) else each for name, each in found.items()}


@order("rehash", "rehash", acts=True)
def _rehash(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """read the settings again"""
    control = context.control
    problem = yield Work(lambda log: control.reload())
    if problem:
        raise Refused("CONFIG_BAD", problem)
    return "The settings were read; those that need a restart are as they were"


@order("storage", "audit", units={"files": "bytes", "free": "bytes", "total": "bytes"})
def _storage(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """size of the data, and free space on its disk"""
    control = context.control
    return (yield Work(lambda log: control.storage()))


@order(
    "figures", "audit",
    units={"time": "time", "up": "seconds", "cpu": "seconds", "memory": "bytes"},
)  # fmt: skip
def _figures(context: Context, by: By, words: Words) -> Generator[Step, Any, Any]:
    """load of the server; counters begin at its start"""
    network, began = context.network, context.started
    sessions: list[Session] = list(context.sessions.values())
    control = context.control
    machine = yield Work(lambda log: control.usage())
    return {
        "time": context.now,
        "up": (context.now - began) // 1000,
        "people": len(network.users),
        "connections": len(sessions),
        "browsers": sum(each.frame is not None for each in sessions),
        "encrypted": sum(each.peer.tls for each in sessions),
        "channels": len(network.channels),
        "accounts": len(network.accounts),
        "position": network.position,
        **machine,
    }
