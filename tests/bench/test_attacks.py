"""The attacks of bench/hostile at small size: checks for broken results, not for times."""

import asyncio
import re
import sys

import pytest
from hostile import table
from hostile.families import ATTACKS
from hostile.findings import Finding
from hostile.table import PAGE, figures

ROOT = PAGE.parents[1]
#: Those of the wire, of logins and of limits; the others are the browser's or a cluster's.
NUMBERS = {
    f"S{number:02}" for number in (*range(1, 17), *range(30, 39), *range(40, 48), 50, 51, 54)
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
@pytest.mark.parametrize("number", [name for name, each in ATTACKS.items() if each.run])
def test_nothing_breaks(number):
    run = ATTACKS[number].run
    assert run is not None
    found = asyncio.run(run(False))
    assert found.said
    assert not found.broken, f"{found}: {found.verdict()}"


def test_the_table_has_every_attack_as_it_is_now():
    text = PAGE.read_text("utf-8")
    assert table.table(figures()) in text, "run: python3 bench/hostile --write"
    assert set(figures()) == set(ATTACKS) >= NUMBERS


@pytest.mark.parametrize("number", ATTACKS)
def test_every_row_says_what_it_printed(number):
    assert figures()[number].endswith(": ok") or "SLOW" in figures()[number]


@pytest.mark.parametrize("number", [name for name, each in ATTACKS.items() if each.tests])
def test_the_tests_that_a_row_names_are_there(number):
    for name in ATTACKS[number].tests:
        file, _, function = name.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert not function or re.search(rf"^(?:async )?def {function}\b", text, re.MULTILINE)


def test_a_finding_tells_what_broke_and_what_was_slow():
    found = Finding()
    found.at_most("lost", 0, 0)
    found.within("p99", 20, 50)
    assert (str(found), found.verdict()) == ("lost 0, p99 20 ms", "ok")
    found.within("stall", 120, 100)
    assert found.verdict() == "SLOW: stall 120 ms > 100 ms"
    found.at_most("lost", 3, 0)
    found.holds("it is alive", False)
    assert found.verdict() == "BROKEN: lost 3 > 0; it is alive"
