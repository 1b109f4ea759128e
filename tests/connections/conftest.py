import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from running_server import PATIENCE
from server_here import running

from hubbub.connections.certificate import Certificate, load_certificate, self_signed_certificate
from hubbub.serve import Server


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def certificate(own_certificate: Certificate) -> Certificate:
    return own_certificate


@pytest.fixture(scope="session")
def asking_certificate(own_certificate: Certificate) -> Certificate:
    """The same, asking clients for theirs."""
    return load_certificate(own_certificate.path, ask=True)


@pytest.fixture(scope="session")
def second_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Another certificate, such as a client may show."""
    return self_signed_certificate(tmp_path_factory.mktemp("second"))


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[Any]], Any]:
    """Runs a coroutine on each kind of event loop, within reason."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(awaitable: Awaitable[Any]) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(PATIENCE):
                return await awaitable

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Starts a server with these settings: `with start(web__metrics="::1") as server:`."""
    return lambda **settings: running(tmp_path, **settings)
