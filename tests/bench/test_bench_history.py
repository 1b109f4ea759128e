"""bench/history.py, at small size."""

from pathlib import Path

import history
import start


def test_pages_from_random_places_are_asked_for_and_counted(tmp_path: Path) -> None:
    with history.serving(tmp_path, 4_000) as running:
        moments = (start.BEGIN + 30_000, start.BEGIN + 40_000)
        askers = [history.Asker(running.port, number, moments) for number in range(2)]
        found = history.measure(running, askers, 0.3)
    assert found.answers > 0
    assert found.messages >= found.answers * 10  # 20 messages in each of 200 channels
