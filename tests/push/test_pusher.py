"""From a message to its notification, with a push service on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from harness import Chat, Client
from push.receiving import HOST, Browser, PushService
from running_server import PATIENCE

from hubbub.events.kinds import Entry, MessageSent, PushUnsubscribed
from hubbub.log.base import Kept
from hubbub.push.pusher import MOST_WAITING, Pusher
from hubbub.push.sending import NotSent, Sender

ADDRESS = f"https://{HOST}/send/abc"
CAPS = "soju.im/webpush message-tags server-time"


class Scene:
    """A server that pushes, and anna with an account."""

    def __init__(self, service: PushService, most_waiting: int = MOST_WAITING) -> None:
        self.service = service
        self.chat = Chat()
        self.sent = 0
        sender = Sender(
            lambda host, port: ["127.0.0.1"], lambda address: True, service.port, service.trusting
        )
        self.pusher = Pusher(
            self.chat.hub, sender, lambda: self.chat.now / 1000, most_waiting=most_waiting
        )
        self.pusher.start()
        self.browser = Browser()
        self.anna = self.chat.irc("anna", caps=CAPS, join="#tea")
        self.anna.sends("NICKSERV REGISTER correct-horse-battery", "PERSISTENCE SET ON")
        self.bob = self.chat.irc("bob", join="#tea")

    def subscribes(self) -> list[str]:
        return self.anna.asks(f"WEBPUSH REGISTER {ADDRESS} {self.browser.keys}")

    def says(self, text: str, who: Client | None = None) -> None:
        (who or self.bob).sends(text)
        entries: list[Entry] = list(self.chat.log.read())
        fresh, self.sent = entries[self.sent :], len(entries)
        self.pusher.hear(Kept([each for each in fresh if isinstance(each.event, MessageSent)]))

    def pushed(self) -> str:
        """The next message that the browser reads."""
        _, _, body = self.service.requests.get(timeout=PATIENCE)
        return self.browser.read(body).decode()


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    service = PushService(tmp_path)
    made = Scene(service, getattr(request, "param", MOST_WAITING))
    yield made
    made.pusher.stop()
    service.stop()
    made.chat.settle()
    made.chat.check()


def test_the_key_is_told_to_who_knows_what_it_is(scene: Scene) -> None:
    other = scene.chat.irc("carl")
    key = scene.chat.hub.context.push_key
    assert len(key) == 87
    assert any(f"VAPID={key}" in line for line in scene.anna.asks("VERSION"))
    assert not any("VAPID" in line for line in other.asks("VERSION"))


def test_mentions_and_private_messages_of_who_is_not_there_are_pushed(scene: Scene) -> None:
    assert scene.subscribes() == [f":hubbub.local WEBPUSH REGISTER {ADDRESS}"]
    scene.says("PRIVMSG #tea :anna: you are looking, so no push")
    scene.anna.drops()
    scene.says("PRIVMSG #tea :nobody in particular, nor annabel")
    scene.says("PRIVMSG #tea :(anna, are you there?)")
    line = scene.pushed()
    tags, rest = line.split(" ", 1)
    assert rest == f":{bob_source(scene)} PRIVMSG #tea :(anna, are you there?)"
    assert tags.startswith("@msgid=")
    assert ";time=2023-11-14T22:13:20." in tags
    scene.says("PRIVMSG anna :in private")
    assert scene.pushed().endswith(" PRIVMSG anna :in private")
    scene.says("PRIVMSG anna :\x01VERSION\x01")
    scene.says("PRIVMSG anna :\x01ACTION waves\x01")
    assert scene.pushed().endswith(":\x01ACTION waves\x01")
    assert scene.service.requests.empty()


def bob_source(scene: Scene) -> str:
    user = scene.bob.session.user
    assert user is not None
    return user.source


def test_who_is_away_everywhere_is_told(scene: Scene) -> None:
    scene.subscribes()
    scene.anna.sends("AWAY :lunch")
    scene.says("PRIVMSG anna :hungry?")
    assert scene.pushed().endswith(":hungry?")
    scene.anna.sends("AWAY")
    scene.says("PRIVMSG anna :back?")
    assert scene.service.requests.empty()


def test_the_request_is_signed_and_sealed(scene: Scene) -> None:
    scene.subscribes()
    scene.anna.drops()
    scene.says("PRIVMSG anna :" + "tea " * 100)
    path, headers, body = scene.service.requests.get(timeout=PATIENCE)
    assert path == "/send/abc"
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].endswith(f"k={scene.chat.hub.context.push_key}")
    assert int(headers["ttl"]) > 0
    assert b"tea" not in body
    assert len(body) < 4096


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(scene: Scene, status: int) -> None:
    scene.subscribes()
    scene.anna.drops()
    scene.service.answer = status
    scene.says("PRIVMSG anna :one")
    scene.pushed()
    scene.pusher.finish()
    scene.chat.settle()
    ended = [entry.event for entry in scene.chat.log.read()]
    assert PushUnsubscribed("anna", ADDRESS, f"the push service says {status}") in ended
    assert not scene.chat.network.subscriptions


def test_other_answers_keep_it(scene: Scene) -> None:
    scene.subscribes()
    scene.anna.drops()
    scene.service.answer = 503
    scene.says("PRIVMSG anna :one")
    scene.pushed()
    scene.pusher.finish()
    assert scene.chat.network.subscriptions.of("anna")


def test_leaving_the_account_or_asking_ends_it(scene: Scene) -> None:
    scene.subscribes()
    assert scene.anna.asks(f"WEBPUSH UNREGISTER {ADDRESS}") == [
        f":hubbub.local WEBPUSH UNREGISTER {ADDRESS}"
    ]
    assert not scene.chat.network.subscriptions
    # One that is none is no error.
    assert scene.anna.asks("WEBPUSH UNREGISTER https://a.example/") == [
        ":hubbub.local WEBPUSH UNREGISTER https://a.example/"
    ]


def test_what_is_refused(scene: Scene) -> None:
    guest = scene.chat.irc("carl", caps=CAPS)
    keys = scene.browser.keys
    [line] = guest.asks(f"WEBPUSH REGISTER {ADDRESS} {keys}")
    assert " FAIL WEBPUSH ACCOUNT_REQUIRED REGISTER " in f" {line.split(' ', 1)[1]}"
    for words in (
        f"REGISTER http://{HOST}/ {keys}",
        "REGISTER https://127.0.0.1:22/ " + keys,
        f"REGISTER {ADDRESS} p256dh=AAAA;auth=AAAA",
        f"REGISTER {ADDRESS} {keys} more",
        f"REGISTER {ADDRESS}",
        f"DANCE {ADDRESS}",
    ):
        [line] = scene.anna.asks(f"WEBPUSH {words}")
        assert "FAIL WEBPUSH INVALID_PARAMS " in line, words
    assert not scene.chat.network.subscriptions


def test_who_does_not_stay_is_told_so(scene: Scene) -> None:
    scene.anna.sends("PERSISTENCE SET OFF")
    assert "WARN WEBPUSH PERSISTENCE_REQUIRED" in scene.subscribes()[1]


def test_an_account_has_so_many_browsers_and_a_browser_one_account(scene: Scene) -> None:
    for number in range(12):
        scene.anna.sends(f"WEBPUSH REGISTER {ADDRESS}{number} {scene.browser.keys}")
    held = [each.endpoint for each in scene.chat.network.subscriptions.of("anna")]
    assert held == [f"{ADDRESS}{number}" for number in range(2, 12)]
    scene.bob.sends("NICKSERV REGISTER correct-horse-battery")
    scene.bob.sends(f"WEBPUSH REGISTER {ADDRESS}5 {scene.browser.keys}")
    assert len(scene.chat.network.subscriptions.of("anna")) == 9


@pytest.mark.parametrize("scene", [3], indirect=True)
def test_the_queue_is_bounded(scene: Scene) -> None:
    """Without its threads nothing is sent; then what is beyond the bound is left out."""
    scene.pusher.stop()
    scene.subscribes()
    scene.anna.drops()
    for _ in range(5):
        scene.says("PRIVMSG anna :hello")
    assert scene.pusher.dropped == 2


def test_a_key_that_is_none_ends_it(scene: Scene) -> None:
    nonsense = Browser()
    nonsense.point = b"\x04" + os.urandom(64)
    scene.anna.sends(f"WEBPUSH REGISTER {ADDRESS} {nonsense.keys}")
    scene.anna.drops()
    scene.says("PRIVMSG anna :hello")
    scene.pusher.finish()
    assert not scene.chat.network.subscriptions


def test_an_address_that_cannot_be_reached_takes_nobodys_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    post = Sender.post

    def note(sender: Sender, endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
        tried.append(endpoint)
        if scene.chat.now < later:
            raise NotSent("it took too long")
        return post(sender, endpoint, headers, body)

    later = scene.chat.now + 61_000
    monkeypatch.setattr(Sender, "post", note)
    scene.subscribes()
    scene.anna.sends("QUIT")
    for text in ("one", "two", "three"):
        scene.says(f"PRIVMSG anna :{text}")
        scene.pusher.finish()
    assert tried == [ADDRESS]
    scene.chat.now = later
    scene.says("PRIVMSG anna :four")
    assert scene.pushed().endswith(" :four")
