#!/usr/bin/python3
"""Faults on one partner's line: delay, loss, cuts within a frame, a line that is half
open, a black hole, a partition. Whatever happens on it, all that was acknowledged is
counted once, all of the rest arrives when the line is whole again, and another partner
waits at most twice as long as before (p99).

Behind the line are `qf feed` with files and a Python client with ticks.

    line_faults.py [--seconds N] [--seed N]     seconds that each fault holds at least
"""
import argparse
import threading
import time

from support.feeders import MOST_TICKS, FileFeeder, LivePartner, account
from support.harness import check, until
from support.pace import Bound, Steady
from support.proxy import Fault, FaultProxy
from support.site import Site

EVENTS_AFTER = 5

FAULTS = (
    ("delay", Fault(delay_ms=30, jitter_ms=30)),
    ("loss", Fault(stall=0.2)),
    ("reset within a frame", Fault(reset=0.1)),
    ("half open", Fault(half_open=True)),
    ("black hole", Fault(blackhole=True)),
    ("partition", Fault(partition=True)),
    ("all of them at once", Fault(delay_ms=5, jitter_ms=20, stall=0.05, reset=0.05)),
)


def well(*threads):
    for thread in threads:
        check(thread.error is None, thread.org, thread.error)
    return True


def go_through(proxy, bound, feeder, live, seconds):
    for name, fault in FAULTS:
        for _ in bound.rounds():
            bound.look_quiet()
            proxy.fault = fault
            files, answered, begun = len(feeder.rows), len(live.sender.acknowledged), time.monotonic()
            bound.look_loud()
            until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the fault held for its time")
            during = len(live.sender.acknowledged) - answered
            # One answer may have been past the line already when the fault came.
            check(during <= MOST_TICKS or not (fault.blackhole or fault.partition or fault.half_open),
                  f"{name}: {during} events were acknowledged over a dead line")
            proxy.fault, ended = Fault(), time.monotonic()
            answered = len(live.sender.acknowledged)
            until(lambda: well(feeder, live) and len(live.sender.acknowledged) >= answered + EVENTS_AFTER
                  and len(feeder.rows) > files, 60, f"the line is whole again after {name}, and both partners go on")
            print(f"{name}: {during} events meanwhile, whole again after {time.monotonic() - ended:.1f} s", flush=True)
        print(f"{name}: {bound.check(name)}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with Site({org: org for org in ("alpha", "beta", "gamma")}) as site:
        site.begin()
        stop = threading.Event()
        with FaultProxy(("127.0.0.1", site.feed_port), arguments.seed) as proxy:
            steady = Steady(site.partner("beta"), "beta")
            feeder = FileFeeder(site, "gamma", stop, site.client_config("gamma", f"tcp://127.0.0.1:{proxy.port}"))
            live = LivePartner(site, "alpha", stop, f"tcp://127.0.0.1:{proxy.port}")
            feeder.start()
            live.start()
            until(lambda: well(feeder, live) and feeder.rows and live.sender.acknowledged, 30, "both partners feed")
            go_through(proxy, Bound(steady.waits), feeder, live, arguments.seconds)
            check(proxy.cuts > 0 and proxy.stalls > 0, "the line was never cut, or lost nothing")
            stop.set()
            until(lambda: not feeder.is_alive() and not live.is_alive(), 60, "all has been answered")
            well(feeder, live)
        counted = account(site, [feeder], [live])
    print(f"{proxy.cuts} cuts, {proxy.stalls} losses; {counted.events} events, every one acknowledged counted once")


if __name__ == "__main__":
    main()
