"""Notifications while the page is closed: from the settings to the notification and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browsing import People, Person
from push.receiving import HOST, Browser, PushService
from running_server import PATIENCE, eventually
from server_here import running
from test_myself import AROUND_NOW

from hubbub.push.pusher import Pusher
from hubbub.push.sending import Sender

ADDRESS = f"https://{HOST}/send/abc"

# Chromium asks its maker's service for a subscription; here there is none to ask.
SUBSCRIBES = """([endpoint, p256dh, auth]) => {
  let held = null;
  PushManager.prototype.getSubscription = async () => held;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => held = {
    options: { applicationServerKey: applicationServerKey.buffer },
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }), endpoint,
    unsubscribe: async () => { held = null; },
  };
  Notification.requestPermission = async () => "granted";
}"""
SHOWN = """async () => {
  const all = await (await navigator.serviceWorker.ready).getNotifications();
  return all.map(({ title, body, silent, data }) => [title, body, Boolean(silent), data.url]);
}"""


class Pushed:
    """What the browser's maker does with what comes for a subscription."""

    def __init__(self, person: Person, origin: str) -> None:
        self._origin, self._page = origin, person.page
        self._wire = person.context.new_cdp_session(person.page)
        self._registrations: list[str] = []
        self._wire.on("ServiceWorker.workerRegistrationUpdated", self._updated)
        self._wire.send("ServiceWorker.enable")

    def _updated(self, event: Any) -> None:
        self._registrations += [each["registrationId"] for each in event["registrations"]]

    def deliver(self, line: str) -> None:
        self._page.evaluate("navigator.serviceWorker.ready.then(() => {})")
        while not self._registrations:
            self._page.wait_for_timeout(20)
        words = {"origin": self._origin, "registrationId": self._registrations[-1], "data": line}
        self._wire.send("ServiceWorker.deliverPushMessage", words)


def test_a_mention_reaches_a_closed_page(person: People, tmp_path: Path) -> None:
    browser = Browser()
    (tmp_path / "data").mkdir()
    with PushService(tmp_path) as service, running(tmp_path / "data") as server:
        hub, url = server.hub, f"http://127.0.0.1:{server.port}/"  # type: ignore[attr-defined]
        assert server.pusher is not None
        server.pusher.stop()
        server.pusher = Pusher(
            hub,
            Sender(
                lambda host, port: ["127.0.0.1"], lambda name: True, service.port, service.trusting
            ),
        )
        server.pusher.start()
        listener = server.pusher.listener()  # the server's own hears for the one that was stopped
        listener.start()
        hub.listen(listener)
        anna = person("#lobby", url=url)
        anna.context.grant_permissions(["notifications"])
        anna.page.evaluate(
            "import('/js/accounts.js')"
            ".then(({ register }) => register(hubbub, '*', '', 'correct horse battery', true))"
        )
        anna.until("hubbub.state.me.account")
        nick = anna.nick
        p256dh, auth = (word.partition("=")[2] for word in browser.keys.split(";"))
        anna.page.evaluate(SUBSCRIBES, [ADDRESS, p256dh, auth])
        anna.page.evaluate("hubbub.ui.open('settings')")
        anna.page.get_by_label("Also when this page is closed").check()
        anna.until("hubbub.settings.values.push")
        assert [each.endpoint for each in hub.network.subscriptions.of(nick)] == [ADDRESS]
        pushed = Pushed(anna, url.rstrip("/"))
        anna.page.evaluate("hubbub.connection.stop()")  # as closing the page does
        bert = person("#lobby", url=url)
        eventually(lambda: not hub.network.user(nick).sessions)
        bert.say(f"{nick}: are you there?")
        _, _, body = service.requests.get(timeout=PATIENCE)
        pushed.deliver(browser.read(body).decode())
        anna.until(f"({SHOWN})().then((all) => all.length === 1)")
        [[title, text, silent, place]] = anna.page.evaluate(SHOWN)
        assert (title, text, silent) == (f"{bert.nick} · #lobby", f"{nick}: are you there?", False)
        assert place.startswith("/#lobby/")
        # At night it makes no sound.
        begin, end = anna.page.evaluate(AROUND_NOW)
        anna.page.evaluate("(begin) => hubbub.settings.set('quietFrom', begin)", begin)
        anna.page.evaluate("(end) => hubbub.settings.set('quietTo', end)", end)
        anna.page.evaluate("hubbub.settings.set('quiet', true)")
        kept = "caches.open('hubbub-settings').then((c) => c.match('/settings.json'))"
        anna.until(f"{kept}.then((r) => r?.json()).then((settings) => settings?.quiet)")
        waves = f":{bert.nick}!u@h PRIVMSG {nick} :\x01ACTION <b>waves</b>\x01"
        pushed.deliver(waves)
        anna.until(f"({SHOWN})().then((all) => all.length === 2)")
        found = [each for each in anna.page.evaluate(SHOWN) if each[0] == bert.nick]
        assert found == [[bert.nick, "<b>waves</b>", True, f"/#@{bert.nick}"]]
        anna.page.evaluate("hubbub.connection.start()")
        anna.until("hubbub.connection.online")
        anna.page.evaluate(
            "import('/js/push.js').then(({ switchPush }) => switchPush(hubbub, false))"
        )
        anna.until("!hubbub.settings.values.push")
        assert not hub.network.subscriptions
        anna.context.close()
        bert.context.close()
