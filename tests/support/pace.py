"""How long others wait while something happens, and how long without it."""
import math
import statistics
import time

from support.harness import check

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
            verdict, = self.partner.send([event])
            waits.append(time.monotonic() - begun)
            if verdict.what != "accepted":
                raise AssertionError(f"a steady partner was answered {verdict}")
        return waits


class Bound:
    """At most twice the p99 of what is seen without it. Each side is the median of the p99s of several windows, looked at
    by turns where it can be: a hiccup of the machine spoils a window or two and neither median, and a machine that is
    slower for a while is so for both sides. In doubt it is looked at again: all windows count."""

    WINDOWS, ROUNDS = 7, 3

    def __init__(self, waits, count=100):
        self.waits, self.count = waits, count
        self.quiet, self.loud = [], []
        waits(count)  # what happens once, a connection or a first page, is in no window

    def look(self, windows):
        windows.append(p99(self.waits(self.count)))

    def rounds(self):
        """`for _ in bound.rounds():` what is looked at, with it and without: once, and in doubt up to three times."""
        self.quiet, self.loud = [], []
        for _ in range(self.ROUNDS):
            yield
            if self.holds():
                return

    def look_quiet(self):
        """Before it begins."""
        for _ in range(self.WINDOWS):
            self.look(self.quiet)

    def look_loud(self):
        """While it goes on."""
        for _ in range(self.WINDOWS):
            self.look(self.loud)

    def look_by_turns(self, thing):
        """thing.pause() and thing.resume() end and begin it, as it is now and as it will be left."""
        for _ in range(self.WINDOWS):
            thing.pause()
            self.look(self.quiet)
            thing.resume()
            self.look(self.loud)

    def holds(self):
        return statistics.median(self.loud) <= max(2 * statistics.median(self.quiet), NOISE_S)

    def check(self, what):
        """Gives the words for the log."""
        before, during = statistics.median(self.quiet), statistics.median(self.loud)
        said = f"others' p99 {during * 1000:.1f} ms (without it: {before * 1000:.1f})"
        check(self.holds(), f"{what}: {said}; windows in ms: "
              f"{[round(one * 1000, 1) for one in self.quiet]} and {[round(one * 1000, 1) for one in self.loud]}")
        return said
