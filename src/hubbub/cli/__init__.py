"""The command line: `hubbub serve|client|scan|...`, and the three scripts of a clone.

Adding a command is one function under `@command`, in the file of its family: `programs.py`,
`orders.py` or `keeping.py`. It returns the exit code; what it cannot do it says by raising
ProgramError (exit code 1) or UsageError (2), and one line reaches the person. What a command needs
is imported inside it, so that `--help` is quick and works without it.
"""

# In the order in which `hubbub --help` shows them.
from . import programs, orders, archive  # noqa: I001
from .parsing import main, overview, run, version
from .subcommands import COMMANDS

__all__ = ["COMMANDS", "archive", "main", "orders", "overview", "programs", "run", "version"]
