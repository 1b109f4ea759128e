"""Write a file completely or not at all: it gets its name once it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, readable by its owner only, for a block that fills it and ends
    with `draft.replace(path)`. Otherwise it is removed. Raises OSError.

    A draft that a killed process left is removed first, so two processes must not write one file.
    """
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)
