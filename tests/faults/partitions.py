#!/usr/bin/python3
"""Every process on a machine of its own (network namespaces), and between any two of
them a partition, or loss of packets: partner and ingest, ingest and aggregation,
aggregation and reporting. Who is not cut off goes on, and the lines of who is are given
up; after it all catch up, and every number is right. Skipped (77) where no namespaces may be made.

    partitions.py [--seconds N]     that each holds
"""
import argparse
import subprocess
import sys
import threading
import time

from support.feeders import FileFeeder, LivePartner, account
from support.harness import check, same, until, within
from support.netns import Machines
from support.site import Site

JOURNAL, TOTALS = 7101, 7102
LOSS = 15       # per cent of the packets
IDLE = """import sys, zmq
from zmq.utils.monitor import recv_monitor_message
end, secret, server = sys.argv[1:]
line = zmq.Context().socket(zmq.DEALER)
line.curve_secretkey, line.curve_publickey, line.curve_serverkey = secret.encode(), zmq.curve_public(secret.encode()), server.encode()
events = line.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
line.connect(end)
recv_monitor_message(events)
print("connected", flush=True)
sys.stdin.read()
"""
DEAD_S = 6      # a line that says nothing for so long is given up
IN_FLIGHT = 40  # records that may have passed before the cut


def spread(site, net):
    """Each daemon on its machine, and TCP between them."""
    site.host = net.address["ingest"]
    site.feed_port = 7100
    journal, totals = f"tcp://{net.address['ingest']}:{JOURNAL}", f"tcp://{net.address['aggregate']}:{TOTALS}"
    site.settings = {"ingest": {"journal": journal}, "aggregate": {"journal": journal, "totals": totals},
                     "report": {"totals": totals, "read": [site.endpoint("read")]}}
    site.inside = {name: net.inside(name) for name in ("ingest", "aggregate", "report")}
    site.configure()


def together(site):
    """Back on one machine, for `qf verify`."""
    for daemon in list(site.own):
        site.end(daemon)
    site.host, site.inside = "127.0.0.1", {}
    site.settings = {daemon: {} for daemon in site.settings}
    site.configure()
    site.begin()


def idle(site, net):
    """Somebody with a key who is connected and says nothing."""
    return subprocess.Popen([*net.inside("partner"), sys.executable, "-c", IDLE, site.feed, site.secret("gamma"), site.server_public],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def records(site):
    return site.qf("totals", "--json").json["all"]["records"]


def fed(feeder, live):
    for thread in (feeder, live):
        check(thread.error is None, thread.org, thread.error)
    return len(feeder.rows), len(live.sender.acknowledged)


def go_through(site, net, feeder, live, seconds):
    for one, other in (("ingest", "partner"), ("aggregate", "ingest"), ("report", "aggregate")):
        for percent in (100, LOSS):
            net.between(one, other, percent)
            begun, rows, acked = time.monotonic(), *fed(feeder, live)
            shown = records(site)
            until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "it held for its time")
            if percent == 100 and other == "partner":
                within(DEAD_S + 10, lambda: net.lines(one, other) == 0, "ingest gives up the lines of who is cut off")
                check(time.monotonic() - begun >= DEAD_S / 2, "a line was given up at once")
            rows_after, acked_after = fed(feeder, live)
            check(acked_after > acked, f"{one} and {other} were cut off, and a third did not go on")
            if percent == 100 and other == "partner":
                check(rows_after - rows <= IN_FLIGHT, f"{rows_after - rows} rows were fed over a line that was cut")
            if percent == 100 and other != "partner":
                check(records(site) <= shown + IN_FLIGHT, f"{one} and {other} were cut off, and totals moved")
            lost, healed = net.heal(one), time.monotonic()
            check(lost > 0, f"nothing was lost between {one} and {other}")
            until(lambda: fed(feeder, live)[0] > rows_after and records(site) >= rows_after, 60,
                  f"all catch up after {percent} % of loss between {one} and {other}")
            print(f"{one} and {other}, {percent} % lost ({lost} packets): {acked_after - acked} events acknowledged "
                  f"meanwhile to another, caught up after {time.monotonic() - healed:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()
    if not Machines.are_possible():
        print("skipped: no network namespaces may be made here (root, iproute2, nftables)")
        sys.exit(77)
    with Machines("ingest", "aggregate", "report", "partner") as net, Site({"alpha": "alpha", "gamma": "gamma"}) as site:
        spread(site, net)
        site.begin()
        stop = threading.Event()
        feeder = FileFeeder(site, "gamma", stop, site.client_config("gamma", site.feed), net.inside("partner"))
        live = LivePartner(site, "alpha", stop)
        feeder.start()
        live.start()
        until(lambda: all(fed(feeder, live)), 30, "both partners feed")
        with idle(site, net) as silent:
            same(silent.stdout.readline(), "connected\n")  # else a cut may find no line: a feeder's do not last
            go_through(site, net, feeder, live, arguments.seconds)
            silent.stdin.close()
        stop.set()
        until(lambda: not feeder.is_alive() and not live.is_alive(), 60, "all has been answered")
        fed(feeder, live)
        together(site)
        counted = account(site, [feeder], [live])
        same(counted.total({"org": "gamma"})[0], len(feeder.rows), "records of gamma")
    print(f"{counted.events} events, every one acknowledged counted once")


if __name__ == "__main__":
    main()
