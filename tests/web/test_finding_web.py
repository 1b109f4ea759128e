"""Search in the browser, back to the first message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import People, Person, Site, address
from running_server import RunningServer
from test_access import axe

HITS = "hubbub.ui.search.results.map(({ item }) => item.text)"


@pytest.fixture
def roomy(tmp_path: Path) -> Any:
    with RunningServer(tmp_path, limits__flood_burst=0) as running:
        yield running


DRAWN = """text => {
  const { search } = hubbub.ui, shown = document.querySelectorAll('.search .result').length;
  return search.text === text && !search.busy && shown === search.results.length
    && !document.querySelector('.search').innerText.includes('Searching');
}"""


def look_for(person: Person, text: str) -> None:
    box = person.page.locator(".search input[type=search]")
    box.fill(text)
    box.press("Enter")
    person.until(DRAWN, text)


def test_paging_to_the_oldest_hit_while_people_go_on_talking(
    person: People, roomy: RunningServer
) -> None:
    irc = roomy.irc("irene", join="#lobby")
    irc.sends(*[f"PRIVMSG #lobby :cup {number}" for number in range(230)], "PING :said")
    irc.until(" PONG ")
    anna = person("#lobby", url=address(roomy))
    anna.page.keyboard.press("Control+Shift+F")
    look_for(anna, "cup")
    status = anna.page.locator(".search [role=status]")
    status.get_by_text("The newest 100 messages").wait_for()
    irc.sends("PRIVMSG #lobby :a new cup")
    anna.sees("a new cup")
    older = anna.page.get_by_role("button", name="Older messages")
    older.evaluate("button => button.focus({ preventScroll: true })")  # scrolling asks by itself
    anna.page.keyboard.press("Enter")
    anna.until("document.activeElement.innerText.endsWith('cup 129')")
    anna.page.keyboard.press("ArrowDown")
    anna.until("document.activeElement.innerText.endsWith('cup 128')")
    anna.page.locator(".search").evaluate("panel => { panel.scrollTop = panel.scrollHeight }")
    anna.page.get_by_text("No older ones.").wait_for()
    assert older.count() == 0
    assert anna.page.evaluate(HITS) == [f"cup {number}" for number in reversed(range(230))]


def test_to_a_hit_and_back_by_keyboard_alone(person: People, roomy: RunningServer) -> None:
    irc = roomy.irc("irene", join="#lobby")
    irc.sends("PRIVMSG #lobby :the Straße of old")
    irc.sends(*[f"PRIVMSG #lobby :line {number}" for number in range(300)])
    irc.sends("PRIVMSG #lobby :a new strasse", "PING :said")
    irc.until(" PONG ")
    anna = person("#lobby", url=address(roomy), reduced_motion="reduce", bypass_csp=True)
    press = anna.page.keyboard.press
    press("Control+Shift+F")
    look_for(anna, "strasse")
    press("ArrowDown")
    press("ArrowDown")
    anna.until("document.activeElement.querySelector('mark')?.innerText === 'Straße'")
    anna.page.evaluate(axe())
    found = anna.page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    assert [rule["id"] for rule in found] == []
    press("Enter")
    anna.until("document.activeElement.matches('.message')")
    assert "the Straße of old" in anna.page.evaluate("document.activeElement.innerText")
    press("Control+Shift+F")
    anna.until("document.activeElement.getAttribute('aria-current') === 'true'")
    press("Control+Shift+F")
    anna.until("document.activeElement === hubbub.composer.box")
    anna.page.locator(".search").wait_for(state="detached")


def test_on_a_phone_one_comes_back_to_where_one_was(person: People, roomy: RunningServer) -> None:
    irc = roomy.irc("irene", join="#lobby")
    irc.sends(*[f"PRIVMSG #lobby :cup {number}" for number in range(40)], "PING :said")
    irc.until(" PONG ")
    anna = person("#lobby", url=address(roomy), viewport={"width": 360, "height": 740})
    magnifier = anna.page.locator(".tools").get_by_role("button", name="Search")
    magnifier.click()
    look_for(anna, "cup")
    hit = anna.page.get_by_role("button", name="cup 3", exact=False).last
    hit.click()
    anna.page.locator(".search").wait_for(state="detached")
    magnifier.click()
    anna.until("document.activeElement.getAttribute('aria-current') === 'true'")
    assert anna.page.evaluate("document.querySelector('.search').scrollTop") > 0


def test_what_is_no_question_is_answered_in_words(person: People, roomy: RunningServer) -> None:
    irc = roomy.irc("irene", join="#lobby")
    irc.sends("PRIVMSG #lobby :a socket", "PING :said")
    irc.until(" PONG ")
    anna = person("#lobby", url=address(roomy))
    anna.page.keyboard.press("Control+Shift+F")
    panel = anna.page.locator(".search")
    for text, told in {
        "has:code": "Add a word, a name or a day to look for.",
        "?!": "Add a word, a name or a day to look for.",
        "tea in:#nowhere": "#nowhere is not there, or not for you to read.",
        "tea before:2026-13-40": "“2026-13-40” is no day I understand.",
    }.items():
        look_for(anna, text)
        panel.get_by_text(told).wait_for()
        assert anna.page.get_by_role("button", name="Older messages").count() == 0
    look_for(anna, "sock")
    panel.get_by_text("Nothing was found.").wait_for()
    panel.get_by_role("button", name="Search for sock*").click()
    panel.locator("mark", has_text="socket").wait_for()
    assert panel.locator("input[type=search]").input_value() == "sock*"
    look_for(anna, "socket in:lobby")
    panel.locator(".result", has_text="a socket").wait_for()


def test_what_is_taken_back_goes_from_the_hits_too(person: People, roomy: RunningServer) -> None:
    caps = "message-tags echo-message draft/message-redaction draft/message-edit"
    irc = roomy.irc("irene", join="#lobby", caps=caps)
    irc.sends("PRIVMSG #lobby :tea one", "PRIVMSG #lobby :tea two")
    one, two = (
        irc.until(text)[-1].partition("msgid=")[2].partition(" ")[0].partition(";")[0]
        for text in ("tea one", "tea two")
    )
    anna = person("#lobby", url=address(roomy))
    anna.page.keyboard.press("Control+Shift+F")
    look_for(anna, "tea")
    irc.sends(f"REDACT #lobby {one}", f"EDIT #lobby {two} :tea three")
    anna.page.locator(".result", has_text="tea three").wait_for()
    anna.page.locator(".result", has_text="This message was deleted").wait_for()


def test_a_hit_does_not_lead_back_into_a_channel_that_one_was_put_out_of(
    person: People, roomy: RunningServer
) -> None:
    irc = roomy.irc("irene", join="#den")
    irc.sends("PRIVMSG #den :tea in the den", "PING :said")
    irc.until(" PONG ")
    anna = person("#den", url=address(roomy))
    anna.page.keyboard.press("Control+Shift+F")
    look_for(anna, "tea")
    irc.sends(f"KICK #den {anna.nick} :out")
    anna.until("hubbub.buffer.joined === false")
    anna.page.locator(".result").click()
    anna.told("#den is not there, or not for you")
    irc.sends("NAMES #den")
    assert irc.until(" 353 ")[-1].partition(" = ")[2] == "#den @irene"
    look_for(anna, "tea")
    anna.page.locator(".search").get_by_text("Nothing was found.").wait_for()


def test_the_date_above_is_that_of_the_day_one_jumped_to(person: People, site: Site) -> None:
    noon = 1_700_049_600  # 2023-11-15 12:00 UTC
    said = [(noon + day * 86_400 + i, "p1", f"{day}: {i}") for day in range(3) for i in range(30)]
    site.call(site.fake.history, "#lobby", said)
    anna = person("#lobby", timezone_id="UTC")
    anna.say("/goto 2023-11-16")
    anna.page.locator(".stamp", has_text="16 November 2023").wait_for()
