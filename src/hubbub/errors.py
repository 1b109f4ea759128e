"""The two exceptions that end a program with one line for the user.

The text is a message that helps the user; `cli.main` prints it on stderr after the program's name
and exits with the exit code. Any other exception that reaches `cli.main` is a bug.
"""


class ProgramError(Exception):
    """A failure that is not a bug: a port in use, an unreadable file. Exit code 1."""

    exit_code = 1


def plainly(error: OSError) -> str:
    """The system's error for people: `backups/chat.db: No space left on device`."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


class UsageError(ProgramError):
    """An impossible argument or setting: a port of 99999, an unknown setting. Exit code 2."""

    exit_code = 2
