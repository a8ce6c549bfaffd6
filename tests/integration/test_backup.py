#!/usr/bin/python3
"""Backups: closed files that a run adds to, over the network with a key, cut off and
continued; the drill of docs/operator.md, line by line; a standby that is promoted."""
import json
import os
import shlex
import signal
import shutil
import subprocess

from support.harness import BIN, PATIENCE, QF, Office, check, qf, run, same, until
from support.manual import blocks_by
from support.site import Site, free_port

HEAD = "activity_no,org,date,mode,content,attendances\n"


def rows(home, first, count, org="alpha"):
    """A file of rows with numbers of their own."""
    path = os.path.join(home, f"{org}-{first}.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(f"{org}-{number:06d},{org},2023-{number % 12 + 1:02d}-{number % 28 + 1:02d},onsite,law,7\n"
                                  for number in range(first, first + count)))
    return path


def feed(config, home, first, count, org="alpha"):
    said = qf("feed", rows(home, first, count, org), "--config", config, "--json").json
    same([said["taken"], said["waiting"]], [count, 0], said)


def position(office):
    """Asked again while nobody answers: on a busy machine that happens."""
    return json.loads(until(lambda: office.qf("status", "--json", code=None).out, 20, "status answers"))[
        "report"]["journal_last"]


def partner_config(office, source="alpha"):
    """A partner's own configuration and outbox, outside of what the office has on its disk."""
    home = os.path.join(office.home, f"partner-{source}")
    os.makedirs(home, exist_ok=True)
    for name in (f"{source}.secret", "server.public"):
        if not os.path.exists(os.path.join(home, name)):
            shutil.copy(office.path("keys", name), home)
    path = os.path.join(home, "partner.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"feed: {getattr(office, 'feed', office.endpoint('feed'))}\n"
                   f"read: {getattr(office, 'read', office.endpoint('read'))}\n"
                   f"server_public: server.public\nkey: {source}.secret\noutbox: outbox\nsource: {source}\n")
    return path


def totals(office):
    return office.qf("totals", "--by", "month", "--json").json


def commands(function):
    """The lines of the blocks of docs/operator.md that a function here runs."""
    return [line.split("  #")[0].strip() for block in blocks_by("docs/operator.md", function) for line in block.splitlines()]


class Following:
    """A `qf backup --follow`."""

    def __init__(self, *words):
        self.process = subprocess.Popen([QF, "backup", *words, "--follow", "--json"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, encoding="utf-8",
                                        env={**os.environ, "LC_ALL": "C.UTF-8"})

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20 * PATIENCE)
        return self.process.returncode, out, err


def kept(office, name):
    """How far ingest knows a backup to reach."""
    try:
        with open(office.path("journal.backups"), encoding="utf-8") as file:
            return max((int(line.split()[0]) for line in file if line.rstrip("\n").endswith(":" + name)), default=0)
    except FileNotFoundError:
        return 0


def files_are_closed_and_added_to():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        config, to = partner_config(office), os.path.join(office.home, "backup")
        for round_ in range(8):
            for at in range(4):
                feed(config, office.home, round_ * 4000 + at * 1000, 1000)
            said = office.qf("backup", to, "--segment", "32", "--json").json
            same(said["position"], position(office))
        with open(os.path.join(to, "segments"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        same(lines[0], "qf-backup 1")
        check(len(lines) > 3, "some files are closed", lines)
        same(qf("backup", to, "--verify", "--json").json["position"], position(office))
        until(lambda: kept(office, to) == position(office), 10, "ingest knows how far it reaches")
        # A process that dies anywhere leaves a backup that the next one continues.
        feed(config, office.home, 50000, 8000)
        for _ in range(3):
            dying = subprocess.Popen([QF, "backup", to, "--segment", "32", "--dir", office.dir],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until(lambda: dying.poll() is not None or os.path.exists(os.path.join(to, "segments.new")) or
                  sum(len(files) for _, _, files in os.walk(to)) > len(lines) + 1, 10, "it writes")
            dying.kill()
            dying.wait()
        office.qf("backup", to, "--segment", "32")
        qf("backup", to, "--verify")
        # Damage is named, also in a file that was closed long ago.
        first = os.path.join(to, f"{1:020d}.records")
        with open(first, "r+b") as file:
            file.seek(1000)
            byte = file.read(1)
            file.seek(1000)
            file.write(bytes([byte[0] ^ 1]))
        said = qf("backup", to, "--verify", code=1)
        check("00000000000000000001.records is not what was closed" in said.err, said.err)
        check("no directory of a backup" in qf("backup", office.home, "--verify", code=1).err)


def from_another_machine():
    """Over TCP, with a key of the role admin, until that is taken away."""
    with Site({"alpha": "alpha"}) as site:
        port = free_port()
        site.settings["ingest"]["follow"] = f"tcp://127.0.0.1:{port}"
        site.configure()
        site.begin()
        site.add_source("vault", "alpha", "admin")
        configs = {name: partner_config(site, name) for name in ("alpha", "vault")}
        for config in configs.values():
            with open(config, "a", encoding="utf-8") as file:
                file.write(f"journal: tcp://127.0.0.1:{port}\n")
        feed(configs["alpha"], site.home, 0, 500)
        to = os.path.join(site.home, "far")
        refused = qf("backup", to, "--config", configs["alpha"], code=1)
        check("role admin" in refused.err, refused.err)
        same(os.path.getsize(os.path.join(to, f"{1:020d}.records")), 8, "nothing was given away")
        same(qf("backup", to, "--config", configs["vault"], "--json").json["position"], position(site))
        following = Following(to, "--config", configs["vault"])
        feed(configs["alpha"], site.home, 1000, 500)
        until(lambda: kept(site, to) == position(site), 20, "what was fed is in the backup, and ingest knows it")
        site.end("ingest", signal.SIGKILL)
        site.begin("ingest")
        feed(configs["alpha"], site.home, 2000, 500)
        until(lambda: kept(site, to) == position(site), 30, "it goes on after a restart of ingest")
        site.qf("key", "revoke", "vault")
        until(lambda: following.process.poll() is not None, 10, "a key that is revoked follows no more")
        code, _, err = following.end()
        same(code, 1)
        check("role admin" in err, err)
        qf("backup", to, "--verify")
        site.verify()


def bash(line):
    return subprocess.run(line, shell=True, capture_output=True, encoding="utf-8", timeout=60 * PATIENCE, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "PATH": f"{BIN}:{os.environ['PATH']}"})


def the_drill():
    """docs/operator.md, from a dead disk to equal totals."""
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        partner, backup = partner_config(office), os.path.join(office.home, "backup")
        os.makedirs(backup)
        shutil.copytree(office.path("keys"), os.path.join(backup, "keys"))
        places = [("/tmp/site", office.dir), ("/backup", backup), ("partner.yaml", partner)]
        feed(partner, office.home, 0, 700)
        office.qf("backup", os.path.join(backup, "qingfeng"))
        feed(partner, office.home, 700, 300)  # after the backup: only in the outbox, once the disk is dead
        before, counted = totals(office), office.verify()
        office.kill_all()
        shutil.rmtree(office.dir)
        lines = commands("the_drill")
        same(len(lines), 10, lines)
        for line in lines:
            for there, here in places:
                line = line.replace(there, here)
            if line.endswith(" &"):
                same(line, f"qf up --dir {office.dir} &")
                office.programme = None  # it is in the journal
                office.start()
                continue
            done = bash(line)
            if line.startswith("qf feed"):
                while done.returncode == 75:  # "or wait for its next feed": on a busy machine its patience may end first
                    done = bash(line)
                until(lambda: totals(office)["rows"] == before["rows"], 120, "the totals are what they were")
            same(done.returncode, 0, line, done.stdout, done.stderr)
        same(totals(office)["rows"], before["rows"])
        same(office.verify().total(), counted.total())


def a_standby_is_promoted():
    """It follows until the first machine is lost; what it had not yet comes from the outboxes."""
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        partner, standby = partner_config(office), os.path.join(office.home, "standby")
        feed(partner, office.home, 0, 500)
        following = Following(standby, "--dir", office.dir)
        until(lambda: kept(office, standby) == position(office), 20, "it follows")
        feed(partner, office.home, 500, 500)
        until(lambda: kept(office, standby) == position(office), 20, "it follows what comes")
        code, out, err = following.end()
        same(code, 0, out, err)
        same(json.loads(out)["position"], position(office))
        feed(partner, office.home, 1000, 250)  # never seen by the standby
        before, counted = totals(office), office.verify()
        keys = os.path.join(office.home, "copied-keys")
        shutil.copytree(office.path("keys"), keys)
        office.kill_all()
        shutil.rmtree(office.dir)
        os.makedirs(office.dir)
        shutil.copytree(keys, office.path("keys"))
        follow, line = commands("a_standby_is_promoted")
        same(follow.split(" --config")[0], "qf backup /standby/qingfeng --follow")
        restore, up = line.replace("/tmp/site", office.dir).replace("/standby/qingfeng", standby).split(" && ")
        same(up, f"qf up --dir {office.dir}")
        qf(*shlex.split(restore)[1:])
        office.programme = None
        office.start()
        qf("feed", "--flush", "--config", partner)
        until(lambda: totals(office)["rows"] == before["rows"], 120, "the totals are what they were")
        same(office.verify().total(), counted.total())


if __name__ == "__main__":
    run(files_are_closed_and_added_to, from_another_machine, the_drill, a_standby_is_promoted)
