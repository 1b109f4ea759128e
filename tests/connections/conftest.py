import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from hubbub.connections.certificate import Certificate, self_signed_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def second_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of another certificate, such as a client may show."""
    return self_signed_certificate(tmp_path_factory.mktemp("second")).path


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[Any]], Any]:
    """Runs a coroutine on each kind of event loop, for ten seconds at most."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop

    def run(awaitable: Awaitable[Any]) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(10):
                return await awaitable

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return run
