"""From a clone to a conversation; and an invited person has to fill in nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import stopwatch

ROOT = stopwatch.ROOT


def test_from_a_clone_to_talking_with_nothing_to_fill_in(browser: Any, tmp_path: Path) -> None:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no clone, or there is no git")
    steps, invited = stopwatch.measure(browser, tmp_path)
    print(*stopwatch.told("here", steps, invited), sep="\n")
    assert 0 < steps.cloned < steps.listening < steps.shown < steps.echoed
    assert (invited.required, invited.fields, invited.clicks) == (0, 0, 0)
    assert invited.keys == len("hi") + 1
    shutil.rmtree(tmp_path / "hubbub")
