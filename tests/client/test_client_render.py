"""The lines shown for events."""

from datetime import UTC, datetime

import pytest

from hubbub.client import events as ev
from hubbub.client import render

TODAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
YESTERDAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def said(times=True, **facts):
    message = ev.Said(**{"sender": "Bob", "where": "#lobby", "text": "hi", **facts})
    return render.plain(render.said(message, "#Lobby", TODAY, times=times))


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "Received: Bob: hi"),
        ({"where": "#tea"}, "Received: [#tea] Bob: hi"),
        ({"where": "Bob", "private": True}, "Received: [private] Bob: hi"),
        (
            {"sender": "Me", "where": "Bob", "private": True, "mine": True},
            "Received: [to Bob] Me: hi",
        ),
        ({"kind": "action", "text": "waves"}, "Received: * Bob waves"),
        ({"kind": "notice"}, "Received: Bob (notice): hi"),
        ({"kind": "ctcp", "text": "VERSION"}, "Received: Bob (CTCP): VERSION"),
        ({"when": "earlier", "time": NOON}, "Earlier: [12:00] Bob: hi"),
        ({"when": "asked", "time": YESTERDAY}, "Earlier: [2026-11-21 12:00] Bob: hi"),
        ({"when": "missed", "time": NOON}, "Received: [12:00] Bob: hi"),
        ({"when": "missed", "time": NOON, "times": False}, "Received: Bob: hi"),
        ({"sender": "B\x1bb", "text": "\x07"}, r"Received: B\x1bb: \x07"),
    ],
)
def test_messages(facts, line):
    assert said(**facts) == line


@pytest.mark.parametrize(
    ("happened", "line"),
    [
        ([ev.Joined("Bob", "#lobby")], "* Bob joined"),
        ([ev.Joined("Bob", "#tea")], "* Bob joined #tea"),
        ([ev.Left("Bob", "#lobby", "tea time")], "* Bob left (tea time)"),
        ([ev.Left("Bob", "#tea", "no", by="Zoe")], "* Bob was removed from #tea by Zoe (no)"),
        ([ev.Quit("Bob", ["#lobby"])], "* Bob left"),
        (
            [ev.Joined("Bob", "#lobby"), ev.Joined("Zoe", "#lobby"), ev.Quit("Ann", [])],
            "* Joined: Bob, Zoe. Left: Ann.",
        ),
        (
            [ev.Joined(f"n{number}", "#lobby") for number in range(14)],
            "* Joined: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 2 more.",
        ),
    ],
)
def test_comings_and_goings_are_one_line(happened, line):
    assert render.plain(render.presence(happened, "#lobby")) == line


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (ev.Reply("INVITE", ["Me", "#tea"], "#tea", sender="Bob"), "* Bob invites you to #tea"),
        (ev.Reply("MODE", ["#tea", "+o", "Me"], "Me", sender="Bob"), "* Bob sets +o Me on #tea"),
        (ev.Reply("301", ["Bob", "lunch"], "lunch"), "* Bob is away: lunch"),
        (ev.Reply("900", ["Me", "Me!u@h", "me", "You are in"], ""), "* You are in"),
        (ev.Reply("671", ["Bob", "is safe"], "is safe"), "* Bob is safe"),
        (ev.Reply("312", ["Bob", "a.test", "A"], "A"), "* Bob is connected to a.test"),
        (ev.Reply("317", ["Bob", "5", "17", "x"], "x"), "* Bob has said nothing for 5 seconds"),
        (ev.Reply("319", ["Bob", "@#a #b"], "@#a #b"), "* Bob is in @#a #b"),
        (ev.Reply("330", ["Bob", "bob", "x"], "x"), "* Bob is logged in as bob"),
        (ev.Reply("443", ["Bob", "#a", "x"], "x", error=True), "! Bob is in #a already"),
        (ev.Reply("401", ["Bob", "No such nick"], "", error=True), "! Bob: No such nick"),
        (ev.Reply("FAIL", ["X", "CODE", "That failed"], "", error=True), "! That failed"),
    ],
)
def test_replies(reply, line):
    assert render.plain(render.reply(reply)).startswith(line)


def test_a_nick_has_one_colour_in_any_case():
    assert render.nick_fragment("Bob")[0] == render.nick_fragment("BOB")[0]
