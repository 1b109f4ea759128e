"""What people leave behind is bounded for each person, for each address and in all, whoever
reconnects however often (docs/bounds.md)."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import pytest
from harness import Chat, Client

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.handlers.messages import dedup
from hubbub.handlers.messages.privmsg import LONGEST_KEPT
from hubbub.handlers.people.budgets import SHARING
from hubbub.handlers.server import reports
from hubbub.handlers.sessions import invite_links, notes
from hubbub.hub.sessions import REMARKS
from hubbub.model import whowas
from hubbub.model.applying import people

ATTACKER = "203.0.113.9"
OTHER = "198.51.100.7"
LABELS = "labeled-response message-tags echo-message batch"


def visits(chat: Chat, host: str = ATTACKER, caps: str = "") -> Iterator[Client]:
    """One guest after another from one address; each leaves before the next one comes."""
    for number in range(10_000):
        client = chat.irc(f"visit{number}", host=host, caps=caps)
        yield client
        client.sends("QUIT")


# -- labels ----------------------------------------------------------------------------------


def test_a_label_longer_than_64_bytes_is_refused_and_not_remembered() -> None:
    chat = Chat()
    alice = chat.irc("alice", caps=LABELS, join="#tea")
    fits, long = "l" * 62 + "é", "l" * 63 + "é"
    (echo,) = alice.asks(f"@label={fits} PRIVMSG #tea :hello")
    assert f"label={fits}" in echo
    (refusal,) = alice.asks(f"@label={long} PRIVMSG #tea :again")
    assert "FAIL PRIVMSG INVALID_LABEL" in refusal
    assert "label=" not in refusal
    assert not chat.hub.context.dedup.knows(alice.session, long, ["#tea"])
    chat.check()


def test_labels_of_one_address_push_out_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedup, "MOST_OF_ONE", 3)
    chat = Chat()
    bob = chat.irc("bob", host=OTHER, caps=LABELS, join="#tea")
    bob.sends("@label=bobs PRIVMSG #tea :once")
    for number, mallory in zip(range(5), visits(chat, caps=LABELS), strict=False):
        mallory.sends("JOIN #tea", f"@label=m{number} PRIVMSG #tea :more")
    knows = chat.hub.context.dedup.knows
    assert knows(bob.session, "bobs", ["#tea"])
    assert [n for n in range(5) if knows(bob.session, f"m{n}", ["#tea"])] == [2, 3, 4]


def test_the_labels_of_many_addresses_push_out_nobody_elses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dedup, "MOST", 4)
    chat = Chat()
    bob = chat.irc("bob", host=OTHER, caps=LABELS, join="#tea")
    bob.sends("@label=bobs PRIVMSG #tea :once")
    for number in range(6):
        mallory = chat.irc(f"m{number}", host=f"203.0.113.{number % 2}", caps=LABELS, join="#tea")
        mallory.sends(f"@label=m{number} PRIVMSG #tea :more")
    assert chat.hub.context.dedup.knows(bob.session, "bobs", ["#tea"])


# -- names of the past, notes ----------------------------------------------------------------


def test_of_too_many_former_names_those_of_who_has_the_most_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whowas, "KEPT", 3)
    chat = Chat()
    chat.irc("bob", host=OTHER).sends("QUIT")
    for _, _mallory in zip(range(6), visits(chat), strict=False):
        pass
    alice = chat.irc("alice")
    found = [" 314 " in alice.asks(f"WHOWAS {nick}")[0] for nick in ("bob", "visit0", "visit4")]
    assert found == [True, False, True]
    chat.check()


def test_the_notes_of_one_account_push_out_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST", 3)
    chat = Chat()
    alice, mallory = chat.irc("alice"), chat.irc("mallory", host=ATTACKER)
    alice.sends("NS REGISTER correct-horse")
    token = alice.asks("HANDOVER PUT sealed")[-1].rpartition(" ")[2]
    mallory.sends("NS REGISTER correct-horse", "HANDOVER PUT x")
    for _ in range(4):
        more = chat.connects(IrcDialect(), ATTACKER)
        more.sends("CAP REQ sasl", "AUTHENTICATE PLAIN")
        more.sends("AUTHENTICATE bWFsbG9yeQBtYWxsb3J5AGNvcnJlY3QtaG9yc2U=")
        more.sends("NICK mallory", "USER m 0 * m", "CAP END")
        assert "HANDOVER PUT" in more.asks("HANDOVER PUT x")[-1]
    assert chat.irc("phone").asks(f"HANDOVER TAKE {token}") == [
        ":hubbub.local HANDOVER TAKE sealed"
    ]


# -- read markers ----------------------------------------------------------------------------


def test_a_marker_is_kept_only_where_one_may_read() -> None:
    chat = Chat()
    at = "timestamp=2023-11-14T22:13:20.000Z"
    alice = chat.irc("alice", caps="draft/read-marker", join="#tea")
    bob = chat.irc("bob", join="#milk")
    bob.sends("MODE #milk +s")
    for channel in ("#nowhere", "#milk"):
        (refusal,) = alice.asks(f"MARKREAD {channel} {at}")
        assert f"FAIL MARKREAD INVALID_PARAMS {channel} " in refusal
    assert alice.asks(f"MARKREAD #tea {at}") == [f":hubbub.local MARKREAD #tea {at}"]
    assert len(chat.network.markers) == 1
    chat.check()


def test_of_too_many_markers_ones_own_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_MARKERS", 2)
    chat = Chat()
    alice, bob = chat.irc("alice", join="#a,#b,#c"), chat.irc("bob", join="#a")
    for channel in ("#a", "#b"):
        alice.sends(f"MARKREAD {channel} timestamp=2023-11-14T22:13:20.000Z")
    bob.sends("MARKREAD #a timestamp=2023-11-14T22:13:20.000Z")
    alice.sends("MARKREAD #a timestamp=2023-11-14T22:13:21.000Z")
    alice.sends("MARKREAD #c timestamp=2023-11-14T22:13:20.000Z")
    assert [sorted(each) for each in chat.network.markers.values()] == [["#a", "#c"], ["#a"]]
    chat.check()


# -- reports ---------------------------------------------------------------------------------


def test_an_open_report_is_never_pushed_out() -> None:
    chat = Chat()
    victim = chat.irc("victim", host=OTHER)
    victim.sends("REPORT bully :threatens me")
    for mallory in visits(chat):
        if "TOO_MANY" in mallory.asks("REPORT nobody :spam")[-1]:
            break
        chat.now += 60_000
    waiting = chat.network.administration.reports()
    assert len(waiting) == reports.MOST_OPEN_OF_ONE + 1
    assert waiting[-1].text == "threatens me"
    assert "REPORTED" in victim.asks("REPORT bully :again")[-1]
    chat.check()


def test_guests_leave_room_for_the_reports_of_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_OPEN_WITH_GUESTS", 2)
    monkeypatch.setattr(reports, "MOST_REPORTS", 3)
    chat = Chat()
    alice = chat.irc("alice")
    alice.sends("PRIVMSG NickServ :REGISTER correct-horse")
    guests = [chat.irc(f"guest{n}", host=f"198.51.100.{n}") for n in range(3)]
    said = [guest.asks("REPORT nobody :spam")[-1] for guest in guests]
    assert ["TOO_MANY" in line for line in said] == [False, False, True]
    said = [alice.asks("REPORT nobody :true")[-1] for _ in range(2)]
    assert ["TOO_MANY" in line for line in said] == [False, True]


# -- invitations -----------------------------------------------------------------------------


def test_one_address_fills_the_invitations_of_nobody_else() -> None:
    chat = Chat(limits__invites=2)
    for mallory in visits(chat):
        if "TOO_MANY" in mallory.asks("INVITELINK ADD * 1 365d")[-1]:
            break
    assert len(chat.network.invites) == 2 * invite_links.SHARING
    bob = chat.irc("bob", host=OTHER)
    assert " LINK " in bob.asks("INVITELINK ADD *")[-1]
    chat.check()


def test_guests_leave_room_for_the_invitations_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invite_links, "MOST_WITH_GUESTS", 1)
    chat = Chat()
    alice = chat.irc("alice")
    alice.sends("PRIVMSG NickServ :REGISTER correct-horse")
    guests = [chat.irc(f"guest{n}", host=f"198.51.100.{n}") for n in range(2)]
    said = [guest.asks("INVITELINK ADD *")[-1] for guest in guests]
    assert ["TOO_MANY" in line for line in said] == [False, True]
    assert " LINK " in alice.asks("INVITELINK ADD *")[-1]


def test_an_invitation_that_nobody_used_is_forgotten_at_its_end() -> None:
    chat = Chat()
    alice = chat.irc("alice")
    alice.sends("INVITELINK ADD * 1 1m")
    chat.now += 60_000
    alice.sends("INVITELINK ADD * 1 1m")
    assert len(chat.network.invites) == 1
    chat.check()


# -- stored tags, and what else is charged -----------------------------------------------------


def test_stored_tags_are_small() -> None:
    chat = Chat()
    alice = chat.irc("alice", caps="message-tags", join="#tea")
    size = LONGEST_KEPT - len("+draft/persist") - len("+z")
    for tag in ("+draft/persist", "+draft/react=x"):
        (refusal,) = alice.asks(f"@{tag};+z={'T' * (size + 4)} TAGMSG #tea")
        assert "FAIL TAGMSG TAGS_TOO_LONG" in refusal
    assert alice.asks(f"@+draft/persist;+z={'T' * size} TAGMSG #tea") == []
    assert alice.asks(f"@+z={'T' * 4000} TAGMSG #tea") == []  # not stored
    chat.check()


#: What a guest sends, the setting that bounds it for a person, and the answer beyond that.
CHARGED = [
    ("@+draft/persist TAGMSG #tea", "kept_tags", "RATE_LIMITED"),
    ("METADATA * SET color :{}", "metadata_burst", "RATE_LIMITED"),
    ("AWAY :{}", "change_burst", " 263 "),
    ("NICK {}x", "change_burst", " 263 "),
]


@pytest.mark.parametrize(("line", "setting", "answer"), CHARGED)
def test_reconnecting_gains_nothing(line: str, setting: str, answer: str) -> None:
    chat = Chat(**{f"limits__{setting}": 1})
    chat.irc("host", host=OTHER, join="#tea")
    accepted = 0
    for mallory in visits(chat, caps="message-tags draft/metadata-2"):
        mallory.sends("JOIN #tea")
        if answer in " ".join(mallory.asks(line.format(f"n{accepted}"))):
            break
        accepted += 1
    assert accepted == SHARING
    assert answer not in " ".join(chat.irc("bob", host=OTHER).asks(line.format("b")))


def test_an_exempt_address_shares_no_budget() -> None:
    chat = Chat(limits__kept_tags=1, limits__exempt=(f"{ATTACKER}/32",))
    chat.irc("host", host=OTHER, join="#tea")
    for _, mallory in zip(range(SHARING + 5), visits(chat, caps="message-tags"), strict=False):
        mallory.sends("JOIN #tea")
        assert mallory.asks("@+draft/persist TAGMSG #tea") == []


def test_knocks_are_few_from_one_address() -> None:
    chat = Chat()
    chat.irc("host", host=OTHER, join="#tea").sends("MODE #tea +i")
    answers = []
    for _, mallory in zip(range(SHARING + 1), visits(chat), strict=False):
        answers += mallory.asks("KNOCK #tea :let me in")
    assert [" 712 " in line for line in answers] == [False] * SHARING + [True]


# -- capabilities ----------------------------------------------------------------------------


def test_a_set_of_capabilities_that_no_client_has_any_more_is_forgotten() -> None:
    chat = Chat()
    alice, bob = (chat.irc(nick, caps="server-time", join="#tea") for nick in ("alice", "bob"))
    shared = weakref.ref(alice.session.variant)
    assert bob.session.variant is shared()
    alice.sends("PRIVMSG #tea :hello", "CAP REQ :batch", "PRIVMSG #tea :hello")
    assert shared() is bob.session.variant
    bob.sends("CAP REQ :batch")
    assert bob.session.variant is alice.session.variant
    assert shared() is None


# -- chat.log --------------------------------------------------------------------------------


def test_clients_without_a_name_push_little_out_of_chat_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chat = Chat()
    lines: list[str] = []
    monkeypatch.setattr(chat.hub.outbox, "remark_locked", lambda time, text: lines.append(text))
    for _ in range(200):
        chat.connects(IrcDialect(), ATTACKER).drops()
    assert len(lines) == REMARKS
    assert lines[-1].endswith("more of its kind are not written for a minute")
    chat.connects(IrcDialect(), OTHER).drops()
    chat.now += 2000
    chat.connects(IrcDialect(), ATTACKER).sends("PING 1").drops()
    assert len(lines) == REMARKS + 2
