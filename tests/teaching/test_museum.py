"""Every piece of the museum fits its engine, and is small."""

import ast

import pytest

from hubbub.teaching import lessons, museum
from hubbub.teaching.grader import CHECKS

PIECES = museum.pieces()


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_a_piece_changes_at_most_six_lines_of_an_engine_as_it_is_now(piece, tmp_path):
    started = piece.build(tmp_path)
    assert started.name == piece.engine
    engines = lessons.folder() / "engines"
    changed = [
        path.name
        for path in tmp_path.glob("*.py")
        if path.read_text("utf-8") != (engines / path.name).read_text("utf-8")
    ]
    assert changed
    for name in changed:
        ast.parse((tmp_path / name).read_text("utf-8"))
    lines = [line for line in piece.diff.splitlines() if not line.startswith(("---", "+++"))]
    assert sum(line.startswith("+") for line in lines) <= 6
    assert sum(line.startswith("-") for line in lines) <= 6


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_a_piece_says_what_it_does_and_what_to_look_at(piece):
    assert set(piece.found_by) <= set(CHECKS)
    assert piece.found_by
    assert piece.title
    assert piece.does.endswith(".")
    assert piece.look_at.endswith(".")


def test_a_patch_of_another_text_is_refused():
    hunks = "@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
    assert museum.patched("one\ntwo\nlast\n", hunks) == "one\nthree\nlast\n"
    with pytest.raises(museum.DoesNotFit):
        museum.patched("one\nother\nlast\n", hunks)
