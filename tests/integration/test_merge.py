#!/usr/bin/python3
"""qf merge: two organisations reported one activity; a human makes one of them, and can take that back. The total is one
less, then as before; what is said of the merged record later is set aside; nothing is merged when not both stand."""
import json
import os

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/reports-programme.yaml")
WHY = ("--reason", "held together")


def activity(key, org, **more):
    return {"kind": "activity", "key": key, "date": "2023-05-06", "org": org, "channel": "offline", "mode": "lecture",
            "content": "PL", "attendances": 40, "title": "清风讲堂", **more}


def feed(office, *events, source, code=0):
    return office.tell(*events, source=source, code=code)


def counts(office, *words):
    every = office.qf("totals", "--json", *words, code=None).json["all"]
    return every["activities"], every["attendances"]


def wait_counts(office, activities, attendances, *words):
    until(lambda: counts(office, *words) == (activities, attendances), 20, f"{activities}, {attendances} are counted")


def history(office, key):
    return office.qf("history", key, "--json").lines


def office_says(office, partner, **statement):
    """A word of the office for a partner: what a retry sends, or a merge that is broken off behind it."""
    desk = office.partner("office")
    desk.hello()
    facts, texts = desk.body([("activity", statement)])
    body = office.messages.Body.FromString(facts)
    body.partner = partner
    verdict = desk.send([], facts=body.SerializeToString(), texts=texts, count=1)[0]
    check(verdict.what in ("accepted", "late"), verdict)


def hosts(office):
    return [counts(office, "--where", f"co_org={org}")[0] for org in ("bank", "town-a", "town-b")]


def merging():
    office = Office(programme=PROGRAMME)
    office.__enter__()
    office.add_source("customs", "customs")
    office.add_source("bank", "bank")
    feed(office, activity("C-1", "customs"), activity("C-2", "customs", attendances=7), source="customs")
    feed(office, activity("B-1", "bank", attendances=45, co_org="town-a"), activity("C-2", "bank", attendances=3), source="bank")
    wait_counts(office, 4, 95)
    return office


def two_records_become_one_and_two_again():
    office = merging()
    try:
        office.qf("merge", "C-1", "B-1", *WHY)
        wait_counts(office, 3, 50)
        # Both of the other record's organisations are co-hosts now, and see the activity as theirs, too.
        same(counts(office, "--where", "co_org=bank"), (1, 40))
        same(counts(office, "--where", "co_org=town-a"), (1, 40))
        same(counts(office, "--where", "org=bank"), (1, 3))
        said = history(office, "C-1")[-1]
        same((said["source"], said["event"]["reason"], said["event"]["title"], said["event"]["attendances"]),
             ("office", "held together", "清风讲堂", 40), said)
        said = history(office, "B-1")[-1]
        same((said["event"]["action"], said["event"]["merged_into"]), ("withdraw", "C-1"), said)
        # What its partner says of it now: known, or set aside, never counted a second time.
        back = feed(office, activity("B-1", "bank", attendances=45, co_org="town-a"), source="bank")
        same(json.loads(back.out.splitlines()[-1])["duplicates"], 1)
        feed(office, activity("B-1", "bank", attendances=46, action="replace", reason="counted"), source="bank", code=2)
        same(history(office, "B-1")[-1]["code"], "Q210")
        same(counts(office), (3, 50))
        office.verify()
        office.qf("audit")

        check("is merged away" in office.qf("merge", "C-1", "B-1", *WHY, "--lang", "en", code=3).err)
        office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two events after all")
        wait_counts(office, 4, 95)
        same(counts(office, "--where", "co_org=bank"), (0, 0))
        same(counts(office, "--where", "co_org=town-a"), (1, 45))
        feed(office, activity("B-1", "bank", attendances=46, action="replace", reason="counted"), source="bank")
        wait_counts(office, 4, 96)
        office.verify()
        office.qf("rebuild")
        until(lambda: counts(office) == (4, 96), 30, "rebuilt")
        office.verify()
    finally:
        office.__exit__(None, None, None)


def a_merge_is_taken_back_around_what_was_corrected_since():
    office = merging()
    try:
        office.qf("merge", "C-1", "B-1", *WHY)
        feed(office, activity("C-1", "customs", attendances=41, co_org=["bank", "town-a", "town-b"], action="replace",
                              reason="counted"), source="customs")
        wait_counts(office, 3, 51)
        office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two")
        wait_counts(office, 4, 96)
        same([counts(office, "--where", f"co_org={org}")[0] for org in ("bank", "town-b")], [0, 1])
        # A co-host that was one before the merge stays one after it is taken back.
        feed(office, activity("C-3", "customs", co_org=["bank"]), source="customs")
        feed(office, activity("B-3", "bank"), source="bank")
        wait_counts(office, 6, 176)
        office.qf("merge", "C-3", "B-3", *WHY)
        wait_counts(office, 5, 136)
        office.qf("merge", "--undo", "C-3", "B-3", "--reason", "two")
        wait_counts(office, 6, 176)
        same(counts(office, "--where", "co_org=bank"), (1, 40))
        office.verify()
    finally:
        office.__exit__(None, None, None)


def what_others_said_of_it_outlives_a_merge():
    office = merging()
    try:
        # Another merge into the same record.
        office.add_source("town", "town-b")
        feed(office, activity("T-1", "town-b", attendances=2), source="town")
        wait_counts(office, 5, 97)
        office.qf("merge", "C-1", "B-1", *WHY)
        office.qf("merge", "C-1", "T-1", *WHY)
        wait_counts(office, 3, 50)
        same(hosts(office), [1, 1, 1])
        office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two")
        wait_counts(office, 4, 95)
        same(hosts(office), [0, 1, 1])  # town-a is co-host of B-1 again
        office.qf("merge", "--undo", "C-1", "T-1", "--reason", "two")
        wait_counts(office, 5, 97)
        same(hosts(office), [0, 1, 0])

        # What came in by a retry only; and a correction that did, which the office said as it says a merge.
        row = {"key": "C-4", "date": 20230506, "attendances": 5, "values": {"org": "customs", "channel": "offline"}}
        office_says(office, "customs", **row)
        wait_counts(office, 6, 102)
        office.qf("merge", "C-4", "B-1", *WHY)
        wait_counts(office, 5, 57)
        same(hosts(office), [1, 1, 0])
        office.qf("merge", "--undo", "C-4", "B-1", "--reason", "two")
        wait_counts(office, 6, 102)
        same(hosts(office), [0, 1, 0])
        office_says(office, "customs", **{**row, "action": 2, "attendances": 6, "values": {**row["values"], "co_org": "bank"}})
        wait_counts(office, 6, 103)
        office.qf("merge", "C-4", "B-1", *WHY)
        wait_counts(office, 5, 58)
        office.qf("merge", "--undo", "C-4", "B-1", "--reason", "two")
        wait_counts(office, 6, 103)
        same(hosts(office), [1, 1, 0])
        feed(office, activity("B-2", "bank", attendances=1), source="bank")
        office.qf("merge", "C-4", "B-2", *WHY)  # gives nothing: the correction had the bank already
        office.qf("merge", "--undo", "C-4", "B-2", "--reason", "two")
        wait_counts(office, 7, 104)
        same(hosts(office), [1, 1, 0])
        office.verify()
    finally:
        office.__exit__(None, None, None)


def what_was_broken_off_is_gone_on_with():
    office = merging()
    try:
        row = {"key": "C-1", "date": 20230506, "action": 2, "attendances": 40, "title": "清风讲堂"}
        values = {"org": "customs", "channel": "offline", "mode": "lecture", "content": "PL"}
        # A merge after its first half: taken back, and nothing twice.
        office_says(office, "customs", **row, values={**values, "co_org": ["bank", "town-a"]}, reason="held together")
        until(lambda: hosts(office) == [1, 2, 0], 20, "half is said")
        office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two")
        until(lambda: hosts(office) == [0, 1, 0], 20, "half is taken back")
        told = office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two", "--lang", "en", code=3).err
        check("C-1 stands, B-1 stands" in told, told)
        # Its taking back after the first half.
        office.qf("merge", "C-1", "B-1", *WHY)
        wait_counts(office, 3, 50)
        office_says(office, "customs", **row, values=values, reason="two")
        until(lambda: hosts(office) == [0, 0, 0], 20, "half is said")
        same(counts(office), (3, 50))  # never twice
        office.qf("merge", "--undo", "C-1", "B-1", "--reason", "two")
        wait_counts(office, 4, 95)
        same(hosts(office), [0, 1, 0])
        said = [line["event"].get("merged_into") for line in history(office, "B-1")]
        same(said, [None, "C-1", None], said)
        office.verify()
    finally:
        office.__exit__(None, None, None)


def titles_tell_of_one_activity_too():
    office = merging()
    try:
        titled = (("t1", "customs", "2023-06-01", "“清风”讲堂：守住廉洁第3讲"), ("t2", "bank", "2023-06-01", "清风讲堂 守住廉洁第3讲"),  # but for marks
                  ("t3", "customs", "2023-06-02", "清风讲堂守住廉洁底线"), ("t4", "bank", "2023-06-02", "清风讲堂守廉洁底线"),  # nearly
                  ("t5", "customs", "2023-06-03", "清风讲堂第3讲"), ("t6", "bank", "2023-06-03", "清风讲堂第4讲"),  # two of a row
                  ("t7", "customs", "2023-06-04", "清风讲堂"), ("t8", "bank", "2023-06-05", "清风讲堂"),  # two days
                  ("t9", "customs", "2023-06-06", "家风故事会"), ("t10", "bank", "2023-06-06", "红色研学"))
        for key, org, date, title in titled:
            feed(office, activity(key, org, date=date, title=title), source=org)
        feed(office, activity("t10", "bank", date="2023-06-06", title="家风故事会", action="replace", reason="其实是这个"), source="bank")
        until(lambda: len(office.qf("doubles", "--from", "2023-06", "--to", "2023-06", "--json").json["rows"]) == 3, 20, "all are there")
        said = office.qf("doubles", "--from", "2023-06", "--to", "2023-06", "--json").json
        same(sorted((sorted((row["key_a"], row["key_b"])), row["why"]) for row in said["rows"]),
             [(["t1", "t2"], ["title"]), (["t10", "t9"], ["title"]), (["t3", "t4"], ["title"])])
        same(office.qf("doubles", "--from", "2023-06", "--to", "2023-06", "--no-titles", "--json").json["rows"], [])
        check("题目相近" in office.qf("doubles", "--from", "2023-06", "--lang", "zh").out)
        office.add_source("reader", "bank", role="read")
        none = office.qf("doubles", "--from", "2023-07", "--to", "2023-07").out
        check(none.startswith("No two activities look like one told twice.\n\nDefinitions"), none)  # and no heads of an empty table
        same(office.qf("doubles", "--from", "2023-06", "--to", "2023-06", "--as", "reader", "--json").json["rows"], [],
             "what a key may not read is not compared")
    finally:
        office.__exit__(None, None, None)


def what_may_not_be_merged_is_refused():
    office = merging()
    try:
        say = lambda *words, code: office.qf("merge", *words, "--lang", "en", code=code).err
        check("more than one partner" in say("C-2", "B-1", *WHY, code=1))
        check("no record" in say("C-9", "B-1", *WHY, code=1))
        check("same record" in say("C-1", "C-1", *WHY, code=64))
        check("--reason" in say("C-1", "B-1", code=64))
        check("no dimension" in say("C-1", "B-1", *WHY, "--co", "hosts", code=64))
        feed(office, {"kind": "activity", "key": "B-1", "action": "withdraw", "reason": "never held"}, source="bank")
        told = say("C-1", "B-1", *WHY, code=3)
        check("C-1 stands" in told and "B-1 is withdrawn" in told and "Nothing was changed" in told, told)
        wait_counts(office, 3, 50)
        check("E103" in say("customs:C-2", "bank:C-2", *WHY, "--as", "customs", code=3))  # no admin
        same(counts(office), (3, 50))
        office.qf("merge", "customs:C-2", "bank:C-2", *WHY)
        wait_counts(office, 2, 47)
        office.verify()
    finally:
        office.__exit__(None, None, None)


if __name__ == "__main__":
    run(two_records_become_one_and_two_again, a_merge_is_taken_back_around_what_was_corrected_since,
        what_others_said_of_it_outlives_a_merge, what_was_broken_off_is_gone_on_with, titles_tell_of_one_activity_too, what_may_not_be_merged_is_refused)
