"""Qingfeng installed in a box as a package would lay it out, with keys, and its
clients on the other side of the loopback."""
import os
import shutil
import subprocess
import tempfile

from support import partner as client
from support import sample
from support.harness import PROGRAMME, QF, SOURCE, check, qf, until

FEED, READ = "tcp://127.0.0.1:7300", "tcp://127.0.0.1:7301"
SERVICES = ("qf-ingest", "qf-aggregate", "qf-report")
KEYS = "/etc/qingfeng/keys"


class Installed:
    """What is done inside the box's root before it boots, and what is asked of it then from outside."""

    def __init__(self, machine):
        self.machine = machine
        self.home = tempfile.mkdtemp(prefix="qf-box-", dir="/run")
        subprocess.run(["cmake", "--install", os.environ["QF_BUILD"], "--prefix", "/usr"], check=True,
                       env={**os.environ, "DESTDIR": machine.root}, stdout=subprocess.DEVNULL)
        os.makedirs(machine.path(KEYS), 0o700)
        for name in ("server", "office"):
            self.new_key(name)
            for half in ("secret", "public"):
                shutil.move(self.path(f"{name}.{half}"), machine.path(KEYS, f"{name}.{half}"))

    def path(self, name):
        return os.path.join(self.home, name)

    def new_key(self, name):
        subprocess.run([QF, "key", "new", name], cwd=self.home, check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        """Users and folders, as a package's script makes them."""
        self.machine.run("systemd-sysusers")
        self.machine.run("systemd-tmpfiles", "--create", code=None)
        self.machine.run("systemctl", "daemon-reload")

    def config(self, source, key):
        """A client's configuration, for qf on this side."""
        path = self.path(f"{source}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"feed: {FEED}\nread: {READ}\nserver_public: {self.machine.path(KEYS, 'server.public')}\n"
                       f"key: {key}\noutbox: {self.path(source + '.outbox')}\nsource: {source}\n")
        return path

    @property
    def office(self):
        return self.config("office", self.machine.path(KEYS, "office.secret"))

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
        return client.Partner(client.Messages(os.path.join(SOURCE, "proto")), context, FEED,
                              client.read_key(self.machine.path(KEYS, "server.public")),
                              client.read_key(self.path(f"{name}.secret")))

    def totals(self):
        done = qf("totals", "--json", "--config", self.office, code=None)
        return done.json["all"] if done.code == 0 else None

    def wait_records(self, records):
        until(lambda: (self.totals() or {"records": -1})["records"] >= records, 30, f"{records} records are counted")

    def active(self):
        return all(self.machine.show(f"{name}.service", "ActiveState") == "active" for name in SERVICES)

    def check_active(self):
        for name in SERVICES:
            state = self.machine.show(f"{name}.service", "ActiveState")
            check(state == "active", name, "is", state)
