"""The lab passes bytes on as its controls say, and is otherwise not noticed."""

import socket
import struct

import pytest
from labs import lab_around, person, run

from hubbub.teaching import kernel
from hubbub.teaching.lab.proxy import MOST_HELD

needs_queues = pytest.mark.skipif(not kernel.available(), reason="this system hides its queues")


def test_bytes_pass_as_they_are(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, _), person(lab) as (reader, writer):
            writer.write(b"hello\n")
            assert await reader.readexactly(8) == b"<hello\n>"

    run(test())


@needs_queues
def test_each_piece_is_a_read_of_its_own(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, _), person(lab) as (reader, writer):
            lab.proxy.set({"pieces": 3})
            writer.write(b"hello to you\n")
            assert await reader.readuntil(b"\n>") == b"<hel><lo ><to ><you><\n>"

    run(test())


def test_glued_lines_are_passed_on_together(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, watch), person(lab) as (reader, writer):
            lab.proxy.set({"lines": 3, "hold": 10_000})
            for line in (b"one\n", b"two\n"):
                writer.write(line)
                await watch.until("arrived", lambda event: event["way"] == "up")
            writer.write(b"three\n")
            assert await reader.readuntil(b">") == b"<one\ntwo\nthree\n>"

    run(test())


def test_held_lines_are_passed_on_when_the_time_is_over(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, _), person(lab) as (reader, writer):
            lab.proxy.set({"lines": 3, "hold": 50})
            writer.write(b"one\n")
            assert await reader.readuntil(b">") == b"<one\n>"

    run(test())


def test_a_half_close_stays_half(tmp_path):
    answers_at_the_end = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            connection, _ = door.accept()
            size = 0
            while data := connection.recv(4096):
                size += len(data)
            connection.sendall(b"%d bytes" % size)
            connection.close()
    """

    async def test():
        async with lab_around(tmp_path, answers_at_the_end) as (lab, _), person(lab) as (r, w):
            w.write(b"hello")
            w.write_eof()
            assert await r.read() == b"5 bytes"

    run(test())


def test_a_reset_reaches_the_program_as_one(tmp_path):
    says_how_it_ended = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            while True:
                connection, _ = door.accept()
                try:
                    while connection.recv(4096):
                        pass
                    print("end")
                except ConnectionResetError:
                    print("reset")
    """

    async def test():
        async with lab_around(tmp_path, says_how_it_ended) as (lab, watch):
            async with person(lab) as (_, writer):
                writer.write(b"hello")
                await watch.until("passed")
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
            assert (await watch.until("printed"))["text"] == "reset"

    run(test())


@pytest.mark.parametrize(("how", "seen"), [("finish", "end"), ("close", "end"), ("reset", "reset")])
def test_the_lab_ends_a_connection(tmp_path, how, seen):
    says_how_it_ended = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            connection, _ = door.accept()
            try:
                while connection.recv(4096):
                    pass
                print("end")
            except ConnectionResetError:
                print("reset")
    """

    async def test():
        async with lab_around(tmp_path, says_how_it_ended) as (lab, watch), person(lab) as (_, w):
            w.write(b"hello")
            event = await watch.until("passed")
            lab.proxy.end(event["conn"], how)
            assert (await watch.until("printed"))["text"] == seen

    run(test())


@needs_queues
def test_who_stops_reading_fills_the_programs_queue_and_not_the_lab(tmp_path):
    floods = """
        import socket, sys
        with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as door:
            connection, _ = door.accept()
            connection.recv(4096)
            connection.setblocking(False)
            try:
                while True:
                    connection.send(b"x" * 65536)
            except BlockingIOError:
                print("full")
            connection.setblocking(True)
            connection.recv(4096)
    """

    async def test():
        async with lab_around(tmp_path, floods) as (lab, watch), person(lab) as (reader, writer):
            lab.page.watchers.add("the test")
            lab.proxy.set({"stopped": True})
            writer.write(b"go\n")
            await watch.until("printed", lambda event: event["text"] == "full")
            seen = await watch.until("queues", lambda event: event["queues"]["lab_unread"] > 0)
            assert seen["queues"]["program_to_lab"] + seen["queues"]["lab_unread"] > MOST_HELD
            assert "down" not in {event.get("way") for event in lab.trace.since(0)}
            lab.proxy.set({"stopped": False})
            assert await reader.readexactly(100_000) == b"x" * 100_000

    run(test())


def test_a_pause_holds_everything_and_a_step_lets_one_piece_through(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, watch), person(lab) as (reader, writer):
            lab.proxy.set({"pieces": 2})
            lab.proxy.steps.pause()
            writer.write(b"abcd\n")
            assert (await watch.until("waiting"))["data"] == "ab"
            assert lab.proxy.steps.step()
            assert (await watch.until("passed"))["data"] == "ab"
            await watch.until("waiting", lambda event: event["way"] == "down")
            lab.proxy.steps.resume("the test says so")
            assert await reader.readuntil(b"\n>") in (b"<ab><cd><\n>", b"<ab><cd\n>")

    run(test())


def test_a_pause_ends_by_itself_and_says_so(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, watch), person(lab) as (reader, writer):
            lab.proxy.steps.longest = 0.05
            lab.proxy.steps.pause()
            assert "by itself" in (await watch.until("resumed"))["why"]
            writer.write(b"x\n")
            assert await reader.readuntil(b">") == b"<x\n>"

    run(test())


def test_a_step_with_nothing_to_pass_on_is_refused_in_words(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, _):
            assert not lab.proxy.steps.step()

    run(test())


def test_a_control_out_of_range_is_refused_in_words(tmp_path):
    async def test():
        async with lab_around(tmp_path) as (lab, _):
            for asked, why in [
                ({"pieces": -1}, "a number from 0 to 4096"),
                ({"pieces": True}, "a number"),
                ({"stopped": 1}, "true or false"),
                ({"loss": 3}, "no control named loss"),
            ]:
                with pytest.raises(ValueError, match=why):
                    lab.proxy.set(asked)
            with pytest.raises(ValueError, match="no connection 7"):
                lab.proxy.end(7, "close")

    run(test())


def test_a_name_is_learned_from_the_first_line(tmp_path):
    async def test():
        async with (
            lab_around(tmp_path, named=True) as (lab, watch),
            person(lab) as (_, writer),
        ):
            writer.write(b"alice\r\n")
            assert (await watch.until("joined"))["who"] == "alice"

    run(test())
