"""How the scripts of a clone start."""

import sys

from . import cli


def start(command: str, script: str) -> int:
    """Run a command of the script that was started. Returns the exit code."""
    return cli.run(command, sys.argv[1:], f"python3 {script}")
