"""A test as pytest runs it."""

from articles import append_numbers


def test_numbers():
    assert len(append_numbers()) == 400_000
