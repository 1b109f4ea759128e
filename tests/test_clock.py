"""SteadyClock never goes back, even if the system clock jumps."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.clock import SteadyClock


class Machine:
    """A clock that can be set, and one that cannot."""

    def __init__(self, start=10_000):
        self.wall, self.steady = start, 0

    def passes(self, ms):
        self.wall += ms
        self.steady += ms


def steady(machine, start=0):
    return SteadyClock(lambda: machine.wall, start, lambda: machine.steady).now


def test_it_follows_a_clock_that_goes_well():
    machine = Machine()
    clock = steady(machine)
    for _ in range(5):
        machine.passes(7)
        assert clock() == machine.wall


def test_set_back_it_goes_on_at_half_speed_until_they_meet():
    machine = Machine()
    clock = steady(machine)
    clock()
    machine.wall -= 1000
    assert clock() == 10_000
    machine.passes(500)
    assert clock() == 10_250
    machine.passes(500)
    assert clock() == 10_500
    machine.passes(1000)
    assert clock() == machine.wall == 11_000
    machine.passes(10)
    assert clock() == machine.wall


def test_set_ahead_it_follows():
    machine = Machine()
    clock = steady(machine)
    machine.wall += 5_000_000
    assert clock() == machine.wall


def test_it_begins_where_the_log_ends():
    machine = Machine()
    clock = steady(machine, 20_000)
    assert clock() == 20_000
    machine.passes(100)
    assert clock() == 20_050


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(-5000, 5000)), max_size=50))
def test_it_never_goes_back_and_never_stands_for_long(steps):
    machine = Machine()
    clock = steady(machine)
    last = clock()
    for passed, jump in steps:
        machine.wall += jump
        machine.passes(passed)
        assert clock() >= max(last + passed // 2 - 1, machine.wall) or jump
        assert clock() >= last
        last = clock()
