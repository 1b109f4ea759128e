"""npm packages for the tests, in the user's cache.

They are chat clients that some tests talk to (dependencies), and tools that check the browser's
code (devDependencies, browser_tools.py). npm/package.json lists them, npm/package-lock.json locks
them with their hashes. No package runs install scripts. `python3 check.py --clients` installs them
once; without them their checks are skipped with a note.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from hubbub import bootstrap

PINS = Path(__file__).with_name("npm")
INSTALL = "python3 check.py --clients"
_LIMIT = 300  # seconds


def directory() -> Path:
    """The directory of the current lock, shared by several clones. HUBBUB_TEST_CLIENTS overrides
    it."""
    named = os.environ.get("HUBBUB_TEST_CLIENTS")
    if named:
        return Path(named)
    lock = (PINS / "package-lock.json").read_bytes()
    return bootstrap.user_cache() / "hubbub" / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"


def package(name: str) -> Path:
    return directory() / "node_modules" / name


def installed(name: str = ".package-lock.json") -> bool:
    """Is the package installed? Without a name: all of them, since npm writes that file last."""
    return package(name).exists()


def node() -> str:
    """Node.js from the lock if available for this machine (The Lounge needs a recent one)."""
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, "")
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    ours = package(f"node-{system}-{machine}") / "bin" / "node"
    return str(ours) if ours.exists() else shutil.which("node") or "node"


def install() -> int:
    """Install the packages unless present. Returns an exit code; prints any problem."""
    if installed():
        print(f"what comes from npm is in {directory()}")
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("check.py: there is no npm here, so nothing from it", file=sys.stderr)
        return 1
    place = directory()
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, place)
    print(f"installing chat clients and tools from npm into {place}")
    words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        code = subprocess.run(words, cwd=place, stdin=subprocess.DEVNULL, timeout=_LIMIT).returncode
    except subprocess.TimeoutExpired:
        code = 1
    if code:
        print(f"check.py: npm could not install them (exit code {code})", file=sys.stderr)
    return int(code != 0)
