#!/usr/bin/python3
"""Versions beside each other: data that a released version wrote is read; data and messages of a version to come are
refused in a sentence, and left as they are.

    test_versions.py --make      writes tests/data/versions/VERSION.tar.xz anew, with the programs at hand: when a version
                                 is released, and, until the first one is, when a format changes"""
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

from support import partner as client
from support import sample
from support.harness import BIN, PATIENCE, QF, SOURCE, Office, check, qf, run, same, until
from support.site import SERVED, Site

FIXTURES = os.path.join(SOURCE, "tests/data/versions")
KEPT = ("keys", "journal", "counts", "outbox", "backup", "totals.json")
NEWER = b"9"


# -- what a version wrote ---------------------------------------------------------

def figures(office):
    return {"total": office.qf("totals", "--json").json["all"],
            "by": office.qf("totals", "--by", "org,month", "--json").json["rows"]}


def make():
    version = subprocess.run([QF, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[1]
    with Office() as office:
        office.add_source("alpha", "alpha")
        rows = list(sample.activities(7, "alpha", 24))
        office.qf("feed", sample.write_csv(office.path("rows.csv"), rows), "--as", "alpha", code=None)
        office.wait_records(len(rows))
        office.qf("backup", office.path("backup"))
        with open(office.path("totals.json"), "w", encoding="utf-8") as file:
            json.dump(figures(office), file, indent=1)
        check(office.stop() == 0, "it did not stop in order")
        os.makedirs(FIXTURES, exist_ok=True)
        with tarfile.open(os.path.join(FIXTURES, version + ".tar.xz"), "w:xz") as tar:
            for name in KEPT:
                tar.add(office.path(name), name, filter=nobody)
    print("wrote", version)


def nobody(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return None if member.name.endswith("lock.mdb") else member


def restored(office, version):
    """The directory as that version left it, but for sockets and configurations, which qf up writes at each start."""
    os.makedirs(os.path.join(office.dir, "run"), 0o700)
    with tarfile.open(os.path.join(FIXTURES, version + ".tar.xz")) as tar:
        tar.extractall(office.dir)
    os.chmod(office.dir, 0o700)
    with open(office.path("run/up.lock"), "w", encoding="ascii"):
        pass
    with open(office.path("totals.json"), encoding="utf-8") as file:
        return json.load(file)


def data_of_each_released_version_is_read():
    versions = sorted(name[:-len(".tar.xz")] for name in os.listdir(FIXTURES) if name.endswith(".tar.xz"))
    check(versions, "there is none: test_versions.py --make")
    for version in versions:
        office = Office(programme=None)
        wanted = restored(office, version)
        office.start()
        try:
            until(lambda: office.qf("totals", "--json", code=None).code == 0 and figures(office) == wanted, 20,
                  f"the totals of {version} are what they were")
            office.verify()
            office.qf("audit")
            before = wanted["total"]["records"]
            rows = list(sample.activities(8, "alpha", 5, prefix="later"))
            office.qf("feed", sample.write_csv(office.path("later.csv"), rows), "--as", "alpha", code=None)
            office.wait_records(before + len(rows))
            same(office.qf("totals", "--json").json["all"]["records"], before + len(rows), "its outbox goes on")
            office.qf("backup", office.path("backup"))
            office.qf("backup", office.path("backup"), "--verify")
            office.verify()
        except BaseException:
            office.say_logs()
            raise
        finally:
            office.stop()
            shutil.rmtree(office.home)


# -- what a version to come would write ----------------------------------------------

def of_a_newer_version(path, name):
    """The same file, saying another version of its format: "qf-journal-5" becomes "qf-journal-9"."""
    with open(path, "rb") as file:
        text = file.read()
    changed, times = re.subn(re.escape(name) + rb"\d", name + NEWER, text)
    check(times > 0, path, "does not say", name)
    with open(path, "wb") as file:
        file.write(changed)


def newer_data_is_refused_and_left_alone():
    with Office() as office:
        office.add_source("alpha", "alpha")
        rows = sample.write_csv(office.path("rows.csv"), list(sample.activities(7, "alpha", 5)))
        office.qf("feed", rows, "--as", "alpha", code=None)
        office.wait_records(5)
        office.qf("backup", office.path("backup"))
        of_a_newer_version(office.path("outbox/alpha/data.mdb"), b"qf-outbox-")
        said = office.qf("feed", rows, "--as", "alpha", "--lang", "en", code=None)
        check(said.code != 0 and "written by a newer version" in said.err, said.err)
        of_a_newer_version(office.path("backup/segments"), b"qf-backup ")
        said = office.qf("backup", office.path("backup"), "--lang", "en", code=None)
        check(said.code != 0 and "written by a newer version" in said.err, said.err)
        office.stop()
        said = office.qf("restore", office.path("backup"), "--lang", "en", code=None)
        check(said.code != 0 and "written by a newer version" in said.err, said.err)
        of_a_newer_version(office.path("journal/data.mdb"), b"qf-journal-")
        with open(office.path("journal/data.mdb"), "rb") as file:
            before = file.read()
        done = subprocess.run([os.path.join(BIN, "qf-ingest"), "--config", office.path("config/ingest.yaml")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60 * PATIENCE, check=False)
        same(done.returncode, 78, done.stderr)
        check("written by a newer version" in done.stderr and "Install that version again" in done.stderr, done.stderr)
        said = qf("up", "--dir", office.dir, "--http", "off", "--lang", "en", code=1).err
        check("written by a newer version" in said, said)
        said = office.qf("audit", "--lang", "en", code=1).out
        check("a newer version wrote it" in said and "restore nothing" in said and "BACKUP" not in said, said)
        check(not os.path.exists(office.path("counts.checking")), "nothing is known to be damaged")
        with open(office.path("journal/data.mdb"), "rb") as file:
            same(file.read() == before, True, "it was changed")


def newer_counts_are_made_anew():
    """They follow from the journal: whoever goes back a version loses nothing by it."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.qf("feed", sample.write_csv(office.path("rows.csv"), list(sample.activities(7, "alpha", 5))), "--as", "alpha",
                  code=None)
        office.wait_records(5)
        office.stop()
        of_a_newer_version(office.path("counts/data.mdb"), b"qf-counts-")
        office.start()
        office.wait_records(5)
        check(os.path.isdir(office.path("counts.set-aside")), "they were not set aside")
        office.verify()


# -- what a version to come would say ----------------------------------------------------

def a_protocol_to_come_is_refused_by_name():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        messages, speaks = office.messages, client.PROTOCOL
        client.PROTOCOL = speaks + 1
        try:
            partner = office.partner("alpha")
            try:
                partner.hello()
                raise AssertionError("Hello of another version was welcome")
            except client.Refusal as refusal:
                same(refusal.why, "version")
            reader = office.subscriber("alpha")
            until(lambda: (reader.turn(), reader.denied)[1], 10, "the reader is denied")
            same(reader.denied.why, client.REFUSALS.index("version"))
        finally:
            client.PROTOCOL = speaks
        consumer = client.dealer(office.context, office.endpoint("journal"))
        consumer.send(messages.FromConsumer(attach=messages.Attach(version=speaks + 1, attach=1, credit=1 << 20,
                                                                   name="newer")).SerializeToString())
        check(consumer.poll(10000), "ingest says nothing to a newer consumer")
        said = messages.ToConsumer.FromString(consumer.recv_multipart()[0])
        same(said.WhichOneof("what"), "detached")
        same(said.detached.why, 4)
        check("version" in said.detached.say, said)
        consumer.close(0)
        same(office.partner("alpha").hello().version, speaks, "the version that is spoken is welcome")
        totals = client.dealer(office.context, office.endpoint("totals"))
        totals.send(messages.FromReader(subscribe=messages.Subscribe(version=speaks + 1, id=1, credit=1 << 20,
                                                                     want=1)).SerializeToString())
        check(totals.poll(10000), "aggregation says nothing to a newer reporting")
        said = messages.ToReader.FromString(totals.recv_multipart()[0])
        same((said.WhichOneof("what"), said.denied.why), ("denied", 1))
        totals.close(0)


# -- one minor version apart ---------------------------------------------------------------

def next_minor(folder):
    """Copies of the daemons that call themselves the next minor version; where each word of it stands is theirs to know."""
    version = subprocess.run([QF, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[1]
    major, minor, patch = version.split(".")
    later = f"{major}.{int(minor) + 1}.{patch}"
    same(len(later), len(version), "no room for the longer number")
    for daemon in SERVED:
        with open(os.path.join(BIN, f"qf-{daemon}"), "rb") as file:
            program = file.read()
        path = os.path.join(folder, f"qf-{daemon}")
        with open(path, "wb") as file:
            file.write(program.replace(version.encode() + b"\0", later.encode() + b"\0"))
        os.chmod(path, 0o755)
        said = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        check(later in said, said)
    return later


def daemons_one_minor_version_apart_work_together():
    """In the order in which the manual says to upgrade: reporting first, then aggregation, then ingest; and not at all."""
    with tempfile.TemporaryDirectory() as folder, Site({"alpha": "alpha"}) as site:
        later = next_minor(folder)
        site.begin()
        partner, records = site.partner("alpha", site.feed), 0
        for daemon in ("report", "aggregate", "ingest"):
            partner.send([sample.event(row) for row in sample.activities(records, "alpha", 30, f"r{records}")])
            records += 30
            site.wait_records(records)
            site.end(daemon)
            site.begin(daemon, programs=folder)
            until(lambda d=daemon: f'version={later}' in site.log_of(d), 10, f"{daemon} is the later one")
            partner.send([sample.event(row) for row in sample.activities(records, "alpha", 30, f"r{records}")])
            records += 30
            site.wait_records(records)
            site.verify()


if __name__ == "__main__":
    if sys.argv[1:] == ["--make"]:
        make()
    else:
        run(data_of_each_released_version_is_read, newer_data_is_refused_and_left_alone, newer_counts_are_made_anew,
            a_protocol_to_come_is_refused_by_name, daemons_one_minor_version_apart_work_together)
