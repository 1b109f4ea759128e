"""`hubbub account` and `hubbub admin`: orders for the server, whether it is running or not.

Both use the same table of orders (handlers/orders/), with the same names and the same output.
"""

import argparse
from typing import Any

from ..errors import UsageError
from .subcommands import (
    CONFIG_ARGUMENTS,
    DATA_DIR,
    argument,
    command,
    settings_from,
)

#: Subcommand of `hubbub account` -> name of the order.
ACCOUNT_ORDERS = {
    "create": "create", "passwd": "passwd", "list": "accounts", "show": "show", "delete": "delete",
    "bind": "bind", "suspend": "suspend", "unsuspend": "unsuspend", "verify": "verify",
}  # fmt: skip
#: Maximum duration: a hundred years.
_MOST_DAYS = 36_500


@command(
    "account",
    "create, change and delete accounts, whether the server runs or not",
    (
        ("", "list the commands"),
        ("create alice", "create an account; prompts for its password"),
        ("list --json", "output for programs"),
        ("suspend bob --days 7 --reason flooding", "bob cannot log in for a week"),
    ),
    argument("action", nargs="?", metavar="ORDER",
             help=f"{', '.join(ACCOUNT_ORDERS)}; without it, list them"),
    argument("words", nargs="*", metavar="WORD", help="the account, and other arguments"),
    argument("--email", metavar="ADDRESS", help="with create"),
    argument("--days", metavar="N", type=int, help="with suspend: number of days"),
    argument("--reason", metavar="TEXT", help="with suspend: reason shown to the owner"),
    argument("--erase", action="store_true", help="with delete: free the name"),
    argument("--keep", action="store_true", help="with passwd: keep the certificates"),
    argument("--json", action="store_true",
             help="print JSON; for list one object per line"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)  # fmt: skip
def give_account_order(args: argparse.Namespace) -> int:
    """Run `hubbub account` for the server of the data directory."""
    from . import giving

    return giving.account(args, settings_from(args), ACCOUNT_ORDERS, _options(args))


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Fields of an order that were given as options. Raises UsageError."""
    if args.days is not None and args.days < 1:
        raise UsageError("--days: give a number above 0")
    days = f"{min(args.days, _MOST_DAYS)}d" if args.days else None
    found = {"email": args.email, "time": days, "reason": args.reason, "erase": args.erase or None,
             "keep": args.keep or None}  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


@command(
    "admin",
    "administer the server: users, accounts, channels, bans, reports, audit log",
    (
        ("", "list the commands"),
        ("ban 203.0.113.0/24 7d flooding", "ban a network for a week, with a reason"),
        ("invite '#tea' 30 7d", "a link that lets 30 people in"),
        ("audit", "who did what, when and from where"),
        ("promote alice", "make an account an administrator"),
    ),
    argument("action", nargs="?", metavar="ORDER", help="name of an order; without it, list them"),
    argument("words", nargs="*", metavar="WORD", help="arguments of the order"),
    argument("--json", action="store_true", help="print JSON"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)
def give_admin_order(args: argparse.Namespace) -> int:
    """Run `hubbub admin` for the server of the data directory."""
    from . import giving

    return giving.admin(args, settings_from(args))
