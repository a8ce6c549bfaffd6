#!/usr/bin/python3
"""Questions that wait at the start of reporting for rows that are still to come: they cost no processor
while they wait, and are answered as soon as the rows are there."""
import json
import os
import subprocess
import threading

import zmq

from support import sample
from support.harness import QF, check, run, same, until
from support.site import Site

PULSES = 3      # seconds that are looked at
BUSY_S = 0.75   # of a processor meanwhile; who turns without rest takes all that it gets


class RowsHeldBack:
    """Stands between reporting and aggregation, and lets rows through only when it is told to."""

    def __init__(self, office, front, back):
        self.office, self.back = office, back
        self.front = office.context.socket(zmq.ROUTER)
        self.front.bind(front)
        self.lines, self.held = {}, []
        self.let_go = threading.Event()
        self.stop = threading.Event()
        self.pulses = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for socket in (self.front, *self.lines.values()):
            socket.close(linger=0)

    def line_of(self, peer):
        if peer not in self.lines:
            self.lines[peer] = self.office.context.socket(zmq.DEALER)
            self.lines[peer].connect(self.back)
        return self.lines[peer]

    def answer(self, peer, frame):
        message = self.office.messages.ToReader()
        message.ParseFromString(frame)
        self.pulses += message.WhichOneof("what") == "pulse"
        update = message.update if message.WhichOneof("what") == "update" else None
        if update and (self.held or update.rows and not self.let_go.is_set()):
            self.held.append((peer, frame))
        else:
            self.front.send_multipart([peer, frame])

    def run(self):
        while not self.stop.is_set():
            if self.front.poll(10):
                peer, frame = self.front.recv_multipart()
                self.line_of(peer).send(frame)
            for peer, line in list(self.lines.items()):
                while line.poll(0):
                    self.answer(peer, line.recv())
            while self.let_go.is_set() and self.held:
                self.front.send_multipart(self.held.pop(0))


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def who_waits_for_rows_costs_nothing():
    with Site({"alpha": "alpha"}) as site:
        site.begin()
        rows = list(sample.activities(1, "alpha", 200))
        site.partner("alpha").send([sample.event(row) for row in rows], timeout=20)
        site.wait_records(sample.expected(rows)[0])
        by_rows = ("totals", "--by", "org,mode", "--json", "--as", "alpha")
        wanted = site.qf(*by_rows).json
        site.end("report")
        between = site.endpoint("between")
        site.settings["report"] = {"totals": between}
        site.configure()
        with RowsHeldBack(site, between, site.endpoint("totals")) as held:
            site.begin("report")  # cells are there: `qf totals` is answered
            until(lambda: held.held, 20, "rows are held back")
            (pid,) = site.pids("report")
            asking = subprocess.Popen([QF, *by_rows, "--dir", site.dir], stdout=subprocess.PIPE, text=True)
            begun, pulses = processor_s(pid), held.pulses
            until(lambda: held.pulses >= pulses + PULSES, 30, "pulses come through")
            busy = processor_s(pid) - begun
            check(asking.poll() is None, "it was answered without rows")
            check(busy < BUSY_S, f"reporting took {busy:.2f} s of a processor while a question waited for {PULSES} s")
            held.let_go.set()
            same(json.loads(asking.communicate(timeout=30)[0])["rows"], wanted["rows"])


if __name__ == "__main__":
    run(who_waits_for_rows_costs_nothing)
