from concurrent.futures import ThreadPoolExecutor

from voicemint.bounded_dict import BoundedDict


def test_what_was_set_longest_ago_is_forgotten_first() -> None:
    kept = BoundedDict[str, int](2)
    for number, name in enumerate(["a", "b", "a", "c"]):
        kept[name] = number
    assert list(kept.items()) == [("a", 2), ("c", 3)]


def test_an_entry_that_is_set_again_is_there_all_the_time() -> None:
    kept = BoundedDict[str, int](2)
    kept["a"] = 0
    with ThreadPoolExecutor(1) as threads:
        setting = threads.submit(lambda: [kept.__setitem__("a", number) for number in range(100_000)])
        seen = []
        while not setting.done():
            seen.append("a" in kept)
    assert all(seen)


def test_threads_that_set_at_the_same_time_keep_the_bound() -> None:
    kept = BoundedDict[int, int](10)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: kept.__setitem__(number, number), range(5_000)))
    assert len(kept) == 10
