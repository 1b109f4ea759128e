"""The parts of the server that request handlers use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..config import Settings
from ..connections.origins import Origins
from ..files.upload_service import UploadService
from ..hub import Hub
from ..peer import Network


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of the server that request handlers use. `not_ready` returns the reason, or
    None."""

    hub: Hub
    settings: Settings
    origins: Origins
    trusted_proxies: tuple[Network, ...]
    not_ready: Callable[[], str | None]
    files: UploadService | None = None
    #: Requests for history that are being answered, by sender; changed under the hub's lock.
    readers: Counter[str] = field(default_factory=Counter)
