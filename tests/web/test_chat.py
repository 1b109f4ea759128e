"""Users chat in browsers."""

from __future__ import annotations

from browsing import People, Site
from fake_server import Session

# The row called `key`, or the first in sight: its key, its place, and the oldest row drawn.
TOP_ROW = """(key) => {
  const log = hubbub.scroller.element, top = log.getBoundingClientRect().top;
  const rows = [...log.querySelectorAll('.message')];
  const inSight = (row) => row.getBoundingClientRect().bottom > top;
  const row = rows.find((row) => (key ? row.dataset.key === key : inSight(row)));
  return [row.dataset.key, row.getBoundingClientRect().top - top, rows[0].dataset.key];
}"""
OLDEST_CHANGED = "(key) => document.querySelector('.log .message').dataset.key !== key"


def test_a_link_is_all_it_takes_to_talk(person: People) -> None:
    """No account, no field to fill in: open, type, Enter."""
    anna = person("#tea")
    assert anna.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    assert anna.page.locator("input:visible").count() == 0
    anna.page.keyboard.type("hello")
    anna.page.keyboard.press("Enter")
    anna.sees("hello")
    assert anna.page.evaluate("location.hash") == "#tea"


def test_two_people_see_each_other(person: People) -> None:
    anna, bert = person(), person()
    assert anna.nick != bert.nick
    anna.say(f"hi {bert.nick}")
    bert.sees(f"hi {anna.nick}"[:2])
    bert.page.locator(".message.mention").wait_for()
    bert.say("hello yourself")
    anna.sees("hello yourself")


def test_what_is_not_confirmed_is_seen_to_wait_and_goes_out_once(
    person: People, site: Site
) -> None:
    """Offline and back: queued in order, sent once, even through a reload in between."""
    anna = person()
    anna.say("before")
    anna.sees("before")
    site.fake.refuse = True
    anna.say("one")
    anna.say("two")
    anna.page.locator(".pending", has_text="two").wait_for()
    assert anna.page.locator(".pending").count() == 2
    site.fake.refuse = False
    anna.page.reload()
    anna.sees("two")
    anna.page.locator(".pending").first.wait_for(state="detached")
    assert [text for text in anna.texts() if text in ("one", "two")] == ["one", "two"]
    said = [record for _, _, record in site.fake.log["#lobby"] if "PRIVMSG" in record]
    assert [record.rsplit(":", 1)[1] for record in said] == ["before", "one", "two"]


def test_an_echo_that_was_lost_is_not_said_twice(person: People, site: Site) -> None:
    """The server has it, the answer did not arrive: the same label brings the first one back."""
    anna = person()

    def lose_the_echo() -> None:
        queue = site.fake.sessions[0].queue
        put = queue.put_nowait
        queue.put_nowait = lambda line: "only once" in line or put(line)  # type: ignore

    site.call(lose_the_echo)
    anna.say("only once")
    anna.page.locator(".pending").wait_for()
    anna.until("hubbub.queue.entries[0]?.state === 'sent'")
    site.call(site.fake.drop)
    anna.sees("only once")
    anna.page.locator(".pending").first.wait_for(state="detached")
    assert anna.texts().count("only once") == 1
    assert sum("only once" in record for _, _, record in site.fake.log["#lobby"]) == 1


def test_a_refused_message_says_why_and_can_be_discarded(person: People) -> None:
    anna = person()
    anna.say("refuse me")
    anna.page.locator(".failed", has_text="Cannot send to channel").wait_for()
    anna.page.get_by_role("button", name="Discard").click()
    anna.page.locator(".failed").wait_for(state="detached")


def test_drafts_stay_with_their_channel_and_outlive_a_reload(person: People) -> None:
    anna = person("#tea")
    anna.type("not yet")
    anna.say("/join #pot")
    anna.page.locator(".header h1", has_text="#pot").wait_for()
    assert anna.page.locator("textarea").input_value() == ""
    anna.type("half a thou")
    anna.page.keyboard.press("Escape")
    anna.page.reload()
    anna.ready()
    assert anna.page.locator("textarea").input_value() == "half a thou"


def test_history_goes_back_without_moving_what_is_read(person: People, site: Site) -> None:
    lines = [(1_700_000_000 + i * 60, f"p{i % 3}", f"line {i}") for i in range(1000)]
    site.call(site.fake.history, "#long", lines)
    anna = person("#long")
    anna.sees("line 999")
    for _ in range(8):
        # At once, before the page can have answered with older ones.
        scrolled = "() => { hubbub.scroller.element.scrollTop = 300; return (" + TOP_ROW + ")(); }"
        key, before, oldest = anna.page.evaluate(scrolled)
        anna.until(OLDEST_CHANGED, oldest)
        _, after, _ = anna.page.evaluate(TOP_ROW, key)
        assert abs(after - before) < 2
    assert anna.page.locator(".message").count() <= 160
    anna.page.get_by_role("button", name="To the newest").click()
    anna.sees("line 999")


def test_who_is_removed_sees_by_whom_and_may_try_again(person: People) -> None:
    anna, bert = person("#tea"), person("#tea")
    anna.say(f"/kick {bert.nick} too loud")
    bert.page.locator(".composer.outside", has_text=f"{anna.nick} removed you").wait_for()
    # Nobody comes back by connecting again.
    bert.page.evaluate(
        "globalThis.before = hubbub.connection.socket, "
        "hubbub.connection.drop(''), hubbub.connection.hurry()"
    )
    bert.until("hubbub.connection.online && hubbub.connection.socket !== before")
    bert.page.locator(".composer.outside").wait_for()
    assert not bert.page.evaluate("hubbub.buffer.joined || hubbub.local.get('channels').length")
    bert.page.get_by_role("button", name="Try again").click()
    bert.page.locator("textarea").wait_for()
    bert.say("sorry")
    anna.sees("sorry")


def test_a_taken_nick_is_refused_and_the_old_one_kept(person: People) -> None:
    anna, bert = person("#tea"), person("#tea")
    before = bert.nick
    bert.say(f"/nick {anna.nick}")
    bert.told("already in use")
    bert.say("/nick Bert")
    bert.page.locator(".self .nick", has_text="Bert").wait_for()
    bert.page.reload()
    bert.ready()
    assert (before != "Bert", bert.nick) == (True, "Bert")


def test_who_reloads_keeps_the_nick_that_the_connection_before_still_holds(
    person: People, site: Site
) -> None:
    anna = person("#tea")
    anna.say("/nick Anna")
    anna.page.locator(".self .nick", has_text="Anna").wait_for()
    before = Session(site.fake, None)  # type: ignore[arg-type]
    before.nick = "Anna"
    refuse = site.fake.on_nick

    def refuse_once(session: Session, tags: dict[str, str], nick: str) -> None:
        refuse(session, tags, nick)
        if before in site.fake.sessions:
            site.fake.sessions.remove(before)

    site.fake.on_nick = refuse_once  # type: ignore[method-assign]
    site.call(site.fake.sessions.append, before)
    anna.page.reload()
    anna.ready()
    assert before not in site.fake.sessions
    assert anna.nick == "Anna"


def test_an_address_that_is_none_still_opens_the_page(person: People) -> None:
    anna = person("#100%")
    assert anna.page.evaluate("hubbub.buffer.name") == "#100%"
    anna.page.goto(anna.url + "#%zz")
    anna.until("hubbub.buffer.name === '#%zz'")


def test_somebody_may_be_called_like_a_part_of_the_language(person: People) -> None:
    anna = person()
    anna.page.evaluate(
        "hubbub.conversations.show('constructor'), hubbub.conversations.show('__proto__')"
    )
    anna.drawn()
    assert anna.page.locator("textarea").input_value() == ""
    assert anna.page.evaluate("hubbub.settings.levelOf(hubbub.buffer)") == "all"
    anna.type("draft")
    anna.page.evaluate(
        "hubbub.conversations.show('#lobby'), hubbub.conversations.show('__proto__')"
    )
    anna.until("document.querySelector('textarea').value === 'draft'")
    assert anna.errors == []


def test_the_end_stays_in_sight_while_the_box_grows(person: People, site: Site) -> None:
    anna = person("#lobby")
    for number in range(40):
        anna.say(f"message {number}")
    anna.sees("message 39")
    at_end = """(() => {
      const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".log");
      return scrollHeight - scrollTop - clientHeight < 2 && hubbub.scroller.stuck;
    })()"""
    anna.until(at_end)
    box = anna.page.locator("textarea")
    for number in range(8):
        box.press_sequentially(f"line {number}")
        box.press("Shift+Enter")
        anna.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert anna.page.evaluate(at_end), number
    assert anna.page.locator(".pill.bottom").count() == 0
    box.press("Enter")
    anna.sees("line 7")
    anna.until(at_end)
    # Scrolled away a little and back by the box that shrinks: the end is there again.
    anna.type("\n" * 12)
    anna.page.evaluate("document.querySelector('.log').scrollTop -= 100")
    anna.page.locator(".pill.bottom").wait_for()
    anna.type("")
    anna.until(at_end)
    anna.page.locator(".pill.bottom").wait_for(state="detached")
