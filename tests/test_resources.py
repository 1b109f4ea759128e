"""The server's report of its resource usage."""

from hubbub.resources import process_usage, size_of, storage_of


def test_a_file_that_goes_while_the_storage_is_measured(tmp_path):
    (tmp_path / "there").write_bytes(b"12345")
    assert size_of(tmp_path) == 5
    assert size_of(tmp_path / "gone") == 0


def test_the_storage_is_what_belongs_to_the_server(tmp_path):
    (tmp_path / "chat.db").write_bytes(b"12")
    (tmp_path / "chat.db-wal").write_bytes(b"3")
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "cd").write_bytes(b"4567")
    (tmp_path / "novel.txt").write_bytes(b"89")
    told = storage_of(tmp_path)
    assert told["files"] == {"chat.db": 2, "chat.db-wal": 1, "files": 4}
    assert 0 < told["free"] <= told["total"]


def test_the_process_has_used_something():
    assert process_usage()["cpu"] > 0
