"""The first start of a clone: `python3 server.py` with nothing but Python.

The libraries that Hubbub uses at its edges are installed once, into `.venv` beside the scripts,
with the versions and hashes of requirements.lock. Then the same command continues in that
environment. A stamp file in it records its contents, so that later starts only read two files.

Nothing here may prevent a program from starting. Without network, without the venv module, with a
full disk or in a read-only clone, Hubbub runs on the standard library and reports which features
are off.

    clone writable?            .venv in the clone
    not, or .venv is foreign?  the user's cache directory
    not that either?           without libraries

The stamp file is also the lock: the installing process holds it, and a second start waits and
checks again. The system releases the lock when its holder dies, so none is ever stale.

Modules that only a first start needs are imported where they are used, because every later start
runs this file too.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .file_lock import try_lock
from .invocation import CLONE

RUN, DEVELOP = "requirements.lock", "requirements-dev.lock"
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
WINDOWS = os.name == "nt"

# Features that are missing without libraries. Programs not listed here need none.
WITHOUT = {
    "serve": "the browser client is off, and TLS unless you have a certificate;"
    " netcat, IRC apps and client.py work",
    "client": "editing the line that you type is plain",
}

Say = Callable[[str], None]


class Unavailable(Exception):
    """The libraries cannot be installed; the text gives the reason in a clause."""


def start(command: str | None, script: str) -> int:
    """Run a command for a script of the clone; None: the command that its first argument names.
    Returns the exit code, or continues in another interpreter."""
    words = sys.argv[1:]
    asked = command or "".join(words[:1])

    def say(line: str) -> None:
        print(f"{script}: {line}", file=sys.stderr, flush=True)

    def install() -> None:
        try:
            if refused:
                raise Unavailable("HUBBUB_NO_BOOTSTRAP asks for it")
            python = environment(CLONE, [RUN], say)
        except Unavailable as why:
            say(f"going on without libraries, as {why}; {WITHOUT[asked]}")
        else:
            _go_on_in(python)

    here = Path(sys.executable)
    refused = bool(os.environ.get("HUBBUB_NO_BOOTSTRAP"))
    wanted = _needs_libraries(asked, words)
    found = ready(CLONE, [RUN]) if wanted or command is None else here
    if found and not refused:
        _go_on_in(found)

    from . import cli

    # Arguments are parsed before anything is installed: --help and usage errors need nothing.
    before = install if wanted and found != here else None
    if command is None:
        return cli.main(words, f"python3 {script}", before)
    return cli.run(command, words, f"python3 {script}", before)


def _needs_libraries(command: str, words: list[str]) -> bool:
    """Does the command use libraries? A client in a pipe has no line editing, so it does not, nor
    does one for plain lines."""
    streams = (sys.stdin, sys.stdout)  # None: closed from the start
    in_a_pipe = command == "client" and not all(each and each.isatty() for each in streams)
    return command in WITHOUT and not in_a_pipe and "--lines" not in words


def _go_on_in(python: Path) -> None:
    """Run the same command in this interpreter. Returns only if it is the running one."""
    if python == Path(sys.executable):
        return
    words = [str(python), *sys.orig_argv[1:]]
    if not WINDOWS:
        os.execv(words[0], words)
    import signal
    import subprocess

    # os.execv of Windows does not wait and loses the exit code (cpython issue 101191).
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the child; it ends when it is done
    sys.exit(subprocess.call(words))


# -- which interpreter has the libraries -----------------------------------------------------------


@dataclass(frozen=True)
class Environment:
    """A directory that is, or can become, a virtual environment for Hubbub."""

    directory: Path

    @property
    def python(self) -> Path:
        return self.directory / ("Scripts/python.exe" if WINDOWS else "bin/python")

    @property
    def stamp(self) -> Path:
        return self.directory / "hubbub-stamp"

    @property
    def install_log(self) -> Path:
        return self.directory / "hubbub-install.log"

    def is_foreign(self) -> bool:
        """Was it made by somebody else? Then it may be used but is never changed."""
        return _has_entries(self.directory) and not os.path.exists(self.stamp)

    def has_python(self) -> bool:
        # Not Path.exists: that raises where permission is missing.
        return os.path.exists(self.python)

    def site_packages(self) -> Path:
        lib = "Lib" if WINDOWS else f"lib/python{PYTHON_VERSION}"
        return self.directory / lib / "site-packages"

    def is_running(self) -> bool:
        """Does this process run in it?"""
        return Path(sys.prefix) == self.directory


def ready(clone: Path, locks: list[str]) -> Path | None:
    """The interpreter of a complete environment, found without starting one if possible."""
    if not all((clone / lock).exists() for lock in locks):
        return None
    here, places = Path(sys.executable), list(_candidates(clone, locks))
    if any(env.is_running() and _stamp_is_good(env, clone, locks) for env in places):
        return here
    if in_a_venv() and satisfied(clone, locks):
        return here
    for env in places:
        if env.is_foreign():
            has_all = env.has_python() and satisfied(clone, locks, env)
        else:
            has_all = _stamp_is_good(env, clone, locks)
        if has_all:
            return env.python
    return here if satisfied(clone, locks) else None


def environment(clone: Path, locks: list[str], say: Say) -> Path:
    """The interpreter of a complete environment; installs missing libraries.

    Raises Unavailable if that is impossible.
    """
    from importlib.util import find_spec

    if python := ready(clone, locks):
        return python
    if not all((clone / lock).exists() for lock in locks):
        raise Unavailable(f"{' and '.join(locks)} are not here")
    if not all(map(find_spec, ("venv", "ensurepip"))):
        raise Unavailable(
            "this Python has no venv module (on Debian and Ubuntu: apt install python3-venv)"
        )
    problem: OSError | None = None
    for env in _candidates(clone, locks):
        if env.is_foreign():
            continue
        try:
            return _make_ready(env, clone, locks, say)
        except OSError as error:  # read-only, of another user, or full: try the next place
            problem = error
    raise Unavailable(f"no place for them can be written ({problem and problem.strerror})")


def _candidates(clone: Path, locks: list[str]) -> Iterator[Environment]:
    """Possible environments, best first."""
    yield Environment(clone / ".venv")
    with contextlib.suppress(RuntimeError):  # the home directory is unknown
        # Several clones share the cache; different requirements get different environments.
        key = "".join(_digest(clone / lock)[:12] for lock in locks)
        yield Environment(user_cache() / "hubbub" / f"venv-{PYTHON_VERSION}-{key}")


def user_cache() -> Path:
    """The user's cache directory."""
    if WINDOWS:
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def in_a_venv() -> bool:
    """Did the user start this program in a virtual environment?"""
    return sys.prefix != sys.base_prefix


def satisfied(clone: Path, locks: list[str], env: Environment | None = None) -> bool:
    """Does an environment (or this interpreter) satisfy all requirements of pyproject.toml?"""
    import tomllib

    project = tomllib.loads((clone / "pyproject.toml").read_text("utf-8"))
    requirements = {
        RUN: project["project"]["dependencies"],
        DEVELOP: project["dependency-groups"]["dev"],
    }
    path = [str(env.site_packages())] if env else sys.path
    return all(_is_met(requirement, path) for lock in locks for requirement in requirements[lock])


def _is_met(requirement: str, path: list[str]) -> bool:
    if ";" in requirement:  # for some systems only, so it is optional
        return True
    from importlib.metadata import distributions

    name, _, least = requirement.partition(">=")
    found = distributions(name=name.strip(), path=path)
    return any(version_numbers(it.version) >= version_numbers(least) for it in found)


def version_numbers(version: str) -> tuple[int, ...]:
    import re

    return tuple(map(int, re.findall(r"\d+", version)))


# -- making one ------------------------------------------------------------------------------------


def _make_ready(env: Environment, clone: Path, locks: list[str], say: Say) -> Path:
    """Install into an environment. Raises OSError if it is not writable, else Unavailable."""
    env.directory.mkdir(parents=True, exist_ok=True)
    with open(env.stamp, "a+", encoding="utf-8") as stamp, _held(stamp, say):
        if not _stamp_is_good(env, clone, locks):  # otherwise another start has done it meanwhile
            place = _short(env.directory, clone)
            say(f"installing the libraries into {place}, once; this can take a minute")
            try:
                _install(env, clone, locks)
            except Unavailable:
                # After an update of the clone the installed versions may still be new enough.
                if not satisfied(clone, locks, env):
                    raise
                say("going on with the libraries installed before")
    return env.python


def _install(env: Environment, clone: Path, locks: list[str]) -> None:
    stamp = _read_stamp(env)
    if stamp.get("python") != PYTHON_VERSION or not env.has_python():
        stamp = {}
        _write_stamp(env, stamp)
        make_venv(env)
        stamp["python"] = PYTHON_VERSION
        _write_stamp(env, stamp)
    for lock in locks:
        if stamp.get(lock) != _digest(clone / lock):
            pip_install(env, clone / lock)
            stamp[lock] = _digest(clone / lock)
            _write_stamp(env, stamp)


def make_venv(env: Environment) -> None:
    import shutil
    import subprocess
    import venv

    for entry in env.directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != env.stamp:  # locked, and it marks this directory as Hubbub's
            entry.unlink()
    try:
        venv.EnvBuilder(with_pip=True, symlinks=not WINDOWS).create(env.directory)
    except subprocess.CalledProcessError as error:
        env.install_log.write_bytes(error.output or b"")
        raise Unavailable(f"pip could not be set up (see {env.install_log})") from None


def pip_install(env: Environment, lock: Path) -> None:
    import subprocess

    words = [str(env.python), "-I", "-m", "pip", "install", "--require-hashes"]
    words += ["--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--no-compile"]
    words += ["--timeout=15", "--retries=1", "--progress-bar=off", "--quiet", "-r", str(lock)]
    # The user's pip settings could install elsewhere; those for an index or a proxy are kept.
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIREMENT"}
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name not in elsewhere},
        check=False,
    )
    env.install_log.write_bytes(done.stdout)
    if done.returncode != 0:
        why = pip_reason(done.stdout.decode("utf-8", "replace"))
        raise Unavailable(why or f"pip failed (see {env.install_log})")


def pip_reason(output: str) -> str | None:
    """The reason why pip failed, if it is a common one."""
    import re

    if "DO NOT MATCH THE HASHES" in output:
        return "a download is not the file it should be"
    if "No space left" in output:
        return "the disk is full"
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return "the certificate of the package index is not trusted on this machine"
    if re.search(r"Retrying|ConnectionError|ConnectTimeout|name resolution|getaddrinfo", output):
        return "there is no network (start it again with one)"
    if "Could not find a version" in output:
        return "the package index has no builds for this system, or there is no network"
    return None


# -- the stamp: what an environment of ours holds, and who is at work on it ------------------------


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _read_stamp(env: Environment) -> dict[str, str]:
    try:
        lines = env.stamp.read_text("utf-8").splitlines()
    except OSError:
        return {}
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _write_stamp(env: Environment, facts: dict[str, str]) -> None:
    """Rewrite the stamp in place: a new file would not be the locked one."""
    env.stamp.write_text("".join(f"{name} {value}\n" for name, value in facts.items()), "utf-8")


def _stamp_is_good(env: Environment, clone: Path, locks: list[str]) -> bool:
    stamp = _read_stamp(env)
    return (
        all(stamp.get(lock) == _digest(clone / lock) for lock in locks)
        and env.has_python()
        and (stamp.get("python") == PYTHON_VERSION or stamp.get("python") == version_in(env))
    )


def version_in(env: Environment) -> str | None:
    """The version of an environment's Python, which may have been replaced since it was made."""
    import subprocess

    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.check_output([env.python, "-I", "-c", ask], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@contextlib.contextmanager
def _held(file: IO[str], say: Say) -> Iterator[None]:
    """Lock a file for the block; wait while another process has it."""
    import time

    try:
        waited = False
        while not try_lock(file):
            if not waited:
                say("another start is installing the libraries; waiting for it")
            waited = True
            time.sleep(0.1)
    except OSError:  # a network file system without locks: two first starts at once are rarer
        pass
    yield
    # Closing the file releases the lock.


def _has_entries(directory: Path) -> bool:
    try:
        return any(directory.iterdir())
    except OSError:
        return False


def _short(directory: Path, clone: Path) -> str:
    return directory.name if directory.parent == clone else str(directory)
