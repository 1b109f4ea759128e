"""The programs of bench/ are scripts beside each other; they are imported the way they import."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import servers


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Our two C programs, compiled. Without a compiler the tests that need them are skipped."""
    directory = tmp_path_factory.mktemp("bench")
    try:
        return {name: servers.compiled(f"{name}.c", directory) for name in ("load", "limit")}
    except servers.UnavailableError as why:
        pytest.skip(str(why))
