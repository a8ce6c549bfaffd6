"""Qingfeng installed in a box, and its clients on the other side of the loopback."""
import os
import shutil
import subprocess
import tempfile
import threading
import time

from support import partner as client
from support import sample
from support.harness import PROGRAMME, QF, SOURCE, check, qf, same, until
from support.partner import Persistent

FEED = "tcp://127.0.0.1:7300"
SERVICES = ("qf-ingest", "qf-aggregate", "qf-report")
KEYS = "/etc/qingfeng/keys"


class Installed:
    """The first installation, or an instance beside it with a name and ports of its own."""

    def __init__(self, machine, instance="", port=7300):
        self.machine = machine
        self.home = tempfile.mkdtemp(prefix="qf-box-", dir="/run")
        self.at = f"@{instance}" if instance else ""
        dash = f"-{instance}" if instance else ""
        self.dir = f"/var/lib/qingfeng{dash}"
        self.keys = f"/etc/qingfeng{dash}/keys"
        self.feed_at, self.read_at = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port + 1}"

    def lay_out(self, keys=True):
        """What a package would bring, and the keys that qf init would make; before the box boots."""
        machine = self.machine
        subprocess.run(["cmake", "--install", os.environ["QF_BUILD"], "--prefix", "/usr"], check=True,
                       env={**os.environ, "DESTDIR": machine.root}, stdout=subprocess.DEVNULL)
        os.makedirs(machine.path(KEYS), 0o700)
        for name in ("server", "office") if keys else ():
            self.new_key(name)
            for half in ("secret", "public"):
                shutil.move(self.path(f"{name}.{half}"), machine.path(KEYS, f"{name}.{half}"))

    def path(self, name):
        return os.path.join(self.home, name)

    def new_key(self, name):
        subprocess.run([QF, "key", "new", name], cwd=self.home, check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        """Users and folders, as a package's script makes them; when it has booted."""
        self.machine.run("systemd-sysusers")
        self.machine.run("systemd-tmpfiles", "--create", code=None)
        self.machine.run("systemctl", "daemon-reload")

    def config(self, source, key):
        """A client's configuration, for qf on this side."""
        path = self.path(f"{source}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"feed: {self.feed_at}\nread: {self.read_at}\n"
                       f"server_public: {self.machine.path(self.keys, 'server.public')}\n"
                       f"key: {key}\noutbox: {self.path(source + '.outbox')}\nsource: {source}\n")
        return path

    @property
    def office(self):
        return self.config("office", self.machine.path(self.keys, "office.secret"))

    def load_programme(self):
        qf("programme", "load", PROGRAMME, "--config", self.office)

    def add_source(self, name, org):
        self.new_key(name)
        qf("key", "add", name, self.path(f"{name}.public"), "--org", org, "--role", "feed,read", "--config", self.office)
        return self.config(name, self.path(f"{name}.secret"))

    def feed(self, config, rows, name):
        path = sample.write_csv(self.path(f"{name}.csv"), rows)
        return qf("feed", path, "--json", "--config", config, code=None)

    def partner(self, context, name):
        return client.Partner(client.Messages(os.path.join(SOURCE, "proto")), context, self.feed_at,
                              client.read_key(self.machine.path(self.keys, "server.public")),
                              client.read_key(self.path(f"{name}.secret")))

    def totals(self):
        done = qf("totals", "--json", "--config", self.office, code=None)
        return done.json["all"] if done.code == 0 else None

    def wait_records(self, records):
        until(lambda: (self.totals() or {"records": -1})["records"] >= records, 30, f"{records} records are counted")

    def check_counted(self, records):
        """So many, once each, and every number is what the journal says."""
        self.wait_records(records)
        same(self.totals()["records"], records)
        self.machine.run("qf", "verify", "--dir", self.dir)

    def active(self):
        return all(self.machine.show(f"{name}{self.at}.service", "ActiveState") == "active" for name in SERVICES)

    def check_active(self):
        for name in SERVICES:
            state = self.machine.show(f"{name}{self.at}.service", "ActiveState")
            check(state == "active", name, "is", state)


class Feeder(threading.Thread):
    """A partner that sends one small batch after the other and notes what was acknowledged."""
    BATCH = 40
    OUTAGE_S = 0.1  # who waits longer for an answer waits for a daemon that starts again

    def __init__(self, partner, name="live"):
        super().__init__(daemon=True)
        self.sender = Persistent(partner)
        self.prefix = name
        self.records = 0
        self.longest = 0.0
        self.served_s = self.served = 0
        self.enough = threading.Event()
        self.error = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self.enough.set()
        if kind is None:
            until(lambda: not self.is_alive(), 60, "the partner was answered everything")
            check(self.error is None, self.error)
            self.sender.partner.close()
        return False

    def goes_on(self, more, said):
        """The partner is answered for so many more activities."""
        before = self.records
        until(lambda: self.records >= before + more or self.error, 30, f"feeding goes on {said}")
        check(self.error is None, said, self.error)

    @property
    def rate(self):
        """Events a second, while there was somebody to answer."""
        return self.served / self.served_s if self.served_s else 0.0

    def check_rate(self, least):
        check(self.rate >= least, "the load was", self.rate, "events/s, not", least)

    def run(self):
        try:
            while not self.enough.is_set():
                rows = list(sample.activities(self.records, "alpha", self.BATCH, f"{self.prefix}-{self.records}"))
                began = time.monotonic()
                self.sender.deliver([sample.event(row) for row in rows])
                waited = time.monotonic() - began
                self.longest = max(self.longest, waited)
                self.records += len(rows)
                if waited < self.OUTAGE_S:
                    self.served_s += waited
                    self.served += len(rows)
        except Exception as error:  # said by the main thread
            self.error = error
