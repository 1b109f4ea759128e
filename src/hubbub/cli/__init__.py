"""The command line: `hubbub serve|client|scan|...`, and the three scripts of a clone.

To add a command, add a function with `@command` in the file of its family: `programs.py`, `lab.py`,
`orders.py` or `archive.py`. It returns the exit code, or raises ProgramError (exit code 1) or
UsageError (2), whose text is printed as one line. Modules that a command needs are imported inside
it, so that `--help` is fast and works without them.
"""

# In the order in which `hubbub --help` lists them.
from . import programs, lab, orders, archive  # noqa: I001
from .parsing import main, overview, run, version
from .subcommands import COMMANDS

__all__ = ["COMMANDS", "archive", "lab", "main", "orders", "overview", "programs", "run", "version"]
