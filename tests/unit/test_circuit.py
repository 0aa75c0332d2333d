import random

from bot.circuit import IN_A_ROW, LONGEST, Circuit


def test_single_failures_open_nothing():
    circuit = Circuit(random.Random(1))
    for _ in range(20):
        assert circuit.failed(0.0) is None
        circuit.worked()
    assert not circuit.open


def test_it_opens_after_some_in_a_row_and_waits_longer_for_each_failed_probe():
    circuit, now, waits = Circuit(random.Random(1)), 0.0, []
    for _ in range(IN_A_ROW - 1):
        assert circuit.failed(now) is None
    waits.append(circuit.failed(now))
    assert circuit.open
    for _ in range(10):
        now += waits[-1] + 0.01
        waits.append(circuit.failed(now))
    assert all(0.5 <= wait <= LONGEST for wait in waits)
    assert waits[1] < waits[3] < waits[5] and waits[-1] >= LONGEST / 2
    assert circuit.worked() and not circuit.open


def test_failures_already_under_way_do_not_lengthen_the_wait():
    circuit = Circuit(random.Random(1))
    told = [circuit.failed(0.0) for _ in range(60)]  # sixty messages were in flight when the platform went down
    assert [wait for wait in told if wait is not None] == [told[IN_A_ROW - 1]]
    assert told[IN_A_ROW - 1] <= 1.0


def test_a_success_that_was_in_flight_closes_it():
    circuit = Circuit(random.Random(1))
    for _ in range(IN_A_ROW):
        circuit.failed(0.0)
    assert circuit.worked()
    assert not circuit.worked()
