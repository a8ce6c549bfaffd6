#!/usr/bin/python3
"""What a partner's client sends is copied, refused frames too, and sent again to a
restored copy; never to the service that it was taken from, and of nobody else."""
import json
import os
import subprocess
import time

from support.harness import PATIENCE, QF, Failure, Office, check, run, same, until
from support.partner import Refusal

TICK = ("tick", {"key": "alpha-1", "counter": "sign_in", "amount": 2})


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def tap(office, source):
    return subprocess.Popen([QF, "tap", source, "--seconds", "600", "--dir", office.dir], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, encoding="utf-8")


def a_client_is_looked_at():
    with Office() as office:
        for name in ("desk", "other"):
            office.add_source(name, "alpha")
        desk, other = office.partner("desk"), office.partner("other")
        backup = os.path.join(office.home, "backup")
        office.qf("backup", backup)
        tapping = tap(office, "desk")
        until(lambda: os.path.exists(office.path("journal.tapped")), 10, "ingest has seen the mark")
        check("taps already" in office.qf("tap", "other", code=1).err)
        desk.send([TICK] * 3)
        other.send([TICK] * 2)
        try:
            desk.send([TICK], first=9)  # a gap: of this the journal says nothing
            raise Failure("a gap was taken")
        except Refusal as refusal:
            same(refusal.why, "gap")
        tapping.terminate()
        out, err = tapping.communicate(timeout=60 * PATIENCE)
        check("journal.tapped" in out, out, err)
        until(lambda: "end" in lines_of(office.path("journal.tapped"))[-1], 10, "ingest has ended it")
        lines = lines_of(office.path("journal.tapped"))
        same([lines[0]["source"], lines[-1]["end"], len(lines)], ["desk", 2, 4], lines)
        check(all(line["user"].startswith("desk#") for line in lines[1:-1]), lines)
        with open(office.path("keys", "desk.secret"), encoding="utf-8") as file:
            check(file.read().strip() not in str(lines), "no key is in it")
        same(os.stat(office.path("journal.tapped")).st_mode & 0o777, 0o600)
        # Not here; but on a restored copy, with a key of the tester's own.
        check("very service" in office.qf("replay", office.path("journal.tapped"), "--as", "desk", code=1).err)
        copy = Office(programme=None)
        os.mkdir(copy.dir)
        copy.qf("restore", backup)
        with copy:
            copy.qf("key", "new", "tester")
            with open(copy.path("keys", "tester.secret"), encoding="utf-8") as file:
                key = file.read()
            copy.qf("key", "add", "desk", copy.path("keys", "tester.public"), "--role", "feed", "--org", "alpha")
            with open(copy.path("keys", "desk.secret"), "w", encoding="utf-8") as file:
                file.write(key)
            os.chmod(copy.path("keys", "desk.secret"), 0o600)
            said = copy.qf("replay", office.path("journal.tapped"), "--fast", "--as", "desk").out
            check("verdicts 1 + 3" in said and "refused gap" in said and "2 frames sent" in said, said)
            copy.verify()


def another_tap_begins_at_once():
    with Office() as office:
        for name in ("desk", "other"):
            office.add_source(name, "alpha")
        tapped = office.path("journal.tapped")
        for source in ("desk", "other", "desk"):  # ingest looks once a second: mostly it finds the next mark where the last one was
            tapping = tap(office, source)
            until(lambda s=source: os.path.exists(tapped) and lines_of(tapped)[:1] and lines_of(tapped)[0]["source"] == s, 10,
                  f"{source} is tapped")
            tapping.terminate()
            out, err = tapping.communicate(timeout=60 * PATIENCE)
            check("journal.tapped" in out, out, err)
        until(lambda: "end" in lines_of(tapped)[-1], 10, "ingest has ended it")
        began = time.monotonic()
        refused = office.qf("tap", "nobody", "--seconds", "600", "--lang", "en", code=64)
        check('no source "nobody"' in refused.err and "qf key list" in refused.err, refused.err)
        check(time.monotonic() - began < 300, "it is said at once, not after the 600 s")
        check(not os.path.exists(office.path("journal.tap")))


if __name__ == "__main__":
    run(a_client_is_looked_at, another_tap_begins_at_once)
