"""What all tests share."""

import shutil
from pathlib import Path

import pytest

# Program -> Debian package, as .ci/run installs them.
PACKAGES = dict(
    line.split()
    for line in (Path(__file__).parents[1] / ".ci/programs").read_text().splitlines()
    if not line.startswith("#")
)


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "needs(*programs): skipped, with a word, where one is missing"
    )


def pytest_runtest_setup(item):
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if not shutil.which(program):
                pytest.skip(f"no {program} here: apt-get install {PACKAGES[program]}")
