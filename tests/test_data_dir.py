"""What a server writes is for its user alone."""

import os
import stat
import subprocess
import sys

import pytest
from running_server import ROOT

from hubbub import data_dir
from hubbub.errors import ProgramError


def modes(directory):
    """Of everything below, without the sockets that no server of ours makes."""
    return {
        path.relative_to(directory).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in directory.rglob("*")
    }


WRITES = """
import os, sys
from pathlib import Path
from hubbub import data_dir
os.umask(0o022)
here = Path(sys.argv[1])
with data_dir.locked(here):
    data_dir.announce(here, "127.0.0.1", 50000)
    (here / "chat.log").write_text("x")
    (here / "new").mkdir()
    (here / "new" / "file").write_text("x")
"""


def test_everything_that_is_written_is_private(tmp_path):
    for name in ("chat.log.1", "chat.lock", "chat.pem"):  # as an older version left them
        (tmp_path / name).touch(0o644)
    (tmp_path / "files").mkdir(0o755)
    (tmp_path / "notes.txt").touch()
    os.chmod(tmp_path / "notes.txt", 0o644)
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
    found = modes(tmp_path)
    assert found.pop("notes.txt") == 0o644
    assert {name for name, mode in found.items() if mode & 0o077} == set()
    assert found["new"] == 0o700


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_at_the_start_is_called_so(tmp_path, monkeypatch):
    really_open = os.open
    monkeypatch.setattr(data_dir.os, "open", lambda *_: really_open("/dev/full", os.O_WRONLY))
    with pytest.raises(ProgramError, match=r"cannot write .*control\.json: No space left"):
        data_dir.announce(tmp_path, "127.0.0.1", 50000)
