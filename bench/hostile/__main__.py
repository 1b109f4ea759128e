"""The command line; see __init__.py."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import hostile
from hostile import table
from hostile.bystander import chat
from hostile.families import ATTACKS
from hostile.findings import Attack, Finding

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    words = argparse.ArgumentParser(
        prog="python3 bench/hostile",
        description=hostile.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument("attacks", nargs="*", metavar="S..", help="which (default: all)")
    words.add_argument("--full", action="store_true", help="as large as they are meant")
    words.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    words.add_argument(
        "--write", action="store_true", help="put the figures into docs/security-tests.md"
    )
    words.add_argument("--bystander", nargs=2, metavar=("PORT", "SECONDS"), help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.bystander:
        print(json.dumps(run(chat(int(asked.bystander[0]), float(asked.bystander[1])))))
        return 0
    unknown = [name for name in asked.attacks if name not in ATTACKS]
    if unknown:
        words.error(f"{', '.join(unknown)}: no such attack; they are {', '.join(ATTACKS)}")
    chosen = [ATTACKS[name] for name in asked.attacks or ATTACKS]
    if asked.list:
        for each in chosen:
            print(f"{each.number}  {each.what}\n     demanded: {each.demanded}")
        return 0
    if any(each.tests for each in chosen) and importlib.util.find_spec("pytest") is None:
        words.error(
            "the test libraries are missing: `python3 check.py lint` installs them into .venv, then"
            " use .venv/bin/python bench/hostile"
        )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > soft else soft, hard))
    failed = 0
    for each in chosen:
        found, took = made(each, asked.full)
        print(f"{each.number}  {found}: {found.verdict()}  [{took:.0f} s]", flush=True)
        failed += bool(found.broken or found.slow)
        if asked.write:
            table.write({each.number: f"{found}: {found.verdict()}"})
    return 1 if failed else 0


def made(attack: Attack, full: bool) -> tuple[Finding, float]:
    """Run it; what it found, and the seconds it took."""
    begun = time.monotonic()
    try:
        found = run(attack.run(full)) if attack.run is not None else by_tests(attack)
    except (AssertionError, TimeoutError) as error:
        found = Finding(broken=[f"it could not be finished: {error or type(error).__name__}"])
    return found, time.monotonic() - begun


def run(scene):
    """As asyncio.run, with uvloop where there is one: the attackers share the server's machine."""
    factory = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(scene)


def by_tests(attack: Attack) -> Finding:
    """What pytest says of the tests, and the figures that they print."""
    found = Finding()
    command = [sys.executable, "-m", "pytest", "-q", "-rN", "-s", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *attack.tests], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    for figure in re.findall(rf"\b{attack.number}: (.+)", done.stdout):
        found.says(figure)
    counted = re.search(r"(\d+) passed", done.stdout)
    found.says(f"{int(counted[1]) if counted else 0:,} tests passed")
    found.holds(done.stdout.strip().splitlines()[-1], done.returncode == 0)
    return found


if __name__ == "__main__":
    sys.exit(main())
