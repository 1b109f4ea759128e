"""Send push notifications of mentions and private messages to absent users.

    batch kept -> absent subscribers concerned (`meant`) -> queue -> a push service

Listens to batches, as chat.log does. The queue is bounded; messages beyond it are not pushed, but
are in the history all the same. An unreachable address is skipped for a while, so that a slow one
does not delay the others. A subscription that the push service no longer knows is ended by an
event.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..events.bursts import singles
from ..events.kinds import Entry, MessageSent, PushUnsubscribed
from ..handlers.refusals import Refused
from ..hub import Hub
from ..log.base import Kept
from ..model.push_recipients import line_of, meant
from ..model.subscriptions import Subscription
from ..outbox.listeners import BatchListener
from ..supervised_thread import SupervisedThread
from .encryption import BadKey, Vapid, encrypt
from .sending import NotSent, Sender

logger = logging.getLogger("hubbub")

MOST_WAITING = 1000
_THREADS = 4
#: Seconds for which an unreachable address is skipped.
REST_SECONDS = 60.0
#: Seconds for which a push service keeps a message for a device that is off.
_KEPT_SECONDS = 2 * 24 * 3600
_LAST_SECONDS = 0.5
_GONE = frozenset({404, 410})


class Job(NamedTuple):
    subscription: Subscription
    line: bytes


class Pusher:
    def __init__(
        self,
        hub: Hub,
        sender: Sender | None = None,
        clock: Callable[[], float] = time.time,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.hub = hub
        self._sender = sender or Sender()
        self._clock = clock
        self._vapid: Vapid | None = None
        self._jobs: queue.Queue[Job | None] = queue.Queue(most_waiting)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._resting: dict[str, float] = {}  # address -> end, earliest first
        self.dropped = 0  # because the queue was full

    def start(self) -> None:
        """Start. Call it after the hub has its secret."""
        settings = self.hub.settings
        contact = settings.admin.email and f"mailto:{settings.admin.email}"
        self._vapid = Vapid(
            self.hub.network.secret, contact or settings.web.address or "https://hubbub.invalid"
        )
        self.hub.context.push_key = self._vapid.public
        for number in range(_THREADS):
            thread = SupervisedThread(target=self._run, name=f"push-{number}")
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Drop the queue; requests in progress get a moment."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
                self._jobs.task_done()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(_LAST_SECONDS)
        self._threads.clear()

    def finish(self) -> None:
        """Wait until the queue is empty."""
        self._jobs.join()

    def listener(self) -> BatchListener:
        """The listener to batches; costs nothing while nobody has subscribed."""
        return BatchListener(
            "push-listener", self.hear, kinds=frozenset({MessageSent}), when=self._is_used
        )

    def _is_used(self) -> bool:
        return bool(self.hub.network.subscriptions) and self._vapid is not None

    def hear(self, kept: Kept) -> None:
        """Queue notifications of the messages in a batch."""
        for job in self._jobs_for(list(singles(kept.entries))):
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                self.dropped += 1

    def _jobs_for(self, said: Sequence[Entry]) -> Iterator[Job]:
        if not said:
            return
        with self.hub.lock:
            network = self.hub.network
            found = [
                Job(subscription, line_of(entry, self.hub.server.log_id))
                for entry in said
                for account in meant(network, entry.event)  # type: ignore[arg-type]
                for subscription in network.subscriptions.of(account)
            ]
        yield from found

    # -- in threads of its own -------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._send(job)
            except Exception:
                logger.exception("bug: a push message was not sent")
            finally:
                self._jobs.task_done()

    def _send(self, job: Job) -> None:
        assert self._vapid is not None
        subscription = job.subscription
        if self._resting.get(subscription.endpoint, 0) > self._clock():
            return
        try:
            body = encrypt(job.line, subscription.p256dh, subscription.auth)
            headers = {
                "Authorization": self._vapid.authorization(subscription.endpoint, self._clock()),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(_KEPT_SECONDS),
                "Urgency": "high",
            }
            status = self._sender.post(subscription.endpoint, headers, body)
        except BadKey:
            self._end(subscription, "its key is none")
        except NotSent as error:
            logger.debug("not pushed: %s", error)
            self._rest(subscription.endpoint)
        else:
            if status in _GONE:
                self._end(subscription, f"the push service says {status}")
            elif status >= 300:
                logger.debug("not pushed: the push service says %d", status)

    def _rest(self, endpoint: str) -> None:
        with self._lock:
            self._resting.pop(endpoint, None)
            self._resting[endpoint] = self._clock() + REST_SECONDS
            if len(self._resting) > MOST_WAITING:
                del self._resting[next(iter(self._resting))]

    def _end(self, subscription: Subscription, why: str) -> None:
        with self.hub.lock, contextlib.suppress(Refused):
            if self.hub.network.subscriptions.has(subscription):
                event = PushUnsubscribed(subscription.account, subscription.endpoint, why)
                self.hub.recorder.record_all_locked([event])
