"""`hubbub account` and `hubbub admin`: orders for the server, whether it runs or not."""

import argparse

from ..errors import UsageError
from .subcommands import (
    CONFIG_ARGUMENTS,
    DATA_DIR,
    argument,
    command,
    settings_from,
)

_ACTIONS = {
    "create": "make one; the password is asked for, or the first line of stdin",
    "passwd": "give it a new password",
    "list": "all of them",
    "show": "all that is kept of one, as JSON",
    "delete": "delete one; its name stays taken (--erase: it may be had again)",
    "suspend": "nobody logs in to it",
    "unsuspend": "take that back",
    "verify": "take its email address as proved",
}


@command(
    "account",
    "make, change and delete accounts, whether the server runs or not",
    (
        ("create alice", "a new account; asks for its password"),
        ("list --json", "for a program to read"),
        ("suspend bob --days 7 --reason flooding", "bob cannot log in for a week"),
    ),
    argument("action", choices=_ACTIONS, metavar="ACTION",
             help="; ".join(f"{name}: {does}" for name, does in _ACTIONS.items())),
    argument("name", nargs="?", metavar="NAME", help="the account (all actions but list)"),
    argument("--email", metavar="ADDRESS", help="with create"),
    argument("--days", metavar="N", type=int, help="with suspend: for so long"),
    argument("--reason", metavar="TEXT", help="with suspend: what its owner is told"),
    argument("--erase", action="store_true", help="with delete: others may have the name"),
    argument("--json", action="store_true", help="with list: one JSON object a line"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)  # fmt: skip
def give_account_order(args: argparse.Namespace) -> int:
    """Ask the server of the data directory."""
    from . import account

    if args.name is None and args.action != "list":
        raise UsageError(f"account {args.action}: which one? Give its NAME")
    return account.main(args, settings_from(args))


@command(
    "admin",
    "run the server: people, channels, bans, invitations, reports, the audit log",
    (
        ("", "all that can be asked"),
        ("ban 203.0.113.0/24 7d flooding", "a network, for a week, with a reason"),
        ("invite '#tea' 30 7d", "a link that lets 30 people in"),
        ("audit", "who did what, when and from where"),
        ("promote alice", "make an account an administrator"),
    ),
    argument("action", nargs="?", metavar="ORDER", help="what to ask or do; none: shows them all"),
    argument("words", nargs="*", metavar="WORD", help="what it is about"),
    argument("--json", action="store_true", help="what is told, as JSON"),
    *CONFIG_ARGUMENTS,
    DATA_DIR,
)
def give_admin_order(args: argparse.Namespace) -> int:
    """Ask the server of the data directory."""
    from . import admin

    return admin.main(args, settings_from(args))
