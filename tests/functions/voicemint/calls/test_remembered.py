from voicemint.calls.remembered import MAX_REMEMBERED, Remembered

from ...conftest import Clock


def test_a_name_is_remembered_for_its_time() -> None:
    clock = Clock()
    remembered = Remembered(60, clock)
    remembered.remember("a")
    clock.now += 59
    assert remembered.is_remembered("a")
    assert not remembered.is_remembered("b")
    clock.now += 1
    assert not remembered.is_remembered("a")


def test_of_too_many_the_oldest_is_forgotten() -> None:
    remembered = Remembered(60, Clock())
    for number in range(MAX_REMEMBERED + 1):
        remembered.remember(str(number))
    assert not remembered.is_remembered("0")
    assert remembered.is_remembered("1")
