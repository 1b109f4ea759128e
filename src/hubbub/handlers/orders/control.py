"""CONTROL: orders from a program on the server's machine (`hubbub account`), not from people.

    C: @+order={"do":"create","name":"alice","password":"..."} CONTROL <token>
    S: CONTROL :{"said": "Account alice created"}.         any number of these
    S: CONTROL :{"done": true}.                            or {"failed": "why"}

The token is in a file that only the server's user can read (data_dir.py). The order is in a tag,
where there is room for the longest password.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeAlias

from ...events.kinds import AccountReinstated, AccountVerified, OperatorActed
from ...model.accounts import Account
from ...protocol.durations import DAY_MS
from ...protocol.message import Message, Reply
from ...protocol.numerics import ERR_UNKNOWNCOMMAND, numeric
from ...session import Session
from ..accounts import lifecycle, logins
from ..accounts.lifecycle import RegisterRequest
from ..command_table import CloseConnection, Step, Steps, command, spoken
from ..context import Context
from ..refusals import Refused
from .order_table import COMMAND_LINE, obey

Order: TypeAlias = dict[str, Any]
#: Steps, and text or facts for who asks.
Said: TypeAlias = "Generator[Step | str | dict[str, Any] | list[Any], Any, None]"

ORDER_TAG = "+order"
#: Who did it, in the log.
BY = "hubbub account"


@command("CONTROL", params=1, anyone=True)
def control(context: Context, session: Session, message: Message) -> Steps:
    token = context.control.token
    if not token or not hmac.compare_digest(token.encode(), message.params[0].encode()):
        yield numeric(ERR_UNKNOWNCOMMAND, "CONTROL")
        yield from logins.went_wrong(session)
        return
    try:
        order = json.loads((message.tags or {})[ORDER_TAG])
        yield from spoken(
            _audited(context, order), (str, dict, list), lambda said: _told({"said": said})
        )
        yield from _told({"done": True})
    except Refused as refused:
        yield from _told({"failed": str(refused)})
    except (ValueError, KeyError, TypeError):
        yield from _told({"failed": "That order was not understood"})
    yield CloseConnection(BY)


#: Characters of JSON in one line; the rest comes in the next.
PIECE = 350


def _told(facts: dict[str, Any]) -> Iterator[Reply]:
    """In lines that end with `+`, but for the last, which ends with `.`"""
    text = json.dumps(facts)
    for start in range(0, len(text), PIECE):
        end = "." if start + PIECE >= len(text) else "+"
        yield Reply("CONTROL", (text[start : start + PIECE] + end,))


def _audited(context: Context, order: Order) -> Said:
    """What `hubbub account` changes is in the audit log, as everything else."""
    name = order["do"]
    yield from _ORDERS[name](context, order)
    if name not in ("admin", "list", "show"):
        about = f"account {name}", order["name"], order.get("reason") or ""
        yield OperatorActed(0, BY, COMMAND_LINE.address, *about)


def _account(context: Context, order: Order) -> Account:
    account = context.network.accounts.named(order["name"])
    if account is None:
        raise Refused("NOT_FOUND", f"there is no account {order['name']}")
    return account


def _create(context: Context, order: Order) -> Said:
    wish = RegisterRequest(order["name"], order["password"], order.get("email"))
    lifecycle.check_wish(context, wish)
    account = yield from lifecycle.make_account(context, wish, "")
    yield f"Account {account.name} created"


def _passwd(context: Context, order: Order) -> Said:
    account = _account(context, order)
    yield from lifecycle.set_password(context, account, order["password"])
    yield f"The password of {account.name} is changed"


def _list(context: Context, order: Order) -> Said:
    for account in context.network.accounts.all():
        yield _summary(context, account)


def _summary(context: Context, account: Account) -> dict[str, Any]:
    people = logins.people_of(context, account)
    return {
        "account": account.name,
        "registered": account.created,
        "email": account.email,
        "verified": account.code is None,
        "suspended": account.is_suspended(context.now),
        "connections": sum(len(user.sessions) for user in people),
        "channels": [channel.name for channel in lifecycle.channels_of(context, account)],
    }


def _show(context: Context, order: Order) -> Said:
    yield lifecycle.export_account(context.network, _account(context, order))


def _delete(context: Context, order: Order) -> Said:
    name = order["name"]
    if order.get("erase") and context.network.accounts.is_taken(name):
        yield from lifecycle.erase_account(context, name, BY)
        yield f"{name} is erased; the name may be had again"
        return
    account = _account(context, order)
    yield from lifecycle.delete_account(context, account, BY)
    yield f"The account {account.name} is deleted; the name stays taken"


def _suspend(context: Context, order: Order) -> Said:
    account, days = _account(context, order), order.get("days")
    length = int(days) * DAY_MS if days else None
    yield from lifecycle.suspend_account(context, account, BY, order.get("reason") or "", length)
    yield f"Account {account.name} suspended"


def _unsuspend(context: Context, order: Order) -> Said:
    account = _account(context, order)
    yield AccountReinstated(account.name, BY)
    yield f"Account {account.name} may log in again"


def _verify(context: Context, order: Order) -> Said:
    account = _account(context, order)
    yield AccountVerified(account.name)
    yield f"Account {account.name} verified"


def _admin(context: Context, order: Order) -> Said:
    """An order of the administrator's page (handlers/orders/)."""
    told = yield from obey(context, COMMAND_LINE, order["name"], order["words"])
    yield told


_ORDERS: dict[str, Callable[[Context, Order], Said]] = {
    "admin": _admin,
    "create": _create,
    "passwd": _passwd,
    "list": _list,
    "show": _show,
    "delete": _delete,
    "suspend": _suspend,
    "unsuspend": _unsuspend,
    "verify": _verify,
}
