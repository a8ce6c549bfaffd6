#!/usr/bin/python3
"""The server's clock jumps: a day and ten years forwards, an hour and then decades back,
and a boot in 1970 before the network has told the time. While it is more than five
minutes behind its journal ingest puts partners off (BUSY) and says so in its log; with
the right time it goes on by itself, or when a human has said that the clock is right and
the journal ahead of it; and what was acknowledged is counted once. Time in the journal
never goes back. Reporting judges the dates of keys as ingest does: no right key finds a
closed door because the clock is wrong.

    clocks.py
"""
import json
import os
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from support.harness import check, same, until
from support.partner import NoAnswer, Refusal, dealer
from support.site import SERVED, Site, free_port
from support.web import ask

ALARM = "our clock is more than 5 minutes behind the journal"
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400
PROGRAMME = "/api/v1/programme"


def library():
    for folder in ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime"):
        path = os.path.join(folder, "libfaketime.so.1")
        if os.path.exists(path):
            return path
    print("skipped: no libfaketime here (package faketime)")
    sys.exit(77)


class Clock:
    """Of ingest and reporting; only the time of day, as a step of the clock is."""

    def __init__(self, site):
        self.path = site.path("run", "clock")  # where the sandbox lets it be read
        for daemon in ("ingest", "report"):
            site.environment[daemon] = {"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": self.path,
                                        "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.step(0)

    def step(self, seconds):
        self.write(f"{seconds:+d}\n")

    def write(self, text):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)


class Sender:
    def __init__(self, site, org):
        self.site, self.org, self.partner, self.taken = site, org, site.partner(org), 0

    def event(self):
        return ("activity", {"key": f"{self.org}-{self.taken}", "date": 20230506, "attendances": 3,
                             "values": {"org": self.org}})

    def takes(self):
        verdict, = self.partner.send([self.event()])
        same(verdict.what, "accepted")
        self.taken += 1

    def is_put_off(self):
        try:
            self.partner.send([self.event()])
        except Refusal as refusal:
            same((refusal.why, refusal.expected), ("busy", self.partner.next))
            check(refusal.retry_ms > 0, "busy without a time to try again")
            return True
        return False

    def goes_on(self):
        """As a client does: Hello after a silence, and then what is expected."""
        def tries():
            try:
                self.partner.next = self.partner.hello(timeout=1).expected
                self.takes()
                return True
            except (Refusal, NoAnswer):
                self.partner.connect()
                return False
        until(tries, 20, "it goes on with the right time")


def is_let_in(site, name):
    """What reporting's door says to a new connection with this key."""
    socket = dealer(site.context, None, site.server_public, site.secret(name))
    events = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH)
    try:
        socket.connect(site.read)
        check(events.poll(20000), "the door for readers says nothing")
        return recv_monitor_message(events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
    finally:
        socket.disable_monitor()
        socket.close()


def readers_are(site, **let_in):
    """Pulses tell reporting the journal's time: each second."""
    for name, wanted in let_in.items():
        until(lambda: is_let_in(site, name) == wanted, 10, f"{name} is {'let in' if wanted else 'refused'}")


def alarms(site):
    return site.log_of("ingest").count(ALARM)


def steps_of_a_running_server(site, clock, sender):
    reader = site.subscriber("alpha")
    until(lambda: reader.turn() == "update", 20, "alpha reads")
    readers_are(site, alpha=True, later=False)
    sender.takes()
    site.wait_records(1)
    tag = ask(site.http, PROGRAMME)[1]["ETag"]
    same(ask(site.http, PROGRAMME, headers={"If-None-Match": tag})[0], 304)
    clock.step(DAY)  # where members stand is said of today: another day is another answer, though no event came
    same(ask(site.http, PROGRAMME, headers={"If-None-Match": tag})[0], 200)
    sender.takes()
    looked = site.qf("doctor", "--lang", "en", code=1).out
    check("clock      behind the server's by 86" in looked, looked)
    for name, back in (("an hour", -HOUR), ("53 years", -53 * YEAR)):
        heard = alarms(site)
        clock.step(DAY + back)
        check(sender.is_put_off(), f"{name} back, and ingest took events")
        until(lambda: alarms(site) > heard, 15, "the operator is told")
        check(is_let_in(site, "alpha"), f"{name} back, and a right key was refused")
        reader.turn()
        check(reader.denied is None, f"{name} back, and who read was sent away: {reader.denied}")
        clock.step(DAY - 200)        # less than five minutes behind: nobody's concern
        sender.takes()
    clock.step(-DAY)
    looked = site.qf("doctor", "--lang", "en", code=1).out
    check("clock      ahead of the server's by 86" in looked, looked)
    clock.step(0)  # what was a day ahead is right now, and the journal has tomorrow in it
    check(sender.is_put_off(), "a day back, and ingest took events")
    clock.step(10 * YEAR)
    sender.takes()
    readers_are(site, alpha=True, later=True)
    clock.step(DAY)
    check(sender.is_put_off(), "ten years back, and ingest took events")
    readers_are(site, alpha=True, later=True)
    clock.step(10 * YEAR)
    sender.takes()


def accepted_by_a_human(site, clock, sender):
    """What was ten years ahead was wrong: the clock is right now, and the office says so."""
    clock.step(0)
    check(sender.is_put_off(), "ten years back, and ingest took events")
    site.qf("clock", "accept", code=1)  # not while it runs
    site.end("ingest")
    site.qf("clock", "accept", "--reason", "the clock was ahead")
    site.begin("ingest", wait=False)
    sender.goes_on()
    sender.takes()
    readers_are(site, alpha=True, later=False)
    lines = site.qf("journal", "dump").lines
    same([line["reason"] for line in lines if line.get("control") == "clock"], ["the clock was ahead"])
    same(len({line["received_at"] for line in lines[-2:]}), 1, "time stands still")


def check_order(site):
    """Time in the journal never goes back."""
    last = 0
    for line in site.qf("journal", "dump").out.splitlines():
        received = json.loads(line).get("received_at", last)
        check(received >= last, f"a record of {received} behind one of {last}")
        last = received
    check(last > time.time() * 1000 + 9 * YEAR * 1000, "the journal has no time of ten years ahead")


def boot_in_1970(site, clock, sender):
    for daemon in SERVED:
        site.end(daemon)
    clock.write("@1970-01-01 00:00:05\n")
    site.begin(wait=False)
    check(is_let_in(site, "alpha"), "in 1970 a right key was refused by reporting")
    until(lambda: site.qf("journal", "dump", code=None).code == 0, 20, "ingest is up in 1970")
    sender.partner.connect()  # keys are judged by the journal's time, not by a clock behind it
    check(sender.is_put_off(), "in 1970 ingest took events")
    check(site.own["ingest"].poll() is None, "ingest ended in 1970")
    clock.step(10 * YEAR)
    sender.goes_on()


def main():
    later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3 * YEAR))
    with Site({"alpha": "alpha", "later": "beta"},
              key_words={"alpha": ("--from", "2022-01-01"), "later": ("--from", later)}) as site:
        clock = Clock(site)
        site.http = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{site.http}'}}"
        site.configure()
        site.begin()
        sender = Sender(site, "alpha")
        steps_of_a_running_server(site, clock, sender)
        boot_in_1970(site, clock, sender)
        accepted_by_a_human(site, clock, sender)
        check(alarms(site) > 0, "no alarm was raised")
        site.wait_records(sender.taken)
        counted = site.verify()
        same(counted.total()[0], sender.taken, "records")
        check_order(site)
    print(f"{sender.taken} statements through twelve steps of the clock and a boot in 1970: all counted once")


if __name__ == "__main__":
    main()
