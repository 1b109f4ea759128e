"""Accessibility: screen readers, keyboard only, small screens, right-to-left scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browsing import People, Person, Site

VIEWS = {
    "chat": "hubbub.ui.closeDialog()",
    "members": "hubbub.ui.togglePanel('members')",
    "search": "hubbub.ui.togglePanel('search')",
    "menu": "hubbub.ui.withMenus(document.body, (menus, at) =>"
    " menus.messageMenu(hubbub, hubbub.buffer, hubbub.buffer.live.last, at))",
    "emoji": "hubbub.ui.closeMenu(); "
    "hubbub.ui.withMenus(document.body, (menus, at) => menus.emojiMenu(hubbub, at, () => {}))",
    "switcher": "hubbub.ui.closeMenu(); hubbub.ui.open('switcher')",
    "settings": "hubbub.ui.open('settings')",
    "help": "hubbub.ui.open('help')",
    "invite": "hubbub.ui.open('invite')",
    "report": "hubbub.ui.open('report', { target: 'p1' })",
    "channels": "hubbub.ui.open('channels')",
    "channel settings": "hubbub.ui.open('about', { buffer: '#lobby' })",
    "claiming a nick": "hubbub.ui.open('account', { mode: 'register' })",
    "signing in": "hubbub.ui.open('account', { mode: 'login' })",
    "changing the nick": "hubbub.ui.open('nick')",
    "connection": "hubbub.ui.open('connection')",
    "profile": "import('/js/people.js').then(({ profile }) => profile(hubbub, 'p1'))",
    "my profile": "hubbub.ui.open('own')",
    "another device": "hubbub.ui.open('device')",
    "jumping to a day": "hubbub.ui.open('goto', {})",
    "a toast": "hubbub.ui.closeDialog(); hubbub.ui.toast('hello', null, 'error')",
}

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def talk(person: Person, site: Site) -> None:
    """Something of everything in sight."""
    person.say("*bold* `code` https://a.example/ > and 🎉")
    person.say("```\na block of code\n```")
    person.say("refuse me")
    person.page.locator(".failed").wait_for()
    site.call(
        lambda: [
            session.send(line, msgid=f"x{i}", time="2026-11-22T10:00:00.000Z")
            for session in site.fake.sessions
            for i, line in enumerate(
                [
                    ":p1!u@h JOIN #lobby * :p1",
                    f":p1!u@h PRIVMSG #lobby :hello {session.nick}",
                    ":p2!u@h NOTICE #lobby :careful",
                    f":p3!u@h PRIVMSG {session.nick} :psst",
                ]
            )
        ]
    )
    person.sees("careful")
    person.page.evaluate(
        "import('/js/amending.js').then((m) => m.react(hubbub, hubbub.buffer, "
        "hubbub.buffer.live.items.find((i) => i.text.includes('bold')), '👍'))"
    )
    person.page.locator(".reaction").first.wait_for()


def axe() -> str:
    found = pytest.importorskip(
        "axe_playwright_python", reason="no axe-core: accessibility was NOT checked"
    )
    return Path(found.__file__).with_name("axe.min.js").read_text("utf-8")


#: In the dark nothing is otherwise but the colours.
RULES = {
    "light": "axe.run({ resultTypes: ['violations'] })",
    "dark": "axe.run({ resultTypes: ['violations'], runOnly: ['color-contrast'] })",
}


@pytest.mark.parametrize("scheme", RULES)
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_no_view_has_an_accessibility_violation(
    person: People, site: Site, scheme: str, size: tuple[int, int]
) -> None:
    source = axe()
    anna = person(
        "#lobby",
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": size[0], "height": size[1]},
        bypass_csp=True,  # axe itself wants to evaluate code; the page does not
    )
    talk(anna, site)
    anna.page.evaluate(source)
    violations: dict[str, Any] = {}
    for name, open_it in VIEWS.items():
        anna.page.evaluate(f"{{ {open_it} }}")
        anna.until("!hubbub.ui.dialog || document.querySelector('dialog[open]')")
        anna.page.evaluate(FRAMES)
        for rule in anna.page.evaluate(RULES[scheme])["violations"]:
            nodes = [f"{n['target']} {n['failureSummary']}" for n in rule["nodes"][:3]]
            violations[f"{name}: {rule['id']}"] = nodes
    assert violations == {}


@pytest.mark.parametrize("way_out", ["Escape", "close"])
@pytest.mark.parametrize("opening", ["Control+k", "Control+/"])
def test_after_a_dialog_one_goes_on_typing(person: People, opening: str, way_out: str) -> None:
    anna = person("#lobby")
    anna.page.keyboard.type("half a ")
    anna.page.keyboard.press(opening)
    anna.page.locator("dialog[open]").wait_for()
    if way_out == "Escape":
        anna.page.keyboard.press("Escape")
    else:
        anna.page.locator("dialog .dialog-head button").click()
    anna.page.locator("dialog").wait_for(state="detached")
    anna.page.keyboard.type("sentence")
    assert anna.page.locator("textarea").input_value() == "half a sentence"


def test_what_a_word_may_become_stays_when_the_focus_comes_back_at_once(person: People) -> None:
    """As a dialog that closes gives it back: who types on right then sees the list to its end."""
    anna = person("#lobby")
    anna.page.keyboard.type("/to")
    anna.page.locator(".choices li", has_text="/topic").wait_for()
    anna.page.evaluate("hubbub.composer.box.blur(), hubbub.composer.box.focus()")
    anna.page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    assert anna.page.evaluate("Boolean(hubbub.composer.choices)")
    anna.page.evaluate("hubbub.composer.box.blur()")
    anna.page.locator(".choices").wait_for(state="detached")


def test_a_message_that_keys_lead_to_shows_what_can_be_done_with_it(person: People) -> None:
    anna = person("#lobby")
    anna.say("first")
    anna.say("second")
    anna.page.locator(".message", has_text="second").wait_for()
    anna.page.locator(".log").focus()
    anna.page.keyboard.press("ArrowUp")
    anna.page.locator(".message.active", has_text="second").wait_for()
    anna.page.keyboard.press("ArrowUp")
    anna.page.locator(".message.active", has_text="first").wait_for()


def test_everything_of_a_conversation_by_keyboard_alone(person: People, site: Site) -> None:
    anna = person("#lobby")
    press, page = anna.page.keyboard.press, anna.page
    page.keyboard.type("helo wrld")
    press("Enter")
    anna.sees("helo wrld")
    press("ArrowUp")
    anna.until("hubbub.ui.editing")
    assert page.locator("textarea").input_value() == "helo wrld"
    press("Control+a")
    page.keyboard.type("hello world")
    press("Enter")
    page.locator(".edited").wait_for()
    anna.sees("hello world")
    press("Control+k")
    page.locator(".dialog-switcher input").wait_for()
    page.keyboard.type("tea")
    press("Enter")
    page.locator(".header h1", has_text="#tea").wait_for()
    page.locator("textarea:focus").wait_for()
    page.keyboard.type("/to")
    page.locator(".choices li", has_text="/topic").wait_for()
    press("Tab")
    page.keyboard.type("All about tea")
    press("Enter")
    page.locator(".topic", has_text="All about tea").wait_for()
    press("Alt+ArrowUp")
    page.locator(".header h1", has_text="#lobby").wait_for()
    page.locator(".log").focus()
    press("ArrowUp")
    assert "hello world" in page.evaluate("document.activeElement.innerText")
    press("r")
    page.locator(".strip", has_text="Replying to").wait_for()
    page.keyboard.type("to myself")
    press("Enter")
    page.locator(".quotation").wait_for()
    page.locator(".log").focus()
    press("ArrowUp")
    press("Enter")
    page.locator(".menu [role=menuitem]").first.wait_for()
    press("Escape")
    page.locator(".menu").wait_for(state="detached")
    page.locator(".message", has_text="to myself").last.focus()
    press("Delete")
    page.locator("dialog[open]").wait_for()
    press("Enter")
    page.locator(".gone").wait_for()
    press("?")
    page.locator(".dialog-help").wait_for()
    press("Escape")
    page.locator(".dialog-help").wait_for(state="detached")


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_no_width_needs_sideways_scrolling(person: People, site: Site, width: int) -> None:
    anna = person("#lobby", viewport={"width": width, "height": 700})
    talk(anna, site)
    anna.say("w" * 400)
    anna.sees("www")
    wide = "document.documentElement.scrollWidth > innerWidth"
    assert anna.page.evaluate(wide) is False
    box = anna.page.locator("textarea").bounding_box()
    assert box is not None
    assert box["width"] > 120
    small = """[...document.querySelectorAll('button, input, select, a')]
      .filter((e) => e.offsetParent && !e.closest('.text, .byline, .event, .offscreen, .skip'))
      .map((e) => [e.getBoundingClientRect(), e])
      .filter(([r]) => r.width < 24 || r.height < 24)
      .map(([r, e]) => `${e.className} ${r.width}x${r.height}`)"""
    assert anna.page.evaluate(small) == []


def test_a_screen_reader_hears_new_messages_and_not_old_ones(person: People, site: Site) -> None:
    site.call(
        site.fake.history, "#lobby", [(1_700_000_000 + i, "p1", f"old {i}") for i in range(50)]
    )
    anna, bert = person("#lobby"), person("#lobby")
    bert.say("*new* for everybody")
    anna.sees("new for everybody")
    log = anna.page.locator("[role=log]")
    assert log.get_attribute("aria-live") == "polite"
    anna.until("document.querySelector('[role=log]').children.length === 1")
    assert log.inner_text().strip() == f"{bert.nick}: *new* for everybody"


def test_right_to_left(person: People, site: Site) -> None:
    anna = person("#lobby", locale="ar-EG")
    assert anna.page.evaluate("document.documentElement.dir") == "rtl"
    anna.say("مرحبا hello")
    anna.sees("مرحبا")
    anna.say("hello مرحبا")
    anna.until("document.querySelectorAll('.message .text').length === 2")
    directions = "all => all.map((e) => getComputedStyle(e).direction)"
    assert anna.page.locator(".message .text").evaluate_all(directions) == ["rtl", "ltr"]
    side = anna.page.locator(".sidebar").bounding_box()
    assert side is not None
    assert side["x"] > 600


def test_another_language_at_once(person: People) -> None:
    anna = person("#lobby", locale="ja-JP")
    anna.page.locator("h2", has_text="チャンネル").wait_for()
    anna.page.evaluate("hubbub.ui.open('settings')")
    anna.page.locator(".dialog-settings select").nth(2).select_option("en")
    anna.page.locator("h2", has_text="Channels").wait_for()
    assert anna.page.evaluate("document.documentElement.lang") == "en"
