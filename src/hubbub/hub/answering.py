"""Send the answer to the client that sent a command: replies, its changes, parts of a long answer.

All output goes through the outbox, after everything decided before. Everything here runs under the
hub's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ..dialects.interface import Item
from ..events.kinds import ANSWERED, SPOKEN, MessageSent
from ..handlers.command_table import HistoryReply, SendTo
from ..handlers.context import Context
from ..model.change import Change
from ..model.user import User
from ..outbox.batch import PrivateDelivery
from ..outbox.outbox import Outbox
from ..protocol.message import Bundle, Reply
from ..session import Session


class RunningCommand:
    """A command in progress: its steps, and the answer collected so far."""

    __slots__ = ("batch", "delivered", "items", "label", "name", "past", "steps")

    def __init__(self, name: str, label: str | None, past: bool = False) -> None:
        self.name = name
        self.label = label
        self.past = past  # it shows only what is on disk
        self.items: list[Item] = []
        # Changes sent to the client as to anybody else, without the label.
        self.delivered: list[Item] = []
        self.steps: Iterator[Any] = iter(())
        # Reference of the batch around all parts, or ""; None: one part.
        self.batch: str | None = None


class Answers:
    """Puts output for single sessions into the outbox."""

    def __init__(self, context: Context, outbox: Outbox) -> None:
        self._context = context
        self._outbox = outbox

    def send_locked(self, session: Session, items: Sequence[Item]) -> None:
        """Send something without a request."""
        # The session may belong to another thread: then it must go through the batch.
        self._outbox.wake_locked()
        lines = session.dialect.write_answer(session, items, None)
        if lines:
            self._outbox.answer_locked(PrivateDelivery(session, lines))

    def answer_locked(self, session: Session, command: RunningCommand) -> None:
        """Send everything that the command has collected so far."""
        if session.answered is not None:
            tell = partial(session.thread.call, session.answered, command.items)
            return self._outbox.when_synced_locked(tell, command.past)
        lines = session.dialect.write_answer(session, command.items, command.label)
        if lines:
            self._outbox.answer_locked(PrivateDelivery(session, lines, command.past))
        if command.delivered:
            lines = session.dialect.write_answer(session, command.delivered, None)
            self._outbox.answer_locked(PrivateDelivery(session, lines))

    def refuse_locked(self, session: Session, name: str, label: str | None, reply: Reply) -> None:
        """Reply to a line that did not become a command."""
        command = RunningCommand(name, label, past=True)
        command.items.append(reply)
        self.answer_locked(session, command)

    # -- an answer that is told in parts ----------------------------------------------------

    def part_locked(self, session: Session, command: RunningCommand) -> None:
        """Send what was collected since the last part. The first part opens a batch around all."""
        lines = ""
        if command.batch is None:
            lines, command.batch = session.dialect.begin_parts(session, command.label)
        self._tell_part_locked(session, command, lines, "")

    def last_part_locked(self, session: Session, command: RunningCommand) -> None:
        self._tell_part_locked(
            session, command, "", session.dialect.end_parts(session, command.batch or "")
        )

    def _tell_part_locked(
        self, session: Session, command: RunningCommand, before: str, after: str
    ) -> None:
        lines = before + session.dialect.write_part(session, command.items, command.batch or "")
        command.items = []
        if lines + after:
            self._outbox.answer_locked(PrivateDelivery(session, lines + after, command.past))

    # -- what a step tells ------------------------------------------------------------------

    def tell_change(self, session: Session, command: RunningCommand, change: Change) -> None:
        """Add a change to the answer; the client's own messages only if it has echo-message."""
        event = change.entry.event
        kind = type(event)
        if kind in SPOKEN:
            if command.label is not None and kind is MessageSent:
                self._context.dedup.note(session, change.entry)  # type: ignore[arg-type]
            if session.hears_itself:
                command.items.append(change)
            if change.users and event.recipient == event.user:  # type: ignore[union-attr]
                # IRCv3 labeled-response: for a message to oneself only the echo has the label.
                (command.items if command.label is None else command.delivered).append(change)
        elif session.user is not None and kind not in ANSWERED and _hears(session.user, change):
            command.items.append(change)

    def tell_other_locked(self, session: Session, command: RunningCommand, step: SendTo) -> None:
        """Send lines to another connection, or to this one in the right order."""
        items = [item for each in step.items for item in items_of(each)]
        other = self._context.sessions.get(step.session)
        if other is session:
            command.items += items
        elif other is not None:
            self.send_locked(other, items)


def items_of(step: HistoryReply | Reply) -> Sequence[Item]:
    """The items of a step, in the form that dialects write."""
    if isinstance(step, Reply):
        return (step,)
    items = tuple(each if isinstance(each, Reply) else Change(each) for each in step.items)
    params = () if step.target is None else (step.target,)
    return (Bundle(step.kind, params, items, step.short),) if step.kind else items


def _hears(user: User, change: Change) -> bool:
    return user in change.users or any(user.id in channel.members for channel in change.channels)
