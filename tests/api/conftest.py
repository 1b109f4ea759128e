from collections.abc import Iterator

import pytest
from server_here import running

from hubbub.serve import Server

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("server")
    with running(data_dir, limits__request_burst="1000", **CHEAP) as server:
        yield server
