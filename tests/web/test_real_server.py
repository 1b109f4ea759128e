"""The browser client against the real server, together with other kinds of clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import People, address
from running_server import PATIENCE, RunningServer, chat_log_of
from test_invites_web import register


def test_browsers_netcat_and_irc_see_one_order(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    netcat = server.person("Nora")
    irc = server.irc("irene", join="#lobby")
    anna.say("from a browser")
    netcat.until("from a browser")
    netcat.sends("from netcat")
    irc.until("from netcat")
    irc.sends("PRIVMSG #lobby :from IRC")
    anna.sees("from IRC")
    bert.say("from another browser")
    anna.sees("from another browser")
    bert.sees("from another browser")
    spoken = ["from a browser", "from netcat", "from IRC", "from another browser"]
    assert [text for text in anna.texts() if text in spoken] == spoken
    assert [text for text in bert.texts() if text in spoken] == spoken
    irc.until("from another browser")
    netcat.until("from another browser")


def test_killed_and_back_nothing_is_lost_or_doubled(
    person: People, tmp_path: Path, kept_port: int
) -> None:
    """kill -9 in the middle: what was typed meanwhile arrives, once, in order."""
    with RunningServer(tmp_path, port=kept_port) as first:
        anna = person("#lobby", url=address(first))
        anna.say("one")
        anna.sees("one")
        first.kill()
    anna.page.locator(".banner").wait_for()
    anna.say("two")
    anna.say("three")
    anna.page.locator(".banner", has_text="2 messages wait").wait_for()
    assert anna.page.locator(".pending").count() == 2
    anna.waits_to_be_asked()
    with RunningServer(tmp_path, port=kept_port) as second:
        anna.page.get_by_role("button", name="Try now").click()
        anna.page.locator(".pending").first.wait_for(state="detached")
        log = [line for line in second.chat_log() if line.endswith((" one", " two", " three"))]
        assert [line.rsplit(" ", 1)[1] for line in log] == ["one", "two", "three"]
        anna.context.close()


def test_the_private_conversation_of_a_guest_belongs_to_the_browser(
    person: People, tmp_path: Path, kept_port: int
) -> None:
    """It survives a reload and a restart of the server, with what was not read."""
    with RunningServer(tmp_path, port=kept_port) as first:
        anna = person("#lobby", url=address(first))
        bert = person("#lobby", url=address(first))
        bert.page.evaluate("(nick) => void hubbub.conversations.show(nick)", anna.nick)
        bert.drawn()
        bert.say("only for you")
        anna.page.locator(".conversation", has_text=bert.nick).wait_for()
        anna.page.reload()
        anna.ready()
        row = anna.page.locator(".conversation.unread", has_text=bert.nick)
        row.wait_for()
        first.kill()
    with RunningServer(tmp_path, port=kept_port) as second:
        stranger = person("#lobby", url=address(second))
        anna.page.reload()
        anna.ready()
        row.click()
        anna.sees("only for you")
        stranger.reached()
        assert not stranger.page.evaluate("(n) => hubbub.state.buffers.has(n)", bert.nick.lower())
        for each in (anna, bert, stranger):
            each.context.close()


@pytest.mark.parametrize("who", ["guest", "account"])
def test_a_long_text_goes_out_once_from_the_same_name(
    person: People, tmp_path: Path, who: str
) -> None:
    """At the usual limits: 150 lines behind two messages that wait, without a second connection."""
    with RunningServer(tmp_path, limits__flood_rate=4) as server:
        anna = person("#lobby", url=address(server))
        if who == "account":
            register(anna, anna.nick, "correct-horse")
        nick = anna.nick
        pasted = "\n".join(f"line {number} of a long text that was pasted" for number in range(150))
        anna.page.evaluate("hubbub.connection.drop('gone')")
        anna.waits_to_be_asked()
        for text in ("one", "two", pasted):
            anna.say(text)
        begun = anna.page.evaluate("performance.now()")
        anna.page.evaluate("hubbub.connection.hurry()")
        anna.page.locator(".message:not(.pending) .text", has_text="line 149 of").wait_for()
        took = anna.page.evaluate("performance.now()") - begun
        anna.reached()
        print(f"150 lines behind two messages: {took:.0f} ms")
        assert anna.nick == nick
        assert (who == "account") == bool(anna.page.evaluate("hubbub.state.me.account"))
        text = chat_log_of(server.data, is_running=True)
        assert text.count("line 149 of a long text") == 1
        assert sum(line.endswith((" one", " two")) for line in text.splitlines()) == 2
        anna.context.close()


def test_the_first_visit_is_small_and_quick(person: People, server: RunningServer) -> None:
    """Under 100 KB over the wire with everything on, talking in a moment."""
    anna = person("#lobby", url=address(server))
    sizes, online = anna.page.evaluate(
        """() => [
          performance.getEntries().filter((e) => e.transferSize).map((e) => e.transferSize),
          performance.now(),
        ]"""
    )
    print(f"{sum(sizes)} bytes in {len(sizes)} files; talking {online:.0f} ms after the click")
    assert len(sizes) > 20
    assert sum(sizes) < 100_000
    assert online < PATIENCE * 1000  # for a busy machine; alone it is half a second


def test_what_the_server_lacks_is_not_offered(person: People, server: RunningServer) -> None:
    """Each capability that is absent takes its features away and nothing else."""
    anna = person("#lobby", url=address(server))
    anna.say("hello")
    anna.sees("hello")
    anna.page.locator(".message", has_text="hello").hover()
    anna.page.locator(".actions button").first.wait_for()
    shown = set(anna.page.locator(".actions button").evaluate_all("all => all.map(b => b.title)"))
    offers = anna.page.evaluate("[...hubbub.connection.caps]")
    assert ("Edit" in shown) == ("draft/message-edit" in offers)
    assert ("Reply" in shown) == ("message-tags" in offers)


def test_an_edit_a_reaction_and_a_deletion_reach_everybody(
    person: People, server: RunningServer
) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    caps = "message-tags draft/message-edit draft/message-redaction"
    irc = server.irc("irene", join="#lobby", caps=caps)
    anna.say("tee time")
    bert.sees("tee time")
    irc.until("tee time")
    anna.page.keyboard.press("ArrowUp")
    anna.until("hubbub.ui.editing")
    anna.page.locator("textarea").fill("tea time")
    anna.page.keyboard.press("Enter")
    bert.sees("tea time")
    assert " EDIT #lobby " in irc.until("tea time")[-1]
    bert.page.locator(".message", has_text="tea time").hover()
    bert.page.get_by_role("button", name="React with 👍").click()
    anna.page.locator(".reaction", has_text="👍").wait_for()
    irc.until("+draft/react=👍")
    anna.page.locator(".reaction", has_text="👍").click()
    bert.page.locator(".reaction", has_text="2").wait_for()
    anna.page.locator(".message", has_text="tea time").hover()
    anna.page.locator(".actions [aria-label=More]").click()
    anna.page.get_by_role("menuitem", name="Delete").click()
    anna.page.locator("dialog .danger").click()
    bert.page.locator(".gone").wait_for()
    irc.until(" REDACT #lobby ")
    late = person("#lobby", url=address(server))
    late.until("hubbub.buffer.live.items.length > 2")
    assert not [text for text in late.texts() if "tea time" in text or "tee time" in text]


def test_an_edit_that_is_refused_is_not_lost(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    anna.say("tee time")
    anna.sees("tee time")
    anna.page.keyboard.press("ArrowUp")
    anna.until("hubbub.ui.editing")
    too_long = "tea time " * 100
    anna.page.locator("textarea").fill(too_long.strip())
    anna.page.keyboard.press("Enter")
    anna.told("", "error")
    anna.until("document.querySelector('textarea').value.startsWith('tea time tea')")
    assert anna.page.locator("textarea").input_value() == too_long.strip()
    anna.page.keyboard.press("Escape")
    assert anna.page.locator("textarea").input_value() == ""


def test_several_lines_stay_one_message(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    bert = person("#lobby", url=address(server))
    text = "one\n\n```\ntwo = *2*\n```\n" + "three " * 300
    anna.say(text)
    bert.page.locator(".message pre", has_text="two = *2*").wait_for()
    assert bert.page.locator(".message:has(.text)").count() == 1
    bert.page.reload()
    bert.ready()
    said = "hubbub.buffer.live.items.filter((item) => item.kind === 'message').map((i) => i.text)"
    assert bert.page.evaluate(said) == [text.strip()]


def test_a_claimed_nick_is_there_on_another_device(person: People, server: RunningServer) -> None:
    anna = person("#lobby", url=address(server))
    anna.say("/nick Anna")
    anna.page.locator(".self .nick", has_text="Anna").wait_for()
    anna.page.evaluate("hubbub.ui.open('account', { mode: 'register' })")
    anna.page.locator("dialog [name=password]").fill("correct horse battery")
    anna.page.locator("dialog .primary").click()
    anna.page.locator(".self small", has_text="Signed in as Anna").wait_for()
    anna.say("from the desk")
    anna.page.reload()
    anna.ready()
    assert anna.page.evaluate("hubbub.state.me.account") == "Anna"
    phone = person("#lobby", url=address(server), viewport={"width": 360, "height": 740})
    phone.page.evaluate("hubbub.ui.open('account', { mode: 'login' })")
    phone.page.locator("dialog [name=account]").fill("Anna")
    phone.page.locator("dialog [name=password]").fill("wrong")
    phone.page.locator("dialog .primary").click()
    phone.page.locator("dialog .error").wait_for()
    phone.page.locator("dialog [name=password]").fill("correct horse battery")
    phone.page.locator("dialog .primary").click()
    phone.page.locator("dialog").wait_for(state="detached")
    phone.until("hubbub.state.me.account === 'Anna' && hubbub.state.me.nick === 'Anna'")
    phone.say("from the phone")
    anna.sees("from the phone")
    assert anna.page.locator(".message.mine", has_text="from the phone").count() == 1


def test_plain_http_in_the_local_network_is_enough(person: People, server: RunningServer) -> None:
    """No secure context: no service worker, no clipboard interface, no notifications."""
    anna = person("#lobby", url=f"http://hub.lan:{server.port}/")
    assert anna.page.evaluate("isSecureContext") is False
    anna.say("works here too")
    anna.sees("works here too")
    anna.page.evaluate("hubbub.ui.open('invite')")
    anna.page.get_by_role("button", name="Copy link").click()
    anna.told("Copied")
    anna.page.evaluate("hubbub.ui.open('settings')")
    anna.page.locator(".dialog-settings", has_text="only over https").wait_for()
    anna.page.evaluate("hubbub.ui.open('connection')")
    anna.page.locator(".caution", has_text="https").wait_for()


def test_what_was_read_here_is_read_on_the_other_device(
    person: People, server: RunningServer
) -> None:
    desk, bert = person("#lobby", url=address(server)), person("#lobby", url=address(server))
    desk.page.evaluate(
        "import('/js/accounts.js')"
        ".then(({ register }) => register(hubbub, '*', '', 'correct horse battery', true))"
    )
    desk.until("hubbub.state.me.account")
    login = desk.page.evaluate("hubbub.identity.credentials()")
    phone = person("#lobby", url=address(server))
    phone.page.evaluate(
        "async (a) => (await import('/js/accounts.js'))"
        ".signIn(hubbub, a.account, a.password, false)",
        login,
    )
    phone.until("hubbub.state.me.account && hubbub.connection.online && hubbub.buffer.loaded")
    for each in (desk, phone):
        each.say("/join #tea")
        each.until("hubbub.buffer.name === '#tea' && hubbub.buffer.loaded")
    bert.say(f"{login['account']}: here?")
    unread = "hubbub.state.buffers.get('#lobby').mentions"
    for each in (desk, phone):
        each.until(f"{unread} === 1")
        each.page.locator(".conversation .count", has_text="1").wait_for()
        each.until("document.title.startsWith('(1)')")
    desk.page.bring_to_front()
    desk.page.evaluate("hubbub.conversations.show('#lobby')")
    desk.page.locator(".unread-line").wait_for()
    desk.until(f"{unread} === 0")
    phone.until(f"{unread} === 0")


def test_a_channel_without_members_is_found_by_its_letters(
    person: People, server: RunningServer
) -> None:
    irc = server.irc("irene", join="#attic")
    irc.sends("TOPIC #attic :Old things", "PRIVMSG #attic :a lamp", "PART #attic")
    irc.until(" PART #attic")
    anna = person("#lobby", url=address(server))
    anna.page.keyboard.press("Control+k")
    anna.page.keyboard.type("att")
    anna.page.locator(".switcher-list li", has_text="Old things").wait_for()
    anna.page.locator(".switcher-box").fill("")
    anna.page.locator(".switcher-list li", has_text="Old things").wait_for()
    # Where one is already is no place to go to.
    assert anna.page.locator(".switcher-list li", has_text="lobby").count() == 0
    anna.page.locator(".switcher-box").fill("att")
    anna.page.locator(".switcher-list li", has_text="Old things").wait_for()
    anna.page.keyboard.press("Enter")
    anna.sees("a lamp")
