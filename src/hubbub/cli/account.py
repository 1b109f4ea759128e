"""`hubbub account`: from what is typed to an order for the server, and from its answer to text."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from ..config import Settings
from ..errors import UsageError
from . import control
from .password import read_password


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Do one action. Raises ProgramError with what the server has against it."""
    order: dict[str, Any] = {"do": args.action, "name": args.name}
    if args.action in ("create", "passwd"):
        order["password"] = read_password(f"Password for {args.name}")
    if args.action == "create":
        order["email"] = args.email
    if args.action == "suspend":
        if args.days is not None and args.days < 1:
            raise UsageError("--days: give a number above 0")
        order |= {"days": args.days, "reason": args.reason}
    if args.action == "delete":
        order["erase"] = args.erase
    for said in control.give(settings, order):
        print(_shown(args, said))
    return 0


def _shown(args: argparse.Namespace, said: Any) -> str:
    if isinstance(said, str):
        return said
    if args.action == "list" and not args.json:
        return _row(said)
    return json.dumps(said, ensure_ascii=False, indent=None if args.action == "list" else 2)


def _row(facts: dict[str, Any]) -> str:
    registered = datetime.fromtimestamp(facts["registered"] / 1000, UTC).strftime("%Y-%m-%d")
    marks = [name for name, on in (("suspended", facts["suspended"]),
                                   ("not verified", not facts["verified"]),
                                   ("online", facts["connections"])) if on]  # fmt: skip
    return f"{facts['account']:<24} {registered}  {', '.join(marks)}".rstrip()
