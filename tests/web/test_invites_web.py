"""Invitations in the browser: make, scan, open, revoke; and an invite-only server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import People, Person, address
from running_server import PATIENCE, ROOT, RunningServer


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that takes nobody without an invitation or an account, as on the internet."""
    cheap = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
    with RunningServer(tmp_path, invite_only="on", **cheap) as running:
        yield running


def test_from_the_link_into_the_channel(person: People, server: RunningServer) -> None:
    anna = person("#tea", url=address(server))
    anna.page.get_by_role("button", name="Invite people").first.click()
    dialog = anna.page.locator("dialog[open]")
    dialog.locator("select[name=uses]").select_option("5")
    dialog.get_by_role("button", name="Make an invitation").click()
    dialog.locator(".qr path").wait_for()
    anna.until("document.querySelector('dialog[open] input').value.includes('/invite/')")
    link = dialog.get_by_label("Link", exact=True).input_value()
    assert link.startswith(address(server))
    assert link.endswith("#tea")
    # The guest fills in nothing: the box has the focus, the name is there, the channel is open.
    guest = person(None, url=link)
    guest.page.goto(link)
    guest.ready()
    assert guest.page.evaluate("location.pathname + location.hash") == "/#tea"
    assert guest.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    guest.page.keyboard.type("here I am")
    guest.page.keyboard.press("Enter")
    anna.sees("here I am")
    # Taken back: the link leads nowhere, the guest stays.
    dialog.get_by_role("button", name="Take back").first.click()
    dialog.get_by_role("button", name="Take back").wait_for(state="detached")
    late = person(None, url=link)
    late.is_refused(404)
    answer = late.page.goto(link)
    assert answer is not None
    assert answer.status == 404
    assert "ask for a new one" in late.page.inner_text("body")
    guest.page.keyboard.type("still here")
    guest.page.keyboard.press("Enter")
    anna.sees("still here")


def test_a_guest_comes_back_by_a_link_that_is_used_up(
    person: People, closed: RunningServer, tmp_path: Path
) -> None:
    link = invitation(tmp_path, "#tea", "1")
    guest = person(None, url=link)
    guest.page.goto(link)
    guest.ready()
    guest.say("first")
    guest.sees("first")
    guest.page.reload()
    guest.ready()
    guest.sees("first")
    other = person(None, url=link)
    other.page.goto(link)
    said = other.page.locator("dialog[open] .caution").first
    said.wait_for()
    assert "used up" in said.inner_text()


def test_without_an_invitation_one_is_asked_to_sign_in(
    person: People, closed: RunningServer, tmp_path: Path
) -> None:
    link = invitation(tmp_path, "#tea", "1")
    owner = person(None, url=link)
    owner.page.goto(link)
    owner.ready()
    register(owner, "owner1", "correct-horse")
    stranger = person(None, url=address(closed))
    stranger.page.goto(address(closed))
    said = stranger.page.locator("dialog[open] .caution").first
    said.wait_for()
    assert "people who are invited" in said.inner_text()
    stranger.page.keyboard.press("Escape")
    stranger.page.locator(".banner", has_text="people who are invited").wait_for()
    stranger.page.locator(".banner").get_by_role("button", name="Sign in").click()
    stranger.page.get_by_label("Account").fill("owner1")
    stranger.page.get_by_label("Passphrase").fill("correct-horse")
    stranger.page.keyboard.press("Enter")
    stranger.until("hubbub.state.me.account === 'owner1'")
    stranger.ready()


def invitation(data: Path, *words: str) -> str:
    """The link that `hubbub admin invite` gives."""
    environment = {**os.environ, "HUBBUB_DATA_DIR": str(data), "PYTHONPATH": str(ROOT / "src")}
    asked = [sys.executable, "-m", "hubbub", "admin", "--json", "invite", *words]
    told = subprocess.run(
        asked,
        env=environment,
        cwd=data,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return str(json.loads(told.stdout)["link"])


def register(who: Person, name: str, password: str) -> None:
    who.page.evaluate("hubbub.ui.open('account', { mode: 'register' })")
    who.page.get_by_label("Account").fill(name)
    who.page.get_by_label("Passphrase").fill(password)
    who.page.keyboard.press("Enter")
    who.until("hubbub.state.me.account")
