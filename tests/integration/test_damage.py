#!/usr/bin/python3
"""Damaged files under the real daemons: no wrong total, no crash loop, and qf audit says where
it is and what to do; a batch that brings ingest down shuts its source, and no other."""
import fcntl
import glob
import os
import shutil
import re
import signal
import subprocess
import tempfile

from support import sample
from support.harness import BIN, PATIENCE, QF, Failure, Office, check, flip, run, same, until
from support.partner import REFUSALS, NoAnswer, Refusal

PAGE = 4096


def data(office, what):
    return office.path(what, "data.mdb")


def feed(office, count=300, source="alpha", seed=1, prefix="a"):
    rows = list(sample.activities(seed, "alpha", count, prefix=prefix))
    partner = office.partner(source)
    for at in range(0, count, 20):
        partner.send([sample.event(row) for row in rows[at:at + 20]])
    return partner, rows


def total(office):
    return office.qf("totals", "--json").json["all"]


def write_pages(path, *pages, with_=b"\0"):
    with open(path, "r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(with_ * PAGE)


def log_of(office, daemon):
    with open(office.path("log", f"{daemon}.log"), encoding="utf-8", errors="replace") as file:
        return file.read()


def settled(office, wanted):
    def there():
        try:
            return total(office) == wanted
        except (Failure, ValueError):
            return False
    until(there, 30, f"totals are {wanted}")


def damaged_counts_are_made_anew():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office)
        office.wait_records(300)
        before = total(office)
        size = os.path.getsize(data(office, "counts")) // PAGE
        for how in ("zeroed", "short"):
            office.stop()
            if how == "zeroed":
                write_pages(data(office, "counts"), *range(2, size))
            else:
                os.truncate(data(office, "counts"), 3 * PAGE)
            ends = log_of(office, "aggregate").count("level=error")
            office.start(wait=False)
            settled(office, before)
            check(log_of(office, "aggregate").count("level=error") <= ends + 2, "no crash loop", how)
            check(os.path.isdir(office.path("counts.set-aside")), "the damaged ones are kept")
            office.verify()


def damaged_journal_is_not_begun_anew():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office)
        office.wait_records(300)
        office.qf("backup", os.path.join(office.home, "backup"))
        before = total(office)
        size = os.path.getsize(data(office, "journal")) // PAGE
        office.stop()
        write_pages(data(office, "journal"), *range(2, size))
        office.start(wait=False)
        until(lambda: office.up.poll() is not None, 30, "qf up gives up")
        check("the journal is damaged" in log_of(office, "ingest"), log_of(office, "ingest")[-2000:])
        check("qf audit" in log_of(office, "ingest") and "qf restore" in log_of(office, "ingest"))
        office.stop()
        said = office.qf("audit", code=1)
        check("qf restore" in said.out, said.out)
        office.qf("restore", os.path.join(office.home, "backup"))
        office.start()
        settled(office, before)
        office.qf("audit")
        office.verify()


def damage_under_running_daemons_is_found_by_the_audit():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner, rows = feed(office)
        office.wait_records(300)
        before = total(office)
        said = office.qf("audit", "--json").json
        check(said["clean"] and said["journal"]["judged"] == said["journal"]["last"] > 10, said)
        until(lambda: not office.status()["report"]["say"], 10, "nothing is to be said")
        office.damage_record(7)
        said = office.qf("audit", "--json", code=1).json
        same([[finding["position"], finding["what"], finding["sources"]] for finding in said["findings"]],
             [[7, 3, ["alpha"]]], said)
        text = office.qf("audit", code=1).out
        check("record 7" in text and "alpha" in text and "--to 6" in text, text)
        text = office.qf("audit", "--lang", "zh", code=1).out
        check("! 第 7 条记录：内容变了（校验和不对）；来源 alpha\n" in text, text)
        # Until it is mended everybody is told.
        until(lambda: "being checked" in office.status()["report"]["say"], 10, "status says so")
        check("being checked" in office.qf("status", code=1).out)
        watch = subprocess.Popen([QF, "watch", "--dir", office.dir], stdout=subprocess.PIPE, encoding="utf-8")
        try:
            check(any("being checked" in watch.stdout.readline() for _ in range(3)), "watch says so")
        finally:
            watch.kill()
            watch.wait()
            watch.stdout.close()
        # What rests on the damage is put off, nothing is acknowledged that is not so; others are served.
        stored = partner.hello()
        try:
            partner.send([sample.event(row) for row in rows[40:140]], first=41)
            raise Failure("a damaged record was answered for")
        except Refusal as refusal:
            same(refusal.why, "busy")
        feed(office, 40, seed=9, prefix="b")
        office.wait_records(340)
        same(partner.hello().expected, stored.expected)
        # Without a backup: what is whole, and partners for the rest.
        office.stop()
        office.qf("restore", office.path("journal"), "--to", "6")
        office.start()
        until(lambda: not office.status()["report"]["say"], 10, "what was found is forgotten with the journal")
        office.qf("audit")
        check(total(office)["records"] < before["records"], "until partners send again")


def standing_audit(office):
    """An audit that stands in the middle: what it says first finds its pipe full."""
    reading, writing = os.pipe()
    os.write(writing, b"\n" * fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ))
    audit = subprocess.Popen([os.path.join(BIN, "qf-ingest"), "audit", office.path("journal"), office.path("journal.audit"), "0", ""],
                             stdout=writing, start_new_session=True)
    os.close(writing)
    return audit, reading


def audits_have_a_folder_each():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office)
        office.wait_records(300)
        there = lambda: sorted(os.path.basename(path) for path in glob.glob(office.path("journal.audit*")))
        first, reading = standing_audit(office)
        until(lambda: there() == ["journal.audit.1"], 60, "the first has a folder")
        second, other = standing_audit(office)
        until(lambda: there() == ["journal.audit.1", "journal.audit.2"], 60, "the second has another")
        check(office.qf("audit", "--json").json["clean"], "beside both")
        same(there(), ["journal.audit.1", "journal.audit.2"], "and leaves theirs alone")
        os.killpg(second.pid, signal.SIGKILL)
        same(second.wait(), -signal.SIGKILL)
        check(office.qf("audit", "--json").json["clean"])
        same(there(), ["journal.audit.1"], "what a killed one left is gone")
        with os.fdopen(reading, "rb") as said:
            check(b'"outcome":0,' in said.read().splitlines()[-1], "the first goes on to its end")
        same(first.wait(), 0)
        os.close(other)
        same(there(), [], "and nothing is left")


def counts_damaged_under_aggregation_are_found_and_rebuilt():
    with Office() as office:
        office.add_source("alpha", "alpha")
        _, rows = feed(office)
        office.wait_records(300)
        before = total(office)
        key = rows[100]["activity_no"].encode()
        office.commit_counts()
        flip(data(office, "counts"), key, len(key) + 1)  # of its value, in every copy of its leaf
        same(total(office), before, "what is shown comes from memory")
        said = office.qf("audit", code=1)
        check("qf rebuild" in said.out, said.out)
        until(lambda: "being checked" in office.status()["report"]["say"], 10, "status says so")
        office.qf("rebuild")
        settled(office, before)
        office.qf("audit")
        until(lambda: not office.status()["report"]["say"], 10, "all is well again")
        office.verify()


def beside(office, tool, *script):
    """A copy of qf beside which one of its tools is a script. Gives what runs it."""
    folder = tempfile.mkdtemp(dir=office.home)
    shutil.copy(QF, folder)
    for name in ("qf-ingest", "qf-aggregate"):
        if name != tool:
            os.symlink(os.path.join(BIN, name), os.path.join(folder, name))
    with open(os.path.join(folder, tool), "w", encoding="utf-8") as file:
        file.write("\n".join(["#!/bin/sh", *script, ""]))
    os.chmod(os.path.join(folder, tool), 0o755)

    def audit():
        done = subprocess.run([os.path.join(folder, "qf"), "audit", "--dir", office.dir, "--lang", "en"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", timeout=60 * PATIENCE, check=False)
        same(done.returncode, 1, done.stdout)
        return " ".join(done.stdout.split())
    return audit


def an_audit_that_was_killed_found_nothing():
    """Neither damage nor that there is none: as the system ends processes when memory is out."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office)
        office.wait_records(300)
        mark = office.path("counts.checking")
        audits = [("the audit was not finished", beside(office, "qf-ingest", "kill -KILL $$")),
                  ("the audit was not finished", beside(office, "qf-ingest", "echo '{\"outcome\":-4}'")),  # its worker was: EINTR
                  ("the counts were not checked", beside(office, "qf-aggregate", "kill -KILL $$"))]
        for marked in (False, True):
            if marked:
                with open(mark, "wb"):
                    pass
            for words, audit in audits:
                said = audit()
                check(words in said and "memory ran out" in said, said)
                check("qf rebuild" not in said and "qf restore" not in said and "clean" not in said, said)
                same(os.path.exists(mark), marked, said)
        check("qf rebuild" in beside(office, "qf-aggregate", "kill -SEGV $$")(), "who dies of what it reads found damage")
        check(os.path.exists(mark))
        office.qf("audit")
        check(not os.path.exists(mark))


def what_would_be_judged_otherwise_today_is_no_damage():
    """A rule that was mended since would keep status red for ever: the verdict stays in the journal."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office)
        office.wait_records(300)
        audit = beside(office, "qf-ingest", """echo '{"what":6,"position":7,"through":7,"number":3,"text":"an event is judged otherwise today"}'""",
                       """echo '{"outcome":0,"last":20,"records":20,"judged":6,"findings":1,"first":1}'""")
        with open(office.path("counts.checking"), "wb"):  # of damage that is mended since
            pass
        said = audit()
        check("record 7: an event is judged otherwise now, number 3" in said and "nothing is damaged" in said, said)
        check("qf restore" not in said and "clean" not in said, said)
        check(not os.path.exists(office.path("counts.checking")), "nothing is doubted")
        until(lambda: not office.status()["report"]["say"], 10, "status is green")
        office.qf("status")


def receipts_show_what_no_chain_can():
    """A journal rolled back in silence checks in itself; the partner's receipts say that there was more."""
    head = "activity_no,org,date,mode,content,attendances\n"
    with Office() as office:
        office.add_source("alpha", "alpha")
        for number in range(3):
            path = os.path.join(office.home, f"{number}.csv")
            with open(path, "w", encoding="utf-8") as file:
                file.write(head + f"A{number},alpha,2023-05-06,onsite,law,7\n")
            office.qf("feed", path, "--as", "alpha")
            if number == 1:
                office.stop()
                shutil.copytree(office.path("journal"), os.path.join(office.home, "copy"))
                office.start()
        outbox = office.path("outbox", "alpha")
        said = office.qf("audit", "--receipts", outbox, "--json").json
        check(said["receipts"], said)
        office.stop()
        shutil.move(office.path("journal"), os.path.join(office.home, "whole"))
        shutil.copytree(os.path.join(office.home, "copy"), office.path("journal"))
        check(office.qf("audit", "--json").json["clean"], "in itself it is whole")
        said = office.qf("audit", "--receipts", outbox, code=1).out
        check("receipts are not of this journal" in said and "--adopt" in said, said)
        # Who does not compare with them cannot take back what they show.
        said = office.qf("audit", code=1).out
        check("were not compared now" in said and outbox in said, said)
        same(office.qf("audit", "--json", code=1).json["receipts"], False)
        with open(office.path("counts.checking"), encoding="utf-8") as file:
            same(file.read(), os.path.realpath(outbox) + "\n", "once, however often it was seen")
        # Nor who cannot read what they showed: nobody knows whether that is mended.
        os.rename(office.path("counts.checking"), office.path("kept"))
        os.mkdir(office.path("counts.checking"))
        said = office.qf("audit", "--json", code=1)
        check("counts.checking" in said.err and not said.out, said)
        os.rmdir(office.path("counts.checking"))
        os.rename(office.path("kept"), office.path("counts.checking"))
        shutil.rmtree(office.path("journal"))
        shutil.copytree(os.path.join(office.home, "whole"), office.path("journal"))
        office.qf("audit", "--receipts", outbox)  # the right journal is back
        check(not os.path.exists(office.path("counts.checking")))
        shutil.rmtree(office.path("journal"))
        shutil.copytree(os.path.join(office.home, "copy"), office.path("journal"))
        office.qf("audit", "--receipts", outbox, code=1)
        office.qf("restore", "--adopt")
        check(not os.path.exists(office.path("counts.checking")), "it is the journal now")
        said = office.qf("audit", "--receipts", outbox)
        check("restored away" in said.out, said.out)


def a_damaged_outbox_sends_nothing():
    """What a partner's disk changed is not what the partner said."""
    head = "activity_no,org,date,mode,content,attendances\n"
    with Office() as office:
        office.add_source("alpha", "alpha")
        paths = []
        for number in range(2):
            paths.append(os.path.join(office.home, f"{number}.csv"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(head + f"NUMBER-{number},alpha,2023-05-06,onsite,law,7\n")
        office.qf("feed", paths[0], "--as", "alpha")
        office.stop()
        office.qf("feed", paths[1], "--as", "alpha", "--patience", "1", code=75)
        flip(office.path("outbox", "alpha", "data.mdb"), b"NUMBER-1", 0)  # the row waits there
        office.start()
        said = office.qf("feed", "--flush", "--as", "alpha", "--patience", "2", code=None)
        check(said.code == 1 and "damaged" in said.err, said.code, said.out, said.err)
        same(total(office)["records"], 1)
        office.verify()


def a_batch_that_brings_ingest_down_shuts_its_source():
    """Who is judged when ingest crashes is noted; three times within an hour, and the source is put off. The crash is
    a signal that comes while its batches are judged: the note names whoever was judged at that moment."""
    with Office() as office:
        for source in ("alpha", "poison"):
            office.add_source(source, "alpha")
        poison = office.partner("poison")
        crashes = [0]

        def noted():
            return len(re.findall('crashed while it judged a batch.* source="poison"', log_of(office, "ingest")))
        facts, texts = poison.body([sample.event(row) for row in sample.activities(3, "alpha", 1000, prefix="p")])
        while noted() < 3:
            check(crashes[0] < 60, "ingest was never caught judging")
            until(lambda: office.up.poll() is None and office.pids("ingest"), 20, "ingest is up")
            first = None
            try:
                first = poison.hello(timeout=5).expected
            except (NoAnswer, Refusal):
                poison.connect()
                continue
            for at in range(40):  # enough that it judges for a while
                poison.post(None, first=first + at * 1000, facts=facts, texts=texts, count=1000)
            office.kill("ingest", signal.SIGSEGV)
            crashes[0] += 1
            until(lambda: log_of(office, "ingest").count("version=") > crashes[0] or
                  office.up.poll() is not None, 20, "ingest starts again")
            check(office.up.poll() is None, "qf up went on")
            if crashes[0] % 3 == 0:  # five within ten seconds would end qf up: that is its own rule, tested elsewhere
                office.stop()
                office.start()
            poison.connect()
        partner, rows = feed(office, 60)
        poison.post([sample.event(row) for row in sample.activities(4, "alpha", 1, prefix="q")])
        what, answer = poison.get(10)
        same([what, REFUSALS[answer.why], answer.retry_ms], ["refused", "busy", 60000], "the source is shut")
        check("shut for an hour" in log_of(office, "ingest"))
        check(partner.hello().expected == len(rows) + 1)
        office.verify()


if __name__ == "__main__":
    run(damaged_counts_are_made_anew, damaged_journal_is_not_begun_anew,
        damage_under_running_daemons_is_found_by_the_audit, audits_have_a_folder_each, counts_damaged_under_aggregation_are_found_and_rebuilt,
        an_audit_that_was_killed_found_nothing, what_would_be_judged_otherwise_today_is_no_damage,
        receipts_show_what_no_chain_can, a_damaged_outbox_sends_nothing, a_batch_that_brings_ingest_down_shuts_its_source)
