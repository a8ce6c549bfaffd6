#!/usr/bin/python3
"""Old records leave the journal for an archive: what is counted, judged and answered
stays, and whoever needs what is gone says so; killed anywhere, one journal is whole."""
import json
import os
import shutil

from oracle import oracle
from support.harness import Office, check, run, same, until

HEAD = "activity_no,org,date,mode,content,attendances\n"

TICK = ("tick", {"key": "alpha-1", "counter": "sign_in", "amount": 2})


def feed(office, first, count, more=""):
    """Files of 100 rows, so that they are records of their own."""
    for at in range(first, first + count, 100):
        path = os.path.join(office.home, f"{at}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD + "".join(f"alpha-{number},alpha,2023-{number % 12 + 1:02d}-{number % 28 + 1:02d},onsite,law,7\n"
                                      for number in range(at, at + 100)))
        office.qf("feed", path, "--as", "alpha", "--json")
    if more:
        office.qf("feed", "-", "--as", "alpha", stdin=more, code=None)


def position(office):
    """Asked again while nobody answers: on a busy machine that happens."""
    return json.loads(until(lambda: office.qf("status", "--json", code=None).out, 20, "status answers"))[
        "report"]["journal_last"]


def totals(office):
    return office.qf("totals", "--by", "month", "--json").json["rows"]


def check_with_archive(office, archive):
    """Counted again from the first record on, by qf and by the oracle; judged again; compared row by row."""
    office.qf("verify", "--archive", archive)
    said = office.qf("audit", "--archive", archive, "--json").json
    check(said["clean"], said)
    same(said["journal"]["judged"], said["journal"]["last"])
    dumped = office.qf("journal", "dump", "--archive", archive).out
    counted = oracle.Recount()
    for line in dumped.splitlines():
        counted.line(json.loads(line))
    same(counted.total(), oracle_total(office), "the oracle counts the same")
    return counted


def oracle_total(office):
    all_ = office.qf("totals", "--json").json["all"]
    return tuple(all_[measure] for measure in oracle.MEASURES)


def log_of(office):
    with open(office.path("log", "aggregate.log"), encoding="utf-8") as file:
        return file.read()


class Fed:
    """An office whose journal has been archived up to now, and is stopped."""

    def __enter__(self):
        self.office = Office()
        office = self.office.__enter__()
        office.add_source("alpha", "alpha")
        office.add_source("sign-in", "alpha")
        self.desk = office.partner("sign-in")
        for _ in range(3):
            self.desk.send([TICK] * 5)
        feed(office, 0, 600, json.dumps({"kind": "activity", "key": "alpha-3", "action": "withdraw"}) + "\n")
        self.archive = os.path.join(office.home, "archive")
        office.qf("backup", self.archive, "--segment", "32")
        until(lambda: os.path.exists(office.path("journal.backups")), 10, "the list of backups is there")
        feed(office, 600, 200)
        office.wait_records(799)  # one was withdrawn
        self.before, self.last = totals(office), position(office)
        office.verify()
        office.stop()
        return self

    def __exit__(self, *how):
        return self.office.__exit__(*how)


def a_journal_is_trimmed():
    with Fed() as fed:
        office, archive = fed.office, fed.archive
        check("a date" in office.qf("trim", "--before", "soon", "--archive", archive, code=64).err)
        check("nothing to trim" in office.qf("trim", "--before", "2020-01-01", "--archive", archive, code=1).err)
        check("reaches to record" in office.qf("trim", "--before", str(fed.last), "--archive", archive, code=1).err)
        check("no backup of this" in office.qf("trim", "--before", "6", "--archive", office.home, code=1).err)
        said = office.qf("trim", "--before", "9", "--archive", archive, "--json").json
        same([said["outcome"], said["through"], said["last"]], [0, 8, fed.last + 1], said)
        office.start()
        same(totals(office), fed.before)
        # What was taken is known, also where it can't be compared any more; what is new is taken.
        same([(verdict.what, verdict.code) for verdict in fed.desk.send([TICK] * 5, first=1)], [("duplicate", 390)] * 5)
        feed(office, 0, 100)  # by content: heads are there
        same(totals(office), fed.before, "nothing is counted twice")
        feed(office, 900, 100)
        # Whoever needs what is gone says so, and is helped by the archive.
        check("begins at record 9" in office.qf("verify", code=1).err)
        check("begins at record 9" in office.qf("journal", "dump", code=1).err)
        check("Copy the archive" in office.qf("backup", os.path.join(office.home, "new"), code=1).err)
        office.qf("backup", archive)
        # Each command says what it takes itself.
        for words in (("history", "alpha-5"), ("quarantine", "list"), ("quarantine", "drop", "alpha-5", "--reason", "x"),
                      ("merge", "alpha-5", "alpha-6", "--reason", "x"), ("late",), ("ledger", "--org", "alpha")):
            check("Give --archive DIR" in office.qf(*words, code=1).err, words)
            told = office.qf(*words, "--archive", archive, code=None).err
            check("trimmed" not in told and "no option" not in told, words, told)
        # From elsewhere what is left is told, and that there was more.
        for words, code in ((("history", "alpha-5", "--remote"), 1), (("history", "alpha-905", "--remote"), 0), (("ledger", "--org", "alpha", "--remote"), 0)):
            check("begins at record 9" in office.qf(*words, code=code).err, words)
        ledger = office.qf("ledger", "--org", "alpha", "--archive", archive).out
        check("alpha-5" in ledger and "alpha-3," not in ledger, "what was trimmed is in it, as it stands")
        check_with_archive(office, archive)
        said = office.qf("audit", "--json").json
        same([said["clean"], said["journal"]["first"], said["journal"]["judged"]], [True, 9, 0], said)
        check("--archive" in office.qf("audit").out)
        # Counts are made anew from the checkpoint, and from the archive where that is gone.
        now = totals(office)
        office.qf("rebuild")
        same(totals(office), now)
        short = os.path.join(office.home, "short")
        shutil.copytree(archive, short)
        os.truncate(os.path.join(short, f"{1:020d}.records"), 600)
        # An archive that is too short is found out before anything of the good checkpoint is lost.
        check("too short; nothing was changed" in office.qf("rebuild", "--archive", short, code=1).err)
        check(not os.path.exists(office.path("counts.rebuild")), "no mark is left")
        office.qf("rebuild")
        same(totals(office), now, "the checkpoint is the good one")
        shutil.rmtree(office.path("counts.checkpoint"))
        check("Take the archive" in office.qf("rebuild", code=1).err)
        os.unlink(os.path.join(short, f"{1:020d}.records"))
        check("not whole" in office.qf("rebuild", "--archive", short, code=1).err)
        office.qf("rebuild", "--archive", archive)
        same(totals(office), now)
        check_with_archive(office, archive)
        # From the archive everything comes back; from the trimmed journal, with it.
        office.stop()
        check("--archive" in office.qf("restore", office.path("journal"), code=1).err)
        check(office.path("journal.set-aside") in office.qf("restore", office.path("journal"), "--archive", archive).out)
        office.start()
        until(lambda: totals(office) == now, 20, "the totals are what they were")
        office.verify()
        check(office.qf("audit", "--json").json["clean"])


def a_file_is_held_against_what_was_trimmed():
    """A comparison needs all that was said; from elsewhere, where no archive is, what stands but was said before is not passed over."""
    with Fed() as fed:
        office, archive = fed.office, fed.archive
        office.qf("trim", "--before", "9", "--archive", archive)
        office.start()
        office.qf("backup", archive)
        feed(office, 900, 0, json.dumps({"kind": "activity", "key": "alpha-5", "action": "replace", "date": "2023-06-06", "org": "alpha", "mode": "onsite",
                                         "content": "law", "attendances": 9, "method": "registered", "reason": "counted"}) + "\n")
        first = os.path.join(office.home, "0.csv")  # of records that are in the archive alone
        words = ("reconcile", first, "--org", "alpha")
        check("Give --archive DIR" in office.qf(*words, code=1).err)
        said = office.qf(*words, "--archive", archive, "--json", code=1).json
        rows = {state: [row["key"] for row in said["rows"] if row["state"] == state] for state in ("differs", "withdrawn", "only_here")}
        same((said["read"], said["same"], said["returned"]), (100, 98, 0), said["file"])
        same((rows["differs"], rows["withdrawn"]), (["alpha-5"], ["alpha-3"]))  # corrected since the file; the withdrawal is in the archive, too
        same(sorted(rows["only_here"]), sorted(f"alpha-{number}" for number in range(100, 800)))
        (differs,) = [row["differences"] for row in said["rows"] if row["state"] == "differs"]
        same([(one["file"], one["here"]) for one in differs if one["column"] == "attendances"], [("7", "9")], differs)
        told = office.qf(*words, "--archive", archive, "--lang", "zh", code=1).out
        check("共 100 行：一致 98，" in told and "这里 799 场、5595 人次；差 -699 场、-4895 人次" in told, told[-300:])
        there = office.qf(*words, "--remote", "--json", code=1)
        check("begins at record 9" in there.err and there.json["same"] == 0, there.err)
        short = os.path.join(office.home, "none")
        os.mkdir(short)
        check("is no archive" in office.qf(*words, "--archive", short, code=64).err)


def counts_that_are_behind_are_helped():
    """Without counts, and with a checkpoint that lags behind: said, and mended by one command."""
    with Fed() as fed:
        office, archive = fed.office, fed.archive
        office.qf("trim", "--before", "9", "--archive", archive)
        shutil.rmtree(office.path("counts"))
        office.start()
        until(lambda: totals(office) == fed.before, 20, "the checkpoint and the journal make the counts")
        office.stop()
        for folder in ("counts", "counts.checkpoint"):
            shutil.rmtree(office.path(folder))
        office.start(wait=False)
        until(lambda: "rebuild --archive" in log_of(office), 20, "its log says what to do")
        said = office.qf("status", "--lang", "en", code=None)
        check(said.code != 0 and "nothing can be shown: the journal was trimmed" in said.out, said.code, said.out)
        office.qf("rebuild", "--archive", archive)
        until(lambda: totals(office) == fed.before, 20, "the archive and the journal make the counts")
        until(lambda: office.qf("status", code=None).code == 0, 20, "all is well")
        until(lambda: not os.path.exists(office.path("counts.wants-archive")), 10, "the alarm is over")
        check_with_archive(office, archive)


def a_checkpoint_beyond_an_older_journal_is_tried_once():
    """A trimmed journal, put back and adopted, ends before the checkpoint: counting stops and asks for the archive."""
    with Fed() as fed:
        office, archive = fed.office, fed.archive
        office.qf("trim", "--before", "9", "--archive", archive)
        older, of_older = os.path.join(office.home, "older"), os.path.join(office.home, "of_older")
        shutil.copytree(office.path("journal"), older)
        shutil.copytree(archive, of_older)
        office.start()
        feed(office, 900, 600)
        office.qf("backup", archive)
        office.wait_records(1399)
        office.stop()
        office.qf("trim", "--before", str(fed.last + 4), "--archive", archive)
        shutil.rmtree(office.path("journal"))
        shutil.copytree(older, office.path("journal"))
        office.qf("restore", "--adopt")
        office.start(wait=False)
        until(lambda: "rebuild --archive" in log_of(office), 20, "its log says what to do")
        same(log_of(office).count("begin with the checkpoint"), 1)
        office.qf("rebuild", "--archive", of_older)
        until(lambda: totals(office) == fed.before, 20, "the archive and the journal make the counts")


def what_is_not_safe_is_refused():
    with Fed() as fed:
        office, archive = fed.office, fed.archive
        first = os.path.join(archive, f"{1:020d}.records")
        with open(first, "r+b") as file:
            file.seek(600)
            byte = file.read(1)
            file.seek(600)
            file.write(bytes([byte[0] ^ 1]))
        check("is damaged" in office.qf("trim", "--before", "9", "--archive", archive, code=1).err)
        with open(first, "r+b") as file:
            file.seek(600)
            file.write(byte)
        with Office() as stranger:  # a whole backup, long enough, of another journal
            strange = os.path.join(office.home, "strange")
            stranger.qf("backup", strange)
        check("no backup of this" in office.qf("trim", "--before", "2", "--archive", strange, code=1).err)
        with open(office.path("journal.backups"), encoding="utf-8") as file:
            line = file.read()
        with open(office.path("journal.backups"), "a", encoding="utf-8") as file:
            file.write(f"3 {'0' * 64} elsewhere:/other\n")
        check("could not go on" in office.qf("trim", "--before", "9", "--archive", archive, code=1).err)
        with open(office.path("journal.backups"), "w", encoding="utf-8") as file:
            file.write(line)
        office.start()
        check("Stop the daemons" in office.qf("trim", "--before", "9", "--archive", archive, code=1).err)
        same(totals(office), fed.before)
        office.verify()


if __name__ == "__main__":
    run(a_journal_is_trimmed, a_file_is_held_against_what_was_trimmed, counts_that_are_behind_are_helped,
        a_checkpoint_beyond_an_older_journal_is_tried_once, what_is_not_safe_is_refused)
