"""Uploads from their first byte to their event in the log, and the deletion of files.

    begin -> write ... -> look -> finish -> record        or `drop` at any point

All of it may block on the disk, so it runs in threads of its own (`pool`), never in I/O threads.
Pictures take longer and have threads of their own, by turns of the people who send them. Small ones
(`picture_turns`) do not wait for large ones (`large_turns`), of which one is decoded at a time: it
may take a few hundred megabytes. Files on disk without an entry in the model are interrupted
uploads; `start` deletes them. A removal is an event; the content is deleted once the log has it
(`hear`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

from ..config import FileSettings as Limits
from ..events.kinds import Event, FileRemoved, FileUploaded
from ..handlers.messages.attachments import removals
from ..handlers.refusals import Refused
from ..hub import Hub
from ..log.base import Kept
from ..model.uploads import File
from ..outbox.listeners import BatchListener
from ..supervised_thread import SupervisedThread
from . import file_names, media_types, quota
from .pictures import Pictures
from .quota import UploadQuota
from .store import Incoming, Store
from .turns import Turns

logger = logging.getLogger("hubbub")

TIDY_SECONDS = 600.0
#: Messages looked up per query, so that other readers get their turn.
_SLICE = 500
_THREADS = 4
#: Pixels of a picture that does not wait for larger ones.
SMALL_PICTURE = 4_000_000
_SMALL_AT_ONCE = 2


class Upload:
    """One upload. Its methods block and must be called one after the other."""

    def __init__(
        self, service: UploadService, owner: Uploader, name: str, said: str, length: int | None
    ) -> None:
        self._service = service
        self._owner = owner
        self._name = file_names.clean(name)
        self._said = said.partition(";")[0].strip().lower()
        self._declared = length
        self._limits = service.hub.settings.files
        self._held = 0
        self._size = 0
        self._beginning = b""
        self._kind = ""
        self._incoming: Incoming | None = None
        self._begun = False
        self._is_large = False
        self.event: FileUploaded | None = None

    def begin(self) -> None:
        """Check limits and create the file. Raises Refused."""
        limits = self._limits
        if not limits.enabled:
            raise Refused("NO_FILES", "This server takes no files")
        if self._owner.account is None and not limits.guests:
            raise Refused("ACCOUNT_REQUIRED", "Only people with an account may upload files")
        self._check_size(self._declared or 0)
        with self._service.hub.lock:
            self._service.allowance.begin_locked(self._owner.names, limits)
        self._begun = True
        self._hold(self._declared or 0)
        try:
            self._incoming = self._service.store.begin()
        except OSError as error:
            raise _disk(error) from error

    def write(self, data: bytes) -> None:
        """Append bytes. Raises Refused."""
        assert self._incoming is not None
        self._check_size(self._size + len(data))
        if self._size + len(data) > self._held:
            self._hold(self._size + len(data) - self._held)
        known = len(self._beginning) >= media_types.BEGINNING
        if not known:
            self._beginning += data[: media_types.BEGINNING - len(self._beginning)]
            if len(self._beginning) >= media_types.BEGINNING:
                self._look()
        try:
            self._incoming.write(data)
        except OSError as error:
            raise _disk(error) from error
        self._size += len(data)

    def look(self) -> Executor:
        """End the input and detect the type. Returns the pool for `finish`. Raises Refused."""
        if not self._size:
            raise Refused("EMPTY", "That file is empty")
        self._look()
        picture = media_types.is_picture(self._kind)
        if picture:
            return self._service.picture_turns.of(self._owner.names[0])
        return self._service.pool

    def finish(self) -> Executor | None:
        """Re-encode a picture and store the file. Returns the pool in which to call it again if
        the picture is a large one, else None. Raises Refused."""
        assert self._incoming is not None
        try:
            self._incoming.close()
            width = height = small = 0
            if media_types.is_picture(self._kind) and self._service.pictures.available:
                sizes = self._remake(self._incoming)
                if sizes is None:
                    self._is_large = True
                    return self._service.large_turns.of(self._owner.names[0])
                width, height, small = sizes
            elif not media_types.is_shown(self._kind) or media_types.is_picture(self._kind):
                self._kind = media_types.DOWNLOAD
            self._fit(self._size + small)
            self._service.store.keep(self._incoming)
        except OSError as error:
            raise _disk(error) from error
        owner = self._owner
        self.event = FileUploaded(
            self._incoming.id, self._name, self._kind, self._size, owner.account, owner.user,
            owner.address, width, height, small,
        )  # fmt: skip
        return None

    def record(self, then: Callable[[], None]) -> None:
        """Record the upload in the log and call `then` when it is on disk. Raises Refused."""
        assert self.event is not None
        service = self._service
        with service.hub.lock:
            service.hub.recorder.record_all_locked([self.event])
            service.hub.outbox.when_synced_locked(then)
            service.allowance.give_back_locked(self._owner.names, self._held)
            service.allowance.end_locked(self._owner.names)
            self._held = 0
            self._begun = False
        self._incoming = None

    def drop(self) -> None:
        """Release everything, at any point. A file that is not in the log is deleted."""
        service, incoming = self._service, self._incoming
        if incoming is not None:
            incoming.drop()
            service.remove(incoming.id)
            self._incoming = None
        with service.hub.lock:
            if self._held:
                service.allowance.give_back_locked(self._owner.names, self._held)
                self._held = 0
            if self._begun:
                service.allowance.end_locked(self._owner.names)
                self._begun = False

    # -- parts of the above ------------------------------------------------------------------

    def _check_size(self, size: int) -> None:
        if size > self._limits.size:
            text = f"Files may have {self._limits.size} bytes at most"
            raise Refused("TOO_LARGE", text)

    def _hold(self, size: int) -> None:
        with self._service.hub.lock:
            self._service.allowance.take_locked(self._owner.names, size, self._limits)
        self._held += size

    def _fit(self, size: int) -> None:
        """Adjust the reservation to the final size."""
        if size > self._held:
            self._hold(size - self._held)
        else:
            with self._service.hub.lock:
                names, less = self._owner.names, self._held - size
                self._service.allowance.give_back_locked(names, less)
            self._held = size

    def _look(self) -> None:
        if self._kind:
            return
        self._kind = media_types.kind_of(self._beginning, self._said)
        if not media_types.is_taken(self._kind, self._said, self._limits.types):
            text = f"Only these are taken here: {', '.join(self._limits.types)}"
            raise Refused("TYPE", text)

    def _remake(self, incoming: Incoming) -> tuple[int, int, int] | None:
        """Width, height and bytes of the thumbnail; None if it is a large one, not done yet."""
        pixels = self._limits.pixels
        at_once = pixels if self._is_large else min(pixels, SMALL_PICTURE)
        made = self._service.pictures.remake(incoming.path, incoming.small, pixels, at_once)
        if made is None:
            return None
        self._kind = made.type
        self._name = f"{file_names.split(self._name)[0]}.{_ENDINGS[made.type]}"
        self._size = incoming.path.stat().st_size
        small = incoming.small.stat().st_size if incoming.small.exists() else 0
        return made.width, made.height, small


_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def _disk(error: OSError) -> Refused:
    logger.error("an upload cannot be kept: %s", error)
    return Refused("DISK", "The server cannot keep files now")


class Uploader:
    """The owner of an upload: an account, or the person with this id, at `address`."""

    def __init__(self, account: str | None, user: int, address: str) -> None:
        self.account = account
        self.user = user
        self.address = address
        self.names = quota.owners(account, user, address)


class UploadService:
    def __init__(self, hub: Hub, folder: Path, pictures: Pictures | None = None) -> None:
        self.hub = hub
        self.store = Store(folder, hub.log.id)
        self.pictures = pictures or Pictures()
        self.allowance = UploadQuota(hub.network.files, self.store.free_space)
        self.pool = ThreadPoolExecutor(_THREADS, "files")
        self.picture_turns = Turns(_SMALL_AT_ONCE, "pictures")
        self.large_turns = Turns(1, "large-pictures")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Delete files unknown to the log. Call it before the first upload."""
        found = self.store.sweep(self.hub.network.files.by_id)
        if found:
            logger.info("%d leftovers of uploads that were cut are removed", found)
        self._thread = SupervisedThread(target=self._run, name="files-tidy")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self.pictures.stop()
        for turns in (self.picture_turns, self.large_turns):
            turns.shutdown()
        self.pool.shutdown(wait=True, cancel_futures=True)

    # -- uploads -----------------------------------------------------------------------------

    def upload(self, owner: Uploader, name: str, said: str, length: int | None) -> Upload:
        """Create an upload. `said` is the declared media type, `length` the number of bytes if
        known."""
        return Upload(self, owner, name, said, length)

    def file(self, id: str) -> File | None:
        with self.hub.lock:
            return self.hub.network.files.by_id.get(id)

    # -- the end of files --------------------------------------------------------------------

    def listener(self) -> BatchListener:
        return BatchListener("files-listener", self.hear, kinds=frozenset({FileRemoved}))

    def hear(self, kept: Kept) -> None:
        """Delete the contents of removed files. The next start deletes those missed here."""
        for entry in kept.entries:
            if type(entry.event) is FileRemoved and not self._stopping.is_set():
                self.pool.submit(self.remove, entry.event.file)

    def messages_gone(self, positions: Sequence[int]) -> None:
        """Remove the files of these deleted messages. Thread-safe; does not block."""
        if not self._stopping.is_set():
            self.pool.submit(self._take_away, positions, "expired")

    def _take_away(self, positions: Sequence[int], why: str) -> None:
        self._record(lambda: removals(self.hub.network, positions, why))

    def remove(self, id: str) -> None:
        try:
            self.store.remove(id)
        except OSError as error:  # the next start deletes it
            logger.error("a file cannot be removed: %s", error)

    def _run(self) -> None:
        while True:
            self.tidy()
            if self._stopping.wait(TIDY_SECONDS):
                return

    def tidy(self) -> None:
        """Remove files that no message linked in time, and files of deleted messages."""
        limits = self.hub.settings.files
        self._record(lambda: self._expired(limits))
        for message in self._lost():
            self._take_away((message,), "gone")

    def _expired(self, limits: Limits) -> Iterator[FileRemoved]:
        files = self.hub.network.files
        before = self.hub.context.now - limits.unposted_hours * 3_600_000
        for id in list(files.waiting):
            file = files.by_id[id]
            if file.time > before:
                break
            yield FileRemoved(id, file.entries, "never posted")

    def _lost(self) -> Iterator[int]:
        """Positions of messages with files that the log no longer has."""
        log = self.hub.log
        last = log.last_position  # decided entries may not be written yet
        with self.hub.lock:
            positions = sorted(at for at in self.hub.network.files.of_message if at <= last)
        for start in range(0, len(positions), _SLICE):
            some = positions[start : start + _SLICE]
            there = {entry.position for entry in log.at(some)}
            yield from (at for at in some if at not in there)

    def _record(self, events: Callable[[], Iterable[Event]]) -> None:
        try:
            with self.hub.lock:
                found = list(events())
                if found:
                    self.hub.recorder.record_all_locked(found)
        except Refused:
            logger.warning("the log has no room to say that files are gone; they stay for now")
