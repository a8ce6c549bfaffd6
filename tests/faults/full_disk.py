#!/usr/bin/python3
"""A disk without room: partners are told to wait, nothing of a batch is taken, and when
there is room again everything goes on; what was acknowledged is counted once. So for
ingest, and for the outbox of `qf feed --listen`.

On a small tmpfs of its own, for which it needs to be root: else it is skipped (77)."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from support import sample
from support.door import Door
from support.harness import Failure, Office, check, lines, same, until
from support.partner import NoAnswer, Refusal, Verdict

MIB = 1 << 20
DISK_MIB = 256


def fill(path):
    """Takes all the room there is."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * MIB)
        except OSError:
            pass


def busy(partner, events):
    try:
        partner.send(events)
    except Refusal as refusal:
        same(refusal.why, "busy")
        same(refusal.expected, partner.next, "none of its numbers is used")
        return True
    return False


def fill_and_make_room(office, disk):
    office.add_source("alpha", "alpha")
    partner = office.partner("alpha")
    rows = list(sample.activities(1, "alpha", 900))
    events = [sample.event(row) for row in rows]
    same(set(map(str, partner.send(events[:300]))), {"accepted"})
    for at in (300, 600):
        filler = os.path.join(disk, "filler")
        fill(filler)
        check(busy(partner, events[at:at + 300]), "a batch was taken on a full disk")
        check(office.pids("ingest"), "ingest ended on a full disk")
        # Reading goes on.
        same(office.qf("totals", "--json").json["all"]["records"], at)
        os.unlink(filler)

        def taken():
            try:
                return partner.send(events[at:at + 300], timeout=2) == [Verdict()] * 300
            except (Refusal, NoAnswer):
                partner.next = partner.hello().expected
                return partner.next == at + 301
        until(taken, 20, "there is room again, and ingest takes")
    same(office.verify().total(), sample.expected(rows))


def post_and_make_room(office, disk):
    office.add_source("beta", "beta")
    filler = os.path.join(disk, "filler")
    before = office.qf("totals", "--json").json["all"]["records"]
    with Door(f"unix:{office.home}/door", "--dir", office.dir, "--as", "beta") as door:
        body = lines({"key": "B1", "date": "2023-05-06", "org": "beta"}, {"kind": "tick", "key": "B1", "counter": "sign_in"})
        for key in ("one", "two"):
            fill(filler)
            status, said = door.post(body, key)
            same(status, 503, said)
            check("nothing was taken" in said["error"], said)
            same(door.ask("GET", "/healthz")[0], 200)
            os.unlink(filler)
            same(door.post(body, key)[0], 202)
            same(door.post(body, key)[0], 200)
        door.wait_answered()
        same((door.status()["next"], door.status()["judged"]["duplicate"]), (5, 1))
    office.wait_records(before + 1)
    office.verify()


def hear_verdicts_and_make_room(disk):
    """The outbox alone is on the full disk: what the server says cannot be kept, and is asked for again."""
    with Office() as office:
        office.add_source("beta", "beta")
        outboxes, filler = os.path.join(disk, "outboxes"), os.path.join(disk, "filler")
        shutil.move(office.path("outbox"), outboxes)
        os.symlink(outboxes, office.path("outbox"))
        with Door(f"unix:{office.home}/door", "--dir", office.dir, "--as", "beta") as door:
            same(door.post(lines({"key": "B1", "date": "2023-05-06", "org": "beta"}))[0], 202)
            door.wait_answered()
            pid = office.pids("ingest")[0]
            os.kill(pid, signal.SIGSTOP)
            same(door.post(lines({"key": "B2", "date": "2023-05-06", "org": "beta"}))[0], 202)
            fill(filler)
            os.kill(pid, signal.SIGCONT)
            until(lambda: door.ask("GET", "/healthz")[0] == 503, 20, "there is no room for the verdict")
            check("no room" in door.status()["stopped"], door.status())
            os.unlink(filler)
            door.wait_answered()
            same(door.ask("GET", "/healthz")[0], 200)
        office.wait_records(2)
        os.unlink(office.path("outbox"))
        shutil.move(outboxes, office.path("outbox"))
        office.verify()


def main():
    disk = tempfile.mkdtemp(prefix="qf-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", disk], stderr=subprocess.PIPE)
    if mounted.returncode != 0:
        os.rmdir(disk)
        print("skipped: no tmpfs may be mounted here")
        sys.exit(77)
    try:
        with Office(within=disk) as office:
            fill_and_make_room(office, disk)
            post_and_make_room(office, disk)
        hear_verdicts_and_make_room(disk)
    finally:
        if subprocess.run(["umount", disk], stderr=subprocess.PIPE).returncode == 0:
            os.rmdir(disk)
        else:
            raise Failure(f"{disk} is still in use")
    print("a full disk twice, and three times under an outbox: busy, and nothing lost")


if __name__ == "__main__":
    main()
