"""The cost of a message: it does not grow unnoticed, and what is counted is right."""

import sys

import instructions
import pytest
from workload import Workload

#: Bytecodes of a message with 8 lines a read and with 1, by version of Python, and how far a change
#: may go without being noticed here. To record the cost of a change:
#:     python3 bench/instructions.py --bytecodes
BYTECODES = {(3, 11): {8: 221, 1: 1180}}
ROOM = 0.03

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


@pytest.mark.skipif(sys.version_info[:2] not in BYTECODES, reason="not recorded for this Python")
@pytest.mark.parametrize("window", [8, 1])
def test_a_message_costs_what_it_did(window):
    """Bytecodes, since seconds depend on the machine: they are the same at every run."""
    cost = instructions.bytecodes(window, channels=100, members=2)
    found = sum(cost[stage] for stage in instructions.STAGES)
    assert found == pytest.approx(BYTECODES[sys.version_info[:2]][window], rel=ROOM), cost
