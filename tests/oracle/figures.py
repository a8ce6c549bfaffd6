#!/usr/bin/python3
"""Printed figures, worked out a second time in Python with whole numbers only, and compared with the C's:

    figures.py PRINT_FIGURES     searches all the triples and traps of the programme again, then thousands of draws

What the published sentence allows is searched here, not copied: of all (2021, 2022, 2023) with 638 activities in the
last two years exactly seven print +50.92 %."""
import random
import subprocess
import sys


def half_up(numerator, denominator, places):
    """numerator / denominator, scaled by 10^places; ties away from zero; rounded once."""
    scaled, negative = numerator * 10**places, numerator < 0
    quotient = (2 * abs(scaled) + denominator) // (2 * denominator)
    return -quotient if negative else quotient


def half_even(numerator, denominator, places):
    scaled, negative = numerator * 10**places, numerator < 0
    quotient, rest = divmod(abs(scaled), denominator)
    quotient += 2 * rest > denominator or (2 * rest == denominator and quotient % 2)
    return -quotient if negative else quotient


ROUNDINGS = {"half_up": half_up, "half_even": half_even}
TRIPLES = [(163, 392, 246), (218, 309, 329), (271, 229, 409), (273, 226, 412), (326, 146, 492), (379, 66, 572),
           (381, 63, 575)]


def printed(units, places, sign=False):
    digits = f"{abs(units) // 10**places}" + (f".{abs(units) % 10**places:0{places}d}" if places else "")
    return ("-" if units < 0 else "+" if sign and units > 0 else "") + digits


def growth(rounding, current, base):
    return printed(ROUNDINGS[rounding](100 * (current - base), base, 2), 2, sign=True) if base else "—"


def percent(rounding, part, whole, places):
    return printed(ROUNDINGS[rounding](100 * part, whole, places), places) if whole else "—"


def mean(rounding, total, count, places):
    return printed(ROUNDINGS[rounding](total, count, places), places) if count else "—"


def magnitude(value):
    """「9万余」"""
    if value < 10000:
        return f"{value:,}"
    return f"{value // 10000}万{'余' if value % 10000 else ''}"


def figure(what, rounding, a, b, decimals):
    if what == "growth":
        return growth(rounding, a, b)
    if what == "over":
        return "true" if 100 * a > decimals * b and b else "false"
    if what == "magnitude":
        return magnitude(a)
    return {"percent": percent, "mean": mean}[what](rounding, a, b, decimals)


def search():
    """What 2.8 of the programme says, found again."""
    found = [(a, 638 - c, c) for a in range(1, 2000) for c in range(1, 638) if half_up(100 * (c - a), a, 2) == 5092]
    assert found == TRIPLES, found
    assert half_up(100 * (48430 - 27986), 27986, 2) == 7305 and 42137 + 48430 == 90567
    smallest = next(n for n in range(1, 400) if any(half_up(100 * k, n, 1) == 965 for k in range(n + 1))
                    and any(half_up(100 * k, n, 1) == 941 for k in range(n + 1)) and any(100 * k > 98 * n for k in range(n)))
    assert smallest == 85, smallest
    assert min(k for k in range(1001) if 100 * k > 98 * 1000) == 981


def questions():
    for rounding in ROUNDINGS:
        for first, second, third in TRIPLES:
            yield from (("growth", rounding, *pair, 0) for pair in ((third, first), (second, first), (third, second)))
        # Ties, one rounding only, a base of nothing, the least that is more.
        yield from (("growth", rounding, *pair, 0) for pair in ((801, 800), (799, 800), (803, 800), (797, 800), (5, 0), (0, 0),
                                                               (0, 7), (7, 7), (48430, 27986), (99999, 100000)))
        yield from (("percent", rounding, *pair, 1) for pair in ((163, 169), (965, 1000), (941, 1000), (983, 1000), (9799, 10000),
                                                                (50, 51), (49, 50), (82, 85), (80, 85), (84, 85), (1, 0)))
        yield from (("mean", rounding, *pair, 1) for pair in ((27986, 218), (42137, 309), (48430, 329), (1, 20), (3, 20)))
    yield from (("over", "half_up", *pair, 98) for pair in ((49, 50), (50, 51), (9799, 10000), (9800, 10000), (9801, 10000),
                                                           (981, 1000), (980, 1000), (1, 0)))
    yield from (("magnitude", "half_up", value, 0, 0) for value in (90567, 90000, 99999, 9999, 10000, 10001, 0, 638))
    chance = random.Random(50.92)
    for _ in range(20000):
        size = 10 ** chance.randint(1, 9)
        a, b, rounding = chance.randint(0, size), chance.randint(0, size), chance.choice(list(ROUNDINGS))
        yield ("growth", rounding, a, b, 0)
        yield ("percent", rounding, min(a, b), max(a, b), chance.randint(0, 3))
        yield ("mean", rounding, a, b, chance.randint(0, 3))
        yield ("over", rounding, a, b, chance.randint(0, 100))
        yield ("magnitude", rounding, a, 0, 0)


def main():
    search()
    asked = list(questions())
    said = subprocess.run([sys.argv[1]], input="".join(" ".join(map(str, question)) + "\n" for question in asked),
                          stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout.splitlines()
    wrong = [(question, figure(*question), line) for question, line in zip(asked, said) if figure(*question) != line]
    for question, mine, theirs in wrong[:20]:
        print(f"{question}: the oracle has {mine}, the program prints {theirs}")
    print(f"{len(said)} of {len(asked)} figures compared, {len(wrong)} differ")
    sys.exit(bool(wrong) or len(said) != len(asked))


if __name__ == "__main__":
    main()
