"""Partners that feed for as long as a test breaks things, and the account of what
became of it: `qf feed` with files, and a Python client with statements and ticks."""
import os
import random
import signal
import subprocess
import threading

import zmq

from support import partner as client
from support import sample
from support.harness import QF, check, same

FILE_ROWS = 40
MOST_TICKS = 3  # of a live partner's message


class FileFeeder(threading.Thread):
    """Feeds one file after the other with `qf feed`, each as often as it takes. config: a client's, elsewhere; inside:
    words before the command, such as `ip netns exec ...`."""

    def __init__(self, office, org, stop, config=None, inside=()):
        super().__init__(daemon=True)
        self.inside = inside
        self.office, self.org, self.stop = office, org, stop
        self.places = ["--config", config] if config else ["--dir", office.dir]
        self.process = None
        self.rows = []
        self.killed = 0
        self.error = None

    def run(self):
        try:
            number = 0
            while not self.stop.is_set():
                rows = list(sample.activities(number, self.org, FILE_ROWS, f"{self.org}-{number}"))
                path = sample.write_csv(os.path.join(self.office.home, f"{self.org}-{number}.csv"), rows)
                self.feed(path)
                self.rows += rows
                number += 1
        except Exception as error:  # said by the main thread
            self.error = error

    def feed(self, path):
        """Until it ends with 0: killed, or the server away, it is simply started again."""
        while True:
            self.process = subprocess.Popen(
                [*self.inside, QF, "feed", path, *self.places, "--as", self.org], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"})
            said = self.process.communicate()[0]
            code = self.process.returncode
            if code == 0:
                return
            if code == -signal.SIGKILL:
                self.killed += 1
                continue
            check(code == 75, f"qf feed of {self.org} ended with {code}:\n{said}")

    def kill(self):
        """Whether there was a process to kill."""
        process = self.process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        return True


class LivePartner(threading.Thread):
    """Sends statements and ticks, one small batch after the other has been answered."""

    def __init__(self, office, org, stop, endpoint=None):
        super().__init__(daemon=True)
        self.org, self.stop = org, stop
        self.partner = client.Partner(office.messages, zmq.Context(), endpoint or office.endpoint("feed"),
                                      office.server_public, office.secret(org))
        self.sender = client.Persistent(self.partner)
        self.chance = random.Random(org)
        self.ticks = {}  # key -> sum acknowledged
        self.error = None

    def events(self, at):
        key = f"{self.org}-live-{at // 20:05d}"
        if at % 20 == 0:
            return [("activity", {"key": key, "date": 20230100 + at // 20 % 28 + 1, "values": {"org": self.org}})]
        return [("tick", {"key": key, "counter": "sign_in", "amount": self.chance.randint(1, 5)})
                for _ in range(self.chance.randint(1, MOST_TICKS))]

    def run(self):
        try:
            at = 0
            while not self.stop.is_set():
                events = self.events(at)
                self.sender.deliver(events)
                for kind, fields in events:
                    if kind == "tick":
                        self.ticks[fields["key"]] = self.ticks.get(fields["key"], 0) + fields["amount"]
                at += 1
        except Exception as error:
            self.error = error


def account(office, feeders, lives):
    """Everything acknowledged is in the journal once and counted once, and nothing else is."""
    counted = office.verify()
    for live in lives:
        mine = {number: verdict for (source, outbox, number), verdict in counted.taken.items()
                if source == live.org and outbox == live.partner.outbox.hex()}
        for number, verdict in live.sender.acknowledged.items():
            check(number in mine, f"{live.org}: number {number} was acknowledged and is not in the journal")
            same(mine[number][0], verdict.what, live.org, "number", number)
        for key, ticks in live.ticks.items():
            same(counted.record(partner_of(counted, key), key).ticks, ticks, "ticks of", key)
    rows = {row["activity_no"]: row for feeder in feeders for row in feeder.rows}
    keys = [key for _partner, key, _activity, _counts in counted.standing() if key in rows]
    same(len(keys), len(rows), "activities of files")
    for feeder in feeders:
        same(counted.total({"org": feeder.org}), sample.expected(feeder.rows), feeder.org)
    return counted


def partner_of(counted, key):
    return next(partner for partner, other in counted.records if other == key)
