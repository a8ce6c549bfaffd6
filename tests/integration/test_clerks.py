#!/usr/bin/python3
"""Files of clerks (tests/data/clerks), each fed to a running service as a clerk feeds it: what is said in both languages,
what is counted and what comes back must be, byte by byte, what stands in FILE.expected. QF_ACCEPT=1 writes these anew."""
import os
import re
import shutil
import sys

from support.harness import SOURCE, Office, check, qf, run, same

FOLDER = os.path.join(SOURCE, "tests/data/clerks")
PROGRAMME = os.path.join(SOURCE, "deploy/programmes/integrity-123n.yaml")
OPTIONS = {"912-workbook-sheet-by-name.xlsx": ["--sheet", "二月"],
           "913-workbook-sheet-by-place.xlsx": ["--sheet", "2"],
           "914-workbook-no-such-sheet.xlsx": ["--sheet", "二月"]}
PARTNERS = ("HG", "DX", "XH", "HX", "YH", "SW", "QY", "MW")  # all of them in one place: a tax office, say, that feeds for others


def clerks():
    """An installation with two clerks: one of the customs, one who feeds for several organisations."""
    office = Office(programme=PROGRAMME)
    office.__enter__()
    office.add_source("all", None, words=[word for org in PARTNERS for word in ("--org", org)])
    office.add_source("hg", "HG")
    return office


def files():
    return sorted(name for name in os.listdir(FOLDER)
                  if name[0].isdigit() or name.startswith("office-") if not name.endswith(".expected"))


def said(result):
    return f"exit {result.code}\n{result.out}{result.err}"


def feed(office, name, *words, code=None):
    source = "hg" if "-hg-" in name else "all"
    return qf("feed", name, "--as", source, "--dir", office.dir, *words, code=code, cwd=office.home)


def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8")


def verdicts(office, name):
    """All that a file brings about, as text."""
    shutil.copy(os.path.join(FOLDER, name), os.path.join(office.home, name))
    options = OPTIONS.get(name, [])
    text = "--- dry run, in English\n" + said(feed(office, name, *options, "--dry-run", "--lang", "en"))
    text += "--- fed\n" + said(feed(office, name, *options, "--lang", "zh"))
    returned = os.path.join(office.home, name.rsplit(".", 1)[0] + "_退回.csv")
    if os.path.exists(returned):
        text += "--- returned\n" + read(returned).replace("\ufeff", "<mark>").replace("\r\n", "\n")
    return text


def every_file_gets_the_verdicts_that_are_expected():
    differing = []
    office = clerks()
    try:
        for name in files():
            got = verdicts(office, name)
            expected = os.path.join(FOLDER, name + ".expected")
            if os.environ.get("QF_ACCEPT"):
                with open(expected, "w", encoding="utf-8") as file:
                    file.write(got)
            wanted = read(expected) if os.path.exists(expected) else ""
            if got != wanted:
                differing.append(f"=== {name}\n--- got\n{got}--- expected\n{wanted}")
        check(not differing, "\n".join(differing))
        check(len(files()) >= 60, len(files()))
        office.verify()
    finally:
        office.__exit__(None, None, None)


# What the clerk changes in the returned file. Whatever was fed, it comes back as a CSV of the same columns.
MENDED = {"103-gbk.csv": {"海关福州": "福州海关"},
          "106-utf16-big.csv": {"5.6": "2023-05-06"},
          "305-header-of-two-lines.csv": {"约30": "30"},
          "606-rows-below-total.csv": {},
          "704-merged-and-returned.csv": {"约三十": "30"},
          "901-workbook.xlsx": {"约30": "30"},
          "907-workbook-merged.xlsx": {"约7": "7"},
          "908-workbook-merged-counts.xlsx": {'"300 (merged)"': '"150"', '"研学",,': '"研学","150",'},
          "909-workbook-formulas.xlsx": {"#DIV/0!": "9", '"研学",,': '"研学","9",'},
          "918-workbook-sparse.xlsx": {"海关福州": "福州海关"},
          "office-1-workbook.xlsx": {"约七十": "70"},
          "office-5-utf16-tabs.csv": {"约七十": "70", "5月8日": "2023-05-08"}}


def returned_rows_that_are_mended_are_taken():
    office = clerks()
    try:
        for name, changes in MENDED.items():
            shutil.copy(os.path.join(FOLDER, name), os.path.join(office.home, name))
            first = feed(office, name, "--json", code=2).json
            path = os.path.join(office.home, first["returned_file"])
            text = read(path)
            check(text.startswith("\ufeff") and text.count("\r\n") == first["returned"] + 1, text)
            for old, new in changes.items():
                check(old in text, name, "does not return", old)
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            second = feed(office, path, "--json", code=0).json
            same([second["rows"], second["taken"], second["returned"]], [first["returned"], first["returned"], 0], second)
            again = feed(office, name, "--again", "--json", code=2).json  # the first file once more brings nothing
            same([again["taken"], again["duplicates"]], [0, first["taken"]], again)
        office.verify()
    finally:
        office.__exit__(None, None, None)


def what_was_mended_is_never_written_over():
    office = clerks()
    try:
        name = write(office, "活动.csv", read(os.path.join(FOLDER, "402-numbers-that-are-not.csv")))
        first = feed(office, name, "--lang", "zh", code=2)
        check("退回的在 活动_退回.csv" in first.out, first.out)
        path = os.path.join(office.home, "活动_退回.csv")
        fresh = read(path)
        same(feed(office, name, "--json", "--lang", "zh", code=2).json["returned_file"], "活动_退回.csv")  # it says the same: nothing new
        write(office, "活动_退回.csv", mended := fresh.replace("约200人", "200"))
        for word in ([], [], ["--again"]):
            told = feed(office, name, *word, "--lang", "zh", code=2)
            check("原来的退回文件内容不同" in told.out and "退回的在 活动_退回2.csv" in told.out, told.out)
            same(read(path), mended)
        same(read(os.path.join(office.home, "活动_退回2.csv")), fresh)
        same(sorted(found for found in os.listdir(office.home) if found.startswith("活动")), ["活动.csv", "活动_退回.csv", "活动_退回2.csv"])
        same(feed(office, "活动_退回.csv", "--json", code=2).json["taken"], 1)
        write(office, "活动.returned.csv", "mine")
        told = feed(office, name, "--lang", "en", code=2).out
        check("was left: when you have mended it" in told and "rows are in 活动.returned2.csv" in told, told)
        same(read(os.path.join(office.home, "活动.returned.csv")), "mine")
        office.verify()
    finally:
        office.__exit__(None, None, None)


PHONES = [f"1380000{i:04d}" for i in range(40)]


def sign_ins(phones, number=""):
    lines = [f"{i + 1},某人{i},{phone},2023-05-06 09:{i % 60:02d},{number}" for i, phone in enumerate(phones)]
    return "签到名单\n序号,姓名,手机号,签到时间,活动编号\n" + "\n".join(lines) + "\n99,,,,\n"


def write(office, name, text, encoding="utf-8"):
    with open(os.path.join(office.home, name), "w", encoding=encoding) as file:
        file.write(text)
    return name


def fold(office, *words, code=0):
    return qf("fold", *words, "--lang", "zh", code=code, cwd=office.home)


def found_in(folder, text):
    """Files below a folder that hold a text, in bytes."""
    found = []
    for place, _, names in os.walk(folder):
        for name in filter(lambda name: os.path.isfile(os.path.join(place, name)), names):
            with open(os.path.join(place, name), "rb") as file:
                found += [name] if text.encode() in file.read() else []
    return found


def sign_ins_become_counts_and_names_stay_where_they_are():
    office = clerks()
    try:
        twice = PHONES + ["+86 138-0000-0000", "138 0000 0001"]  # two came back in
        write(office, "签到.csv", sign_ins(twice), "gbk")
        done = fold(office, "签到.csv", "--activity", "F-1", "--org", "福州海关", "--mode", "研学", "--title", "清风讲堂")
        check("42 人次，不同手机号 40 个" in done.err, done.err)
        said = feed(office, write(office, "人次.csv", done.out), "--json", code=0).json
        same([said["taken"], said["attendances"]], [1, 42], said)
        # More lists are one; who has no number that can be told leaves the people unknown, and is counted.
        write(office, "b.csv", sign_ins(PHONES[:10], "F-2"))
        write(office, "c.csv", sign_ins(PHONES[5:15] + ["138****0000"], "F-2") + sign_ins(PHONES[:3], "F-3").split("\n", 2)[2])
        done = fold(office, "b.csv", "c.csv", "--org", "HG", "--mode", "study_visit")
        rows = done.out.splitlines()
        same(rows[1:], ['"F-2","HG","2023-05-06",,"study_visit",,"21","签到",', '"F-3","HG","2023-05-06",,"study_visit",,"3","签到","3"'])
        # An activity that was fed gets its count by a line of JSON.
        done = fold(office, "b.csv", "--line")
        same(done.out, '{"kind":"attendance","key":"F-2","attendances":10,"method":"signed_in"}\n')
        check(done.out.count("138") == 0 and "某人" not in done.out + done.err, done.out, done.err)
        for secret in (PHONES[7], PHONES[0], "某人3"):
            same(found_in(office.dir, secret), [], "names left the list")
        check("不是工作簿" in fold(office, "b.csv", "--activity", "x", "--sheet", "y", code=64).err)  # --sheet is for the workbooks among the lists
        check("E002" in fold(office, write(office, "d.csv", "a,b\n1,2\n"), "--activity", "x", code=2).err)
        check("--activity" in fold(office, "签到.csv", code=64).err)
        days = sign_ins(PHONES).replace("05-06 09:01", "05-07 09:01")
        check("--date" in fold(office, write(office, "e.csv", days), "--activity", "x", code=64).err)
        office.verify()
    finally:
        office.__exit__(None, None, None)


def a_list_is_folded_without_its_footers_and_says_what_it_left():
    sys.path.insert(0, FOLDER)
    import make  # pylint: disable=import-outside-toplevel
    office = clerks()
    try:
        # Totals, headers of a second page and signatures are nobody, wherever they stand.
        names = ("序号,姓名\n1,张某\n2,李某\n序号,姓名\n3,王某\n4,合计\n合计,3\n填表人：赵某,2023\n")
        done = fold(office, write(office, "names.csv", names), "--activity", "n", "--date", "2023-05-06")
        check("签到 3 人次" in done.err, done.err)
        check("W107 第8行" in done.err and "赵某" not in done.out + done.err, done.err)
        heads = fold(office, write(office, "heads.csv", "姓名,手机号\n组长：张某,13800000000\n李某,13800000001\n"), "--activity", "n", "--date", "2023-05-06")
        check("签到 2 人次，不同手机号 2 个" in heads.err and "W107" not in heads.err, heads.err)
        person = lambda i: make.row_xml([f"某人{i}", PHONES[i]], ' hidden="1"' if i in (1, 2) else "")
        lists = [make.sheet_xml([make.row_xml(["姓名", "手机号"]), *map(person, numbers)]) for numbers in (range(4), range(4, 6))]
        make.book(os.path.join(office.home, "上午下午.xlsx"), lists, sheet_names=["上午", "下午"])
        done = fold(office, "上午下午.xlsx", "--activity", "n", "--date", "2023-05-06")
        check("签到 4 人次" in done.err, done.err)
        check("上午下午.xlsx：W002" in done.err and "没有读：下午" in done.err, done.err)
        check("W106 第3–4行" in done.err, done.err)
        # The number of an activity and its day stand in one cell for all who signed; a line that nobody signed is none.
        signed = [make.row_xml([number, day, name]) for number, day, name in (
            ("活动编号", "签到日期", "姓名"), ("M-1", "2023-05-06", "某人0"), ("", "", "某人1"), ("", "", ""), ("M-2", "2023-05-07", "某人2"), ("", "", "某人3"))]
        merges = '<mergeCells><mergeCell ref="A2:A4"/><mergeCell ref="B2:B4"/><mergeCell ref="A5:A6"/><mergeCell ref="B5:B6"/></mergeCells>'
        make.book(os.path.join(office.home, "合并.xlsx"), [make.sheet_xml(signed, merges)])
        done = fold(office, "合并.xlsx", "--org", "HX")
        same([line.split(",")[0:7:2] for line in done.out.splitlines()[1:]], [['"M-1"', '"2023-05-06"', "", '"2"'], ['"M-2"', '"2023-05-07"', "", '"2"']])
        check("W002" not in fold(office, "上午下午.xlsx", "--sheet", "下午", "--activity", "n", "--date", "2023-05-06").err)
    finally:
        office.__exit__(None, None, None)


def texts_with_somebodys_number_are_returned_here_and_set_aside_there():
    office = clerks()
    try:
        lines = ['{"key":"P1","org":"HG","channel":"offline","mode":"study_visit","date":"2023-05-06","note":"联系人 13800000000"}',
                 '{"key":"P2","org":"HG","channel":"offline","mode":"study_visit","date":"2023-05-06","title":"13800000000 号"}']
        done = qf("feed", "-", "--as", "all", "--dir", office.dir, stdin="\n".join(lines) + "\n", code=2)
        same(done.err.count("Q211"), 2, done.err)
        same(found_in(os.path.join(office.dir, "outbox", "all"), "13800000000"), [])
        # A program that does not look is told by the server; a mended text under the same key is taken.
        partner = office.partner("all")
        partner.hello()
        values = {"org": "HG", "channel": "offline", "mode": "study_visit"}
        events = [("activity", {"key": f"P{i}", "date": 20230506, "values": values, "note": note})
                  for i, note in ((3, "身份证 00000019900101019X"), (4, "联系人：办公室"), (3, "联系人：办公室"))]
        same([(v.what, v.code) for v in partner.send(events)], [("quarantined", 211), ("accepted", 0), ("accepted", 0)])
        office.verify()
    finally:
        office.__exit__(None, None, None)


LEDGER_HEAD = "活动编号,主办单位,协办单位,活动日期,活动名称,线上线下,方式,地点,场次,参加人次,人次来源,实到人数,内容,theme,开始时间,备注\n"
LEDGER_ROWS = ["G-1,福州海关,中建海峡、税务,2023-05-06,=1+2,线下,研学,潮江楼,2,120,签到,100,政治素养、党纪法规,船政文化,9:30,\"两行\n备注\"\n",
               "G-2,福州海关,,2023年5月,讲堂,线上,微课堂,,,,,,,,,\n", "G-3,福州海关,,2023-05-08,讲堂,,研学,,,30,,,,,,\n"]


def ledger_of(office, org):
    return office.qf("ledger", "--org", org, "--lang", "zh").out


def a_ledger_comes_back_as_corrections_of_what_was_changed():
    office = clerks()
    try:
        same(feed(office, write(office, "a.csv", LEDGER_HEAD + "".join(LEDGER_ROWS)), "--json", code=0).json["taken"], 3)
        partner = office.partner("hg")
        partner.hello()
        values = {"org": "HG", "channel": "offline", "mode": "study_visit"}
        bare = ("activity", {"key": "P-1", "date": 20230000, "values": values, "attendances": 5})  # how counted: not said
        same([v.what for v in partner.send([bare])], ["accepted"])
        office.wait_records(4)
        before = office.qf("totals", "--json").json["all"]
        ledger = ledger_of(office, "福州海关")
        same(len(re.findall("^\"更正\"", ledger, re.MULTILINE)), 4, ledger)
        check("\"'=1+2\"" in ledger, "a text would be taken for a formula", ledger)
        own = "".join(line for line in ledger.splitlines(keepends=True) if "P-1" not in line)  # of another partner's records
        said = feed(office, write(office, "unchanged.csv", own), "--json", code=0).json
        same([said["rows"], said["duplicates"], [m["code"] for m in said["messages"]]], [3, 3, ["W103"]], said)
        spelt = own.replace("2023-05-08", "2023/5/8").replace('"30"', '"３０"')
        said = feed(office, write(office, "spelt.csv", spelt, "gb18030"), "--json", code=0).json
        same([said["rows"], said["duplicates"]], [3, 3], said)
        same(office.qf("totals", "--json").json["all"], before)
        # One line is changed and one taken back: two corrections, and what was left alone stays known.
        changed = own.replace('"120"', '"150"').replace('"更正","G-3"', '"撤回","G-3"')
        said = feed(office, write(office, "changed.csv", changed), "--json", code=0).json
        same([said["taken"], said["duplicates"]], [2, 1], said)
        office.wait_records(3)
        # The ledger of before, fed once more as it was, brings nothing back; changed again, it is stale.
        said = feed(office, write(office, "again.csv", own + "\n"), "--json", code=0).json
        same([said["taken"], said["duplicates"]], [0, 3], said)
        stale = own.replace('"120"', '"121"')
        said = feed(office, write(office, "stale.csv", stale), "--json", code=3).json
        same([(m["code"], m["line"]) for m in said["messages"] if m["returned"]], [("E142", 3)], said)
        rows = [line.split(",")[:2] for line in ledger_of(office, "HG").splitlines()[1:] if line.startswith('"更正"')]
        same([row[1] for row in rows], ['"P-1"', '"G-2"', '"G-1"'])
        check('"150"' in ledger_of(office, "HG"))
        same(ledger_of(office, "DX").count("更正,"), 0)
        check("nobody" in office.qf("ledger", "--org", "nobody", code=64).err)
        office.verify()
    finally:
        office.__exit__(None, None, None)


def a_file_is_held_against_what_stands():
    office = clerks()
    try:
        feed(office, write(office, "a.csv", LEDGER_HEAD + "".join(LEDGER_ROWS)), code=0)
        partner = "HG"  # the first organisation of the source "all"
        same(office.qf("reconcile", os.path.join(office.home, "a.csv"), "--org", partner, "--json").json["same"], 3)
        theirs = [LEDGER_ROWS[0].replace(",120,", ",150,").replace("中建海峡、税务", "税务、中建海峡"), LEDGER_ROWS[2],
                  "G-9,福州海关,,2023-05-07,新的,,研学,,,7,,,,,\n", "G-8,福州海关,,5.7,新的,,研学,,,7,,,,,\n"]
        path = os.path.join(office.home, write(office, "b.csv", LEDGER_HEAD + "".join(theirs)))
        feed(office, write(office, "c.csv", LEDGER_HEAD + "G-7,福州海关,,2023-05-07,漏的,,研学,,,9,,,,,\n"), code=0)
        said = office.qf("reconcile", path, "--org", partner, "--json", "--lang", "zh", code=1).json
        same([(row["key"], row["state"]) for row in said["rows"]], [("G-1", "differs"), ("G-9", "only_file"), ("G-7", "only_here")])
        same(said["rows"][0]["differences"], [{"column": "参加人次", "file": "150", "here": "120"}])
        same([said["read"], said["same"], said["returned"]], [4, 1, 1], said)
        same([said["file"]["attendances"], said["here"]["attendances"]], [187, 159], said)
        text = office.qf("reconcile", path, "--org", partner, "--lang", "zh", code=1).out
        for words in (("feed", path), ("reconcile", path, "--org", partner)):  # of a text there is nothing to choose
            said = qf(*words, "--sheet", "2", "--as", "all", "--dir", office.dir, "--lang", "zh", code=64).err
            check("b.csv 不是工作簿" in said and "--sheet" in said, said)
        # Of a workbook one sheet is held against what stands, and that is said.
        book = os.path.join(FOLDER, "911-workbook-more-sheets.xlsx")
        for words, told in (((), True), (("--sheet", "二月"), False)):
            same("W002" in office.qf("reconcile", book, "--org", partner, *words, code=1).err, told)
        check("第2行 G-1 不同；「参加人次」文件“150”，这里“120”" in text and "差 0 场、28 人次" in text, text)
    finally:
        office.__exit__(None, None, None)


def templates_are_read_by_what_prints_them():
    kinds = re.findall(r"^(\w+)（", qf("kinds", "--lang", "zh").out, re.MULTILINE)
    check("activity" in kinds and len(kinds) > 1, kinds)
    folder = os.path.join(SOURCE, "deploy/templates")
    for name in sorted(os.listdir(folder)):
        same(qf("template", name.removesuffix(".csv"), "--lang", "zh").out, read(os.path.join(folder, name)).replace("\r\n", "\n"), name)
    office = clerks()
    try:
        for kind in kinds:
            for language in ("zh", "en"):
                name = write(office, f"{kind}-{language}.csv", qf("template", kind, "--lang", language).out)
                words = [] if kind == "activity" else ["--kind", kind]
                said = feed(office, name, "--dry-run", "--json", *words, code=0).json
                same([said["rows"], [message["code"] for message in said["messages"]]], [0, ["W109"]], kind, language)
    finally:
        office.__exit__(None, None, None)


if __name__ == "__main__":
    run(every_file_gets_the_verdicts_that_are_expected,
        returned_rows_that_are_mended_are_taken, what_was_mended_is_never_written_over,
        sign_ins_become_counts_and_names_stay_where_they_are, a_list_is_folded_without_its_footers_and_says_what_it_left,
        texts_with_somebodys_number_are_returned_here_and_set_aside_there,
        a_ledger_comes_back_as_corrections_of_what_was_changed,
        a_file_is_held_against_what_stands,
        templates_are_read_by_what_prints_them)
