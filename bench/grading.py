"""Grade the grader: right programs must never be blamed, and each fault of the museum be found.

    python3 bench/grading.py                    3 runs idle, 3 under 8 busy loops
    python3 bench/grading.py --runs 20          the full measurement, which takes many hours
    python3 bench/grading.py --only engines     only these: engines, languages, museum, or names
    python3 bench/grading.py --write            put the rows into the table in docs/grader.md

Right programs are the three engines of lessons/ and those of bench/graded in other languages, where
there is a compiler; every run makes all checks of them. Each piece of lessons/museum is graded with
all checks once, and in the other runs with the checks that have to find it. A run may also end with
"too busy": that is no result, and neither a false failure nor a fault that was found.

It exits with 1 if a right program was blamed, or a fault was not found.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from hubbub.teaching import museum

ROOT = Path(__file__).resolve().parents[1]
GRADED = ROOT / "bench/graded"
PAGE = ROOT / "docs/grader.md"
_TITLE = "## Measured\n"
_HEAD = ("| program | idle: failed | busy: failed | not judged therefore |", "|---|---|---|---|")
_TOO_BUSY = 3
_FAILED = ("failed", "unsteady")
_BUSY_LOOP = "while True: pass"


@dataclass(frozen=True)
class Subject:
    """A program that is graded, and the checks that have to fail: none for a right one."""

    name: str
    kind: str
    command: tuple[str, ...]
    found_by: tuple[str, ...] = ()


@dataclass
class Tally:
    """The runs of one subject in one condition."""

    runs: int = 0
    too_busy: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    not_judged: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    """Checks that should have failed, and did not."""
    seconds: float = 0.0


def subjects(directory: Path) -> Iterator[Subject]:
    """All that can be run here; what cannot is said."""
    for name in ("threads", "selectors", "asyncio"):
        engine = ROOT / f"lessons/engines/{name}_engine.py"
        yield Subject(f"{name}_engine.py", "engines", (sys.executable, str(engine), "{port}"))
    yield Subject("odd.py", "languages", (sys.executable, str(GRADED / "odd.py")))
    if built("gcc", "-O2", "-o", str(directory / "chat"), str(GRADED / "chat.c")):
        yield Subject("chat.c", "languages", (str(directory / "chat"), "{port}"))
    if built("javac", "-d", str(directory), str(GRADED / "Chat.java")):
        yield Subject("Chat.java", "languages", ("java", "-cp", str(directory), "Chat", "{port}"))
    if built("node", "--check", str(GRADED / "chat.js")):
        yield Subject("chat.js", "languages", ("node", str(GRADED / "chat.js")))
    for piece in museum.pieces():
        file = piece.build(directory / piece.name)
        command = (sys.executable, str(file), "{port}")
        yield Subject(piece.name, "museum", command, piece.found_by)


def built(compiler: str, *words: str) -> bool:
    if shutil.which(compiler) is None:
        print(f"left out: {words[-1]}, as there is no {compiler}")
        return False
    subprocess.run([compiler, *words], check=True)
    return True


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """As many processes that never rest."""
    running = [subprocess.Popen([sys.executable, "-c", _BUSY_LOOP]) for _ in range(loops)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


def measure(subject: Subject, runs: int, label: str) -> Tally:
    tally = Tally()
    for number in range(runs):
        begun = time.monotonic()
        in_full = number == 0 or not subject.found_by
        options = [["--all"]] if in_full else [["--only", id] for id in subject.found_by]
        failed: set[str] = set()
        for each in options:
            failed |= grade(subject, each, tally)
        tally.missed.update(set(subject.found_by) - failed)
        tally.runs += 1
        took = time.monotonic() - begun
        tally.seconds += took
        told = " ".join(sorted(failed)) or "-"
        what = f"{label:5} {subject.name:28} run {number + 1}: failed {told}"
        print(f"{what}  [{took:.0f} s]", flush=True)
    return tally


def grade(subject: Subject, options: list[str], tally: Tally) -> set[str]:
    """One run of the grader; the checks that failed. Those of a run without a result, too: whether
    they would have failed is not known."""
    words = [sys.executable, str(ROOT / "hubbub"), "grade", "--json", *options, "--"]
    done = subprocess.run([*words, *subject.command], capture_output=True, text=True, check=False)
    if done.returncode == _TOO_BUSY:
        tally.too_busy += 1
        print(f"      {subject.name}: {json.loads(done.stdout)['problem']}")
        return set(subject.found_by)
    checks = json.loads(done.stdout)["checks"]
    failed = {each["id"] for each in checks if each["result"] in _FAILED and not each["points"]}
    tally.failed.update(failed)
    tally.not_judged.update(each["id"] for each in checks if each["result"] == "not judged")
    for each in checks:
        if each["id"] in failed - set(subject.found_by):
            told = f"expected {each['expected']}; got {each['got']}"
            print(f"      {each['id']} {each['result']}: {told}")
    return failed


def row(subject: Subject, idle: Tally, loaded: Tally | None) -> str:
    parts = [idle, loaded] if loaded else [idle]
    not_judged = sorted(set().union(*(part.not_judged for part in parts)))
    cells = [subject.name, cell(idle), cell(loaded) if loaded else "not measured"]
    return f"| {' | '.join(cells)} | {' '.join(not_judged) or '-'} |"


def cell(tally: Tally) -> str:
    told = [f"{id} {count}/{tally.runs}" for id, count in sorted(tally.failed.items())]
    if tally.too_busy:
        told.append(f"({tally.too_busy} too busy)")
    return ", ".join(told) or f"none of {tally.runs} runs"


def main() -> int:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--runs", type=int, default=3, help="in each condition (3)")
    words.add_argument("--busy", type=int, default=8, help="busy loops in the second (8)")
    words.add_argument("--only", nargs="*", metavar="NAME", help="kinds or programs")
    words.add_argument("--write", action="store_true", help="put the rows into docs/grader.md")
    asked = words.parse_args()
    rows: list[str] = []
    tallies: list[tuple[Subject, Tally]] = []
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        for subject in subjects(Path(name)):
            if asked.only and not {subject.name, subject.kind} & set(asked.only):
                continue
            idle, loaded = measure(subject, asked.runs, "idle"), None
            tallies.append((subject, idle))
            if asked.busy:
                with busy(asked.busy):
                    loaded = measure(subject, asked.runs, "busy")
                tallies.append((subject, loaded))
            rows.append(row(subject, idle, loaded))
    blamed = sum(tally.failed.total() for subject, tally in tallies if not subject.found_by)
    missed = sum(tally.missed.total() for _, tally in tallies)
    minutes = sum(tally.seconds for _, tally in tallies) / 60
    result = f"{blamed} false failures, {missed} faults not found; {minutes:.0f} minutes"
    print(*_HEAD, *rows, result, sep="\n")
    if asked.write:
        write(rows, result, sys.argv[1:])
    return 1 if blamed or missed else 0


def write(rows: list[str], result: str, words: list[str]) -> None:
    """Put these rows into the page; programs that were not measured now keep theirs."""
    before, _, old = PAGE.read_text("utf-8").partition(_TITLE)
    lines = old.splitlines()
    named = {line.split("|")[1]: line for line in lines if line.startswith("| ")}
    for line in (_HEAD[0], *rows):
        named[line.split("|")[1]] = line
    head = named.pop(_HEAD[0].split("|")[1])
    commands = [line for line in lines if line.startswith("- `")]
    commands.append(f"- `{' '.join(['python3 bench/grading.py', *words])}`: {result}.")
    text = "\n".join([_TITLE, *commands, "", head, _HEAD[1], *named.values(), ""])
    PAGE.write_text(f"{before}{text}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
