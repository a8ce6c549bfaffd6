#!/usr/bin/python3
"""What happens to a partner who feeds with qf: the server is away, goes back in time
or is full; the outbox is copied; the command is killed; lines come by standard input."""
import json
import os
import random
import shutil
import signal
import subprocess

from support.harness import PATIENCE, QF, Office, check, run, same, until

HEAD = "activity_no,org,date,mode,content,attendances\n"


def rows(first, count, attendances=7):
    return [f"A{number:05d},alpha,2023-{number % 12 + 1:02d}-{number % 28 + 1:02d},onsite,law、family,{attendances}\n"
            for number in range(first, first + count)]


def write(office, name, lines, head=HEAD):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + "".join(lines))
    return path


def feed(office, *words, **how):
    return office.qf("feed", *words, "--as", "alpha", "--json", **how)


def feed_said(office, *words, **how):
    return feed(office, *words, **how).json


def records(office):
    return office.qf("totals", "--json").json["all"]["records"]


def outbox(office):
    return office.path("outbox", "alpha")


def without_a_server_rows_are_kept_and_sent_later():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, write(office, "a.csv", rows(0, 10)))
        office.stop()
        said = feed_said(office, write(office, "b.csv", rows(10, 20)), "--patience", "1", code=75)
        same([said["waiting"], said["taken"]], [20, 0], said)
        office.start()
        said = json.loads(feed(office, "--flush").out)
        same(said["earlier"]["taken"], 20, said)
        same(feed_said(office, os.path.join(office.home, "b.csv"))["taken"], 20)  # told, not sent again
        office.wait_records(30)
        office.verify()


def a_killed_feed_is_taken_up_where_it_was():
    chance = random.Random(7)
    with Office() as office:
        office.add_source("alpha", "alpha")
        for turn in range(6):
            path = write(office, f"{turn}.csv", rows(1000 * turn, 1000))
            words = [QF, "feed", path, "--as", "alpha", "--dir", office.dir]
            feeding = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                feeding.wait(chance.random() * 0.3 * PATIENCE)
            except subprocess.TimeoutExpired:
                feeding.send_signal(signal.SIGKILL)
                feeding.wait()
            said = feed_said(office, path)
            same([said["rows"], said["taken"] + said["duplicates"], said["waiting"]], [1000, 1000, 0], said)
        office.wait_records(6000)
        same(records(office), 6000)
        office.verify()


def a_server_that_went_back_is_given_what_it_lost():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, write(office, "a.csv", rows(0, 100)))
        office.stop()
        for name in ("journal", "counts"):
            shutil.copytree(office.path(name), office.path(name + ".old"))
        office.start()
        feed(office, write(office, "b.csv", rows(100, 100)))
        office.stop()
        for name in ("journal", "counts"):
            shutil.rmtree(office.path(name))
            os.rename(office.path(name + ".old"), office.path(name))
        office.start()
        said = feed(office, "--flush")
        check("acknowledged" in said.err, said.err)
        office.wait_records(200)
        same(records(office), 200)
        office.verify()


def a_copied_outbox_goes_on_under_a_name_of_its_own():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, write(office, "a.csv", rows(0, 50)))
        shutil.copytree(outbox(office), office.path("copy"))
        feed(office, write(office, "b.csv", rows(50, 50)))
        os.rename(outbox(office), office.path("original"))
        os.rename(office.path("copy"), outbox(office))
        said = feed(office, write(office, "c.csv", rows(100, 50)))  # idle, and behind: nothing of it is lost
        same(said.json["taken"], 50, said.err)
        office.verify()


def an_outbox_in_another_sources_place_sends_nothing():
    """Neither a source of the same partner, whose ticks would count twice, nor one of another partner."""
    with Office() as office:
        for source, org in (("alpha", "alpha"), ("alpha-2", "alpha"), ("beta", "beta")):
            office.add_source(source, org)
        events = ({"key": "A1", "date": "2023-05-06", "org": "alpha"}, {"kind": "tick", "key": "A1", "counter": "sign_in", "amount": 5})
        office.tell(*events)
        office.wait_records(1)
        for thief in ("alpha-2", "beta"):
            shutil.copytree(outbox(office), office.path("outbox", thief))
            for words in (("--flush",), ("-",), ("--renew",)):
                said = office.qf("feed", *words, "--as", thief, "--lang", "en", code=None, stdin="")
                check(said.code not in (0, 75) and "copied from another source" in said.err and "mv " in said.err, words, said.code, said.err)
            shutil.rmtree(office.path("outbox", thief))
            office.qf("feed", "-", "--as", thief, stdin=json.dumps({"key": thief, "date": "2023-05-06", "org": thief.split("-")[0]}) + "\n")
        office.qf("feed", "--flush", "--as", "alpha")
        office.wait_records(3)
        same(office.verify().total()[:3], (3, 3, 5))


def a_copied_outbox_with_rows_of_its_own_stops_and_asks_a_human():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, write(office, "a.csv", rows(0, 50)))
        said = feed(office, "--renew", code=3)  # nothing is wrong with it
        check("--resume" in said.err, said.err)
        shutil.copytree(outbox(office), office.path("copy"))
        feed(office, write(office, "b.csv", rows(50, 50)))
        office.stop()
        os.rename(outbox(office), office.path("original"))
        os.rename(office.path("copy"), outbox(office))
        path = write(office, "c.csv", rows(100, 50))
        feed(office, path, "--patience", "1", code=75)  # gets numbers that the original used
        office.start()
        said = feed(office, path, code=3)
        check("--renew" in said.err, said.err)
        same(records(office), 100)
        feed(office, "--renew")
        said = feed_said(office, path)
        same([said["taken"], said["waiting"]], [50, 0], said)
        office.wait_records(150)
        office.verify()


def a_line_that_fits_no_batch_is_returned_alone():
    """Without names and without a server: those before it were read from a pipe, and come from there once only."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.stop()
        lines = [{"key": f"L{number}", "date": "2023-05-06", "org": "alpha"} for number in range(1, 4)]
        lines[1]["a name of more than thirty-two bytes"] = "x"
        lines.append({"kind": "tick", "key": "L1", "counter": "sign_in", "at_ms": -1})
        lines.append({"key": "L5", "date": "2023-05-06", "org": "alpha", "action": "replace", "revision": 4294967295})
        said = office.qf("feed", "-", "--as", "alpha", "--lang", "en", "--patience", "1", code=75, stdin="".join(json.dumps(line) + "\n" for line in lines))
        check(all(f"line {number}" in said.err for number in (2, 4, 5)) and "3 returned" in said.out, said.err, said.out)
        office.start()
        office.qf("feed", "--flush", "--as", "alpha")
        office.wait_records(2)


def a_file_whose_verdicts_are_no_longer_kept_is_not_said_to_wait():
    """After a backup an outbox keeps nothing of what is in it."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        path = write(office, "a.csv", rows(0, 20))
        same(feed_said(office, path)["taken"], 20)
        office.qf("backup", office.path("backup"))

        def forgotten():
            said = feed_said(office, path)
            same(said["taken"] + said["forgotten"] + said["waiting"], 20, said)
            return said["forgotten"] == 20
        until(forgotten, 20, "ingest has heard of the backup")
        for lang, words in (("en", "20 answered then and no longer kept here."), ("zh", "早有结论、这里已不留存 20。")):
            said = office.qf("feed", path, "--as", "alpha", "--lang", lang)
            check(words in said.out, said.out)


def lines_are_kept_sent_and_answered_as_they_come():
    with Office() as office:
        office.add_source("alpha", "alpha")
        words = [QF, "feed", "-", "--as", "alpha", "--json", "--dir", office.dir]
        feeding = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

        def tell(**fields):
            feeding.stdin.write(json.dumps(fields) + "\n")
            feeding.stdin.flush()
            return json.loads(feeding.stdout.readline())

        said = tell(kind="activity", key="L1", date="2023-05-06", org="alpha", mode="On site", content=["law", "家风"])
        same(said, {"line": 1, "number": 1, "verdict": "accepted"})
        same(tell(kind="tick", key="L1", counter="sign_in", amount=3)["verdict"], "accepted")
        same(tell(kind="attendance", key="L1", attendances=40, method="signed_in")["verdict"], "accepted")
        same(tell(kind="activity", key="L2", date="2023-05-06", org="Alfa")["code"], "E104")
        same(tell(kind="activity", key="L1", date="2023-05-07", org="alpha")["code"], "E141")
        feeding.stdin.close()
        said = json.loads(feeding.stdout.readline())
        same([said[part] for part in ("rows", "taken", "returned")], [5, 3, 2], said)
        same(feeding.wait(20 * PATIENCE), 3)
        until(lambda: office.qf("totals", "--json").json["all"]["attendances"] == 40, 10, "40 attendances")
        office.verify()


def corrections_by_file_move_the_counts():
    head = "操作,活动编号,主办单位,活动日期,参加人次,更正原因\n"
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, write(office, "a.csv", [",Z1,甲,2023年5月6日,１２０人次,\n", ",Z2,甲,2023-05-07,30,\n"], head))
        changed = write(office, "b.csv", [",Z1,甲,2023-05-06,150,\n"], head)
        said = feed(office, changed, code=3)
        same(said.json["messages"][0]["code"], "E141", said.out)
        check(os.path.exists(said.json["returned_file"]), said.out)
        feed(office, write(office, "c.csv", ["更正,Z1,甲,2023-05-06,150,漏签\n", "撤回,Z2,,,,重复\n"], head))
        until(lambda: office.qf("totals", "--json").json["all"]["attendances"] == 150, 10, "150 attendances")
        same(records(office), 1)
        said = feed_said(office, os.path.join(office.home, "a.csv"), "--again")
        same(said["duplicates"], 2, said)  # the old file once more brings nothing back
        same(records(office), 1)
        office.verify()


def a_file_that_reads_otherwise_now_says_so():
    with Office() as office:
        office.add_source("alpha", "alpha")
        path = write(office, "a.csv", ["R1,甲,2023-05-06,On site,1\n", "R2,甲,2023-05-06,广播,2\n"], "活动编号,主办单位,活动日期,方式,参加人次\n")
        same(feed_said(office, path, code=2)["taken"], 1)
        with open(office.programme, encoding="utf-8") as file:
            text = file.read()
        more = os.path.join(office.home, "more.yaml")
        with open(more, "w", encoding="utf-8") as file:
            file.write(text.replace("- {code: online,", "- {code: radio, zh: 广播, en: Radio}\n      - {code: online,"))
        office.qf("programme", "load", more)
        # The row that was returned would be taken now: nothing is sent unasked, and nobody is told that all is well.
        told = feed(office, path, "--lang", "zh", code=1).err
        check("那次报了 1 条，现在能报 2 条" in told and "--again" in told, told)
        said = feed_said(office, path, "--again")
        same([said["taken"], said["duplicates"]], [1, 1], said)
        same(feed_said(office, path)["taken"], 1)
        office.verify()


def a_key_that_nobody_registered_is_refused():
    with Office() as office:
        office.qf("key", "new", "alpha")
        said = feed(office, write(office, "a.csv", rows(0, 1)), code=77)
        check("qf key add" in said.err, said.err)


if __name__ == "__main__":
    run(without_a_server_rows_are_kept_and_sent_later,
        a_killed_feed_is_taken_up_where_it_was,
        a_server_that_went_back_is_given_what_it_lost,
        a_copied_outbox_goes_on_under_a_name_of_its_own,
        a_copied_outbox_with_rows_of_its_own_stops_and_asks_a_human,
        an_outbox_in_another_sources_place_sends_nothing,
        a_line_that_fits_no_batch_is_returned_alone, a_file_that_reads_otherwise_now_says_so,
        a_file_whose_verdicts_are_no_longer_kept_is_not_said_to_wait,
        lines_are_kept_sent_and_answered_as_they_come,
        corrections_by_file_move_the_counts,
        a_key_that_nobody_registered_is_refused)
