"""What a Python program does with its sockets is reported, and the program does not notice."""

import re
import subprocess
import sys
import textwrap

import pytest
from labs import lab_around, person, run

from hubbub.teaching import kernel
from hubbub.teaching.lab import inside


def test_a_read_is_reported_with_what_was_asked_and_the_programs_own_line(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, watch), person(lab) as (reader, writer):
            writer.write(b"hello\n")
            await reader.readexactly(8)
            read = await watch.until("recv")
            wrote = await watch.until("send")
        assert (read["asked"], read["size"], read["data"]) == (4096, 6, "hello\n")
        assert (read["file"], read["text"]) == (
            "start.py",
            "while data := connection.recv(4096):",
        )
        assert (wrote["asked"], wrote["size"]) == (8, 8)
        assert read["conn"] == wrote["conn"] == 1
        assert read["seen"] == "inside"

    run(test())


@pytest.mark.parametrize("inside_", [True, False])
@pytest.mark.parametrize("port", [["{port}"], []])
def test_the_program_gets_its_arguments_and_its_port_once(tmp_path, inside_, port):
    async def test():
        command = [sys.executable, str(tmp_path / "start.py"), *port]
        says = "import sys; print(sys.argv[1:])"
        async with lab_around(tmp_path, says, command=command, inside=inside_) as (lab, watch):
            printed = await watch.until("printed")
            assert printed["text"] == str([str(lab.proxy.program)])

    run(test())


def test_a_thread_that_waits_says_where(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (_, watch):
            call = await watch.until("call")
            assert (call["call"], call["thread"]) == ("accept", "MainThread")
            assert call["text"] == "connection, _ = door.accept()"

    run(test())


def test_in_asyncio_the_module_in_between_is_named(tmp_path):
    with_asyncio = """
        import asyncio, sys

        async def talk(reader, writer):
            while data := await reader.read(100):
                writer.write(data)

        async def main(port):
            async with await asyncio.start_server(talk, "127.0.0.1", port) as server:
                await server.serve_forever()

        asyncio.run(main(int(sys.argv[1])))
    """

    async def test():
        async with lab_around(tmp_path, with_asyncio) as (lab, watch), person(lab) as (r, w):
            w.write(b"hello")
            assert await r.readexactly(5) == b"hello"
            read = await watch.until("recv")
            assert (read["via"], read["data"]) == ("asyncio", "hello")

    run(test())


def test_reading_by_lines_is_reported_too(tmp_path):
    by_lines = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            connection, _ = door.accept()
            for line in connection.makefile("rb"):
                connection.sendall(line)
    """

    async def test():
        async with lab_around(tmp_path, by_lines) as (lab, watch), person(lab) as (reader, writer):
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            assert (await watch.until("recv"))["data"] == "hello\n"

    run(test())


def test_without_it_nothing_is_reported_from_the_inside(tmp_path):
    async def test():
        async with lab_around(tmp_path, inside=False) as (lab, _), person(lab) as (reader, writer):
            writer.write(b"hello\n")
            await reader.readexactly(8)
            assert {event["seen"] for event in lab.trace.since(0)} == {"outside"}

    run(test())


def test_a_program_that_spins_is_not_held_up_and_its_reports_are_counted(tmp_path):
    spins = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            connection, _ = door.accept()
            while True:
                if data := connection.recv(4096):
                    connection.sendall(data)
    """

    async def test():
        async with lab_around(tmp_path, spins) as (lab, watch), person(lab) as (_, writer):
            writer.write_eof()
            assert (await watch.until("missed"))["count"] > 1000

    run(test())


def run_inside(tmp_path, source, *arguments):
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(source), "utf-8")
    # Nobody listens at port 1: a program runs on when its lab is gone.
    words = [sys.executable, inside.__file__, "1", "secret", str(file), *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def test_a_program_is_itself(tmp_path):
    (tmp_path / "beside.py").write_text("WORD = 'beside'\n")
    ran = run_inside(
        tmp_path,
        """
        import sys, beside
        print(__name__, sys.argv[1:], beside.WORD, sys.modules["__main__"].__file__ == __file__)
        sys.exit(7)
        """,
        "a",
        "b c",
    )
    assert (ran.stdout, ran.returncode) == ("__main__ ['a', 'b c'] beside True\n", 7)


def test_an_error_of_the_program_looks_like_its_own(tmp_path):
    ran = run_inside(tmp_path, "def f():\n    return {}['x']\nf()\n")
    assert ran.returncode == 1
    assert "inside.py" not in ran.stderr
    assert ran.stderr.startswith("Traceback (most recent call last):\n")
    assert ran.stderr.rstrip().endswith("KeyError: 'x'")


@pytest.mark.needs("strace")
@pytest.mark.skipif(not kernel.available(), reason="this system hides its queues")
def test_the_lab_tells_the_truth(tmp_path):
    """The reads that the lab tells of are those that the kernel saw, byte for byte."""
    told = tmp_path / "calls"

    async def test():
        async with lab_around(tmp_path) as (lab, watch):
            pid = (await watch.until("program"))["pid"]
            await watch.until("listening")
            words = ["strace", "-f", "-xx", "-s", "4096", "-e", "trace=recvfrom", "-o", str(told)]
            words += ["-p", str(pid)]
            strace = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
            try:
                assert "attached" in strace.stderr.readline()
                lab.proxy.set({"pieces": 5})
                async with person(lab) as (reader, writer):
                    writer.write(b"hi there\nhow are you?\n")
                    await reader.readuntil(b"?\n>")
                    writer.write_eof()
                    await watch.until("closed")
            finally:
                await lab.close()
                strace.wait(20)
            events = [event for event in lab.trace.since(0) if event["kind"] == "recv"]
            passed = [e for e in lab.trace.since(0) if e["kind"] == "passed" and e["way"] == "up"]
        seen = [bytes.fromhex(each.replace("\\x", "")) for each in _reads(told.read_text())]
        assert [each for each in seen if each] == [b"hi th", b"ere\nh", b"ow ar", b"e you", b"?\n"]
        assert [event["data"].encode("latin-1") for event in events] == seen
        assert [event["data"].encode("latin-1") for event in passed] == seen[:-1]

    run(test())


def _reads(calls):
    """The bytes of each finished recvfrom, as strace -xx writes them."""
    return re.findall(r'recvfrom(?:\(\d+,| resumed>) ?"((?:\\x..)*)", 4096, 0', calls)
