"""A disk that fails, is full, locked, or returns wrong data: no message that anybody saw is
lost."""

import faults
import pytest
from faults import FAULTS, Result, Skipped

QUICK = {
    "sync", "full", "enospc", "flicker", "locked", "bits", "cut", "page", "acks", "clock",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(QUICK))
def test_a_fault_loses_nothing(tmp_path, name):
    try:
        result = FAULTS[name](tmp_path, True)
    except Skipped as why:
        pytest.skip(str(why))
    assert result.good, result.line


def test_every_line_says_how_it_went(capsys, monkeypatch):
    def skipped(directory, quick):
        raise Skipped("not here")

    for name, fault in (
        ("sync", lambda directory, quick: Result(True, "all well")),
        ("full", lambda directory, quick: Result(False, "lost 3")),
        ("cut", skipped),
    ):
        monkeypatch.setitem(faults.FAULTS, name, fault)
    assert list(faults.run(["sync", "full", "cut"], True)) == [True, False]
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["sync", "all", "well:", "ok"],
        ["full", "lost", "3:", "FAILED"],
        ["cut", "SKIPPED:", "not", "here"],
    ]
