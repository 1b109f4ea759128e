"""Run all checks of a clone: python3 check.py

format, lint, types and tests run in `.venv`, which the first run creates from the two locks
(requirements.lock, requirements-dev.lock); browser runs tools from npm (browser_tools.py). `python3
check.py lint types` runs these two parts; arguments after -- go to pytest, as in `python3 check.py
tests -- -k scanner`.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import browser_tools
import npm_clients

from hubbub import bootstrap
from hubbub.invocation import CLONE

PARTS = {
    "format": "ruff format --check .",
    "lint": "ruff check .",
    "types": "mypy",
    "browser": "prettier, eslint and tsc over the JavaScript and CSS",
    # A hanging test shows where it hangs; hypothesis generates the same examples each time.
    "tests": "pytest -q -n 2 -o faulthandler_timeout=120 --hypothesis-seed=0",
}
FIXES = ("ruff check --fix .", "ruff format .")
LIMIT = 1500  # seconds until a part is interrupted and fails; all together take under 600


def main() -> int:
    words = argparse.ArgumentParser(prog="check.py", description=__doc__.partition("\n")[0])
    words.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS) + " (all)")
    words.add_argument("--fix", action="store_true", help="mend what the tools can mend, first")
    words.add_argument("--lock", action="store_true", help="write the locks from pyproject.toml")
    words.add_argument("--clients", action="store_true", help="install the clients from npm")
    typed, for_pytest = split(sys.argv[1:])
    asked = words.parse_args(typed)
    if unknown := set(asked.parts) - PARTS.keys():
        words.error(f"{', '.join(sorted(unknown))}: no such part; they are {', '.join(PARTS)}")
    if asked.lock:
        write_locks()
        return 0
    if asked.clients:
        return npm_clients.install()
    try:
        locks = [bootstrap.RUN, bootstrap.DEVELOP]
        python = bootstrap.environment(CLONE, locks, lambda line: print(f"check.py: {line}"))
    except bootstrap.Unavailable as why:
        print(f"check.py: the tools cannot be installed, as {why}", file=sys.stderr)
        return 1
    print(f"Python {bootstrap.PYTHON_VERSION}, {python}")
    say_what_is_missing()
    if asked.fix:
        for fix in [module(python, fix) for fix in FIXES] + browser_tools.fixes():
            run(fix)
    return check(python, [part for part in PARTS if part in (asked.parts or PARTS)], for_pytest)


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Split the arguments: ours, and those after -- for pytest."""
    here = words.index("--") if "--" in words else len(words)
    return words[:here], words[here + 1 :]


def say_what_is_missing() -> None:
    """Print the missing programs that some tests use, and the command that installs them."""
    rows = (line.split() for line in (CLONE / ".ci/programs").read_text().splitlines())
    missing = {row[1] for row in rows if row[:1] != ["#"] and row and not is_here(row[0])}
    if missing:
        print(f"NOT HERE, their tests are skipped: apt-get install {' '.join(sorted(missing))}")
    if not npm_clients.installed():
        print(f"NOT HERE, their checks are skipped: what comes from npm; {npm_clients.INSTALL}")


def is_here(name: str) -> bool:
    """Is a program installed, or a library such as libatomic.so.1?"""
    if ".so." not in name:
        return shutil.which(name) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def check(python: Path, parts: list[str], for_pytest: list[str]) -> int:
    """Run all parts, even if some fail, and print a summary."""
    report, failed = [], False
    began = time.monotonic()
    for part in parts:
        print(f"\n== {part}: {PARTS[part]}", flush=True)
        here = time.monotonic()
        code, last_line = run_part(python, part, for_pytest)
        failed = failed or code != 0
        verdict = "ok" if code == 0 else f"FAILED ({code})"
        report.append(f"{part:8} {verdict:12} {time.monotonic() - here:6.1f} s  {last_line}")
    print(f"\n== summary, {time.monotonic() - began:.0f} s", *report, sep="\n", flush=True)
    return int(failed)


def run_part(python: Path, part: str, for_pytest: list[str]) -> tuple[int, str]:
    """Run the tools of a part. Returns the exit code and the last line of the first that fails."""
    if part != "browser":
        more = for_pytest if part == "tests" else []
        return run([*module(python, PARTS[part]), *more])
    if not npm_clients.installed():
        print(f"skipped: its tools are not here; {npm_clients.INSTALL} installs them")
        return 0, "skipped, its tools are not here"
    ran = [run(tool) for tool in browser_tools.checks()]
    return next((each for each in ran if each[0]), ran[-1])


def module(python: Path, words: str) -> list[str]:
    return [str(python), "-m", *words.split()]


def run(words: list[str]) -> tuple[int, str]:
    """Run a tool and pass on its output. Returns the exit code and the last line."""
    tool = subprocess.Popen(
        words,
        cwd=CLONE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert tool.stdout
    limits = [threading.Timer(LIMIT, tool.send_signal, [signal.SIGINT])]
    limits += [threading.Timer(LIMIT + 30, tool.kill)]
    for limit in limits:
        limit.start()
    last_line = ""
    try:
        for line in tool.stdout:
            print(line, end="", flush=True)
            last_line = line.strip() or last_line
        return tool.wait(), last_line
    except KeyboardInterrupt:
        tool.wait()  # it was interrupted too, and cleans up
        sys.exit(130)
    finally:
        for limit in limits:
            limit.cancel()


def write_locks() -> None:
    """Lock the requirements of pyproject.toml for every system and Python; keeps current
    versions."""
    with tempfile.TemporaryDirectory() as place:
        print("installing uv for this run")
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        python = bootstrap.Environment(Path(place)).python
        subprocess.run([python, "-m", "pip", "install", "-q", "uv"], check=True)
        compile_ = [python, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
        compile_ += ["--python-version", "3.11", "--generate-hashes", "--no-header"]
        compile_ += ["--no-annotate", "--no-emit-index-url"]
        run_lock, dev_lock = bootstrap.RUN, bootstrap.DEVELOP
        subprocess.run([*compile_, "-o", run_lock, "pyproject.toml"], cwd=CLONE, check=True)
        tools = ["-c", run_lock, "-o", dev_lock, "--group", "pyproject.toml:dev"]
        subprocess.run([*compile_, *tools], cwd=CLONE, check=True)
