#!/usr/bin/python3
"""What was said, asked of the server from elsewhere: the same lines as the journal has, page by page, as far as the key may
read; who feeds meanwhile is not held up."""
import csv
import datetime
import io
import os
import signal
import threading

from support.harness import Office, check, qf, run, same, until


def activity(n, org="alpha", date="2023-05-06", **more):
    return {"kind": "activity", "key": f"A-{n}", "date": date, "org": org, "mode": "onsite", **more}


def feed(office, *events, source="desk", code=0):
    return office.tell(*events, source=source, code=code)


def client(office, name):
    """A partner's configuration: it knows no journal."""
    path = os.path.join(office.home, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"feed: {office.endpoint('feed')}\nread: {office.endpoint('read')}\nsource: {name}\n"
                   f"server_public: {office.path('keys', 'server.public')}\nkey: {office.path('keys', name + '.secret')}\n"
                   f"outbox: {os.path.join(office.home, 'outbox-' + name)}\n")
    return path


def without_outbox(said):
    return [{name: value for name, value in line.items() if name != "outbox"} for line in said]


def offices():
    office = Office()
    office.__enter__()
    office.add_source("desk", "office")
    office.add_source("north", "alpha-north", role="feed,read")
    office.add_source("alpha", "alpha", role="read")
    office.add_source("beta", "beta", role="feed,read")
    feed(office, activity(1, attendances=5), activity(2, "alpha-north", attendances=7, title="讲座", recorded_by="窗口"), activity(3, "beta"))
    feed(office, activity(1, attendances=6, action="replace", reason="counted"), {"kind": "activity", "key": "A-3", "action": "withdraw",
                                                                                "reason": "never held"})
    feed(office, activity(1, attendances=99), code=3)
    feed(office, activity(9, "alpha-north", attendances=1), source="north")
    feed(office, activity(9, "beta", attendances=2), source="beta")
    office.wait_records(4)
    return office


def a_partner_sees_what_its_key_may_read():
    office = offices()
    try:
        def ask(name, *words, code=0):
            return qf("history", *words, "--json", "--config", client(office, name), code=code).lines

        here = office.qf("history", "A-1", "--json").lines
        same(without_outbox(office.qf("history", "A-1", "--json", "--remote").lines), without_outbox(here))
        same([line["verdict"] for line in ask("alpha", "A-1")], ["accepted", "accepted", "rejected"])
        same([line["partner"] for line in ask("north", "A-9")], ["alpha-north"])
        same([line["partner"] for line in ask("alpha", "A-9")], ["alpha-north"])  # below it
        same([line["event"]["title"] for line in ask("north", "A-2")], ["讲座"])  # stated of it by another partner
        check("no such event" in qf("history", "A-1", "--config", client(office, "north"), "--lang", "en", code=1).err)
        # A withdrawal names no organisation: it is read by who may read the partner.
        same([line["event"]["action"] for line in ask("beta", "A-3")], ["create"])
        same(len(office.qf("history", "A-3", "--json", "--remote").lines), 2)
        told = qf("history", "A-2", "--config", client(office, "north"), "--lang", "en").out
        check("desk  activity A-2  create → accepted" in told and "attendances: 7" in told, told)
        told = qf("history", "A-2", "--config", client(office, "north"), "--lang", "zh").out
        check("填报岗位：窗口" in told, told)  # as the sheet has it: a post, no person
        office.qf("key", "revoke", "alpha")
        until(lambda: qf("history", "A-1", "--config", client(office, "alpha"), code=None).code == 77, 20, "alpha is refused")
        office.verify()
    finally:
        office.__exit__(None, None, None)


def ledgers_and_comparisons_work_from_elsewhere():
    office = offices()
    try:
        def ledger(*words):
            return list(csv.DictReader(io.StringIO(qf("ledger", *words, "--lang", "en").out.lstrip("\ufeff"))))

        same(ledger("--org", "office", "--dir", office.dir, "--remote"), ledger("--org", "office", "--dir", office.dir))
        north = ledger("--org", "alpha-north", "--config", client(office, "north"))
        same([row["activity_no"] for row in north], ["A-2", "A-9"], north)
        # What was withdrawn by another partner is not shown as if it stood, though the withdrawal itself may not be read.
        same([row["activity_no"] for row in ledger("--org", "beta", "--config", client(office, "beta"))], ["A-9"])
        # A row of one's own is corrected from there, and fed back.
        sheet = os.path.join(office.home, "mine.csv")
        text = qf("ledger", "--org", "alpha-north", "--config", client(office, "north"), "--lang", "en").out
        mine = [line for line in text.splitlines() if "A-2" not in line]
        with open(sheet, "w", encoding="utf-8") as file:
            file.write("\n".join(mine) + "\n")
        same(qf("reconcile", sheet, "--org", "alpha-north", "--config", client(office, "north"), "--json").json["same"], 1)
        fed = qf("feed", sheet, "--config", client(office, "north"), "--json")
        same(fed.lines[-1]["duplicates"], 1)
        office.verify()
    finally:
        office.__exit__(None, None, None)


def many_come_in_pages_while_others_feed():
    with Office() as office:
        office.add_source("desk", "office")
        count = 9000
        feed(office, *(activity(n, title=f"第{n}讲" + "讲" * 20, attendances=n % 90) for n in range(count)))
        office.wait_records(count)
        fed = []

        def go_on():
            for n in range(6):
                feed(office, activity(f"x{n}", attendances=1))
                fed.append(n)

        other = threading.Thread(target=go_on)
        other.start()
        said = office.qf("history", "--verdict", "accepted", "--json", "--remote", "--limit", "100000").lines
        other.join()
        places = [(line["position"], line["entry"], line["index"]) for line in said]
        same(places, sorted(set(places)), "each once, in order")
        check(count <= len(said) <= count + 6 and len(fed) == 6, len(said), len(fed))
        here = office.qf("history", "--verdict", "accepted", "--json", "--limit", "100000").lines
        same(without_outbox(said), without_outbox(here)[:len(said)])
        # Who looks through more than its share of time waits in between, and is answered.
        path = office.path("config", "report.yaml")
        with open(path, encoding="utf-8") as file:
            settings = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(settings.replace("reader_ms_per_s: 0", "reader_ms_per_s: 3"))
        office.kill("report", signal.SIGHUP)
        with open(office.path("log", "report.log"), encoding="utf-8") as log:
            until(lambda: "setting=reader_ms_per_s" in log.read(), 20, "the share is small")
        same(len(office.qf("history", "A-8999", "--json", "--remote").lines), 1)
        office.verify()


def a_record_that_cannot_be_read_hides_no_other():
    """What is before and behind it is told, and which it is; what rests on all that was said is not made."""
    office = offices()
    try:
        whole = office.qf("history", "--verdict", "accepted", "--json", "--remote").lines
        places = sorted({line["position"] for line in whole})
        lost = places[1]
        office.damage_record(lost)
        told = office.qf("history", "--verdict", "accepted", "--json", "--remote", code=1)
        same(told.lines, [line for line in whole if line["position"] != lost])
        check(f"1 of the records there cannot be read (the first is record {lost})" in told.err and "qf audit" in told.err, told.err)
        told = office.qf("history", "--verdict", "accepted", "--remote", "--lang", "zh", code=1)
        check(f"有 1 条记录读不出（第一条是第 {lost} 条）" in told.err and "qf audit" in told.err, told.err)
        same(office.qf("ledger", "--org", "office", "--remote", code=1).out, "")
        office.damage_record(places[-1])  # the last: nothing is behind it
        told = office.qf("history", "--verdict", "accepted", "--json", "--remote", code=1)
        same(told.lines, [line for line in whole if line["position"] not in (lost, places[-1])])
        check("2 of the records there cannot be read" in told.err, told.err)
    finally:
        office.__exit__(None, None, None)


def what_is_late_is_told_with_its_days():
    with Office() as office:
        office.add_source("desk", "office")
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
        first = today.replace(day=1) - datetime.timedelta(days=1)  # the last day of the month before
        feed(office, activity(0, date="2021-01-15"))
        office.wait_records(1)
        with open(office.programme, encoding="utf-8") as file:
            text = file.read().replace("settings:\n", "settings:\n  timely_days: 0\n", 1)
        path = os.path.join(office.home, "timely.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("timely_days: 0", "timely_days: 400"))
        office.qf("programme", "load", path)
        feed(office, activity(1, date="2021-01-15"), activity(2, "beta", date="2021-02"), activity(3, date=str(first)))
        office.wait_records(4)
        for words in ((), ("--remote",)):
            *late, said = office.qf("late", "--json", *words).lines
            wanted = {"A-1": datetime.date(2021, 1, 31), "A-2": datetime.date(2021, 2, 28)}
            same({line["event"]["key"]: line["days_late"] for line in late},
                 {key: (today - day).days - 400 for key, day in wanted.items()})
            same((said["late"], said["timely_days"], said["partners"]), (2, 400, {"office": 2}), said)
        told = office.qf("late", "--lang", "en").out
        check("A-2  of 2021-02, received" in told and "2 late (400 days" in told, told)
        office.verify()


if __name__ == "__main__":
    run(a_partner_sees_what_its_key_may_read, ledgers_and_comparisons_work_from_elsewhere, many_come_in_pages_while_others_feed,
        a_record_that_cannot_be_read_hides_no_other, what_is_late_is_told_with_its_days)
