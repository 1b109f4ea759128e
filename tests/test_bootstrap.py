"""The first start of a clone, and every way in which it can fail."""

import ast
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from running_server import PATIENCE

from hubbub import bootstrap
from hubbub.bootstrap import DEVELOP, RUN, Environment, Unavailable, environment, ready

REPOSITORY = Path(__file__).resolve().parents[1]
FRONTS = ["server.py", "client.py", "port_scanner.py", "hubbub"]


class Pip:
    """Stands in for the making of environments and for pip, and writes down what it is asked."""

    def __init__(self, monkeypatch):
        self.asked = []
        self.fails = None
        self.gate = threading.Event()
        self.gate.set()
        monkeypatch.setattr(bootstrap, "make_venv", self.make_venv)
        monkeypatch.setattr(bootstrap, "pip_install", self.pip_install)

    def make_venv(self, env):
        self.asked.append("venv")
        env.python.parent.mkdir(parents=True, exist_ok=True)
        env.python.unlink(missing_ok=True)
        env.python.symlink_to(sys.executable)

    def pip_install(self, env, lock):
        self.asked.append(lock.name)
        self.gate.wait(PATIENCE)
        if self.fails:
            raise Unavailable(self.fails)
        install(env, *lock.read_text().strip().split("=="))


def install(env, name, version):
    """What is left of an installed package for others to see."""
    info = env.site_packages() / f"{name}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def pip(monkeypatch):
    return Pip(monkeypatch)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone whose only library is called tiny."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "clone"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        '[project]\ndependencies = ["tiny>=1.10", "elsewhere>=1; sys_platform == \'none\'"]\n'
        '[dependency-groups]\ndev = ["tiny_test>=1"]\n'
    )
    (root / RUN).write_text("tiny==2.0\n")
    (root / DEVELOP).write_text("tiny_test==1.0\n")
    return root


@pytest.fixture
def said():
    return []


def cached(tmp_path):
    return list((tmp_path / "cache" / "hubbub").glob("venv-*"))


def test_the_first_start_installs_and_the_second_finds_it(clone, pip, said):
    python = environment(clone, [RUN], said.append)
    assert python == clone / ".venv/bin/python"
    assert pip.asked == ["venv", RUN]
    assert len(said) == 1
    assert said[0].startswith("installing the libraries into .venv, once")

    assert ready(clone, [RUN]) == environment(clone, [RUN], said.append) == python
    assert pip.asked == ["venv", RUN]
    assert len(said) == 1


def test_the_tools_for_development_are_added_to_what_is_there(clone, pip, said):
    environment(clone, [RUN], said.append)
    environment(clone, [RUN, DEVELOP], said.append)
    assert pip.asked == ["venv", RUN, DEVELOP]
    assert ready(clone, [RUN])


def test_an_update_of_the_clone_installs_what_is_new_into_the_same_environment(clone, pip, said):
    environment(clone, [RUN], said.append)
    (clone / RUN).write_text("tiny==2.1\n")
    assert ready(clone, [RUN]) is None
    environment(clone, [RUN], said.append)
    assert pip.asked == ["venv", RUN, RUN]


def set_stamp_version(clone, version):
    stamp = clone / ".venv/hubbub-stamp"
    lines = stamp.read_text().splitlines()
    stamp.write_text("\n".join([f"python {version}", *lines[1:]]) + "\n")


def test_when_python_was_upgraded_underneath_the_environment_is_made_again(clone, pip, said):
    environment(clone, [RUN], said.append)
    set_stamp_version(clone, "3.1")  # and .venv/bin/python is now another version
    assert environment(clone, [RUN], said.append) == clone / ".venv/bin/python"
    assert pip.asked == ["venv", RUN, "venv", RUN]


def test_an_environment_of_another_python_that_is_still_there_is_used(
    clone, pip, said, monkeypatch
):
    environment(clone, [RUN], said.append)
    set_stamp_version(clone, "3.99")
    monkeypatch.setattr(bootstrap, "version_in", lambda env: "3.99")
    assert ready(clone, [RUN]) == clone / ".venv/bin/python"


def test_when_the_python_below_is_gone_the_environment_is_made_again(clone, pip, said):
    python = environment(clone, [RUN], said.append)
    python.unlink()
    python.symlink_to(clone / "no-such-python")
    assert environment(clone, [RUN], said.append) == python
    assert pip.asked == ["venv", RUN, "venv", RUN]


def test_the_environment_of_somebody_else_is_never_changed(clone, pip, said, tmp_path):
    (clone / ".venv").mkdir()
    (clone / ".venv/pyvenv.cfg").write_text("theirs")
    python = environment(clone, [RUN], said.append)
    assert [p.name for p in (clone / ".venv").iterdir()] == ["pyvenv.cfg"]
    assert python == cached(tmp_path)[0] / "bin/python"
    assert str(python.parents[1]) in said[0]


def test_the_environment_of_somebody_else_is_used_when_it_has_everything(clone, pip, said):
    theirs = Environment(clone / ".venv")
    pip.make_venv(theirs)
    install(theirs, "tiny", "1.9")
    assert ready(clone, [RUN]) is None  # too old: 1.9 comes before 1.10
    shutil.rmtree(theirs.site_packages())
    install(theirs, "tiny", "1.10")
    assert ready(clone, [RUN]) == theirs.python


def test_a_clone_that_cannot_be_written_has_its_environment_in_the_cache(
    clone, pip, said, tmp_path
):
    (clone / ".venv").write_text("in the way")  # as root no permission is missing
    python = environment(clone, [RUN], said.append)
    assert python == cached(tmp_path)[0] / "bin/python"
    assert ready(clone, [RUN]) == python


def test_without_any_place_to_write_the_reason_is_said(clone, pip, said, tmp_path):
    (clone / ".venv").write_text("in the way")
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(Unavailable, match="no place for them can be written"):
        environment(clone, [RUN], said.append)


def test_without_the_venv_module_the_package_is_named(clone, said, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="apt install python3-venv"):
        environment(clone, [RUN], said.append)
    assert not (clone / ".venv").exists()


def test_a_failed_install_is_tried_again_at_the_next_start(clone, pip, said):
    pip.fails = "there is no network"
    with pytest.raises(Unavailable, match="there is no network"):
        environment(clone, [RUN], said.append)
    assert ready(clone, [RUN]) is None
    pip.fails = None
    assert environment(clone, [RUN], said.append)
    assert pip.asked == ["venv", RUN, RUN]


def test_a_failed_update_goes_on_with_what_is_there_if_that_will_do(clone, pip, said):
    python = environment(clone, [RUN], said.append)
    (clone / RUN).write_text("tiny==2.1\n")
    pip.fails = "there is no network"
    assert environment(clone, [RUN], said.append) == python
    assert said[-1] == "going on with the libraries installed before"


def test_an_install_that_was_interrupted_leaves_nothing_that_looks_ready(clone, pip, said):
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(env, lock):
            raise KeyboardInterrupt

        patch.setattr(bootstrap, "pip_install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment(clone, [RUN], said.append)
    assert ready(clone, [RUN]) is None
    assert environment(clone, [RUN], said.append)


def test_of_two_starts_at_once_one_installs_and_one_waits(clone, pip, said):
    pip.gate.clear()
    second_waits = threading.Event()

    def second_says(line):
        assert line == "another start is installing the libraries; waiting for it"
        second_waits.set()

    first = threading.Thread(target=environment, args=(clone, [RUN], said.append))
    first.start()
    while pip.asked != ["venv", RUN]:
        first.join(0.01)
    found = []
    second = threading.Thread(target=lambda: found.append(environment(clone, [RUN], second_says)))
    second.start()
    assert second_waits.wait(PATIENCE)
    pip.gate.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert found == [clone / ".venv/bin/python"]
    assert pip.asked == ["venv", RUN]


@pytest.mark.skipif(os.name == "nt", reason="flock")
def test_a_start_that_was_killed_holds_nobody_up(clone, pip, said):
    stamp = clone / ".venv/hubbub-stamp"
    stamp.parent.mkdir()
    stamp.touch()
    hold = (
        "import fcntl, sys, time; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX);"
        "print(flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, stamp], stdout=subprocess.PIPE)
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    assert environment(clone, [RUN], said.append)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("WARNING: Retrying (Retry(total=0 ...\nERROR: Could not find a version", "no network"),
        ("WARNING: Retrying ... CERTIFICATE_VERIFY_FAILED", "is not trusted on this machine"),
        ("ERROR: Could not find a version that satisfies", "no builds for this system"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the file it should be"),
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
    ],
)
def test_what_pip_says_is_put_in_a_clause(output, reason):
    assert reason in bootstrap.pip_reason(output)


def test_pip_in_other_words_is_kept_for_reading():
    assert bootstrap.pip_reason("ERROR: something new") is None


def test_the_locks_have_what_pyproject_asks_for():
    """After a change of dependencies: python3 check.py --lock."""
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    for lock, wishes in [
        (RUN, project["project"]["dependencies"]),
        (DEVELOP, project["dependency-groups"]["dev"]),
    ]:
        pins = {}
        for file in {RUN, lock}:
            for line in (REPOSITORY / file).read_text().splitlines():
                if "==" in line and not line.startswith(" "):
                    name, _, version = line.partition(";")[0].strip(" \\").partition("==")
                    pins[name.lower().replace("_", "-")] = version
        for wish in wishes:
            name, _, least = wish.partition(";")[0].strip().partition(">=")
            pin = pins[name.lower().replace("_", "-")]
            assert bootstrap.version_numbers(pin) >= bootstrap.version_numbers(least), wish
        assert "://" not in (REPOSITORY / lock).read_text()


# -- the scripts themselves ------------------------------------------------------------------------


@pytest.mark.parametrize("front", [*FRONTS, "check.py"])
def test_the_fronts_parse_on_any_python_3_and_say_which_one_they_need(front):
    text = (REPOSITORY / front).read_text()
    ast.parse(text, feature_version=(3, 4))
    pretend = "import sys, runpy; sys.version_info = (3, 6, 9); runpy.run_path(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", pretend, REPOSITORY / front], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == f"{front} needs Python 3.11 or newer, this is 3.6\n"


@pytest.fixture
def copy(clone):
    """A clone with the real scripts and sources, and tiny as its only library."""
    for front in FRONTS:
        shutil.copy(REPOSITORY / front, clone)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", clone / "src", ignore=without)
    return clone


def wheel_of_tiny(directory):
    """A package as an index would offer it, and its line in a lock file."""
    directory.mkdir()
    wheel = directory / "tiny-2.0-py3-none-any.whl"
    about = "tiny-2.0.dist-info"
    files = {
        "tiny.py": "",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 2.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "".join(
            f"{name},,\n" for name in ("tiny.py", *(f"{about}/{n}" for n in ("METADATA", "RECORD")))
        ),
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return f"tiny==2.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def run(clone, *words, **environ):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=clone,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""} | environ,
    )
    return done.returncode, done.stdout, done.stderr


def test_offline_the_server_starts_and_with_a_network_it_gets_its_libraries(copy, tmp_path):
    """Two real starts with the real pip, the index being a directory; no network is needed."""
    (copy / RUN).write_text(wheel_of_tiny(tmp_path / "index"))

    server = subprocess.Popen(
        [sys.executable, "server.py", "--set", "port=0"],
        cwd=copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
    )
    try:
        first = server.stdout.readline()
        assert first.startswith("Server listening on 127.0.0.1:")
        address = ("127.0.0.1", int(first.rpartition(":")[2].strip(". \n")))
        with socket.create_connection(address, PATIENCE) as sock:
            assert b"Hubbub" in sock.recv(512)
    finally:
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    lines = err.splitlines()
    assert lines[0].startswith("server.py: installing the libraries into .venv")
    assert lines[1].startswith("server.py: going on without libraries, as the package index has no")
    assert lines[1].endswith("netcat, IRC apps and client.py work")

    index = {"PIP_FIND_LINKS": str(tmp_path / "index")}
    code, _, err = run(copy, "server.py", "--config", "none.toml", **index)
    assert code == 2
    lines = err.splitlines()
    assert lines[0].startswith("server.py: installing the libraries into .venv")
    assert lines[1:] == ["server.py: none.toml: No such file or directory"]
    assert list((copy / ".venv").rglob("tiny.py"))

    code, _, err = run(copy, "server.py", "--config", "none.toml")
    assert (code, err) == (2, "server.py: none.toml: No such file or directory\n")


def test_help_and_mistakes_install_nothing(copy):
    assert run(copy, "server.py", "--help")[0] == 0
    assert run(copy, "server.py", "300.1.1.1")[0] == 2
    assert not (copy / ".venv").exists()


def test_who_asks_for_no_bootstrap_gets_none(copy):
    code, _, err = run(copy, "server.py", "--config", "none.toml", HUBBUB_NO_BOOTSTRAP="1")
    first, second = err.splitlines()
    assert first.startswith("server.py: going on without libraries, as HUBBUB_NO_BOOTSTRAP asks")
    assert (code, second) == (2, "server.py: none.toml: No such file or directory")
    assert not (copy / ".venv").exists()


def test_a_client_in_a_pipe_needs_nothing(copy):
    code, _, err = run(copy, "client.py", "127.0.0.1", "1")
    assert code == 1
    assert err.startswith("client.py: ")
    assert "libraries" not in err
    assert not (copy / ".venv").exists()


def test_the_scanner_needs_nothing(copy):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        code, out, err = run(copy, "port_scanner.py", "127.0.0.1", port, port)
    assert (code, err) == (0, "")
    assert "No open ports found." in out
    assert not (copy / ".venv").exists()


def test_the_commands_around_the_server_are_there_in_a_clone(copy):
    """They install nothing, and take the libraries that are there."""
    assert "python3 hubbub backup" in run(copy, "hubbub")[1]
    code, _, err = run(copy, "hubbub", "verify")
    assert (code, err) == (1, "hubbub verify: there is no chat.db\n")
    code, _, err = run(copy, "hubbub", "bakcup")
    assert (code, err) == (2, "hubbub: bakcup: no such command, did you mean backup?\n")
    assert not (copy / ".venv").exists()
