#!/usr/bin/python3
"""qf redact: a text is nowhere any more, not in the file's free pages, not in what is made from the journal; counts, hashes,
receipts and verdicts are what they were, and an honest resend is known."""
import os
import shutil
import subprocess

from support.harness import Office, PROGRAMME, QF, check, run, same, until
from support.partner import Refusal

MOBILE = "13812345678"
TITLE = f"座谈会，联系人张三{MOBILE}"
NOTE = "雨天改在室内"


def activity(number, **more):
    return ("activity", {"key": f"A-{number}", "date": 20230500 + number, "attendances": 10 * number,
                         "values": {"org": "alpha", "mode": "onsite", "content": "law"}, **more})


def with_text(folder, text=MOBILE):
    """Files below a folder that have the text in their bytes, in UTF-8 or as hex, which exports print."""
    found = []
    for above, _, names in os.walk(folder):
        for path in (os.path.join(above, name) for name in names):
            if not os.path.isfile(path):  # sockets
                continue
            with open(path, "rb") as file:
                read = file.read()
            if text.encode() in read or text.encode().hex().encode() in read:
                found.append(os.path.relpath(path, folder))
    return sorted(found)


def log_of_ingest(office):
    with open(office.path("log/ingest.log"), encoding="utf-8", errors="replace") as file:
        return file.read()


def totals(office):
    return office.qf("totals", "--by", "month", "--json").json["rows"]


def is_clean(office, *words):
    said = office.qf("audit", *words, "--json").json
    check(said["clean"], said)
    same(said["journal"]["judged"], said["journal"]["last"])


class Fed:
    """An office with a batch of four in one record, of which two have a text that is to go, and a correction; backed up,
    exported and stopped."""

    def __enter__(self):
        self.office = Office()
        office = self.office.__enter__()
        office.add_source("desk", "alpha")
        self.desk = office.partner("desk")
        self.desk.hello()
        self.events = [activity(1, title=TITLE, note=NOTE), activity(2, title="清风讲堂"), activity(3),
                       activity(4, title="家风", reason=f"电话{MOBILE}改")]
        self.body = self.desk.body(self.events)
        self.verdicts = self.desk.send(None, facts=self.body[0], texts=self.body[1], count=4)
        same([verdict.what for verdict in self.verdicts], ["accepted"] * 4)
        path = os.path.join(office.home, "rows.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("activity_no,org,date,mode,content,attendances,title\n"
                       "B-1,alpha,2023-07-01,onsite,law,7,研讨\nB-2,alpha,2023-07-02,onsite,law,8,参观\n")
        office.qf("feed", path, "--as", "desk", "--json")
        office.wait_records(6)
        self.old = os.path.join(office.home, "old")
        office.qf("backup", self.old)
        until(lambda: os.path.exists(office.path("journal.backups")), 10, "the list of backups is there")
        self.before = totals(office)
        office.verify()
        self.receipts = office.qf("audit", "--receipts", office.path("outbox", "desk"), "--json").json
        check("Stop the daemons" in office.qf("redact", "A-1", "--reason", "x", code=1).err)
        office.stop()
        same(with_text(office.path("journal")), ["data.mdb"])
        return self

    def __exit__(self, *how):
        return self.office.__exit__(*how)

    def redact(self, *words, **how):
        return self.office.qf("redact", *words, "--reason", "手机号", **how)


def check_nowhere(office):
    """In what the daemons keep; the partners' outboxes are theirs."""
    for name in sorted(os.listdir(office.dir)):
        if name != "outbox":
            same(with_text(office.path(name)) if os.path.isdir(office.path(name)) else [], [], name)


def the_text_is_nowhere_and_all_else_stands():
    with Fed() as fed:
        office = fed.office
        same(office.qf("redact", "A-1", "--reason", MOBILE, code=64).code, 64, "a reason is kept for ever")
        check("say why" in office.qf("redact", "A-1", code=64).err)
        check("--field is" in fed.redact("A-1", "--field", "titel", code=64).err)
        check("no such text" in fed.redact("A-3", code=1).err)
        check("no such text" in fed.redact("A-1", "--field", "reason", code=1).err)
        check("no organisation" in fed.redact("A-1", "--partner", "gamma", code=64).err)
        seen = office.qf("redact", "A-1", "--field", "title", "--dry-run", "--json").json
        same((seen["redacted"], [event["gone"] for event in seen["events"]]), (False, [["title"]]), seen)
        same(with_text(office.path("journal")), ["data.mdb"], "only looked at")

        office.start()
        same(office.qf("redact", "A-1", "--field", "title", "--dry-run", "--json").json["events"], seen["events"], "beside ingest, too")
        check("Stop the daemons" in fed.redact("A-1", "--field", "title", code=1).err)
        office.stop()
        said = fed.redact("A-1", "--field", "title", "--json").json
        same(([event["gone"] for event in said["events"]], len(said["backups"])), ([["title"]], 1), said)
        told = fed.redact("A-4", "--field", "reason")
        check(fed.old in told.out and "1 event " in told.out, told.out)
        same(told.err, "", "nothing else is said")
        check_nowhere(office)
        check(not os.path.exists(office.path("journal.redacted")) and not os.path.exists(office.path("journal.set-aside")))

        office.start()
        same(totals(office), fed.before)
        office.verify()
        is_clean(office)
        same(office.qf("audit", "--receipts", office.path("outbox", "desk"), "--json").json["receipts"],
             fed.receipts["receipts"], "receipts still agree")
        event = office.qf("history", "A-1", "--json").lines[0]["event"]
        same((event.get("title"), event["note"], event["redacted"]), (None, NOTE, ["title"]), event)
        same(office.qf("history", "A-2", "--json").lines[0]["event"]["title"], "清风讲堂", "its neighbour keeps its own")
        controls = [line for line in office.qf("journal", "dump").lines if line.get("control") == "redaction"]
        same([(line["gone"], line["reason"]) for line in controls], [(["title"], "手机号"), (["reason"], "手机号")])
        check(all(line["by"] for line in controls), controls)
        book = office.qf("logbook", "show").out
        same(book.count("redacted events=1"), 2, book)
        office.qf("logbook", "verify")
        check_resends(fed)
        office.stop()  # what was said anew is in the journal anew
        same(len(fed.redact("A-1", "--field", "title", "--json").json["events"]), 2)
        same(len(fed.redact("A-4", "--field", "reason", "--json").json["events"]), 1)
        office.start()
        office.qf("rebuild")
        until(lambda: totals(office) == fed.before, 20, "the counts are made anew")
        is_clean(office)
        check_nowhere(office)
        check_copies(fed)


def refused(desk, events, first):
    try:
        desk.send(events, first=first)
    except Refusal as refusal:
        return refusal.why
    return None


def check_resends(fed):
    """Byte for byte, cut differently, and dishonest; the same said anew, and something else."""
    desk, events = fed.desk, fed.events
    facts, texts = fed.body
    same(desk.send(None, facts=facts, texts=texts, count=4, first=1), fed.verdicts, "as it was")
    same(desk.send(events[:1], first=1), fed.verdicts[:1], "cut differently")
    same(desk.send(events[2:], first=3), fed.verdicts[2:], "its other end")
    same(refused(desk, [activity(1, title="另一个", note=NOTE)], 1), "forked", "another title")
    same(refused(desk, [activity(1, note=NOTE)], 1), "forked", "what is left of it")
    same(refused(desk, [activity(4, title="家风", reason="别的")], 4), "forked", "another reason")
    same(refused(desk, [activity(1, title=TITLE, note=NOTE, participants=1)], 1), "forked", "other facts")
    forged = desk.messages.Texts()
    forged.words.add(at=0, title="x")
    forged.redacted.add(at=1, gone=1, words=b"w" * 16, content=b"c" * 16)
    try:
        desk.send(None, facts=facts, texts=forged.SerializeToString(), count=4)
        check(False, "a partner says that its text is redacted")
    except Refusal as refusal:
        same(refusal.why, "malformed")
    same([(v.what, v.code) for v in desk.send([events[0], activity(1, title="另一个", note=NOTE), events[3]])],
         [("duplicate", 0), ("rejected", 141), ("duplicate", 0)], "under new numbers")


def reaches(office, name):
    """How far ingest knows a backup to reach."""
    with open(office.path("journal.backups"), encoding="utf-8") as file:
        return max(int(line.split()[0]) for line in file if line.rstrip("\n").endswith(":" + name))


def check_copies(fed):
    """What is made from now on has it no more; what was made before has it, and a restore from there takes it out."""
    office = fed.office
    fresh = os.path.join(office.home, "fresh")
    office.qf("backup", fresh)
    same(with_text(fresh), [])
    printed = office.qf("export").out
    check(MOBILE not in printed and MOBILE.encode().hex() not in printed)
    same(with_text(fed.old), [f"{1:020d}.records"], "what an earlier backup has, it has")
    standby = subprocess.Popen([QF, "backup", fed.old, "--follow", "--dir", office.dir], stdout=subprocess.DEVNULL)
    try:  # a standby from before goes on, and is what the office is restored from below
        last = office.status()["report"]["journal_last"]
        until(lambda: reaches(office, fed.old) == last, 20, "the standby has all")
    finally:
        standby.terminate()
        standby.wait()
    held = os.path.join(office.home, "exported")
    office.qf("import", "-", held, stdin=printed)
    same(with_text(held), [])
    for origin in (held, fed.old, fresh):
        now = totals(office)
        office.stop()
        office.qf("restore", origin, "--reason", "a trial")
        shutil.rmtree(office.path("journal.set-aside"), ignore_errors=True)
        same(with_text(office.path("journal")), [], origin)
        office.start()
        until(lambda: totals(office) == now, 20, "the totals are what they were")
        office.verify()
        is_clean(office)
        same(fed.desk.send(fed.events[:2], first=1), fed.verdicts[:2], "known after a restore too")


def by_place_and_by_partner():
    """One of several events under a key; the same key at two partners."""
    with Office() as office:
        for name, org in (("desk", "alpha"), ("other", "beta")):
            office.add_source(name, org)
        desk, other = office.partner("desk"), office.partner("other")
        desk.send([activity(1, title=TITLE)])
        desk.send([activity(1, title="座谈会", action=2)])
        other.send([("activity", {"key": "A-1", "date": 20230501, "title": f"联系{MOBILE}",
                                  "values": {"org": "beta", "mode": "onsite", "content": "law"}})])
        office.wait_records(2)
        first = office.qf("history", "A-1", "--partner", "alpha", "--json").lines[0]
        office.stop()
        check("several have" in office.qf("redact", "A-1", "--reason", "x", code=64).err)
        place = f"{first['position']}.{first['entry']}.{first['index']}"
        said = office.qf("redact", "A-1", "--at", place, "--reason", "x", "--json").json
        same(len(said["events"]), 1, said)
        office.qf("redact", "A-1", "--partner", "beta", "--reason", "x")
        same(with_text(office.path("journal")), [])
        os.mkdir(office.path("journal.set-aside"))
        check("set-aside" in office.qf("redact", "A-1", "--partner", "alpha", "--reason", "x", code=1).err)
        os.rmdir(office.path("journal.set-aside"))
        # A redaction that was killed behind its stroke: the next start removes what is left.
        shutil.copytree(office.path("journal"), office.path("journal.redacted"))
        office.start()
        check(not os.path.exists(office.path("journal.redacted")))
        same([line["event"].get("title") for line in office.qf("history", "A-1", "--partner", "alpha", "--json").lines],
             [None, "座谈会"], "what it says now stays")
        office.verify()
        is_clean(office)
        # One that was killed between two renames, where two directories can't be exchanged.
        office.stop()
        os.rename(office.path("journal"), office.path("journal.redacted"))
        office.start(wait=False)
        until(lambda: "there is no journal" in log_of_ingest(office), 30, "ingest says what to do")
        office.stop()
        check(os.path.exists(office.path("journal.redacted/data.mdb")) and not os.path.exists(office.path("journal")))
        os.rename(office.path("journal.redacted"), office.path("journal"))
        office.start()
        office.verify()


def what_was_set_aside_too():
    """Set aside for its number; the number goes, what is left may be taken; judged again, all is as it was."""
    with open(PROGRAMME, encoding="utf-8") as file:
        text = file.read()
    with Office() as office:
        path = os.path.join(office.home, "aside.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("settings:\n", "settings:\n  personal_numbers: aside\n", 1))
        office.qf("programme", "load", path)
        office.add_source("desk", "alpha")
        desk = office.partner("desk")
        sent = [activity(1, title=TITLE), activity(2, title="长" * 121), activity(3, note=f"问{MOBILE}", title="家风")]
        got = desk.send(sent)
        same([(v.what, v.code) for v in got], [("quarantined", 211), ("rejected", 101), ("quarantined", 211)])
        office.stop()
        for key in ("A-1", "A-2", "A-3"):
            office.qf("redact", key, "--reason", "手机号")
        same(with_text(office.path("journal")), [])
        same(with_text(office.path("journal"), "长长长"), [])
        office.start()
        is_clean(office)
        same(desk.send(sent, first=1), got, "known")
        waiting = {line["event"]["key"]: line["code"] for line in office.qf("quarantine", "list", "--json").lines}
        same(waiting, {"A-1": "Q211", "A-3": "Q211"})
        back = office.qf("quarantine", "retry", "--all", "--reason", "隐去手机号", "--json").lines
        same([line["verdict"] for line in back], ["accepted", "accepted"], back)
        office.wait_records(2)
        office.verify()
        is_clean(office)


if __name__ == "__main__":
    run(the_text_is_nowhere_and_all_else_stands, by_place_and_by_partner, what_was_set_aside_too)
