"""Servers that let nobody in without a password or an account: the page asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import People, address
from running_server import RunningServer

CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}


def test_the_page_asks_for_the_password_of_the_server(person: People, tmp_path: Path) -> None:
    with RunningServer(tmp_path, password="open sesame") as server:
        anna = person(None, url=address(server))
        anna.page.goto(address(server))
        box = anna.page.get_by_role("textbox", name="Password of the server")
        box.fill("sesame")
        box.press("Enter")
        anna.page.locator("dialog .error", has_text="not the password").wait_for()
        box.fill("open sesame")
        box.press("Enter")
        anna.ready()
        anna.page.reload()  # kept for the session
        anna.ready()
        assert anna.page.locator("dialog").count() == 0
        # Closed without an answer: a line says why nothing is there, and asks again.
        bert = person(None, url=address(server))
        bert.page.goto(address(server))
        bert.page.get_by_role("textbox", name="Password of the server").wait_for()
        bert.page.keyboard.press("Escape")
        bert.page.locator(".banner").get_by_role("button", name="Enter the password").click()
        bert.page.get_by_role("textbox", name="Password of the server").fill("open sesame")
        bert.page.keyboard.press("Enter")
        bert.ready()
        for each in (anna, bert):
            each.context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_where_accounts_are_required_the_page_leads_to_one(
    person: People, tmp_path: Path, width: int
) -> None:
    with RunningServer(tmp_path, accounts__required="true", **CHEAP) as server:
        size = {"width": width, "height": 740}
        anna = person(None, url=address(server), viewport=size)
        anna.page.goto(address(server))
        said = anna.page.locator("dialog[open] .caution").first
        said.wait_for()
        assert "people with an account" in said.inner_text()
        assert anna.page.evaluate("told") == []
        anna.page.get_by_role("button", name="Keep this name for good").first.click()
        anna.page.get_by_label("Account").fill("anna")
        anna.page.get_by_label("Passphrase").fill("correct-horse")
        anna.page.keyboard.press("Enter")
        anna.until("hubbub.state.me.account === 'anna'")
        anna.page.locator("dialog").wait_for(state="detached")
        anna.ready()
        anna.say("here I am")
        anna.sees("here I am")
        # The other way: somebody who has one already, with a slip.
        bert = person(None, url=address(server), viewport=size)
        bert.page.goto(address(server))
        bert.page.get_by_label("Passphrase").fill("wrong-horse")
        bert.page.get_by_label("Account").fill("anna")
        bert.page.keyboard.press("Enter")
        bert.told("failed")
        bert.page.get_by_label("Account").fill("anna")
        bert.page.get_by_label("Passphrase").fill("correct-horse")
        bert.page.keyboard.press("Enter")
        bert.ready()
        bert.sees("here I am")
        for each in (anna, bert):
            each.context.close()
