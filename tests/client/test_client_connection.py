"""Delays between attempts, and error messages without a connection."""

import errno
import socket
import subprocess
import sys

import pytest
from client_harness import ROOT

from hubbub.client.connection import Backoff, describe


def test_the_wait_grows_to_a_limit_and_any_shorter_one_is_as_likely():
    longest = Backoff(base=0.5, most=15.0, pick=lambda least, most: most)
    assert [longest.next() for _ in range(7)] == [1, 2, 4, 8, 15, 15, 15]
    longest.reset()
    assert longest.next() == 1
    shortest = Backoff(pick=lambda least, most: least)
    assert {shortest.next() for _ in range(1_100)} == {0.0}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "nothing listens there"),
        (OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b"), "nothing listens there"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "no host is known by that name"),
        (OSError(errno.EHOSTUNREACH, "x"), "no way to that host"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (OSError("something else"), "something else"),
    ],
)
@pytest.mark.skipif(errno.ECONNREFUSED != 111, reason="the numbers of Linux")
def test_errors_of_the_system_in_plain_words(error, words):
    assert describe(error).startswith(words)


def test_the_piped_client_needs_the_standard_library_alone():
    """-S leaves out what is installed."""
    script = "import hubbub.client.conversation, hubbub.client.line_client"
    subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=ROOT / "src", env={}, check=True, timeout=60
    )
