"""The devices of one's account in the browser: seen, and logged out."""

from __future__ import annotations

from browsing import People, Person, address
from running_server import RunningServer

PASSWORD = "correct-horse-battery"


def signs(who: Person, mode: str, account: str) -> None:
    who.page.evaluate("(mode) => hubbub.ui.open('account', { mode })", mode)
    who.page.get_by_label("Account").fill(account)
    who.page.get_by_label("Passphrase").fill(PASSWORD)
    who.page.keyboard.press("Enter")
    who.until("hubbub.state.me.account")
    who.until("hubbub.identity.credentials()?.password.startsWith('hubbub-device.')")


def test_devices_are_seen_and_logged_out(person: People, server: RunningServer) -> None:
    anna, phone, tablet = (person("#lobby", url=address(server)) for _ in range(3))
    signs(anna, "register", "devices9")
    for other in (phone, tablet):
        signs(other, "login", "devices9")
    anna.page.evaluate(
        "hubbub.ui.withMenus(document.querySelector('.self-button'),"
        " (menus, at) => menus.selfMenu(hubbub, at))"
    )
    anna.page.get_by_role("menuitem", name="Devices").click()
    rows = anna.page.locator("dialog .devices li")
    rows.nth(2).wait_for()
    assert [row.count("Chrome, ") for row in rows.all_inner_texts()] == [1, 1, 1]
    assert rows.filter(has_text="this one").count() == 1
    assert rows.filter(has_text="last used").count() == 2
    # One of them.
    rows.nth(1).get_by_role("button", name="Sign out").click()
    anna.until("document.querySelectorAll('dialog .devices li').length === 2")
    phone.until("!hubbub.state.me.account")
    assert tablet.page.evaluate("hubbub.state.me.account") == "devices9"
    # All others.
    anna.page.get_by_role("button", name="Sign out all others").click()
    anna.until("document.querySelectorAll('dialog .devices li').length === 1")
    tablet.until("!hubbub.state.me.account")
    assert anna.page.evaluate("hubbub.state.me.account") == "devices9"
    assert "this one" in rows.first.inner_text()
