"""The administrator's page, from the link of the first start on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import People, Person, address
from running_server import RunningServer
from test_access import FRAMES, RULES, axe
from test_invites_web import register

TABS = ["Overview", "People", "Channels", "Bans", "Invitations", "Reports", "Accounts", "Limits",
        "Audit log"]  # fmt: skip


@pytest.fixture
def cheap(tmp_path: Path) -> Iterator[RunningServer]:
    settings = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
    with RunningServer(tmp_path, **settings) as running:
        yield running


def first_link(server: RunningServer) -> str:
    while not (found := re.search(r"(http://\S+/admin/\S+)", "\n".join(server.printed))):
        server.prints()
    return found[1]


def administrator(person: People, server: RunningServer, **context: object) -> Person:
    """Somebody who opens the link of the first start and keeps the name."""
    chief = person(None, url=first_link(server), **context)
    chief.page.goto(first_link(server))
    chief.page.get_by_role("button", name="Keep this name for good").click()
    chief.page.get_by_label("Account").fill("chief")
    chief.page.get_by_label("Passphrase").fill("correct-horse")
    chief.page.keyboard.press("Enter")
    chief.page.locator(".plot").first.wait_for()
    return chief


def tab(chief: Person, name: str) -> None:
    chief.page.locator(".admin-tabs button", has_text=name).click()
    chief.page.locator(".admin-tabs .chosen", has_text=name).wait_for()
    chief.until("hubbub.ui.dialog.loaded === hubbub.ui.dialog.tab")
    chief.page.evaluate(FRAMES)


def test_the_first_link_makes_the_administrator(person: People, cheap: RunningServer) -> None:
    chief = administrator(person, cheap)
    assert "/admin/" not in chief.page.evaluate("location.href")
    bert = person("#lobby", url=address(cheap))
    bert_nick = bert.nick
    irc = cheap.irc("noisy", join="#lobby")
    irc.sends("TOPIC #lobby :<img src=x onerror=alert(1)>")
    irc.sends(f"REPORT {bert_nick} :writes in capitals <script>alert(1)</script>")
    tab(chief, "Reports")
    chief.page.locator("tr", has_text="writes in capitals").wait_for()
    chief.page.get_by_role("button", name=f"Close the report: {bert_nick}").click()
    chief.page.get_by_label("Note").fill("spoke with them")
    chief.page.locator(".admin-form button[type=submit]").click()
    chief.page.locator("td", has_text="spoke with them").wait_for()
    tab(chief, "People")
    chief.page.get_by_role("button", name="Disconnect: noisy").click()
    chief.page.get_by_label("Reason").fill("flooding")
    chief.page.keyboard.press("Enter")
    assert "flooding" in irc.to_the_end()[-1]
    chief.page.locator(".remark", has_text="noisy is gone").wait_for()
    chief.page.locator("tr", has_text="noisy").wait_for(state="detached")
    tab(chief, "Bans")
    chief.page.get_by_role("button", name="Ban", exact=True).click()
    chief.page.get_by_label("Address, network").fill("203.0.113.0/24")
    chief.page.keyboard.press("Enter")
    chief.page.locator("td", has_text="203.0.113.0/24").wait_for()
    tab(chief, "Audit log")
    rows = chief.page.locator(".admin-table tbody tr").all_inner_texts()
    assert [word for row in rows for word in ("ban", "kill", "close-report", "claim")
            if f"\t{word}\t" in row] == ["ban", "kill", "close-report", "claim"]  # fmt: skip
    # Once: the next one who opens it is told so.
    late = person(None, url=first_link(cheap))
    late.is_refused(404)
    late.page.goto(first_link(cheap))
    late.page.get_by_role("button", name="Keep this name for good").wait_for()
    register(late, "late", "correct-horse")
    late.page.locator(".error", has_text="used already").wait_for()


def test_others_do_not_see_it(person: People, cheap: RunningServer) -> None:
    anna = person("#lobby", url=address(cheap))
    anna.page.locator(".self-button").click()
    anna.page.get_by_role("menuitem", name="Settings").wait_for()
    assert anna.page.get_by_role("menuitem", name="Administration").count() == 0


@pytest.mark.parametrize("scheme", RULES)
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_no_tab_has_an_accessibility_violation(
    person: People, cheap: RunningServer, scheme: str, size: tuple[int, int]
) -> None:
    source = axe()
    chief = administrator(
        person, cheap, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True,
        viewport={"width": size[0], "height": size[1]},
    )  # fmt: skip
    irc = cheap.irc("guest", join="#tea")
    irc.sends("REPORT #tea :a long story that somebody wrote", "INVITELINK ADD #tea", "PING x")
    irc.until(" PONG ")
    chief.page.evaluate(source)
    violations = {}
    for name in TABS:
        tab(chief, name)
        for rule in chief.page.evaluate(RULES[scheme])["violations"]:
            violations[f"{name}: {rule['id']}"] = [
                f"{node['target']} {node['failureSummary']}" for node in rule["nodes"][:3]
            ]
        wide = "document.querySelector('.dialog-body')"
        assert chief.page.evaluate(f"{wide}.scrollWidth <= {wide}.clientWidth"), name
        shown = chief.page.inner_text(".dialog-admin")
        assert "admin_" not in shown, name
    chief.page.evaluate("hubbub.ui.closeDialog(); hubbub.conversations.show('#tea')")
    chief.until("hubbub.buffer.joined")
    chief.page.evaluate("hubbub.ui.open('invite')")
    chief.page.get_by_role("button", name="Make an invitation").click()
    chief.page.get_by_role("button", name="Take back").first.wait_for()
    found = chief.page.evaluate(RULES[scheme])["violations"]
    violations |= {f"invite: {rule['id']}": str(rule["nodes"][:2]) for rule in found}
    assert violations == {}


def test_the_page_is_loaded_when_it_is_opened(person: People, cheap: RunningServer) -> None:
    anna = person("#lobby", url=address(cheap))
    loaded = "performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert not any("admin" in name for name in anna.page.evaluate(loaded))
