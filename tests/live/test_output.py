"""What plays: the schedule of the process, by itself."""

from __future__ import annotations

import pytest

from checks.rig import bent, hanging
from jazzgen.live.output_process import AS_USUAL, AT_REST, LATEST_S, Schedule
from jazzgen.midi import controllers

NEVER = float("inf")
ON, OFF = bytes((0x90, 60, 80)), bytes((0x80, 60, 0))


class Played:
    """A schedule, its clock and what it sent."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[bytes] = []
        self.schedule = Schedule(self.sent.append)

    def run(self, until: float) -> list[bytes]:
        self.now = until
        self.sent.clear()
        self.schedule.run(lambda: self.now)
        return list(self.sent)


@pytest.fixture
def played() -> Played:
    return Played()


def test_messages_wait_until_they_are_due(played: Played) -> None:
    played.schedule.add(1.0, NEVER, ON)
    assert played.run(0.999) == []
    assert played.run(1.0) == [ON]


def test_offs_come_before_ons_of_one_moment(played: Played) -> None:
    other = bytes((0x90, 62, 80))
    played.schedule.add(0.5, NEVER, ON)
    played.run(0.5)
    played.schedule.add(1.0, NEVER, other)
    played.schedule.add(1.0, NEVER, OFF)
    assert played.run(1.0) == [OFF, other]


def test_a_late_on_is_left_out_and_an_off_never(played: Played) -> None:
    played.schedule.add(1.0, NEVER, ON)
    played.schedule.add(1.1, NEVER, OFF)
    assert played.run(1.0 + LATEST_S + 0.001) == []
    assert played.run(5.0) == []  # its off has nothing to end
    played.schedule.add(6.0, NEVER, ON)
    played.schedule.add(6.1, NEVER, OFF)
    assert played.run(6.0) == [ON]
    assert played.run(9.0) == [OFF]
    assert played.schedule.dropped == 1


def test_an_on_past_its_limit_is_left_out(played: Played) -> None:
    played.schedule.add(1.0, 1.005, ON)
    assert played.run(1.01) == []


def test_a_key_that_is_struck_again_is_let_go_first(played: Played) -> None:
    for due, message in ((1.0, ON), (1.2, ON), (1.3, OFF), (1.5, OFF)):
        played.schedule.add(due, NEVER, message)
    assert played.run(1.0) == [ON]
    assert played.run(1.2) == [bytes((0x80, 60, 64)), ON]
    assert played.run(1.3) == []  # of the first, which has ended
    assert played.run(1.5) == [OFF]


def test_panic_ends_all_that_sounds_and_stops_the_clock(played: Played) -> None:
    for message in (ON, bytes((0x93, 40, 1)), b"\xfa"):
        played.schedule.add(1.0, NEVER, message)
    played.schedule.add(2.0, NEVER, ON)
    assert len(played.run(1.0)) == 3
    played.schedule.panic()
    assert not hanging(played.sent)
    assert played.sent[-1] == b"\xfc"
    assert played.run(3.0) == []


def test_the_report_has_percentiles(played: Played) -> None:
    for k in range(100):
        played.schedule.add(k, NEVER, b"\xf8")
        played.run(k + (0.01015 if k == 50 else 0.00025))
    report = played.schedule.report()
    assert (report["sent"], report["p50"], report["p99"], report["max"]) == (100, 0.3, 0.3, 10.2)


def test_a_wheel_is_left_as_it_is_in_a_file_that_ends(played: Played) -> None:
    messages = [bytes(m.bytes()) for _, m in controllers.at_rest(0, 5, 12)]
    for message in (*messages, bytes((0x95, 60, 80)), bytes((0xE5, 0, 20)), bytes((0xB5, 11, 60))):
        played.schedule.add(1.0, NEVER, message)
    sent = played.run(1.0)
    assert bent(sent) == {5}
    played.sent.clear()
    played.schedule.panic()  # while nobody says how it goes on
    assert played.sent[-3:] == [bytes((kind | 5, *data)) for kind, *data in AT_REST]
    played.sent.clear()
    played.schedule.leave()
    assert not bent([*sent, *played.sent])
    written = [bytes(m.bytes()) for _, m in controllers.at_rest(0, 5, controllers.USUAL_RANGE)]
    assert set(written) == {bytes((kind | 5, *data)) for kind, *data in (*AS_USUAL, *AT_REST)}
    assert played.sent[-6:] == written[:6]


def test_a_wheel_that_was_never_moved_is_left_alone(played: Played) -> None:
    played.schedule.add(1.0, NEVER, ON)
    played.run(1.0)
    played.sent.clear()
    played.schedule.leave()
    assert {message[0] & 0xF0 for message in played.sent} == {0x80, 0xB0}
