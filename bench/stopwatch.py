#!/usr/bin/env python3
"""Time from `git clone` to the first echo of a message, in a browser.

    python3 bench/stopwatch.py                with the libraries of this Python
    python3 bench/stopwatch.py --first-run    also without: the first start installs them

Anna clones the repository, starts the server as the README says and opens its address. Bert opens
her link in a new browser, types a word and presses Enter. The machine's time is measured, without
the start of the browser itself. Bert's actions are counted in his page: keys, clicks, fields to
fill in. Their duration for a person is estimated by the keystroke-level model (a key 0.2 s,
pointing 1.1 s, a thought 1.35 s).

The clone is made from the last commit on this disk, so nothing is downloaded for it, in a temporary
directory; the server listens on 127.0.0.1 only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import PATIENCE, READY, NoBrowser, chromium, opened, until

ROOT = Path(__file__).resolve().parents[1]
GOAL_SECONDS = 3.0
GOAL_INVITED_SECONDS = 12.0

KEY, POINT, THINK = 0.2, 1.1, 1.35

# Counts what a person does, and what the page asks of them at any time.
WATCH = """
addEventListener("keydown", (event) => { counted.keys += Number(event.isTrusted); }, true);
addEventListener("pointerdown", (event) => { counted.clicks += Number(event.isTrusted); }, true);
globalThis.counted = { keys: 0, clicks: 0, required: 0, fields: 0 };
function look() {
  const all = [...document.querySelectorAll("input, select, textarea")];
  const shown = all.filter((each) => each.offsetParent);
  const most = (name, fits) => {
    counted[name] = Math.max(counted[name], shown.filter(fits).length);
  };
  most("required", (each) => each.required);
  most("fields", (each) => !each.closest(".composer"));
  requestAnimationFrame(look);
}
requestAnimationFrame(look);
"""
IN_THE_BOX = "document.activeElement === document.querySelector('.composer textarea')"
ECHOED = """(text) => [...document.querySelectorAll('.message:not(.pending) .text')]
  .some((each) => each.innerText === text)"""


@dataclass(frozen=True)
class Steps:
    """Seconds since the beginning at which each step was done."""

    cloned: float
    listening: float
    shown: float
    echoed: float


@dataclass(frozen=True)
class Invited:
    """What it took one who came by a link."""

    seconds: float
    """From opening the link to the message that came back, as a machine types."""
    keys: int
    clicks: int
    required: int
    """Fields that had to be filled in."""
    fields: int
    """Fields that were shown, besides the box for messages."""

    def estimate(self) -> float:
        """Seconds of a person: tap the link, look, type, and the machine's own time."""
        tapping = POINT + KEY
        return tapping + THINK + self.keys * KEY + self.clicks * (POINT + KEY) + self.seconds


@contextlib.contextmanager
def started(clone: Path, python: str, home: Path | None) -> Iterator[int]:
    """`python server.py` as somebody types it; the port."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HUBBUB_", "PYTHON"))}
    environment |= {"HUBBUB_HOST": "127.0.0.1", "HUBBUB_PORT": "0", "PYTHONUNBUFFERED": "1"}
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    server = subprocess.Popen(
        [python, "server.py"], cwd=clone, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stderr is not None
    try:
        line = server.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if found is None:
            server.kill()
            raise RuntimeError(f"the server did not start: {line}{server.stderr.read()[-2000:]}")
        yield int(found[1])
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        server.stdout.close()
        server.stderr.close()


def talked(page: Any, text: str) -> None:
    """Type a message with keys, and see it come back."""
    until(page, IN_THE_BOX)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    until(page, ECHOED, text)


def measure(
    browser: Any, directory: Path, *, python: str = sys.executable, home: Path | None = None
) -> tuple[Steps, Invited]:
    """Clone into `directory`, start, talk; then somebody who was invited talks."""
    clone = directory / "hubbub"
    anna, bert = browser.new_context(), browser.new_context()
    pages = [opened(context) for context in (anna, bert)]
    bert.add_init_script(WATCH)
    began = time.monotonic()

    def now() -> float:
        return time.monotonic() - began

    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    cloned = now()
    with started(clone, python, home) as port:
        listening = now()
        pages[0].goto(f"http://127.0.0.1:{port}/")
        until(pages[0], READY)
        shown = now()
        talked(pages[0], "hello")
        steps = Steps(cloned, listening, shown, now())
        link = pages[0].url  # the address of the page is the link
        began = time.monotonic()
        pages[1].goto(link)
        talked(pages[1], "hi")
        seconds = now()
        until(pages[0], ECHOED, "hi")
        invited = Invited(seconds, **pages[1].evaluate("counted"))
        for context in (anna, bert):
            context.close()
    return steps, invited


def told(name: str, steps: Steps, invited: Invited) -> Iterator[str]:
    yield f"{name}: {steps.echoed:.2f} s from git clone to the first message back"
    yield (
        f"  cloned {steps.cloned:.2f}, listening {steps.listening:.2f},"
        f" page ready {steps.shown:.2f}, message back {steps.echoed:.2f}"
    )
    yield (
        f"  one who is invited: {invited.required} fields to fill in ({invited.fields} shown),"
        f" {invited.keys} keys, {invited.clicks} clicks after the link; the machine's part"
        f" {invited.seconds:.2f} s, a person about {invited.estimate():.1f} s"
    )


def main() -> int:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    reader.add_argument(
        "--first-run", action="store_true",
        help="also with nothing installed: makes an environment, which downloads the libraries",
    )  # fmt: skip
    words = reader.parse_args()
    good = True
    try:
        with chromium() as browser, tempfile.TemporaryDirectory(prefix="stopwatch-") as place:
            directory = Path(place)
            (directory / "ready").mkdir()
            steps, invited = measure(browser, directory / "ready")
            print(*told("libraries installed", steps, invited), sep="\n")
            good = (
                steps.echoed < GOAL_SECONDS
                and invited.estimate() < GOAL_INVITED_SECONDS
                and not invited.required + invited.fields
            )
            if words.first_run:
                (directory / "first").mkdir()
                (directory / "home").mkdir()
                bare = os.path.realpath(sys.executable)  # behind the link in .venv
                answer = measure(browser, directory / "first", python=bare, home=directory / "home")
                print(*told("first run, nothing installed", *answer), sep="\n")
    except NoBrowser as why:
        print(f"stopwatch: nothing measured: {why}", file=sys.stderr)
        return 1
    print(
        f"goals (libraries installed; under {GOAL_SECONDS:.0f} s, invited under"
        f" {GOAL_INVITED_SECONDS:.0f} s, no field): {'met' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
