"""What an archive contains is read, and nothing of it can do harm."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from datetime import UTC

import pytest

from hubbub.archive.importing import packed
from hubbub.archive.importing.formats import format_of, found_in
from hubbub.archive.importing.sources import NotReadable, Options, SourceFiles
from hubbub.cli import main

LOG = "--- Log opened Wed Jan 31 10:00:00 2024\n10:00 <ann> hello\n"
ZEROS = bytes(32 << 20)


@pytest.fixture
def small(monkeypatch):
    """What unpacks to more than 250 times its size is a bomb, however small."""
    monkeypatch.setattr(packed, "SMALL", 1 << 16)


def texts(path):
    files, options = SourceFiles(path), Options(zone=UTC)
    try:
        found = list(found_in(files, format_of(files), options))
    finally:
        files.close()
    return [each.text for each in found], options.damaged


def tar(path, *members, mode="w"):
    """Write pairs of a TarInfo or a name, and the content."""
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def link(name, to, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def test_names_and_links_of_a_tar_lead_nowhere(tmp_path):
    secret = tmp_path / "secret.log"
    secret.write_text(LOG.replace("hello", "secret"))
    (tmp_path / "in").mkdir()
    path = tar(
        tmp_path / "in/logs.tar",
        ("../../#up.log", LOG.encode()),
        (f"{tmp_path}/#absolute.log", LOG.encode()),
        (link("#soft.log", str(secret), tarfile.SYMTYPE), b""),
        (link("#hard.log", "../secret.log", tarfile.LNKTYPE), b""),
        (link("#pipe.log", "", tarfile.FIFOTYPE), b""),
        (link("#device.log", "", tarfile.CHRTYPE), b""),
    )
    before = sorted(tmp_path.rglob("*"))
    assert texts(path) == (["hello", "hello"], [])
    assert sorted(tmp_path.rglob("*")) == before


def test_the_last_file_of_a_name_is_the_one(tmp_path):
    again = LOG.replace("hello", "as it is now").encode()
    path = tar(tmp_path / "logs.tar", ("#tea.log", LOG.encode()), ("#tea.log", again))
    assert texts(path)[0] == ["as it is now"]


@pytest.mark.parametrize("name", ["logs", "logs.tar.gz", "#tea.log"])
def test_a_name_does_not_need_to_tell_that_a_file_is_a_tar(tmp_path, name):
    path = tar(tmp_path / name, ("#tea.log", LOG.encode()), mode="w:gz")
    assert texts(path)[0] == ["hello"]


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_unpacks_to_too_much_is_refused(tmp_path, small, mode):
    path = tar(tmp_path / "bomb.tar", ("#tea.log", LOG.encode()), ("#big.log", ZEROS), mode=mode)
    with pytest.raises(NotReadable, match="unpacks to more than 250 times its size"):
        texts(path)


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path, small, capsys):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("#tea.log", LOG)
        archive.writestr("#big.log", ZEROS)
    assert main(["import", str(path), "--data-dir", str(tmp_path / "data")]) == 1
    said = capsys.readouterr().err
    assert "bomb.zip cannot be read: it unpacks to more than 250 times its size" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("archive", [False, True])
def test_a_compressed_file_that_unpacks_to_too_much_is_left_out(tmp_path, small, compress, archive):
    folder = tmp_path / "logs"
    folder.mkdir()
    files = {"#tea.log": LOG.encode(), "#big.log.gz": compress(LOG.encode() + b"\n" * (32 << 20))}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    path = tar(tmp_path / "logs.tar", *files.items()) if archive else folder
    found, damaged = texts(path)
    assert found.count("hello") >= 1
    assert len(damaged) == 1
    assert "unpacks to more than 250 times" in damaged[0]


def test_a_line_or_a_json_file_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hubbub.archive.importing.sources.MOST_AT_ONCE", 1000)
    (tmp_path / "#tea.log").write_text(LOG + "x" * 2000)
    assert "#tea.log: a line has more than 1,000 bytes" in texts(tmp_path / "#tea.log")[1]
    files = SourceFiles(tmp_path / "#tea.log")
    with pytest.raises(NotReadable, match="has more than 1,000 bytes"):
        files.json("#tea.log")


@pytest.mark.parametrize("size", [-512, -1024, -5120])
def test_a_tar_that_leads_back_is_refused(tmp_path, size):
    """tarfile would read the same entries for ever."""
    info = tarfile.TarInfo("#loop.log")
    info.size = size
    header = info.tobuf(tarfile.GNU_FORMAT)
    first = tarfile.TarInfo("#tea.log").tobuf()
    (tmp_path / "logs.tar").write_bytes(first * 9 + header + bytes(10240))
    with pytest.raises(NotReadable, match="cannot be read"):
        SourceFiles(tmp_path / "logs.tar")


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_half_of_a_tar_is_refused_in_one_line(tmp_path, capsys, cut):
    content = os.urandom(100_000)
    whole = tar(tmp_path / "x.tgz", ("#tea.log", content), mode="w:gz").read_bytes()
    (tmp_path / "x.tgz").write_bytes(whole[: int(len(whole) * cut)])
    assert main(["import", str(tmp_path / "x.tgz"), "--data-dir", str(tmp_path / "data")]) == 1
    said = capsys.readouterr().err
    assert "x.tgz cannot be read: Compressed file ended" in said
    assert said.count("\n") == 1
