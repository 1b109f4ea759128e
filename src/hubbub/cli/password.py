"""Read a password from the user. Never a command line argument: other users of the machine see
those."""

from __future__ import annotations

import getpass
import sys

from ..errors import ProgramError


def read_password(question: str) -> str:
    """Read it twice from a terminal, once from a pipe. Raises ProgramError."""
    if sys.stdin is None:  # closed: `<&-`
        raise ProgramError("no password was given")
    try:
        typed = _from_person(question) if sys.stdin.isatty() else sys.stdin.readline()
        typed.encode()  # in the C locale invalid text is decoded to surrogates
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
