#!/usr/bin/python3
"""qf quarantine: what waits is shown as it was sent, judged anew once the register is mended, or given up for a reason;
totals move by exactly that, and a rebuild, a verify and a restore say the same."""
import os
import shutil

from support.harness import Office, PROGRAMME, check, run, same, until
from support.partner import Verdict

KINDS = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def activity(n, org="alpha", **more):
    return {"kind": "activity", "key": f"A-{n}", "date": "2023-05-06", "org": org, "mode": "onsite", **more}


def feed(office, *events, source="desk", code=0):
    return office.tell(*events, source=source, code=code)


def waiting(office):
    return {line["event"]["key"]: line["code"] for line in office.qf("quarantine", "list", "--json").lines}


def records(office):
    return office.qf("totals", "--json").json["all"]["records"]


def register(office, *members):
    """The programme's file, with further members of the dimension mode."""
    with open(PROGRAMME, encoding="utf-8") as file:
        text = file.read()
    mark = "      - {code: onsite,"
    check(mark in text, "the programme has no mode onsite")
    more = "".join(f"      - {{code: {code}, zh: {code}, en: {code}}}\n" for code in members)
    path = os.path.join(office.home, "more.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(mark, more + mark, 1))
    office.qf("programme", "load", path)


def set_aside(office):
    """Three of a mode that is not registered yet, one of another; two that are taken, one that is refused. By a program of
    a partner's own: `qf feed` gives such rows back before they are sent."""
    partner = office.partner("desk")
    partner.hello()
    rows = [("walk", 10, "alpha"), ("walk", 20, "alpha"), ("walk", 30, "alpha"), ("swim", 4, "alpha"), ("onsite", 5, "alpha"),
            ("onsite", 6, "alpha"), ("onsite", 7, "beta")]
    verdicts = partner.send([
        ("activity", {"key": f"A-{n}", "date": 20230506, "attendances": attendances,
                      "values": {"org": org, "mode": mode, "content": "law"},
                      **({"title": "健步走"} if mode == "walk" else {})})
        for n, (mode, attendances, org) in enumerate(rows, 1)])
    same([(v.what, v.code) for v in verdicts],
         [("quarantined", 205)] * 4 + [("accepted", 0)] * 2 + [("rejected", 103)])
    office.wait_records(2)


def retried_and_dropped():
    with Office() as office:
        office.add_source("desk", "alpha")
        set_aside(office)
        same(waiting(office), {"A-1": "Q205", "A-2": "Q205", "A-3": "Q205", "A-4": "Q205"})
        # The partner asks the server for its own, another one sees nothing of it.
        for reader, org in (("mine", "alpha"), ("theirs", "beta")):
            office.add_source(reader, org, role="read")
        def asked(reader):
            return {line["event"]["key"]: line["code"] for line in office.qf("quarantine", "list", "--remote", "--as", reader, "--json").lines}
        same([asked("mine"), asked("theirs"), asked("office")], [waiting(office), {}, waiting(office)])
        there = office.qf("quarantine", "show", "A-2", "--remote", "--as", "mine", "--lang", "en").out
        same(there, office.qf("quarantine", "show", "A-2", "--lang", "en").out, "word for word")
        shown = office.qf("quarantine", "show", "A-2", "--json").lines[0]
        same((shown["event"]["title"], shown["event"]["attendances"], shown["source"], shown["partner"]),
             ("健步走", 20, "desk", "alpha"), shown)
        told = office.qf("quarantine", "show", "A-2", "--lang", "en").out
        check("not in the register" in told and "attendances: 20" in told and "title: 健步走" in told, told)

        # Nothing was mended yet: all of it waits on.
        back = office.qf("quarantine", "retry", "--all", "--reason", "too early", "--json", code=2).lines
        same([line["code"] for line in back], ["Q205"] * 4)
        same((records(office), len(waiting(office))), (2, 4))

        register(office, "walk")
        feed(office, activity(3, mode="onsite", attendances=33))  # mended by the partner itself meanwhile
        office.wait_records(3)
        said = office.qf("quarantine", "retry", "A-1", "A-2", "--reason", "walk is registered", "--json").lines
        same([(line["key"], line["verdict"]) for line in said], [("A-1", "accepted"), ("A-2", "accepted")])
        office.wait_records(5)
        same(office.qf("totals", "--json", "--where", "mode=walk").json["all"]["attendances"], 30)
        same([waiting(office), asked("mine")], [{"A-4": "Q205"}] * 2, "a retry that is taken is seen by the partner too")
        # Under the partner's key, with the office's reason; what the partner sends again is known.
        history = office.qf("history", "A-1", "--json").lines
        same([line.get("for_partner", False) for line in history], [False, True, True])
        same([line["verdict"] for line in office.qf("history", "A-1", "--remote", "--as", "mine", "--json").lines], [line["verdict"] for line in history])
        same([(line["source"], line["partner"], line["verdict"], line["event"].get("reason"), line["event"]["title"])
              for line in history],
             [("desk", "alpha", "quarantined", None, "健步走"), ("office", "alpha", "quarantined", "too early", "健步走"),
              ("office", "alpha", "accepted", "walk is registered", "健步走")])
        again = feed(office, activity(1, mode="walk", attendances=10, title="健步走", content="law"))
        same(again.lines[-1]["duplicates"], 1)
        feed(office, activity(1, mode="walk", attendances=11, action="replace", reason="counted again"))

        same(office.qf("quarantine", "drop", "A-4", "--reason", "there was no swim", "--json").lines[0]["code"], "N105")
        same((waiting(office), asked("mine"), records(office)), ({}, {}, 5))
        check("nothing is set aside" in office.qf("quarantine", "drop", "A-4", "--reason", "x", "--lang", "en", code=1).err)
        check("--reason" in office.qf("quarantine", "retry", "--all", "--lang", "en", code=64).err)
        check("name keys" in office.qf("quarantine", "retry", "--reason", "x", "--lang", "en", code=64).err)
        feed(office, activity(4, attendances=44))  # a key that was given up may be used again
        office.wait_records(6)
        rebuilt_and_restored(office)


def a_retry_that_waited_undoes_no_correction():
    """Kept in the office's outbox while the server is away, it comes behind what the partner said meanwhile."""
    with Office() as office:
        office.add_source("desk", "alpha")
        partner = office.partner("desk")

        def said(attendances, mode="onsite", **more):
            event = {"key": "A-1", "date": 20230506, "attendances": attendances, "values": {"org": "alpha", "mode": mode, "content": "law"}, **more}
            return partner.send([("activity", event)])[0]
        same([said(50).code, said(5000, "walk", action=2).code], [0, 205])
        register(office, "walk")
        door = office.path("run/feed.ipc")
        os.rename(door, door + ".away")
        office.qf("quarantine", "retry", "A-1", "--reason", "walk is registered", code=75)
        os.rename(door + ".away", door)
        same(said(500, action=2).code, 0)
        register(office, "walk", "swim")  # sends what waited
        history = office.qf("history", "A-1", "--json").lines
        same([(line["event"]["attendances"], line["verdict"], line.get("code")) for line in history],
             [(50, "accepted", None), (5000, "quarantined", "Q205"), (500, "accepted", None), (5000, "rejected", "E142")])
        same(office.qf("totals", "--json").json["all"]["attendances"], 500)
        office.verify()


def a_mistaken_key_changes_nothing():
    with Office() as office:
        office.add_source("desk", "alpha")
        office.add_source("beta-desk", "beta")
        set_aside(office)
        other = office.partner("beta-desk")
        other.hello()
        row = {"key": "A-1", "date": 20230506, "values": {"org": "beta", "mode": "walk", "content": "law"}}
        same(other.send([("activity", row)])[0].code, 205)
        why = ("--reason", "given up", "--lang", "en")
        # Keys are a partner's own: that of another is not meant by accident.
        for word in ("drop", "retry"):
            told = office.qf("quarantine", word, "A-1", *why, code=1).err
            check('more than one partner has "A-1"' in told and "--partner" in told, told)
        # All that were misspelt are named, and those that were not wait on.
        told = office.qf("quarantine", "retry", "A-2", "A-22", "A-33", *why, code=1).err
        check("under A-22, A-33." in told and "Nothing was changed" in told, told)
        same(len(office.qf("quarantine", "list", "--json").lines), 5)
        same(len(office.qf("quarantine", "show", "A-1", "--json").lines), 2)
        same(len(office.qf("history", "A-2", "--json").lines), 1)
        said = office.qf("quarantine", "drop", "A-1", "--partner", "beta", *why, "--json").lines
        same([(line["partner"], line["code"]) for line in said], [("beta", "N105")])
        said = office.qf("quarantine", "drop", "A-1", *why, "--json").lines
        same([(line["partner"], line["code"]) for line in said], [("alpha", "N105")])
        office.verify()


def rebuilt_and_restored(office):
    office.verify()
    office.qf("audit")
    def counted():  # the order of rows is that of the programme's file
        rows = office.qf("totals", "--json", "--by", "mode,month", code=None).json.get("rows", [])
        return sorted(rows, key=lambda row: row["members"])

    totals = counted()
    office.qf("rebuild")
    until(lambda: counted() == totals, 30, "rebuilt")
    office.verify()
    store = os.path.join(office.home, "store")
    office.qf("backup", store)
    office.stop()
    for folder in ("journal", "counts"):
        shutil.rmtree(office.path(folder))
    office.qf("restore", store, "--reason", "test")
    office.start()
    office.wait_records(6)
    same(waiting(office), {})
    same(counted(), totals)
    office.verify()


def nobody_else_speaks_for_a_partner():
    with Office() as office:
        office.add_source("desk", "alpha")
        office.add_source("beta-desk", "beta", role="feed,read")
        set_aside(office)
        register(office, "walk")
        # The tool as it is, with a key that is no admin's: every event comes back, nothing counts.
        back = office.qf("quarantine", "retry", "--all", "--reason", "mine", "--as", "beta-desk", "--json", code=2).lines
        same({line["code"] for line in back}, {"E103"})
        same((records(office), len(waiting(office))), (2, 4))
        back = office.qf("quarantine", "drop", "A-1", "--reason", "mine", "--as", "beta-desk", "--json", code=2).lines
        same(back[0]["code"], "E103")
        same(len(waiting(office)), 4)
        office.verify()


def a_kind_that_the_programme_does_not_use_is_set_aside():
    """Until the office uses it; a withdrawal is taken meanwhile, and what stood before stands."""
    def use(kinds):
        with open(KINDS, encoding="utf-8") as file:
            text = file.read()
        path = os.path.join(office.home, "kinds.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("settings:\n", f"settings:\n  kinds: {kinds}\n", 1))
        office.qf("programme", "load", path)

    def broadcast(key, **more):
        return ("broadcast", {"key": key, "date": 20230506, "values": {"org": "alpha"}, "views": 10, **more})

    def standing():
        return [row["key"] for row in office.qf("list", "broadcast", "--json").json["rows"]]
    with Office(programme=KINDS) as office:
        office.add_source("desk", "alpha", "feed,read")
        partner = office.partner("desk")
        same(partner.send([broadcast("live/1"), broadcast("live/2")]), [Verdict(), Verdict()])
        use("visit")
        until(lambda: partner.send([broadcast(f"live/{partner.next}")])[0].code == 212, 20, "ingest knows what is used")
        same([(v.what, v.code) for v in partner.send([broadcast("late"), broadcast("live/1", views=11, action=2),
                                                      ("broadcast", {"key": "live/2", "action": 3})])],
             [("quarantined", 212), ("quarantined", 212), ("accepted", 0)])
        check({"late": "Q212", "live/1": "Q212"}.items() <= waiting(office).items(), waiting(office))
        told = office.qf("quarantine", "show", "late", "--lang", "en").out
        check("does not use this kind" in told, told)
        until(lambda: standing() == ["live/1"], 20, "what stood stands, and was withdrawn")
        # A partner's own `qf feed` says it before anything is sent.
        event = {"kind": "broadcast", "key": "mine", "date": "2023-05-06", "org": "alpha", "views": 3}
        same([line.get("code") for line in feed(office, event, code=2).lines][:1], ["Q212"])
        use("visit broadcast")
        said = office.qf("quarantine", "retry", "--all", "--reason", "it is used", "--json").lines
        same({line["verdict"] for line in said}, {"accepted"})
        until(lambda: set(standing()) >= {"live/1", "late"}, 20, "they count")
        same((waiting(office), "live/2" in standing()), ({}, False))
        office.verify()


if __name__ == "__main__":
    run(retried_and_dropped, a_retry_that_waited_undoes_no_correction, a_kind_that_the_programme_does_not_use_is_set_aside, a_mistaken_key_changes_nothing, nobody_else_speaks_for_a_partner)
