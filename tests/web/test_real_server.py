"""The browser client against the real server, together with the other ways in."""

from __future__ import annotations

from pathlib import Path

from browsing import People, address
from running_server import RunningServer


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


def test_killed_and_back_nothing_is_lost_or_doubled(person: People, tmp_path: Path) -> None:
    """kill -9 in the middle: what was typed meanwhile arrives, once, in order."""
    with RunningServer(tmp_path) as first:
        port = first.port
        anna = person("#lobby", url=address(first))
        anna.say("one")
        anna.sees("one")
        first.kill()
    anna.page.locator(".banner").wait_for()
    anna.say("two")
    anna.say("three")
    anna.page.locator(".banner", has_text="2 messages wait").wait_for()
    assert anna.page.locator(".pending").count() == 2
    with RunningServer(tmp_path, port=port) as second:
        anna.page.get_by_role("button", name="Try now").click()
        anna.page.locator(".pending").first.wait_for(state="detached")
        log = [line for line in second.chat_log() if line.endswith((" one", " two", " three"))]
        assert [line.rsplit(" ", 1)[1] for line in log] == ["one", "two", "three"]
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
    assert online < 20_000  # for a busy machine; alone it is a fortieth of that


def test_what_the_server_lacks_is_not_offered(person: People, server: RunningServer) -> None:
    """Each capability that is absent takes its features away and nothing else."""
    anna = person("#lobby", url=address(server))
    anna.say("hello")
    anna.sees("hello")
    anna.page.locator(".message", has_text="hello").hover()
    shown = set(anna.page.locator(".actions button").evaluate_all("all => all.map(b => b.title)"))
    offers = anna.page.evaluate("[...hubbub.connection.caps]")
    assert ("Edit" in shown) == ("draft/message-edit" in offers)
    assert ("Reply" in shown) == ("message-tags" in offers)
