"""A password from who runs a command. Never on the command line, where other users of the machine
see it."""

from __future__ import annotations

import getpass
import sys

from ..errors import ProgramError


def read_password(question: str) -> str:
    """Twice from a person, once from a program. Raises ProgramError."""
    if sys.stdin is None:  # closed: `<&-`
        raise ProgramError("no password was given")
    try:
        typed = _from_person(question) if sys.stdin.isatty() else sys.stdin.readline()
        typed.encode()  # where the locale is C, what is no text comes as half characters
    except EOFError:
        raise ProgramError("no password was given") from None
    except UnicodeError:
        raise ProgramError("the password is not text in UTF-8") from None
    if not typed.rstrip("\r\n"):
        raise ProgramError("no password was given")
    return typed.rstrip("\r\n")


def _from_person(question: str) -> str:
    typed = getpass.getpass(f"{question}: ")
    if getpass.getpass("Once more: ") != typed:
        raise ProgramError("those were two different passwords; nothing is changed")
    return typed
