"""Record every change: append the event to the open batch, apply it to the model, and find its
audience. Once the log has the batch (log/writer.py), its lines are delivered.

Clients page through history by time, with exclusive bounds. So times within a conversation strictly
increase (entry_times.py), and no page can end between two messages of the same time.

Everything here runs under the hub's lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..clock import Clock
from ..events.bursts import Entries, Logged, MessagesSent
from ..events.kinds import (
    ARRIVALS,
    EPHEMERAL,
    NEVER_REFUSED,
    NEWS_OF_PEOPLE,
    ChannelRenamed,
    Entry,
    Event,
    Joined,
    Kicked,
    LoggedIn,
    Parted,
    SessionAttached,
    SessionDetached,
    UserConnected,
    UserQuit,
)
from ..handlers.context import Context
from ..handlers.refusals import log_full, log_low
from ..log.base import Log
from ..model.change import Change
from ..outbox.audience import Audience, Audiences
from ..outbox.outbox import Outbox
from ..protocol.names import fold
from ..session import Session
from .answering import Answers
from .entry_times import EntryTimes

#: Skips the generated constructor.
_new = tuple.__new__
#: Events that attach a session to a user.
_ENTRIES = frozenset({UserConnected, SessionAttached})


class Recorder:
    """`position` is that of the last event. `clock` sets the time `context.now`."""

    def __init__(
        self,
        context: Context,
        audiences: Audiences,
        outbox: Outbox,
        answers: Answers,
        clock: Clock,
        log: Log,
    ) -> None:
        self.position = log.last_position
        self.times = EntryTimes(log.last_time)
        self.clock = clock
        self._context = context
        self._network = context.network
        self._audiences = audiences
        self._outbox = outbox
        self._answers = answers

    def tick_locked(self) -> None:
        """Advance the time; it never goes back, whatever the clock does."""
        now = self.clock()
        if now > self._context.now:
            self._context.now = now

    def record_all_locked(self, events: Iterable[Event]) -> None:
        """Record events without a command. Raises Refused if the log is full."""
        self.tick_locked()
        for event in events:
            self.record_locked(event, None)

    def record_locked(self, event: Event | MessagesSent, asker: Session | None) -> Change:
        """Append an event, apply it, and queue it for its audience. Every change passes here."""
        outbox = self._outbox
        batch, now = outbox.batch, self._context.now
        entry: Logged
        if type(event) is MessagesSent:
            entry = self._next_several(event, now)
        else:
            entry = self._next(event, now)
        kind = type(event)
        if kind not in EPHEMERAL:
            if (outbox.full or outbox.low) and kind not in NEVER_REFUSED and not _is_gone(asker):
                self._check_room(kind, asker)
            batch.entries.append(entry)
        change = self._network.apply(entry)
        if asker is not None:
            batch.askers[asker] = None
        if kind is MessagesSent:
            # An echo is the line that the others get.
            skip = None if asker is None or asker.hears_itself else asker
            batch.tell(self._audiences.of_channel(change.channels[0]), change, skip)
        else:
            self._follow_locked(change, asker)
            for told, audience in self._audiences.of(change):
                batch.tell(audience, told, asker)
        if not batch.open:
            outbox.wake_locked()
        return change

    def _next(self, event: Event, now: int) -> Entry:
        self.position += 1
        return Entry(self.position, self.times.next(type(event), event, now), event)

    def _next_several(self, event: MessagesSent, now: int) -> Entries:
        (_, _, _, _, _, _, conversation), texts = event
        first, number = self.position + 1, len(texts)
        self.position = last = self.position + number
        time, last_time = self.times.next_several(conversation, number, now)
        return _new(Entries, (first, time, event, last, last_time))

    def _check_room(self, kind: type, asker: Session | None) -> None:
        """Raises Refused on a full disk, and for guests already on one that is nearly full, unless
        they log in to an account."""
        if self._outbox.full:
            raise log_full()
        if asker is not None and kind is not LoggedIn and self._context.account(asker) is None:
            self._outbox.wake_locked()  # the writer looks again
            raise log_low()

    def _follow_locked(self, change: Change, asker: Session | None) -> None:
        """Update sessions after a change: their users, their audiences, their MONITOR lists."""
        event, users, audiences = change.entry.event, self._network.users, self._audiences
        kind = type(event)
        if isinstance(event, UserQuit):
            audiences.forget(event.channels)
        elif isinstance(event, Joined):
            audiences.joined(fold(event.channel), users[event.user])
        elif isinstance(event, Parted):
            audiences.left(fold(event.channel), users[event.user])
        elif isinstance(event, Kicked):
            audiences.left(fold(event.channel), users[event.target])
        elif kind in _ENTRIES and asker is not None:
            user = asker.user = users[event.user]  # type: ignore[union-attr]
            asker.registration = None
            audiences.forget(user.channels)
        elif kind is SessionDetached:
            audiences.forget(users[event.user].channels)  # type: ignore[union-attr]
        elif kind is ChannelRenamed:
            audiences.forget((fold(event.old),))  # type: ignore[union-attr]
        watchers = self._context.monitors
        if kind in ARRIVALS:
            for session, reply in watchers.notices(change):
                self._answers.send_locked(session, [reply])
        if kind in NEWS_OF_PEOPLE:
            strangers = watchers.strangers(change, self._network)
            if strangers:
                told = change._replace(channels=(), users=())
                self._outbox.batch.tell(Audience(strangers), told, asker)


def _is_gone(asker: Session | None) -> bool:
    """Has the client gone? Then consequences such as away (always-on) are recorded regardless."""
    return asker is not None and asker.closing
