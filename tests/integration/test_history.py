#!/usr/bin/python3
"""qf history: everything that was said of a key, in order, with verdict and reason; and what was answered in one way."""
import json

from support.harness import Office, check, run, same


def statement(number, **more):
    return {"kind": "activity", "key": f"A-{number}", "date": "2023-05-06", "org": "alpha", "content": "law",
            "mode": "onsite", **more}


def everything_that_was_said_of_a_key_is_told_in_order():
    with Office() as office:
        office.add_source("desk", "alpha")
        office.add_source("other", "beta")

        def say(source, *statements, code=0):
            return office.tell(*statements, source=source, code=code)

        say("desk", statement(1, attendances=120), statement(2, attendances=7))
        say("desk", statement(1, attendances=150, action="replace", reason="counted again"))
        say("desk", statement(1, attendances=99), code=3)  # a create beside what stands
        say("desk", statement(1, action="withdraw", reason="was the other hall's"))
        say("other", statement(1, attendances=5, org="beta"))
        lines = office.qf("history", "A-1", "--partner", "alpha", "--json").lines
        same([(line["event"]["action"], line["event"].get("attendances"), line["verdict"], line["code"]) for line in lines],
             [("create", 120, "accepted", None), ("replace", 150, "accepted", None), ("create", 99, "rejected", "E141"),
              ("withdraw", None, "accepted", None)], lines)
        told = office.qf("history", "A-1", "--lang", "en").out
        for words in ("desk  activity A-1  create → accepted", "attendances: 120", "reason: counted again",
                      "create → rejected E141", "withdraw → accepted", "other  activity A-1", "date: 20"):
            check(words in told, words, told)
        same((told.count("This number was reported before"), "org:" in told), (1, False), "a code is explained once, and names are not codes", told)
        told = office.qf("history", "A-1", "--lang", "zh").out
        for words in ("desk  活动 A-1  新增 → 收下", "参加人次：120", "原因：counted again", "新增 → 退回 E141", "撤回 → 收下"):
            check(words in told, words, told)
        rejected = office.qf("history", "--verdict", "rejected", "--json").out.splitlines()
        same([json.loads(line)["event"]["attendances"] for line in rejected], [99])
        said = office.qf("history", "A-1", "--limit", "2", "--lang", "en")
        check(said.out.count(" → ") == 2 and "5 events, of which the first 2" in said.err, said.out, said.err)
        check("as it was fed" in office.qf("history", "A-9", "--lang", "en", code=1).err)
        check("no verdict" in office.qf("history", "--verdict", "lost", "--lang", "en", code=64).err)
        check("which key" in office.qf("history", "--lang", "en", code=64).err)


if __name__ == "__main__":
    run(everything_that_was_said_of_a_key_is_told_in_order)
