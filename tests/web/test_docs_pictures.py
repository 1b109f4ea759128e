"""The pictures of the documentation can be retaken, and every picture shown is among them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pictures

ROOT = Path(__file__).resolve().parents[2]


def test_every_picture_that_is_shown_is_taken(browser: Any, tmp_path: Path) -> None:
    pictures.take(browser, tmp_path, samples=1)
    taken = {path.name for path in tmp_path.iterdir()}
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = re.findall(r"\(\S*web/(\S+\.png)\)", " ".join(p.read_text("utf-8") for p in pages))
    assert taken == set(shown) == {path.name for path in (ROOT / "docs" / "web").iterdir()}
