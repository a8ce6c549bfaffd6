"""How long one partner waits for its verdicts while something happens to others."""
import math
import time

# Below this nobody's day is spoilt, and a shared machine's own noise begins.
NOISE_S = 0.020


def p99(seconds):
    return sorted(seconds)[math.ceil(len(seconds) * 0.99) - 1]


class Steady:
    """Sends one statement after the other, each when the last was answered."""

    def __init__(self, partner, org):
        self.partner, self.org = partner, org
        self.sent = 0

    def waits(self, count):
        """Sends so many; gives the seconds each of them waited."""
        waits = []
        for _ in range(count):
            self.sent += 1
            event = ("activity", {"key": f"steady-{self.sent:06d}", "date": 20230506, "attendances": 1,
                                  "values": {"org": self.org}})
            begun = time.monotonic()
            verdict, = self.partner.send([event], timeout=20)
            waits.append(time.monotonic() - begun)
            if verdict.what != "accepted":
                raise AssertionError(f"a steady partner was answered {verdict}")
        return waits


class Bound:
    """At most twice the p99 that was seen before; the machine's own hiccups are told apart by looking again."""

    def __init__(self, steady, count=300, looks=5):
        self.steady, self.count, self.looks = steady, count, looks
        self.before = p99(steady.waits(count))

    @property
    def allowed(self):
        return max(2 * self.before, NOISE_S)

    def holds(self):
        """Looks until one p99 is within the bound, at most so often. Gives it, or the least of those that were not."""
        seen = []
        for _ in range(self.looks):
            seen.append(p99(self.steady.waits(self.count)))
            if seen[-1] <= self.allowed:
                break
        return min(seen)
