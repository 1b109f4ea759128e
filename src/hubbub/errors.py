"""The two ways a program of Hubbub ends early, each with one line for the person who started it.

Whoever raises one of these has found words that help; `cli.main` prints them after the program's
name on stderr and leaves with the exit code. Anything else that reaches `cli.main` is a bug.
"""


class ProgramError(Exception):
    """Something that stops the program and is no bug: a taken port, an unreadable file."""

    exit_code = 1


def plainly(error: OSError) -> str:
    """What the system said, for people: `backups/chat.db: No space left on device`."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


class UsageError(ProgramError):
    """What was asked for cannot be meant: a port of 99999, an unknown setting."""

    exit_code = 2
