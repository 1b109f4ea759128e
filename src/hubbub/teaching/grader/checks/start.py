"""Starting, and people who go without a word."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ..check import check
from ..clients import Client
from ..stage import Failed, NotJudged, Stage


@check(
    "start.listens", 2, "",
    "It listens on its port, and runs on after the first line.",
    "the port is another one than the program was given, or an error ends the program at the first"
    " line. Its output tells.",
)  # fmt: skip
def listens(stage: Stage) -> None:
    client = stage.connect()
    stage.send(client, stage.text() if stage.setting.is_echo else stage.name())
    stage.loop.until(lambda: client.has_answer() or stage.program.exit_code is not None)
    stage.program.has_ended_within(0.1)
    stage.check_running()


@check(
    "start.scan", 3, "listens",
    "Somebody who connects and leaves at once ends nothing.",
    "recv gave b\"\" (nobody is there any more), and the program used it as a name or a line.",
)  # fmt: skip
def scan(stage: Stage) -> None:
    _three_times(stage, "connected and closed, without a byte", Client.close)


@check(
    "start.reset", 3, "listens",
    "A connection that breaks at once ends nothing.",
    "recv or send raised an error (ConnectionResetError), and nothing caught it. An error of one"
    " connection is the end of that connection alone.",
)  # fmt: skip
def reset(stage: Stage) -> None:
    _three_times(stage, "connected and broke the connection (RST), without a byte", Client.reset)


def _three_times(stage: Stage, what: str, leave: Callable[[Client], None]) -> None:
    for _ in range(3):
        client = stage.connect()
        stage.story.tell("I", what)
        leave(client)
    try:
        stage.newcomer()
        stage.check_running()
    except Failed:
        _check_that_it_works_otherwise(stage)
        raise


def _check_that_it_works_otherwise(stage: Stage) -> None:
    """A program that lets nobody in has another fault than this one."""
    with contextlib.suppress(Failed), stage.another().open() as fresh:
        fresh.newcomer()
        return
    raise NotJudged("your program does not answer a first line either; see line.plain")
