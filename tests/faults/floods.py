#!/usr/bin/python3
"""Floods: a partner that sends as fast as it can and waits for nothing, one that says
nothing but Hello, one that sends noise; subscribers that ask for ever, or never read;
thousands of connections that say nothing. Others wait at most twice as long (p99), a
source gets no more than its share, and memory stays within a bound.

    floods.py [--seconds N] [--connections N]    seconds that each flood holds at least
"""
import argparse
import os
import secrets
import socket
import subprocess
import sys
import time

import zmq

from support import partner as client
from support.harness import PATIENCE, check, until
from support.pace import NOISE_S, Bound, Steady, p99
from support.site import Site

EVENTS_PER_S, BURST_S, BATCH = 2000, 20, 500
SETTINGS = {"source_events_per_s": EVENTS_PER_S, "source_kib_per_s": 2048, "source_asks_per_s": 50}
MEMORY_MIB = 96           # above what a daemon had before the flood
IDLE_MIB = 40             # of 9,000 connections
IDLE_GONE_S = 10          # after a handshake's time: 2 s
UPDATES = 150


# -- the floods, each a process of its own ---------------------------------------

class Flood:
    def __init__(self, site, kind, name):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--flood", kind, "--endpoint", site.read if kind in READERS else site.feed,
             "--server", site.path("keys/server.public"), "--key", site.path(f"keys/{name}.secret")],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        check(self.process.stdout.readline() == "begins\n", f"{kind} does not begin")

    def end(self):
        """Gives how many messages it sent, and how many events were acknowledged to it."""
        said = self.process.communicate("\n", timeout=30)[0].split()
        return int(said[0]), int(said[1])


def told_to_end():
    return bool(zmq.select([sys.stdin.fileno()], [], [], 0)[0])


def flood_events(partner):
    """Batches in order, 64 under way; what is put off is sent again at once, whatever was said of waiting."""
    sent = acked = 0
    facts, _ = partner.body([("tick", {"key": "flood", "counter": "sign_in", "amount": 1})] * BATCH)
    while not told_to_end():
        partner.post(None, facts=facts, count=BATCH)
        sent += 1
        while partner.next > acked + 64 * BATCH or partner.socket.poll(0):
            if not partner.socket.poll(100):
                partner.next = acked + 1
                break
            what, answer = partner.get()
            if what == "verdicts":
                acked = max(acked, answer.first + answer.count - 1)
            elif what == "refused":
                partner.next = answer.expected
    return sent, acked


def flood_messages(socket_, messages):
    """Sends what it is given in turn, and reads nothing."""
    sent = 0
    while not told_to_end():
        try:
            socket_.send(messages[sent % len(messages)], zmq.NOBLOCK)
            sent += 1
        except zmq.Again:
            socket_.poll(1, zmq.POLLOUT)
    return sent, 0


def flood_readers(m, socket_):
    def say(**what):
        return m.FromReader(**what).SerializeToString()
    asked = [say(subscribe=m.Subscribe(version=1, id=number, credit=1 << 30, want=1)) for number in range(20)]
    asked += [say(query=m.Query(id=1, what=1, by=["org", "month"])), say(more=m.More(id=1, total=1 << 40)), b"\xff" * 1000]
    return flood_messages(socket_, asked)


def never_read(m, socket_):
    """Subscribes with all the credit there is, and takes nothing from the connection."""
    socket_.send(m.FromReader(subscribe=m.Subscribe(version=1, id=1, credit=1 << 50, want=1)).SerializeToString())
    until(told_to_end, 600, "it is told to end")
    return 1, 0


READERS = ("readers", "never-reads")


def flood(arguments):
    m = client.Messages(os.path.join(os.environ["QF_SOURCE"], "proto"))
    context = zmq.Context()
    keys = client.read_key(arguments.server), client.read_key(arguments.key)
    partner = client.Partner(m, context, arguments.endpoint, *keys)
    quiet = context.socket(zmq.DEALER)
    quiet.linger, quiet.rcvhwm, quiet.sndhwm = 0, 1, 64
    quiet.rcvbuf = 4096
    quiet.curve_serverkey, quiet.curve_secretkey, quiet.curve_publickey = keys[0], keys[1], zmq.curve_public(keys[1])
    quiet.connect(arguments.endpoint)
    print("begins", flush=True)
    if arguments.flood == "events":
        sent = flood_events(partner)
    elif arguments.flood == "hellos":
        sent = flood_messages(quiet, [m.FromPartner(hello=m.Hello(version=1, outbox=secrets.token_bytes(16), next=1,
                                                                  first_kept=1)).SerializeToString()])
    elif arguments.flood == "noise":
        sent = flood_messages(quiet, [secrets.token_bytes(size) for size in (10, 1000, 60000, 264 * 1024)])
    elif arguments.flood == "readers":
        sent = flood_readers(m, quiet)
    else:
        sent = never_read(m, quiet)
    print(*sent, flush=True)
    quiet.close()
    partner.close()


# -- what others see of them ---------------------------------------------------------

def mib(site, daemon):
    return site.memory_kib(daemon) / 1024


def check_memory(site, daemon, before, most, what):
    grown = mib(site, daemon) - before
    check(grown <= most, f"{what}: {daemon} took {grown:.0f} MiB more")
    return grown


def put_off(site):
    """How often the log said so: once a second while it happens."""
    return site.log_of("ingest").count('over their source\'s quota were put off')


def flood_partners(site, seconds):
    steady = Steady(site.partner("beta"), "beta")
    bound = Bound(steady)
    for kind in ("events", "hellos", "noise"):
        before, begun, named = mib(site, "ingest"), time.monotonic(), put_off(site)
        flooding = Flood(site, kind, "alpha")
        until(lambda: put_off(site) > named + 1, 40, f"what is over its share is put off ({kind})")
        worst = bound.holds()
        until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the flood held for its time")
        grown = check_memory(site, "ingest", before, MEMORY_MIB, kind)
        sent, acked = flooding.end()
        took = time.monotonic() - begun
        check(worst <= bound.allowed, f"{kind}: others' p99 was {worst * 1000:.1f} ms, {bound.before * 1000:.1f} before")
        check(acked <= EVENTS_PER_S * (BURST_S + took) + BATCH, f"{acked} events were taken of the flood in {took:.0f} s")
        check(kind != "events" or acked >= EVENTS_PER_S * BURST_S, f"of its share the flood got only {acked} events")
        print(f"{kind}: {sent / took:.0f} messages a second, {acked} events taken; others' p99 {worst * 1000:.1f} ms "
              f"(before: {bound.before * 1000:.1f}); {grown:+.0f} MiB", flush=True)


def update_waits(steady, subscriber, count):
    """Seconds from a verdict until a subscriber has the picture with it."""
    waits = []
    for _ in range(count):
        records = subscriber.picture.cells.get(("total", "all", 20230500), {}).get(0, 0)
        steady.waits(1)
        begun = time.monotonic()
        while subscriber.picture.cells.get(("total", "all", 20230500), {}).get(0, 0) <= records:
            subscriber.turn()
            check(time.monotonic() - begun < 20 * PATIENCE, "an update did not come within 20 s")
        waits.append(time.monotonic() - begun)
    return waits


def flood_subscribers(site, seconds):
    steady = Steady(site.partner("gamma"), "gamma")
    subscriber = site.subscriber("office", prefixes=["records/total/all/202305"])
    update_waits(steady, subscriber, 1)
    before = p99(update_waits(steady, subscriber, UPDATES))
    memory, begun = mib(site, "report"), time.monotonic()
    floods = [Flood(site, kind, name) for kind, name in (("readers", "alpha"), ("never-reads", "beta"))]
    worst = p99(update_waits(steady, subscriber, UPDATES))
    for _ in range(4):
        if worst > max(2 * before, NOISE_S):
            worst = min(worst, p99(update_waits(steady, subscriber, UPDATES)))
    until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the flood held for its time")
    grown = check_memory(site, "report", memory, MEMORY_MIB, "readers")
    sent = [flooding.end()[0] for flooding in floods]
    check(worst <= max(2 * before, NOISE_S),
          f"others' updates came after {worst * 1000:.1f} ms (p99), {before * 1000:.1f} before")
    print(f"readers: {sent[0] / (time.monotonic() - begun):.0f} messages a second, and one who never reads; others' updates "
          f"{worst * 1000:.1f} ms (before: {before * 1000:.1f}); {grown:+.0f} MiB", flush=True)


def descriptors(site, daemon):
    return len(os.listdir(f"/proc/{site.pids(daemon)[0]}/fd"))


def idle_connections(site, count):
    steady = Steady(site.partner("delta"), "delta")
    bound = Bound(steady)
    memory, open_before = mib(site, "ingest"), descriptors(site, "ingest")
    idle, most, grown = [], 0, 0
    try:
        for at in range(count):
            made = socket.create_connection(("127.0.0.1", site.feed_port), timeout=20)
            idle.append(made)
            if at % 500 == 499:
                most = max(most, descriptors(site, "ingest"))
                grown = max(grown, check_memory(site, "ingest", memory, IDLE_MIB, f"{at + 1} connections"))
        worst = bound.holds()
        until(lambda: descriptors(site, "ingest") <= open_before + 10, IDLE_GONE_S, "who says nothing is gone")
    finally:
        for made in idle:
            made.close()
    check(most > count // 10, f"of {count} connections at most {most} stood at once")
    check(worst <= bound.allowed, f"with {count} idle connections others' p99 was {worst * 1000:.1f} ms")
    print(f"{count} connections that say nothing, {most} at once: others' p99 {worst * 1000:.1f} ms (before: "
          f"{bound.before * 1000:.1f}); {grown:+.0f} MiB; all gone", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=9000)
    for name in ("flood", "endpoint", "server", "key"):
        parser.add_argument(f"--{name}")
    arguments = parser.parse_args()
    if arguments.flood:
        flood(arguments)
        return
    with Site({org: org for org in ("alpha", "beta", "gamma", "delta")}) as site:
        site.settings["ingest"] = SETTINGS
        site.configure()
        site.begin()
        flood_partners(site, arguments.seconds)
        flood_subscribers(site, arguments.seconds)
        idle_connections(site, arguments.connections)
        counted = site.verify()
    print(f"{counted.events} events, all right")


if __name__ == "__main__":
    main()
