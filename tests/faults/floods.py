#!/usr/bin/python3
"""Floods: a partner that sends as fast as it can and waits for nothing, one that says
nothing but Hello, one that sends noise; readers that ask without end, that subscribe
again and again, that keep as many subscriptions as they get, or never read; thousands of
connections that say nothing. Others wait at most twice as long (p99), a source gets no
more than its share, and memory stays within a bound.

    floods.py [--seconds N] [--connections N]    seconds that each flood holds at least
"""
import argparse
import os
import secrets
import select
import socket
import subprocess
import sys
import time

import zmq

from support import partner as client
from support import sample
from support.harness import PATIENCE, check, until, within
from support.pace import Bound, Steady
from support.site import Site

EVENTS_PER_S, BURST_S, BATCH = 2000, 20, 500
SUBSCRIPTIONS = 100       # of one source: the default
SETTINGS = {"source_events_per_s": EVENTS_PER_S, "source_kib_per_s": 2048, "source_asks_per_s": 50}
MEMORY_MIB = 96           # above what a daemon had before the flood
IDLE_MIB = 40             # of 9,000 connections
IDLE_GONE_S = 10          # after a handshake's time: 2 s
ACTIVITIES = 20000        # that readers' floods ask about
UPDATES = 25              # in a window


# -- the floods, each a process of its own ---------------------------------------

class Flood:
    """Begun at once. While it pauses it has no connection: what it had sent and nobody read is gone with it."""

    def __init__(self, site, kind, name):
        self.kind, self.sent, self.acked = kind, 0, 0
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--flood", kind, "--endpoint", site.read if kind in READERS else site.feed,
             "--server", site.path("keys/server.public"), "--key", site.path(f"keys/{name}.secret")],
            stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)

    def __enter__(self):
        self.resume()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def resume(self):
        check(self.tell("begin") == "begins\n", f"{self.kind} does not begin")

    def pause(self):
        """Adds up how many messages it sent, and how many events were acknowledged to it."""
        sent, acked = map(int, self.tell("pause").split())
        self.sent += sent
        self.acked += acked


def told_to_pause():
    return bool(select.select([sys.stdin], [], [], 0)[0])  # also when who told is gone


def flood_events(partner):
    """Batches in order, 64 under way; what is put off is sent again at once, whatever was said of waiting."""
    sent = acked = 0
    facts, _ = partner.body([("tick", {"key": "flood", "counter": "sign_in", "amount": 1})] * BATCH)
    while not told_to_pause():
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
                acked = max(acked, answer.expected - 1)
    return sent, acked


def flood_messages(socket_, messages):
    """Sends what it is given in turn, and reads nothing."""
    sent = 0
    while not told_to_pause():
        try:
            socket_.send(messages[sent % len(messages)], zmq.NOBLOCK)
            sent += 1
        except zmq.Again:
            socket_.poll(1, zmq.POLLOUT)
    return sent, 0


def say(m, **what):
    return m.FromReader(**what).SerializeToString()


def flood_questions(m, connect):
    """Costly questions, none of whose answers is waited for, and noise."""
    asked = [say(m, query=m.Query(id=1, what=1, by=["org", "content", "month"])), say(m, query=m.Query(id=2, what=3)),
             say(m, query=m.Query(id=3, what=5)), say(m, more=m.More(id=1, total=1 << 40)), b"\xff" * 1000]
    return flood_messages(connect(), asked)


def flood_subscribes(m, connect):
    """Again and again from nothing, with all the credit there is."""
    return flood_messages(connect(), [say(m, subscribe=m.Subscribe(version=1, id=number, credit=1 << 50, want=1))
                                      for number in range(20)])


def keep_subscriptions(m, connect):
    """As many as one gets, each for something else, and reads all that comes."""
    sockets = [connect() for _ in range(20)]
    for at, socket_ in enumerate(sockets):
        for number in range(16):
            socket_.send(say(m, subscribe=m.Subscribe(version=1, id=number, credit=1 << 50, want=1,
                                                      prefix=["", f"nothing/{at}/{number}"])))
    poller, got = zmq.Poller(), 0
    for socket_ in (*sockets, sys.stdin):
        poller.register(socket_, zmq.POLLIN)
    while True:
        for socket_, _ in poller.poll():
            if socket_ == sys.stdin.fileno():
                return len(sockets) * 16, got
            socket_.recv()
            got += 1


def never_read(m, connect):
    """Subscribes with all the credit there is, and takes nothing from the connection."""
    connect().send(say(m, subscribe=m.Subscribe(version=1, id=1, credit=1 << 50, want=1)))
    select.select([sys.stdin], [], [])
    return 1, 0


READERS = {"questions": flood_questions, "subscribes": flood_subscribes, "subscriptions": keep_subscriptions,
           "never-reads": never_read}


def flood_once(arguments, m, context):
    keys = client.read_key(arguments.server), client.read_key(arguments.key)

    def connect():
        made = context.socket(zmq.DEALER)
        made.linger, made.rcvhwm, made.sndhwm, made.rcvbuf = 0, 1, 64, 4096
        made.curve_serverkey, made.curve_secretkey, made.curve_publickey = *keys, zmq.curve_public(keys[1])
        made.connect(arguments.endpoint)
        return made

    if arguments.flood == "events":
        return flood_events(client.Partner(m, context, arguments.endpoint, *keys))
    if arguments.flood == "hellos":
        return flood_messages(connect(), [m.FromPartner(hello=m.Hello(
            version=1, outbox=secrets.token_bytes(16), next=1, first_kept=1)).SerializeToString()])
    if arguments.flood == "noise":
        return flood_messages(connect(), [secrets.token_bytes(size) for size in (10, 1000, 60000, 264 * 1024)])
    return READERS[arguments.flood](m, connect)


def flood(arguments):
    os.nice(10)  # it stands for another machine: what it takes of this one's processors is not the server's doing
    m = client.Messages(os.path.join(os.environ["QF_SOURCE"], "proto"))
    while sys.stdin.readline() == "begin\n":
        print("begins", flush=True)
        context = zmq.Context()
        sent = flood_once(arguments, m, context)
        context.destroy(linger=0)
        sys.stdin.readline()
        print(*sent, flush=True)


# -- what others see of them ---------------------------------------------------------

def mib(site, daemon):
    return site.memory_kib(daemon) / 1024


def check_memory(site, daemon, before, most, what):
    grown = mib(site, daemon) - before
    check(grown <= most, f"{what}: {daemon} took {grown:.0f} MiB more")
    return grown


def put_off(site, daemon):
    """How often the log said so: once a second while it happens."""
    return site.log_of(daemon).count("share were put off") + site.log_of(daemon).count("quota were put off")


def flood_partners(site, seconds):
    bound = Bound(Steady(site.partner("beta"), "beta").waits)
    for kind in ("events", "hellos", "noise"):
        before, begun, named = mib(site, "ingest"), time.monotonic(), put_off(site, "ingest")
        with Flood(site, kind, "alpha") as flooding:
            until(lambda: put_off(site, "ingest") > named + 1, 40, f"what is over its share is put off ({kind})")
            for _ in bound.rounds():
                bound.look_by_turns(flooding)
            until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the flood held for its time")
            grown = check_memory(site, "ingest", before, MEMORY_MIB, kind)
            flooding.pause()
        took, acked = time.monotonic() - begun, flooding.acked
        said = bound.check(kind)
        check(acked <= EVENTS_PER_S * (BURST_S + took) + BATCH, f"{acked} events were taken of the flood in {took:.0f} s")
        check(kind != "events" or acked >= EVENTS_PER_S * BURST_S, f"of its share the flood got only {acked} events")
        print(f"{kind}: {flooding.sent} messages, {acked} events taken; {said}; {grown:+.0f} MiB", flush=True)


class Others:
    """Partner, subscriber and asker at once, each with a key that no flood has."""

    def __init__(self, site):
        self.steady = Steady(site.partner("gamma"), "gamma")
        self.subscriber = site.subscriber("delta", prefixes=["records/total/all/202305"])
        self.asker = site.subscriber("office", prefixes=["records/total/all/none"])
        self.question = site.messages.FromReader(query=site.messages.Query(
            id=1, what=1, by=["month"])).SerializeToString()

    def seen(self):
        return self.subscriber.picture.cells.get(("total", "all", 20230500), {}).get(0, 0)

    def answers(self):
        self.asker.socket.send(self.question)
        begun = time.monotonic()
        while self.asker.turn() != "answer":
            check(time.monotonic() - begun < 20 * PATIENCE, "no answer within 20 s")

    def waits(self, count):
        """Seconds from a verdict until the subscriber has the picture with it and a question is answered."""
        waits = []
        for _ in range(count):
            records = self.seen()
            self.steady.waits(1)
            begun = time.monotonic()
            while self.seen() <= records:
                self.subscriber.turn()
                check(time.monotonic() - begun < 20 * PATIENCE, "an update did not come within 20 s")
            self.answers()
            waits.append(time.monotonic() - begun)
        return waits


def fill(site):
    """Enough to make questions and pictures cost something."""
    partner = site.partner("epsilon")
    rows = [sample.event(row) for row in sample.activities(1, "epsilon", ACTIVITIES)]
    for at in range(0, ACTIVITIES, BATCH):
        partner.send(rows[at:at + BATCH])
    site.wait_records(ACTIVITIES)


def flood_readers(site, seconds):
    bound = Bound(Others(site).waits, UPDATES)
    memory = mib(site, "report")
    for kind in READERS:
        by_turns = kind in ("questions", "subscribes")  # what the others hold stays for a while when they are gone
        for _ in bound.rounds():
            if not by_turns:
                bound.look_quiet()
            begun, named = time.monotonic(), put_off(site, "report")
            with Flood(site, kind, "beta" if kind == "never-reads" else "alpha") as flooding:
                if kind == "questions":
                    until(lambda: put_off(site, "report") > named + 1, 40, "what is over its share is put off")
                if by_turns:
                    bound.look_by_turns(flooding)
                else:
                    bound.look_loud()
                until(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the flood held for its time")
                held = site.status()["report"]["subscribers"]
                grown = check_memory(site, "report", memory, MEMORY_MIB, kind)
                flooding.pause()
        said = bound.check(kind)
        check(kind != "subscriptions" or SUBSCRIPTIONS <= held <= SUBSCRIPTIONS + 5, f"{held} subscriptions are held")
        print(f"{kind}: {flooding.sent} messages; {said}; {held} subscriptions; {grown:+.0f} MiB", flush=True)


def descriptors(site, daemon):
    return len(os.listdir(f"/proc/{site.pids(daemon)[0]}/fd"))


def idle_connections(site, count):
    bound = Bound(Steady(site.partner("delta"), "delta").waits)
    most = grown = 0
    for _ in bound.rounds():
        bound.look_quiet()
        memory, open_before, idle = mib(site, "ingest"), descriptors(site, "ingest"), []
        try:
            for at in range(count):
                idle.append(socket.create_connection(("127.0.0.1", site.feed_port), timeout=20))
                if at % 500 == 499:
                    most = max(most, descriptors(site, "ingest"))
                    grown = max(grown, check_memory(site, "ingest", memory, IDLE_MIB, f"{at + 1} connections"))
            bound.look_loud()
            within(IDLE_GONE_S, lambda: descriptors(site, "ingest") <= open_before + 10, "who says nothing is gone")
        finally:
            for made in idle:
                made.close()
    check(most > count // 10, f"of {count} connections at most {most} stood at once")
    print(f"{count} connections that say nothing, {most} at once: {bound.check('idle connections')}; {grown:+.0f} MiB; "
          f"all gone", flush=True)


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
    with Site({org: org for org in sample.ORGS}) as site:
        site.settings["ingest"] = SETTINGS
        site.configure()
        site.begin()
        flood_partners(site, arguments.seconds)
        fill(site)
        flood_readers(site, arguments.seconds)
        idle_connections(site, arguments.connections)
        counted = site.verify()
    print(f"{counted.events} events, all right")


if __name__ == "__main__":
    main()
