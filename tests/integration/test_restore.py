#!/usr/bin/python3
"""The journal goes back: from a backup, by a copy behind everybody's back, from the
sound part of a damaged one. Partners send again what is missing, counts are made
anew, subscribers load once, and nothing is counted twice."""
import json
import os
import shutil
import subprocess
import tempfile

from support.harness import BIN, Failure, Office, check, qf, run, same, until

HEAD = "activity_no,org,date,mode,content,attendances\n"
SOURCES = ("alpha", "alpha-2", "alpha-3", "alpha-4")


def write(office, name, lines):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(lines))
    return path


def rows(source, first, count):
    return [f"{source}-{number:05d},alpha,2023-{number % 12 + 1:02d}-{number % 28 + 1:02d},onsite,law,7\n"
            for number in range(first, first + count)]


def feed(office, source, first, count):
    """In files of 100 rows, so that they are records of their own. Lines of ticks go with them."""
    for at in range(first, first + count, 100):
        lines = rows(source, at, min(100, first + count - at))
        said = office.qf("feed", write(office, f"{source}-{at}.csv", lines), "--as", source, "--json").json
        same([said["taken"], said["waiting"]], [len(lines), 0], said)
    ticks = "".join(json.dumps({"kind": "tick", "key": f"{source}-{number:05d}", "counter": "sign_in", "amount": 3})
                    + "\n" for number in range(first, first + count, 10))
    office.qf("feed", "-", "--as", source, stdin=ticks)


def flush(office, source, *words, code=0):
    return office.qf("feed", "--flush", "--as", source, "--patience", "5", *words, "--json", code=code)


def position(office):
    return office.status()["report"]["journal_last"]


def total(office):
    return office.qf("totals", "--json").json["all"]


def wait_total(office, wanted):
    def there():
        try:
            return total(office) == wanted
        except (Failure, json.JSONDecodeError):
            return False
    until(there, 30, f"totals are {wanted}")


def stopped_why(office):
    report = office.status()["report"]
    return report.get("say", "") if report.get("stopped") else ""


def subscribe(office):
    subscriber = office.subscriber("office", prefixes=["records/total/"])

    def complete():
        subscriber.turn(0.1)
        return subscriber.picture.complete and subscriber.picture.version == position(office)
    until(complete, 30, "the subscriber is up to date")
    return subscriber


def count_fresh(subscriber):
    """From now on, how often the subscriber had to begin from nothing."""
    count = [0]
    apply = subscriber.picture.apply

    def counting(update):
        count[0] += update.fresh
        return apply(update)
    subscriber.picture.apply = counting
    return count


def records_of(subscriber):
    return sum(values.get(0, 0) for (dimension, _, period), values in subscriber.picture.cells.items()
               if dimension == "total" and period % 100 == 0)


def wait_subscriber(subscriber, epoch, records):
    def there():
        subscriber.turn(0.1)
        picture = subscriber.picture
        return picture.complete and picture.epoch != epoch and records_of(subscriber) == records
    until(there, 30, "the subscriber has what is counted now, of another epoch")


def restored_from_a_backup():
    """Three outboxes drain, the fourth stands until a human says Skip."""
    with Office() as office:
        for source in SOURCES:
            office.add_source(source, "alpha")
            feed(office, source, 0, 200)
        kept = os.path.join(office.home, "backup")
        said = office.qf("backup", kept, "--json").json
        same(said["position"], position(office))
        old = os.path.join(office.home, "old-backup")
        shutil.copytree(kept, old)
        feed(office, "alpha-4", 200, 100)
        again = office.qf("backup", kept, "--json").json
        same([again["position"], again["added"]], [position(office), position(office) - said["position"]])
        # The fourth is told that the backup has all of it, and forgets; then the newer backup is lost.
        until(lambda: json.loads(flush(office, "alpha-4").out) and
              office.qf("status", "--as", "alpha-4", "--json", code=None) and keep_from(office, "alpha-4") > 320, 10,
              "ingest knows the backup")
        flush(office, "alpha-4")
        for source in SOURCES[:3]:
            feed(office, source, 200, 150)
        before = total(office)
        subscriber = subscribe(office)
        fresh, epoch = count_fresh(subscriber), subscriber.picture.epoch
        office.stop()
        new = os.path.join(office.home, "new")  # is made
        same([qf("restore", old, "--dir", new, "--json").json["life"], os.path.isdir(os.path.join(new, "journal"))], [2, True])
        said = office.qf("restore", old, "--reason", "the disk died", "--json").json
        same([said["outcome"], said["life"], said["more"]], [0, 2, 0], said)
        check(os.path.isdir(office.path("journal.set-aside")), "the journal that was there is kept")
        office.start()
        for source in SOURCES[:3]:
            flush(office, source)
        gone = flush(office, "alpha-4", code=None)
        check(gone.code != 0, "what is gone is not declared lost by itself", gone.out)
        until(lambda: office.status()["report"]["aggregate"]["gaps"] == 1, 10, "status counts the one that waits")
        check("wait until somebody says" in office.qf("status", code=1).out)
        with open(office.path("log", "ingest.log"), encoding="utf-8", errors="replace") as file:
            check('waits for a Skip (qf feed --flush --skip)" source="alpha-4"' in file.read())
        for reason in ("x" * 801, "lost\x01"):  # the server takes neither, and the outbox is not stopped for it
            flush(office, "alpha-4", "--skip", reason, code=64)
        flush(office, "alpha-4", "--skip", "newer backup lost")
        until(lambda: office.status()["report"]["aggregate"]["gaps"] == 0, 10, "nobody waits any more")
        said = office.qf("gaps", "--json").lines
        same([[line["source"], line["reason"]] for line in said], [["alpha-4", "newer backup lost"]], said)
        lost = 100
        wait_total(office, {**before, "records": before["records"] - lost, "activities": before["activities"] - lost,
                            "attendances": before["attendances"] - lost * 7})
        wait_subscriber(subscriber, epoch, before["records"] - lost)
        same(fresh[0], 1, "the subscriber began from nothing once")
        counted = office.verify()
        same(counted.total()[0], before["records"] - lost)
        lives = [line for line in office.qf("journal", "dump").out.splitlines() if "the disk died" in line]
        same(len(lives), 1)
        # Numbers go on behind what was skipped.
        feed(office, "alpha-4", 500, 10)
        office.verify()
        # The old backup goes on no more: it is another history.
        check("another" in office.qf("backup", kept, code=1).err)
        office.qf("backup", os.path.join(office.home, "new-backup"))


def keep_from(office, source):
    """What ingest tells the outbox of a source that was fed with qf."""
    asking = office.partner(source)
    for state in asking.hello().outboxes:
        asking.outbox = state.outbox
        return asking.hello().keep_from
    return 0


def copied_back_in_silence():
    """Alarms and a stop; nothing is overwritten; after restore --adopt as above."""
    with Office() as office:
        for source in SOURCES[:2]:
            office.add_source(source, "alpha")
            feed(office, source, 0, 150)
        office.stop()
        copy = os.path.join(office.home, "copy")
        shutil.copytree(office.path("journal"), copy)
        office.start()
        for source in SOURCES[:2]:
            feed(office, source, 150, 150)
        before = total(office)
        office.commit_counts()
        subscriber = subscribe(office)
        fresh, epoch = count_fresh(subscriber), subscriber.picture.epoch
        office.stop()
        shutil.rmtree(office.path("journal"))
        shutil.copytree(copy, office.path("journal"))
        counts = open(office.path("counts", "data.mdb"), "rb").read()
        office.start(wait=False)
        until(lambda: "restore --adopt" in stopped_why(office), 20, "counting stops and says what to do")
        check(office.qf("status", code=1).out)
        # The last good numbers are shown meanwhile; outboxes send again, with an alarm.
        same(total(office), before)
        alarmed = flush(office, "alpha")
        check("lost" in alarmed.err or "lost" in alarmed.out or "丢" in alarmed.err, alarmed.out, alarmed.err)
        same(open(office.path("counts", "data.mdb"), "rb").read(), counts, "the counts were not touched")
        # While daemons run nothing is adopted.
        check("runs" in office.qf("restore", "--adopt", code=1).err)
        office.stop()
        said = office.qf("restore", "--adopt", "--json").json
        same([said["outcome"], said["life"]], [0, 2])
        office.start()
        flush(office, "alpha-2")
        wait_total(office, before)
        wait_subscriber(subscriber, epoch, before["records"])
        same(fresh[0], 1)
        office.verify()


def the_sound_part_of_a_damaged_journal():
    """No backup at all: what is whole is taken from the damaged journal, partners bring the rest."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, "alpha", 0, 600)
        before = total(office)
        office.stop()
        office.damage_record(6)
        said = office.qf("restore", office.path("journal"), "--json").json
        same(said["outcome"], 0, said)
        same([said["last"], said["more"]], [5, 6], said)
        office.start()
        flush(office, "alpha")
        wait_total(office, before)
        office.verify()
        qf("restore", "/nowhere", "--dir", office.dir, code=1)


def a_mistyped_name_leaves_nothing_behind():
    """Neither a folder nor a lock, where no service was; and where one was, what was there."""
    with tempfile.TemporaryDirectory() as home:
        place = os.path.join(home, "d")
        for words in ((os.path.join(home, "mistyped"),), (home,), (__file__,), ("--adopt",)):
            check("othing was changed" in (said := qf("restore", *words, "--dir", place, "--lang", "en", code=1).err)
                  or "no journal" in said, said)
            same(os.listdir(home), [])
        os.mkdir(place)
        qf("restore", os.path.join(home, "mistyped"), "--dir", place, code=1)
        same(os.listdir(place), [])


def refused(office, *words, code=1):
    """What it says when it does not do it, in both languages: what to do, and nothing below the directory is other than before."""
    before = {path: os.stat(path).st_mtime_ns for path in (office.path("journal/data.mdb"), office.path("counts/data.mdb"))}
    english, chinese = (qf(*words, "--lang", language, code=code).err for language in ("en", "zh"))
    check("→" in english and "→" in chinese and english != chinese, words, english, chinese)
    same({path: os.stat(path).st_mtime_ns for path in before}, before, words)
    return english


def what_operators_ask_for_by_mistake_is_said_and_changes_nothing():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, "alpha", 0, 100)
        config = office.path("config", "client.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"feed: {office.endpoint('feed')}\nread: {office.endpoint('read')}\nsource: office\noutbox: {office.path('outbox')}\n"
                       f"server_public: {office.path('keys/server.public')}\nkey: {office.path('keys/office.secret')}\n")
        office.stop()
        empty, damaged = os.path.join(office.home, "empty"), os.path.join(office.home, "damaged")
        os.makedirs(os.path.join(empty, "journal"))
        os.makedirs(os.path.join(empty, "keys"))  # else it is taken for no directory of ours
        here = ("--dir", office.dir)
        check("is no backup" in refused(office, "restore", empty, *here), "an empty folder is restored")
        shutil.copytree(office.path("journal"), damaged)
        data = os.path.join(damaged, "data.mdb")
        os.truncate(data, 2 * 4096)
        refused(office, "restore", damaged, *here)
        for words in (("restore", "--adopt"), ("clock", "accept")):
            said = refused(office, *words, "--dir", empty)
            check("no journal" in said, words, said)
            said = refused(office, *words, "--config", config, code=64)
            check("--dir" in said, words, said)
        check("no logbook" in refused(office, "logbook", "show", "--dir", empty, code=64), "a logbook is shown")
        os.rename(office.path("journal/data.mdb"), office.path("kept"))
        shutil.copy(data, office.path("journal/data.mdb"))
        for words in (("restore", "--adopt"), ("clock", "accept")):
            said = refused(office, *words, *here)
            check("damaged" in said, words, said)
        os.rename(office.path("kept"), office.path("journal/data.mdb"))
        check("five minutes" in refused(office, "clock", "accept", *here), "a clock that is right is accepted")
        office.start()
        wait_total(office, {**total(office), "records": 100})
        office.verify()


def a_journal_that_is_gone_is_not_begun_anew():
    """Its disk is not mounted, or somebody took it away: what partners fed meanwhile would lie in a journal that nobody finds."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, "alpha", 0, 100)
        office.wait_records(100)
        office.qf("backup", office.path("backup"))
        office.stop()
        here, away = office.path("journal"), office.path("away")
        for left in (False, True):  # nothing is there; an empty folder is, which a disk is mounted on
            os.rename(here, away)
            if left:
                os.mkdir(here)
            for lang, words in (("en", ("Mount its disk", "qf restore BACKUP", "journal.begun")), ("zh", ("磁盘没挂上", "qf restore 备份", "journal.begun"))):
                said = qf("up", "--dir", office.dir, "--http", "off", "--lang", lang, code=3).err
                check(all(word in said for word in words), said)
            said = subprocess.run([os.path.join(BIN, "qf-ingest"), "--config", office.path("config", "ingest.yaml")], capture_output=True,
                                  encoding="utf-8", timeout=60, check=False)
            check(said.returncode == 78 and "there was one" in said.stderr, said)
            said = qf("doctor", "--dir", office.dir, "--lang", "en", code=1).out
            check("there was one" in said and "Mount its disk" in said, said)
            same(os.listdir(here) if left else os.path.exists(here), [] if left else False, "nothing was begun")
            if left:
                os.rmdir(here)
            os.rename(away, here)
        office.start()  # the disk is back
        wait_total(office, {**total(office), "records": 100})
        office.stop()
        shutil.rmtree(here)  # it is lost
        qf("restore", office.path("backup"), "--dir", office.dir)
        office.start()
        wait_total(office, {**total(office), "records": 100})
        office.stop()
        for name in ("journal", "counts", "counts.set-aside"):
            shutil.rmtree(office.path(name), ignore_errors=True)
        os.remove(office.path("journal.begun"))
        said = qf("up", "--dir", office.dir, "--http", "off", "--programme", office.programme, "--lang", "en", code=3).err
        check("another journal" in said and "--renew" in said, said)  # the office's own outbox has fed the old one
        partners = office.path("alpha.outbox")
        os.rename(office.path("outbox", "alpha"), partners)
        shutil.rmtree(office.path("outbox"))
        office.start()  # anew, on purpose
        same(total(office)["records"], 0)
        os.rename(partners, office.path("outbox", "alpha"))
        office.qf("key", "add", "alpha", office.path("keys", "alpha.public"), "--role", "feed", "--org", "alpha")
        again = write(office, "again.csv", rows("alpha", 0, 20))
        said = office.qf("feed", again, "--as", "alpha", "--lang", "en", code=3).err  # a partner that has fed the old one
        check("another journal" in said and "--renew" in said, said)
        office.qf("feed", "--renew", "--as", "alpha")
        same(flush(office, "alpha").json["earlier"]["taken"], 20, "what waited goes along")
        shutil.rmtree(office.path("counts"))  # of these nothing is said: they are made again
        office.verify()


if __name__ == "__main__":
    run(restored_from_a_backup, copied_back_in_silence, the_sound_part_of_a_damaged_journal,
        a_mistyped_name_leaves_nothing_behind, what_operators_ask_for_by_mistake_is_said_and_changes_nothing,
        a_journal_that_is_gone_is_not_begun_anew)
