"""Numbers as people say them, in English, from zero to 999."""

import re

LARGEST_NUMBER = 999
_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES, TENS = _ONES.split(), _TENS.split()
NUMBER_WORDS = {
    **{word: value for value, word in enumerate(ONES)},
    **{word: 10 * value for value, word in enumerate(TENS, start=2)},
}
_WORD = "|".join([*NUMBER_WORDS, "hundred"])
_SPOKEN = re.compile(rf"\b(?:{_WORD})(?:(?:\s+and\s+|[\s-]+)(?:{_WORD}))*\b")


def with_digits(text: str) -> str:
    """Replace number words by digits: `twenty-one plus two` becomes `21 plus 2`."""
    return _SPOKEN.sub(lambda match: str(_value(match[0])), text)


def in_words(number: int) -> str:
    """Say a whole number from 0 to 999."""
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{ONES[hundreds]} hundred" + (f" and {in_words(rest)}" if rest else "")


def _value(words: str) -> int:
    total = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "hundred":
            total = max(total, 1) * 100
        else:
            total += NUMBER_WORDS.get(word, 0)
    return total
