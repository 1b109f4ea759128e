from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server_here import running

from hubbub.serve import Server

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
EASY = {"limits__request_burst": "1000", "limits__flood_burst": "0", "files__free_space": "0"}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Starts a server with these settings: `with start(files__size="5") as server:`."""
    return lambda **settings: running(tmp_path, **{**CHEAP, **EASY, **settings})


@pytest.fixture
def server(start: Callable[..., Any]) -> Iterator[Server]:
    with start() as server:
        yield server
