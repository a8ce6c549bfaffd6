#!/usr/bin/python3
"""Disks that are no longer what they were: read-only, frozen, slow, and a map without room.

Where a disk of its own is needed (root, a loop device) and cannot be had, the test is skipped (77)."""
import os
import time

from breaking import answered, batch_of, delivered, move_journal, reconfigure, said
from disk import Disk, run as command
from shim import Shim
from support import harness, sample
from support.harness import Office, check, same, until
from support.partner import ANSWER_S

BACK_WITHIN = 2.0
QUEUE_KIB_MOST = 64 * 1024


def begin(office, rows=60):
    """A partner who has fed some rows, and the rows."""
    office.add_source("alpha", "alpha")
    partner = office.partner("alpha")
    fed = list(sample.activities(1, "alpha", rows))
    check(delivered(partner, batch_of(partner, [sample.event(row) for row in fed]), ANSWER_S), "fed at first")
    office.wait_records(rows)  # else aggregation may miss them before the disk goes bad
    return partner, fed


def next_rows(partner, fed, count=30):
    rows = list(sample.activities(len(fed), "alpha", count, f"more-{len(fed)}"))
    fed += rows
    return batch_of(partner, [sample.event(row) for row in rows])


def read_only_disk():
    """Fail-stop with a clear word; when the disk is well again everything is there."""
    with Disk("ext4") as disk, Office() as office:
        partner, fed = begin(office)
        move_journal(office, disk)
        until(lambda: answered(partner), 10, "it serves from the other disk")
        command("mount", "-o", "remount,errors=remount-ro", disk.path)
        with open(f"/sys/fs/ext4/{os.path.basename(disk.loop)}/trigger_fs_error", "w") as file:
            file.write("1")
        batch = next_rows(partner, fed)
        check(not delivered(partner, batch, timeout=1), "a batch was acknowledged on a read-only disk")
        until(lambda: office.up.poll() is not None, 20, "qf up gives ingest up")
        check(said(office, "ingest", "Read-only file system"), "the log does not name the reason")
        same(office.stop(), 1, "exit code of qf up")
        disk.power_on()
        office.start()
        until(lambda: delivered(partner, batch), 10, "it takes again")
        same(office.verify().total(), sample.expected(fed))


def frozen_disk():
    """No answer while it is frozen, readers are served, memory stays bounded; then everything is answered at once."""
    with Disk("ext4") as disk, Office() as office:
        partner, fed = begin(office)
        move_journal(office, disk)
        until(lambda: answered(partner), 10, "it serves from the other disk")
        pids, memory = office.pids("ingest"), office.memory_kib("ingest")
        command("fsfreeze", "--freeze", disk.path)
        try:
            batches = [next_rows(partner, fed) for _ in range(200)]
            for first, facts, count in batches:
                partner.post(None, first=first, facts=facts, count=count)
            check(not partner.socket.poll(1500), "something was answered while the disk was frozen")
            same(office.qf("totals", "--json").json["all"]["records"], 60, "reading goes on")
            check(office.memory_kib("ingest") < memory + QUEUE_KIB_MOST, "what waits is bounded")
        finally:
            command("fsfreeze", "--unfreeze", disk.path)
        thawed = time.monotonic()
        for batch in batches:  # a busy or a lost one is sent again, in order
            until(lambda: delivered(partner, batch, timeout=1), 10, "what waited is taken")
            if batch is batches[0]:
                took = time.monotonic() - thawed
                check(took <= BACK_WITHIN * harness.PATIENCE, f"answered only {took:.1f} s after the thaw")
        same(office.pids("ingest"), pids, "the same process")
        office.wait_records(len(fed))
        same(office.verify().total(), sample.expected(fed))


def slow_disk():
    """Each storage call takes half a second longer: answers come late and in groups, and nothing is lost."""
    with Office() as office:
        office.stop()
        shim = Shim(office, "qf-ingest")
        office.env = shim.env
        office.start()
        partner, fed = begin(office)
        pids = office.pids("ingest")
        shim.order(1, "slow standing")
        batches = [next_rows(partner, fed, 5) for _ in range(60)]
        for first, facts, count in batches:
            partner.post(None, first=first, facts=facts, count=count)
        acknowledged, records = 0, set()
        while acknowledged < 60 * 5:
            what, answer = partner.get()
            same(what, "verdicts", answer)
            same([str(verdict) for verdict in partner.verdicts(answer)], ["accepted"] * answer.count)
            acknowledged += answer.count
            records.add(answer.position)
        check(shim.lift(), "the disk was not slow")
        check(len(records) <= 6, f"60 batches were committed {len(records)} times: not in groups")
        same(office.pids("ingest"), pids, "the same process")
        office.wait_records(len(fed))
        same(office.verify().total(), sample.expected(fed))


def stalled_disk():
    """It stands still for twelve seconds while a programme is loaded, longer than a command waits: qf up goes on until
    the programme is taken."""
    with Office() as office:
        office.stop()
        shim = Shim(office, "qf-ingest")
        office.env = shim.env
        office.programme = os.path.join(office.home, "another.yaml")
        with open(harness.PROGRAMME, encoding="utf-8") as file:
            text = file.read()
        another = text.replace("      - {code: law,", "      - {code: another, zh: 又一, en: Another}\n      - {code: law,")
        check(another != text, "the programme has changed")
        with open(office.programme, "w", encoding="utf-8") as file:
            file.write(another)
        shim.order(1, "stall")
        office.start()
        with open(office.log.name, encoding="utf-8") as file:
            check("programme is loaded again" in file.read(), "nobody waited")
        check(shim.lift(), "the disk did not stand still")
        has = office.qf("programme", "load", office.programme).out
        check(has.startswith("0 new, 0 changed"), "the programme was not taken:", has)
        office.verify()


def full_map():
    """A map without room: busy, and nothing lost; with a larger one it goes on."""
    with Office() as office:
        partner, fed = begin(office)
        reconfigure(office, "ingest", map_mib=1)
        until(lambda: answered(partner), 10, "it serves with a small map")
        while True:
            batch = next_rows(partner, fed, 200)
            if not delivered(partner, batch, ANSWER_S):
                break
            check(len(fed) < 100000, "a map of one MiB is never full")
        pids = office.pids("ingest")
        check(not delivered(partner, batch, timeout=5), "a batch was taken by a full map")
        check(answered(partner, ANSWER_S), "ingest does not answer with a full map")
        same(office.pids("ingest"), pids, "the same process")
        office.wait_records(len(fed) - 200)
        reconfigure(office, "ingest", map_mib=64)
        begun = time.monotonic()
        until(lambda: delivered(partner, batch), 10, "there is room again, and ingest takes")
        took = time.monotonic() - begun
        check(took <= BACK_WITHIN * harness.PATIENCE, f"back in service only after {took:.1f} s")
        office.wait_records(len(fed))
        same(office.verify().total(), sample.expected(fed))


if __name__ == "__main__":
    harness.run(read_only_disk, frozen_disk, slow_disk, stalled_disk, full_map)
