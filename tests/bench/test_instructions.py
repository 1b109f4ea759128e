"""The cost of a message: the fixed work that is counted, and how callgrind's dumps are read."""

import instructions
from workload import Workload

DUMPS = """\
desc: Trigger: Client Request: log
summary: 700
desc: Trigger: Client Request: deliver
totals: 30
desc: Trigger: Client Request: log
totals: 50
desc: Trigger: Program termination
totals: 9
"""


def test_the_instructions_of_a_stage_are_added_up():
    assert instructions.read(DUMPS) == {"log": 750, "deliver": 30}


def test_the_workload_goes_through_every_stage(tmp_path):
    work = Workload(tmp_path, channels=3, members=4, window=5)
    written, stages = work.written, []
    work.turn(stages.append)
    assert set(stages) == {"setup", "lines", "core", "log", "deliver", "chat.log"}
    line = len(":u0-0!~bench@127.0.0.1 PRIVMSG #c00000 :\r\n") + 64
    assert work.written - written == work.messages_a_turn * 3 * line
    assert work.index() == 4 * work.messages_a_turn
    work.close()
    told = (tmp_path / "chat.log").read_text().count(" to #c00001: ")
    assert told == 4 * 5  # three turns before, and this one
