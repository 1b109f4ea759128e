"""An open connection does not suffice to give an account away: the owner has to be there, by the
password or by a recent login. The table has every command of NickServ and ChanServ."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from harness import Chat, Client
from people import PASSWORD, account, cheap_chat, connecting, logged_in
from test_registering import said

from hubbub.handlers.accounts import devices, lifecycle, proof
from hubbub.handlers.accounts.services import CHANSERV, NICKSERV

MARK, OTHER = "ab" * 32, "cd" * 32
CODE = "{code}"  # that UNREGISTER asks for


class Example(NamedTuple):
    """`order` gives something of the account away; the password goes behind it."""

    order: str
    refusal: str = "Give your password too, behind the rest"
    with_password: str = ""


#: Command -> what it may do at a connection that somebody left open.
GIVES_AWAY = {
    "NS PASSWD": [Example("NS PASSWD wrong-horse thiefs-horse", "Wrong name or password",
                          f"NS PASSWD {PASSWORD} another-horse")],
    "NS DROP": [Example("NS DROP wrong-horse", "Wrong name or password", f"NS DROP {PASSWORD}")],
    "NS CERT": [Example(f"NS CERT ADD {OTHER}")],
    "NS SET": [Example("NS SET email thief@example.org"), Example("NS SET enforce none")],
    "NS GROUP": [Example("NS GROUP")],
    "NS UNGROUP": [Example("NS UNGROUP ally")],
    "CS TRANSFER": [Example("CS TRANSFER #tea thief")],
    "CS SET": [Example("CS SET #tea founder thief")],
    "CS UNREGISTER": [Example(f"CS UNREGISTER #tea {CODE}")],
}  # fmt: skip
#: Commands that answer, or change what the owner can set right at any time.
HARMLESS = {
    "NS": ["REGISTER thiefs-horse", "VERIFY alice 123456", "IDENTIFY alice wrong-horse", "INFO",
           "EXPORT", "GHOST thief", "RECOVER thief", "SESSIONS", "DEVICES", "DEVICES DEL ALL",
           f"CERT DEL {MARK}", "SET always-on on", "SET auto-away off", "SET multiclient off",
           "LOGOUT"],
    "CS": ["REGISTER #pot", "INFO #tea", "LIST", "ACCESS #tea thief +o", "CLEAR #tea BANS",
           "SET #tea url https://example.org", "SET #tea mlock +m", "TRANSFER ACCEPT #tea",
           *(f"{name} #tea" for name in CHANSERV.commands if name.endswith(
               ("ADMIN", "OP", "HALFOP", "VOICE")))],
}  # fmt: skip


@pytest.fixture
def chat() -> Any:
    chat = cheap_chat()
    account(chat, "alice")
    account(chat, "thief")
    yield chat
    chat.check()


@pytest.fixture
def alice(chat: Chat) -> Client:
    """She has a certificate, a second nick and a channel."""
    alice = logged_in(chat, "alice")
    alice.sends("JOIN #tea", "CS REGISTER #tea", "NICK ally", "NS GROUP", "NICK other")
    alice.sends(f"NS CERT ADD {MARK}", "JOIN #pot")
    chat.forget()
    return alice


def left_open(chat: Chat) -> None:
    chat.now += proof.RECENT_MS + 1


def has(chat: Chat) -> dict[str, Any]:
    """What belongs to alice, and how she logs in."""
    account = chat.network.accounts.get("alice")
    if account is None:
        return {}
    channels = [each for each in chat.network.channels.values() if each.founder == "alice"]
    return {
        "password": account.password,
        "email": account.email,
        "enforce": account.settings.get("enforce"),
        "nicks": sorted(account.nicks),
        "certificates": sorted(account.certificates),
        "identities": sorted(account.identities),
        "channels": sorted((each.name, each.offered) for each in channels),
    }


def with_code(chat: Chat, order: str) -> str:
    channel = chat.network.channel("#tea")
    assert channel is not None
    what = f"unregister {channel.key} {channel.registered}"
    return order.replace(CODE, lifecycle.confirmation(chat.hub.context, what))


EXAMPLES = [example for examples in GIVES_AWAY.values() for example in examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.order)
def test_what_gives_the_account_away_asks_for_the_owner(
    chat: Chat, alice: Client, example: Example
) -> None:
    left_open(chat)
    before, order = has(chat), with_code(chat, example.order)
    assert said(alice.asks(order)) == [example.refusal]
    if not example.with_password:
        assert said(alice.asks(f"{order} wrong-horse")) == ["Wrong name or password"]
    assert has(chat) == before
    alice.sends(example.with_password or f"{order} {PASSWORD}")
    assert has(chat) != before


@pytest.mark.parametrize(
    "example", [each for each in EXAMPLES if not each.with_password], ids=lambda each: each.order
)
def test_a_recent_login_suffices(chat: Chat, alice: Client, example: Example) -> None:
    left_open(chat)
    alice.sends(f"NS IDENTIFY alice {PASSWORD}")
    chat.now += proof.RECENT_MS
    before = has(chat)
    alice.sends(with_code(chat, example.order))
    assert has(chat) != before


@pytest.mark.parametrize(
    "order", [f"{service} {words}" for service, some in HARMLESS.items() for words in some]
)
def test_everything_else_gives_nothing_away(chat: Chat, alice: Client, order: str) -> None:
    chat.irc("thief2", join="#tea")
    left_open(chat)
    before = has(chat)
    alice.sends(order)
    after = has(chat)
    kept = [each for each in after.pop("channels") if each[0] != "#pot"]
    assert kept == before.pop("channels")
    assert set(after.pop("certificates")) <= set(before.pop("certificates"))
    assert after == before


def test_the_tables_have_every_command() -> None:
    listed = {" ".join(order.split()[:2]) for order in GIVES_AWAY} | {
        f"{service} {words.split()[0]}" for service, some in HARMLESS.items() for words in some
    }
    assert listed == {
        f"{service.shorthand} {name}"
        for service in (NICKSERV, CHANSERV)
        for name, row in service.commands.items()
        if row.privilege is None
    }


def test_a_login_with_a_token_of_a_device_proves_nothing(chat: Chat, alice: Client) -> None:
    token = alice.asks(f"NS IDENTIFY alice {PASSWORD}", "TOKEN GENERATE HUBBUB/DEVICE")
    device = token[-1].rpartition(" ")[2]
    assert device.startswith(devices.PREFIX)
    browser = logged_in(chat, "alice", nick="browser", password=device)
    assert said(browser.asks("NS GROUP")) == ["Give your password too, behind the rest"]


def test_an_account_without_a_password_asks_for_its_certificate(chat: Chat) -> None:
    bob = connecting(chat, certificate_fingerprint=MARK, tls=True)
    bob.sends("NICK bob", "USER b 0 * :b", "NS REGISTER *")
    bobs = chat.network.accounts.get("bob")
    assert bobs is not None
    assert list(bobs.certificates) == [MARK]
    left_open(chat)
    code = said(bob.asks("NS DROP"))[-1].rpartition(" ")[2]
    assert said(bob.asks(f"NS CERT ADD {OTHER}")) == [f"{OTHER} logs you in now"]
    bob.sends(f"NS CERT DEL {MARK}")
    for order in (f"DROP {code}", f"CERT DEL {OTHER}", "PASSWD * another-horse", "GROUP"):
        bob.sends("NICK bobby")
        assert said(bob.asks(f"NS {order}")) == ["Connect with a certificate of your account first"]
