"""Fixtures and options for all tests."""

import os
import shutil
import signal
from pathlib import Path

import hypothesis
import npm_clients
import pytest
from running_server import port_of_ours

# The hundreds of processes that the tests start would each compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Started with nohup or by a script's `&`, the tests ignore these, and so would all that they start.
# With a handler of ours they still do, and what they start has them as anybody's program has.
for _name in ("SIGHUP", "SIGINT", "SIGQUIT"):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda number, frame: None)

# How long an example takes depends on what else the machine does, and how many are thrown away on
# chance.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.filter_too_much,
    ],
)
hypothesis.settings.load_profile("any machine")

# Program -> Debian package, as .ci/run installs them.
PACKAGES = dict(
    line.split()
    for line in (Path(__file__).parents[1] / ".ci/programs").read_text().splitlines()
    if not line.startswith("#")
)


@pytest.fixture
def kept_port():
    """For a server that is started again."""
    with port_of_ours() as port:
        yield port


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "needs(*programs): skipped, with a word, where one (npm:name: one of npm) is missing",
    )


def pytest_collection_modifyitems(items):
    """Tests in the browser come last, in whatever order folders are named: from the first of them
    on Playwright has an event loop in this thread, and no other test can run one there."""
    items.sort(key=lambda item: "browser" in item.fixturenames)


def pytest_runtest_setup(item):
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            name = program.removeprefix("npm:")
            if name != program:
                if not npm_clients.installed(name):
                    pytest.skip(f"no {name} here: {npm_clients.INSTALL}")
            elif not shutil.which(program):
                pytest.skip(f"no {program} here: apt-get install {PACKAGES[program]}")
