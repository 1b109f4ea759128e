"""Process one command from start to finish. Read this file first.

For each message the hub calls its handler and executes the steps that it yields: an event is
recorded (recording.py), a reply is collected for the client (answering.py). Once the log has the
batch (log/writer.py), its lines are delivered (outbox/fanout.py).

One lock guards everything. All handlers, and all methods whose names end in `_locked`, run under
it.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..clock import Clock, SteadyClock, steady_clock, system_clock
from ..config import RetentionSettings, Settings
from ..dialects.variant import ServerInfo, Variants
from ..events.kinds import MessageSent, SecretMade, ServerStarted
from ..events.retention import Keep, Rules, parse
from ..fair_queue import Asker, Budget
from ..handlers.accounts.lifecycle import delete_lapsed
from ..handlers.command_table import (
    PAUSE,
    CloseConnection,
    CommandRow,
    Disconnect,
    HistoryReply,
    Relabel,
    SendTo,
    load,
)
from ..handlers.context import Context
from ..handlers.messages import bursts
from ..handlers.messages.dedup import LONGEST_LABEL, Deduplicator
from ..handlers.refusals import Refused, log_full, too_busy
from ..handlers.sessions import cap_notify
from ..log.base import Log
from ..log.writer import Writer
from ..model.accounts import network_of
from ..model.channel import Channel
from ..model.replay import replay
from ..outbox.audience import Audiences
from ..outbox.batch import Batch, PrivateDelivery
from ..outbox.listeners import Hears
from ..outbox.outbox import Outbox
from ..peer import is_in
from ..protocol.durations import DAY_MS
from ..protocol.message import BadLine, Burst, FixedReplies, Message, Received, Reply
from ..protocol.numerics import (
    ERR_NEEDMOREPARAMS,
    ERR_NOTREGISTERED,
    ERR_UNKNOWNCOMMAND,
    fail,
    numeric,
    shown,
)
from ..session import Session, Thread
from ..work import Busy, Work
from ..workers import Workers
from .answering import Answers, RunningCommand, items_of
from .recording import Recorder
from .sessions import SessionRegistry

logger = logging.getLogger("hubbub")

#: Maximum messages queued behind a slow command of the same session.
_MOST_WAITING = 1000


class Hub:
    """Handles the messages of the sessions in its `registry`.

    `listen` adds listeners to batches: chat.log, push and the like. `on_failure` is called when the
    disk failed: then nothing more is stored or sent, and the server has to end.
    """

    def __init__(
        self,
        log: Log,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        steady: Clock | None = None,
        writer: type[Writer[Batch]] = Writer,
        workers: Callable[[Log, Budget], Workers] = Workers,
        on_failure: Callable[[str], None] | None = None,
    ) -> None:
        self.lock = threading.Lock()
        self.log = log
        self.settings = settings
        self.network = replay(log)
        self.server = ServerInfo(settings.server_name, log.id, settings.limits.line_length)
        self.variants = Variants(self.server)
        self.workers = workers(log, _reading_of(settings))
        self._commands = load()
        now = max(log.last_time, clock())
        self.context = Context(self.network, settings, self.server, now)
        self.audiences = Audiences(self.context.sessions, self.network.users)
        if clock is system_clock:
            clock, steady = SteadyClock(clock, log.last_time).now, steady or steady_clock
        if steady is not None:  # else retries are timed by `clock`, as in most tests
            self.context.dedup = Deduplicator(steady)
        self.context.dedup.load(log.labeled(), log.last_time)
        self.outbox = Outbox(
            log,
            writer,
            self.lock,
            on_stuck=self._suspend_all_locked,
            on_failure=on_failure,
            kept_back=settings.limits.kept_back,
        )
        self.answers = Answers(self.context, self.outbox)
        self.recorder = Recorder(
            self.context, self.audiences, self.outbox, self.answers, clock, log
        )
        self.registry = SessionRegistry(
            self.context, self.audiences, self.outbox, self.recorder, self.lock
        )

    # -- starting and ending ---------------------------------------------------------------

    def listen(self, listener: Hears) -> None:
        """Add a listener, which gets every batch that the log has, in order. Call it before
        `start`."""
        self.outbox.listeners.add(listener)

    def start(self, threads: Sequence[Thread], version: str = "") -> None:
        """Begin to accept commands; sessions belong to one of `threads`."""
        self.outbox.use(threads)
        self.outbox.listeners.start()
        self.log.keep_to(self.retention_rules, self._in_writer)
        with self.lock:
            always_on = self.settings.accounts.always_on
            started = ServerStarted(version, always_on, locks_end=True, one_person=True)
            self.recorder.record_locked(started, None)
            if not self.network.secret:
                self.recorder.record_locked(SecretMade(secrets.token_hex(32)), None)
        self.outbox.writer.start()
        self.tidy()

    def tidy(self) -> None:
        """End what ends by the clock alone. Called every minute or so."""
        with self.lock, contextlib.suppress(Refused):  # of a full log: the next call does it
            self.recorder.tick_locked()
            self.recorder.record_all_locked(delete_lapsed(self.context))

    def stop(self, reason: str) -> None:
        """Notify every client, write all decided entries, pass their lines to the I/O threads."""
        with self.lock:
            self.recorder.tick_locked()
            for session in list(self.context.sessions.values()):
                self.registry.disconnect_locked(session, reason, tell=True)
        self.workers.stop()
        self.outbox.writer.stop()
        self.outbox.listeners.close()

    def wait_for_listeners(self, seconds: float) -> bool:
        """After `stop`: wait until the listeners have finished; False on timeout."""
        return not self.outbox.listeners.wait(seconds)

    def reconfigure(self, settings: Settings, motd: tuple[str, ...]) -> None:
        """Apply new settings. Clients are notified of changed capabilities (IRCv3 cap-notify) and
        changed limits (RPL_ISUPPORT)."""
        with self.lock:
            self.recorder.tick_locked()
            old, self.settings = self.settings, settings
            self.context.use(settings)
            self.workers.limit(_reading_of(settings))
            self.outbox.kept_back = settings.limits.kept_back
            self.context.motd, self.context.motd_replies = motd, None
            for session in list(self.context.sessions.values()):
                variant = session.variant
                items = cap_notify.news(self.context, session, old)
                if session.variant is not variant and session.user is not None:
                    self.audiences.forget(session.user.channels)
                if items:
                    self.answers.send_locked(session, items)

    def retention_rules(self) -> Rules:
        """The retention rules in effect. Called by the log's own thread."""
        with self.lock:
            self.recorder.tick_locked()
            return rules_of(self.network.channels, self.settings.retention, self.context.now)

    def _in_writer(self, work: Callable[[], None]) -> None:
        with self.lock:
            self.outbox.when_synced_locked(work)

    # -- commands --------------------------------------------------------------------------

    def receive(self, session: Session, messages: Iterable[Received]) -> None:
        """Handle messages of a client in order. Call it in the session's own thread."""
        with self.lock:
            self.recorder.tick_locked()
            for message in messages:
                if session.closing:
                    return
                if type(message) is Burst:
                    self._say_locked(session, message)
                else:
                    self._take_locked(session, message)  # type: ignore[arg-type]

    def ask(self, session: Session, row: CommandRow) -> None:
        """Handle an HTTP request like a command. `session` is not on the network and receives only
        the answer (`Session.answered`), unless `give_up` is called before. Call it in its own
        thread."""
        with self.lock:
            self.recorder.tick_locked()
            if self.outbox.stuck and not row.past:
                self._put_off_locked(session, "", row, Message(row.name))
            else:
                self._run_locked(session, "", row, Message(row.name))

    def give_up(self, session: Session) -> None:
        """The client of an HTTP request has gone: stop it."""
        with self.lock:
            session.stop()

    def _say_locked(self, session: Session, burst: Burst) -> None:
        """Handle messages together, or if one of them needs a look, each by itself."""
        if session.run is None and self.outbox.takes_everything:
            sent = bursts.decided(self.context, session, burst)
            if sent is not None:
                self.recorder.record_locked(sent, session)
                return
        for message in burst.messages():
            if not session.closing:
                self._take_locked(session, message)

    def _take_locked(self, session: Session, message: Message | BadLine) -> None:
        if session.run is None:
            self._handle_locked(session, message)
        else:
            self._wait_locked(session, message)

    def _wait_locked(self, session: Session, message: Message | BadLine) -> None:
        if session.waiting is None:
            session.waiting = deque()
        session.waiting.append(message)
        if len(session.waiting) > _MOST_WAITING:
            self.registry.disconnect_locked(session, "RecvQ exceeded", tell=True)

    def _handle_locked(self, session: Session, message: Message | BadLine) -> None:
        if isinstance(message, BadLine):
            if message.reply is not None:
                self.answers.refuse_locked(session, "*", message.label, message.reply)
            if message.ends:
                self.registry.disconnect_locked(session, message.ends, tell=True)
            return
        name, params, tags, _ = message
        label = tags.get("label") if tags else None
        if label is not None and len(label.encode()) > LONGEST_LABEL:
            text = f"A label has at most {LONGEST_LABEL} bytes"
            refusal = fail(name, "INVALID_LABEL", text=text)
            self.answers.refuse_locked(session, name, None, refusal)
            return
        row = self._commands.get(name)
        if row is None or (session.user is None and not row.anyone):
            self.answers.refuse_locked(session, name, label, _unusable(session, name, row))
        elif len(params) < row.params:
            self.answers.refuse_locked(session, name, label, numeric(ERR_NEEDMOREPARAMS, name))
        elif self.outbox.stuck and not row.past:
            self._put_off_locked(session, label, row, message)
        else:
            self._run_locked(session, label, row, message)

    def _put_off_locked(
        self, session: Session, label: str | None, row: CommandRow, message: Message
    ) -> None:
        """Refuse a command while the outbox is stuck; a retry waits instead."""
        if label and self.context.dedup.knows(session, label, message.params):
            # The message sent first may still wait for the disk: it is the answer.
            self._suspend_all_locked((session,))
            self._wait_locked(session, message)
        else:
            self.answers.refuse_locked(session, row.name, label, log_full().reply_to(row.name))

    def _run_locked(
        self, session: Session, label: str | None, row: CommandRow, message: Message
    ) -> None:
        """Call the handler and execute its steps."""
        try:
            steps = row.handler(self.context, session, message)
            command = RunningCommand(message.command, label, row.past)
            command.steps = iter((steps,) if isinstance(steps, MessageSent) else steps)
            if not self._go_on_locked(session, command, None):
                return
        except Refused as refused:
            command = RunningCommand(message.command, label)
            command.items.append(refused.reply_to(command.name))
        except Exception:
            command = RunningCommand(message.command, label)
            self._bug_locked(session, command)
        if command.items or command.label is not None:
            self.answers.answer_locked(session, command)

    def _go_on_locked(self, session: Session, command: RunningCommand, result: Any) -> bool:
        """Execute a handler's steps until the end, or until slow work. False: the rest follows
        later."""
        variant = session.variant
        try:
            return self._steps_locked(session, command, result)
        except Refused as refused:
            command.items.append(refused.reply_to(command.name))
        except Busy:
            command.items.append(too_busy().reply_to(command.name))
        except Exception:
            self._bug_locked(session, command)
        finally:
            if session.variant is not variant and session.user is not None:
                self.audiences.forget(session.user.channels)
        return True

    def _steps_locked(self, session: Session, command: RunningCommand, result: Any) -> bool:
        steps = command.steps
        while True:
            try:
                if result is None:
                    step = next(steps)
                elif isinstance(result, Exception):
                    step = steps.throw(result)  # type: ignore[attr-defined]
                else:
                    step = steps.send(result)  # type: ignore[attr-defined]
            except StopIteration:
                return True
            result = None
            if type(step) is Work:
                self._suspend_locked(session, command, step)
                return False
            if step is PAUSE:
                self._pause_locked(session, command)
                return False
            if type(step) is CloseConnection:
                # It receives what was sent before, and nothing after.
                self.answers.answer_locked(session, command)
                command.items, command.label = [], None
                self.registry.disconnect_locked(session, step.reason, tell=True)
                return True
            self._do_locked(session, command, step)

    def _do_locked(self, session: Session, command: RunningCommand, step: Any) -> None:
        kind = type(step)
        if kind is Reply or kind is FixedReplies:
            command.items.append(step)
        elif kind is HistoryReply:
            command.items += items_of(step)
            if session.held is not None:
                self._let_go_locked(session, command)
        elif kind is SendTo:
            self.answers.tell_other_locked(session, command, step)
        elif kind is Relabel:
            command.label = step.label
        elif kind is Disconnect:
            self.registry.expel_locked(step)
        else:
            change = self.recorder.record_locked(step, session)
            self.answers.tell_change(session, command, change)

    def _bug_locked(self, session: Session, command: RunningCommand) -> None:
        name = command.name
        logger.exception("bug in the handler of %s, asked by %s", name, session.nick)
        command.items.append(
            fail(name, "INTERNAL_ERROR", text=f"{name} failed inside the server; it was logged")
        )

    # -- slow work -------------------------------------------------------------------------

    def _suspend_locked(self, session: Session, command: RunningCommand, work: Work) -> None:
        """Start slow work once everything decided before is on disk."""
        if command.label is None:
            self.answers.answer_locked(session, command)
            command.items = []
        elif command.past and command.items:  # history read so far does not stay in memory
            self.answers.part_locked(session, command)
        session.run = command
        if work.hold:
            session.stop_holding()
            self.outbox.answer_locked(PrivateDelivery(session, "", hold=True))
        go_on = partial(session.thread.call, self._resume, session, command)
        submit = partial(self.workers.submit, work, go_on, asker_of(self.context, session))
        start = partial(self.outbox.when_synced_locked, submit, command.past)
        if session.behind and work.kind == "read" and not work.hold:
            session.postponed = start
        else:
            start()

    def caught_up(self, session: Session) -> None:
        """The client has received earlier answers: continue to read for it. Called in the session's
        own thread."""
        with self.lock:
            start, session.postponed = session.postponed, None
            if start is not None and not session.closing:
                start()

    def _suspend_all_locked(self, sessions: Iterable[Session]) -> None:
        """Hold back the commands of these sessions until everything decided is on disk."""
        for session in sessions:
            if session.run is None and not session.closing:
                command = session.run = RunningCommand("", None)
                command.steps = _no_steps()
                self._when_synced_locked(session, self._resume, session, command, None)

    def _when_synced_locked(
        self, session: Session, call: Callable[..., None], *arguments: Any
    ) -> None:
        """Call a function in the session's thread, after the lines of everything decided before."""
        self.outbox.when_synced_locked(partial(session.thread.call, call, *arguments))

    def _let_go_locked(self, session: Session, command: RunningCommand) -> None:
        """End a hold: the work's result comes first, then the output held back meanwhile."""
        lines = session.dialect.write_answer(session, command.items, None)
        command.items = []
        session.let_go(lines.encode())

    def _pause_locked(self, session: Session, command: RunningCommand) -> None:
        """Let other sessions run. Further input of this session waits, as behind slow work."""
        if session.answered is None:
            self.answers.part_locked(session, command)
        session.run = command
        session.thread.call(self._resume, session, command, None)

    def _resume(self, session: Session, command: RunningCommand, result: Any) -> None:
        """Continue after slow work or a pause. Call it in the session's own thread."""
        with self.lock:
            if session.closing or session.run is not command:
                return
            if self.outbox.stuck and not command.past:
                self._when_synced_locked(session, self._resume, session, command, result)
                return
            self.recorder.tick_locked()
            session.run = None
            if not self._go_on_locked(session, command, result):
                return
            if command.batch is not None:
                self.answers.last_part_locked(session, command)
            else:
                session.stop_holding()
                self.answers.answer_locked(session, command)
            waiting = session.waiting
            while waiting and session.run is None and not session.closing:
                self._handle_locked(session, waiting.popleft())


def _no_steps() -> Generator[Any, Any, None]:
    yield from ()


def asker_of(context: Context, session: Session) -> Asker:
    """In whose turn slow work of a session runs: that of the account, or of the guest and its
    address."""
    user = session.user
    person = user.stable_key if user is not None else session.person or str(session.peer)
    is_guest = user is None or user.account is None
    shares = is_guest and not is_in(session.peer.host, context.exempt)
    return Asker(person, network_of(session.peer.host) if shares else person)


def _unusable(session: Session, name: str, row: CommandRow | None) -> Reply:
    """The reply to an unknown command, or to one that needs registration."""
    if row is not None or session.user is None:
        return numeric(ERR_NOTREGISTERED)
    return numeric(ERR_UNKNOWNCOMMAND, shown(name))


def _reading_of(settings: Settings) -> Budget:
    """What a person may read of the log."""
    return Budget(settings.limits.history_burst, settings.limits.history_rate)


def rules_of(channels: Mapping[str, Channel], wanted: RetentionSettings, now: int) -> Rules:
    """The retention rules of settings and channels (by folded name) at `now` (ms since 1970)."""
    own = {key: parse(channel.modes.get("H") or "") for key, channel in channels.items()}
    everywhere = Keep(wanted.messages, wanted.days * DAY_MS)
    return Rules(now, everywhere, {key: keep for key, keep in own.items() if keep is not None})
