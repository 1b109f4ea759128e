from pathlib import Path

import pytest
import servers


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Our two C programs, compiled. Without a compiler the tests that need them are skipped."""
    directory = tmp_path_factory.mktemp("bench")
    try:
        return {name: servers.compiled(f"{name}.c", directory) for name in ("load", "limit")}
    except servers.UnavailableError as why:
        pytest.skip(str(why))
