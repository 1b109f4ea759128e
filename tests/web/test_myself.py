"""Profile, another device, quiet hours."""

from __future__ import annotations

from browsing import People, address
from running_server import RunningServer

# Hours that hold this moment, whatever the time of the day: as HH:MM.
AROUND_NOW = """() => [-3, 3].map((hours) => {
  const moment = new Date(Date.now() + hours * 3600_000);
  return [moment.getHours(), moment.getMinutes()].map((n) => String(n).padStart(2, "0")).join(":");
})"""

#: Where the picture of somebody comes from, or "".
PICTURE = "async (nick) => (await import('/js/views/people.js')).pictureOf(nick)"


def test_what_i_say_of_myself_the_others_see(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    for each in (anna, bert):  # there is no such picture
        each.is_refused(404)
    anna.page.evaluate(
        "hubbub.ui.withMenus(document.querySelector('.self-button'),"
        " (menus, at) => menus.selfMenu(hubbub, at))"
    )
    anna.page.get_by_role("menuitem", name="Your profile").click()
    anna.page.get_by_label("Name in full").fill("Anna of the Tea <b>House</b>")
    anna.page.get_by_label("Status").fill("brewing")
    picture = f"{address(server)}files/{'a' * 32}/x.png"
    anna.page.get_by_label("Picture").fill(picture)
    anna.page.get_by_role("button", name="Save").click()
    anna.page.locator("dialog").wait_for(state="detached")
    anna.say("here")
    bert.page.locator(".author", has_text="Anna of the Tea <b>House</b>").wait_for()
    assert bert.page.evaluate(PICTURE, anna.nick) == picture
    bert.page.evaluate(
        "async (nick) => (await import('/js/people.js')).profile(hubbub, nick)", anna.nick
    )
    bert.page.locator("dialog dd", has_text="brewing").wait_for()
    # Elsewhere is not looked at: who sees a name must not be seen by a stranger's server.
    anna.page.evaluate("hubbub.ui.open('own')")
    anna.page.get_by_label("Picture").fill("https://a.example/x.png")
    anna.page.get_by_label("Status").fill("")
    anna.page.get_by_role("button", name="Save").click()
    bert.until(f"async (nick) => (await ({PICTURE})(nick)) === ''", anna.nick)
    bert.until(
        "(nick) => !hubbub.state.users.get(nick.toLowerCase()).meta.has('status')", anna.nick
    )


def test_the_last_message_of_mine_says_that_it_is_kept(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    for text in ("one", "two"):
        anna.say(text)
        anna.sees(text)
    assert anna.page.locator(".tick[aria-label*=disk]").count() == 1
    assert anna.page.locator(".message", has_text="two").locator(".tick").count() == 1


def test_a_guest_goes_on_elsewhere_by_a_plain_link(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    anna.page.evaluate("hubbub.ui.open('device')")
    anna.page.locator("dialog svg.qr").wait_for()
    link = anna.page.get_by_label("Link", exact=True).input_value()
    assert link == f"{address(server)}#lobby"


def test_quiet_hours_keep_silent_and_go_on_counting(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    anna.page.evaluate("hubbub.ui.open('settings')")
    anna.page.get_by_label("Quiet hours").check()
    begin, end = anna.page.evaluate(AROUND_NOW)
    anna.page.get_by_label("From").fill(begin)
    anna.page.get_by_label("Until").fill(end)
    rang = """() => {
      globalThis.rang = 0;
      globalThis.Notification = class {
        static permission = "granted";
        constructor() { rang += 1; }
      };
      Object.assign(hubbub.settings.values, { notify: true });
      hubbub.ui.closeDialog();
      hubbub.conversations.show("#tea");
    }"""
    anna.page.evaluate(rang)
    anna.until("hubbub.buffer.name === '#tea' && hubbub.buffer.joined")
    irc = server.irc("irene", join="#lobby")
    irc.sends(f"PRIVMSG #lobby :{anna.nick}: are you there?")
    anna.until("hubbub.state.buffers.get('#lobby').mentions === 1")
    assert anna.page.evaluate("[rang, hubbub.settings.values.quietFrom]") == [0, begin]
    anna.page.evaluate("hubbub.settings.set('quiet', false)")
    irc.sends(f"PRIVMSG #lobby :{anna.nick}: and now?")
    anna.until("rang === 1")


def test_a_message_of_several_lines_is_edited(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    irc = server.irc("irene", join="#lobby", caps="message-tags draft/message-edit")
    anna.say("one\ntwo")
    bert.sees("two")
    anna.page.keyboard.press("ArrowUp")
    anna.until("hubbub.ui.editing")
    assert anna.page.locator("textarea").input_value() == "one\ntwo"
    anna.type("one\n\n2 and a half")
    anna.page.keyboard.press("Enter")
    for each in (anna, bert):
        each.page.locator(".text", has_text="2 and a half").wait_for()
        texts = each.page.evaluate("hubbub.buffer.live.items.map((item) => item.text)")
        assert "one\n\n2 and a half" in texts
        assert "one\ntwo" not in texts
    assert irc.until(" EDIT ")[-1].endswith(" :one  2 and a half")
    anna.page.reload()
    anna.ready()
    texts = anna.page.evaluate("hubbub.buffer.live.items.map((item) => item.text)")
    assert "one\n\n2 and a half" in texts


def test_the_browser_keeps_a_token_and_no_password(person: People, server: RunningServer) -> None:
    desk = person("#lobby", url=address(server))
    desk.page.evaluate(
        "import('/js/accounts.js')"
        ".then(({ register }) => register(hubbub, '*', '', 'correct horse battery', true))"
    )
    desk.until("hubbub.identity.credentials()?.password.startsWith('hubbub-device.')")
    kept = desk.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "correct horse" not in kept
    desk.page.reload()
    desk.until("hubbub.state.me.account && hubbub.connection.online")


def test_a_code_signs_the_other_device_in_once(person: People, server: RunningServer) -> None:
    desk = person("#lobby", url=address(server))
    desk.page.evaluate(
        "import('/js/accounts.js')"
        ".then(({ register }) => register(hubbub, '*', '', 'correct horse battery', true))"
    )
    desk.until("hubbub.state.me.account")
    desk.page.evaluate("hubbub.ui.open('device')")
    assert desk.page.locator("svg.qr").count() == 0  # not before it is asked for
    desk.page.get_by_role("button", name="Show the code").click()
    desk.page.locator("svg.qr").wait_for()
    link = desk.page.get_by_label("Link", exact=True).input_value()
    assert "correct" not in link
    phone = person(None, url=address(server), viewport={"width": 360, "height": 740})
    phone.page.goto(link)
    phone.page.get_by_role("button", name="Sign in").click()
    phone.until("hubbub.state.me.account && hubbub.connection.online && hubbub.buffer?.loaded")
    assert phone.nick == desk.nick
    assert "#!" not in phone.page.url
    desk.told("The other device is signed in")
    desk.page.locator("dialog").wait_for(state="detached")
    phone.page.reload()  # and it stays so
    phone.until("hubbub.state.me.account && hubbub.connection.online")
    thief = person(None, url=address(server))
    thief.page.goto(link)
    thief.told("not good any more")
    thief.until("hubbub.connection.online && !hubbub.state.me.account")
    # What is not shown any more is not good any more.
    desk.page.evaluate("hubbub.ui.open('device')")
    desk.page.get_by_role("button", name="Show the code").click()
    again = desk.page.get_by_label("Link", exact=True).input_value()
    assert again != link
    desk.page.keyboard.press("Escape")
    desk.page.locator("dialog").wait_for(state="detached")
    desk.reached()
    thief.page.goto("about:blank")
    thief.page.goto(again)
    thief.told("not good any more")
