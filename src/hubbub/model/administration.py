"""Administration: administrators, a record of what operators did, and reports by users.

Changed by `Network.apply` only.
"""

from __future__ import annotations

import hmac
from collections import deque
from typing import Any, NamedTuple

from ..events.kinds import (
    AdministratorMade,
    AdministratorRemoved,
    Entry,
    OperatorActed,
    ReportClosed,
    ReportMade,
)
from ..protocol.names import fold
from .privileges import privileges_of

#: Operator actions kept in memory; the log has all of them.
MOST_ACTS = 1000
#: Reports kept in memory; beyond that the oldest closed reports are dropped first. REPORT is
#: refused while all are open (handlers/server/reports.py).
MOST_REPORTS = 1000


class Act(NamedTuple):
    """One action of an operator: actor, address, what and when (ms since 1970)."""

    time: int
    by: str
    address: str
    action: str
    target: str
    detail: str


class Administrator(NamedTuple):
    account: str
    classes: tuple[str, ...]  # as in [operators.NAME] of the settings
    by: str
    since: int  # ms


class Report(NamedTuple):
    id: int
    time: int  # ms
    by: str  # nick!username@host
    target: str
    text: str
    message: str  # msgid of the reported message, or ""
    customer: str = ""  # User.customer of the reporter
    closed_by: str = ""
    note: str = ""


class Administration:
    def __init__(self) -> None:
        self._administrators: dict[str, Administrator] = {}
        self.claimed = False  # has anybody used the link of the first start?
        self._reports: dict[int, Report] = {}
        self._acts: deque[Act] = deque(maxlen=MOST_ACTS)

    # -- reading ---------------------------------------------------------------------------

    def privileges(self, account: str | None) -> tuple[str, ...]:
        """The administrative privileges of an account."""
        found = self._administrators.get(fold(account)) if account is not None else None
        return privileges_of(found.classes) if found is not None else ()

    def administrators(self) -> list[Administrator]:
        return [each for _, each in sorted(self._administrators.items())]

    def administrator(self, account: str) -> Administrator | None:
        return self._administrators.get(fold(account))

    def acts(self) -> list[Act]:
        """Actions, newest first."""
        return list(reversed(self._acts))

    def reports(self) -> list[Report]:
        """Reports, newest first."""
        return list(reversed(self._reports.values()))

    def report(self, id: int) -> Report | None:
        return self._reports.get(id)

    # -- applying, called by Network.apply ---------------------------------------------------

    def acted(self, entry: Entry, event: OperatorActed) -> None:
        by = event.source.partition("!")[0]
        self._acts.append(
            Act(entry.time, by, event.address, event.action, event.target, event.detail)
        )

    def made(self, entry: Entry, event: AdministratorMade) -> None:
        self.claimed = True
        self._administrators[fold(event.account)] = Administrator(
            event.account, event.classes, event.by, entry.time
        )

    def removed(self, entry: Entry, event: AdministratorRemoved) -> None:
        self.forget(event.account)

    def forget(self, account: str) -> None:
        """Remove an account from the administrators, for instance because it was deleted."""
        self._administrators.pop(fold(account), None)

    def reported(self, entry: Entry, event: ReportMade, customer: str) -> None:
        if len(self._reports) >= MOST_REPORTS:
            closed = (id for id, each in self._reports.items() if each.closed_by)
            del self._reports[next(closed, next(iter(self._reports)))]
        self._reports[entry.position] = Report(
            entry.position, entry.time, event.source, event.target, event.text, event.message,
            customer,
        )  # fmt: skip

    def closed(self, entry: Entry, event: ReportClosed) -> None:
        report = self._reports.get(event.report)
        if report is not None:
            by = event.source.partition("!")[0]
            self._reports[report.id] = report._replace(closed_by=by, note=event.note)

    # -- comparing -------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        return {
            "administrators": [list(each) for each in self.administrators()],
            "claimed": self.claimed,
            "reports": [list(each) for each in self.reports()],
            "acts": [list(each) for each in self._acts],
        }


def claim_word(secret: str) -> str:
    """The secret in the link of the first start. The first person to open it becomes
    administrator."""
    return hmac.new(secret.encode(), b"first administrator", "sha256").hexdigest()[:40]
