from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server_here import running

from hubbub.serve import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Starts a server with these settings: `with start(web__metrics="::1") as server:`."""
    return lambda **settings: running(tmp_path, **settings)
