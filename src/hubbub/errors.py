"""The two ways a program of Hubbub ends early, each with one line for the person who started it.

Whoever raises one of these has found words that help; `cli.main` prints them after the program's
name on stderr and leaves with the exit code. Anything else that reaches `cli.main` is a bug.
"""


class ProgramError(Exception):
    """Something that stops the program and is no bug: a taken port, an unreadable file."""

    exit_code = 1


class UsageError(ProgramError):
    """What was asked for cannot be meant: a port of 99999, an unknown setting."""

    exit_code = 2
