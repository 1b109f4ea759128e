"""A file is there completely or not at all."""

import contextlib

from hubbub.draft_file import draft_of


def test_a_draft_that_is_complete_gets_the_name(tmp_path):
    with draft_of(tmp_path / "x") as draft:
        assert draft.stat().st_mode & 0o777 == 0o600
        draft.write_text("whole")
        draft.replace(tmp_path / "x")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "whole")]


def test_a_draft_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "x").write_text("before")
    with contextlib.suppress(OSError), draft_of(tmp_path / "x") as draft:
        draft.write_text("half")
        raise OSError("full")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "before")]


def test_what_a_killed_process_left_is_replaced(tmp_path):
    (tmp_path / "x.part").write_text("half")
    (tmp_path / "x.part").chmod(0o644)
    with draft_of(tmp_path / "x") as draft:
        assert draft.read_bytes() == b""
        assert draft.stat().st_mode & 0o777 == 0o600
