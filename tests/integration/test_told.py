#!/usr/bin/python3
"""Who says other content under a number of its own hears what stands there; who says less of what only grows, too. What
another partner reported under the same number is nobody's business."""
import json
import os

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")
HEADER = "操作,活动编号,主办单位,活动日期,活动名称,参加人次,更正原因\n"


def sheet(office, name, *rows):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER + "".join(row + "\n" for row in rows))
    return path


def lines(office, *events, code=0, language="zh"):
    return office.qf("feed", "-", "--as", "alpha", "--lang", language, code=code,
                     stdin="".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))


def a_conflict_says_what_stands():
    with Office(programme=PROGRAMME) as office:
        for source in ("alpha", "beta"):
            office.add_source(source, source)
        office.qf("feed", sheet(office, "first.csv", "新增,N-1,甲,2023-05-06,讲座,120,", "新增,N-2,甲,2023-05-07,讲座,30,"), "--as", "alpha")
        office.qf("feed", sheet(office, "beta.csv", "新增,N-1,乙,2023-05-06,讲座,7,"), "--as", "beta")
        again = sheet(office, "again.csv", "新增,N-1,甲,2023-05-06,讲座,150,", "新增,N-2,甲,2023-05-09,讲座,30,", "新增,N-3,甲,2023-05-09,讲座,,")
        said = office.qf("feed", again, "--as", "alpha", "--lang", "zh", code=3).out
        for part in ("E141 第2行「活动编号」：写的是“N-1”", "内容不一样", "（人次以前 120，现在 150）", "（日期以前 2023-05-07，现在 2023-05-09）"):
            check(part in said, part, said)
        check("最接近" not in said, said)
        english = office.qf("feed", "-", "--as", "alpha", "--lang", "en", code=3,
                            stdin='{"key":"N-1","date":"2023-05-06","org":"alpha","attendances":150}\n')
        check("(attendances: 120 before, 150 now)" in english.err, english.err)
        said = office.qf("feed", sheet(office, "unknown.csv", "新增,N-3,甲,2023-05-09,讲座,5,"), "--as", "alpha", "--lang", "zh", code=3).out
        check("（人次以前 不详，现在 5）" in said, said)
        twice = sheet(office, "twice.csv", "新增,N-9,乙,2023-05-06,讲座,1,", "新增,N-9,乙,2023-05-06,讲座,2,")
        said = office.qf("feed", twice, "--as", "beta", "--lang", "zh", code=3).out  # both rows of one file
        check("E141 第3行" in said and "（人次以前 1，现在 2）" in said, said)
        # Of another partner nothing is told.
        said = office.qf("feed", sheet(office, "other.csv", "新增,N-1,乙,2023-05-06,讲座,8,"), "--as", "beta", "--lang", "zh", code=3).out
        check("（人次以前 7，现在 8）" in said and "120" not in said, said)
        office.verify()
        office.qf("audit")


def a_count_that_falls_is_taken_and_told():
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha")
        event = {"kind": "broadcast", "key": "live/3", "date": "2023-05-06", "org": "alpha", "views": 12506, "peak": 900}
        lines(office, event)
        said = lines(office, {**event, "action": "replace", "reason": "export", "views": 13000})
        check("W301" not in said.err, said.err)
        said = lines(office, {**event, "action": "replace", "reason": "export", "views": 11900})
        check("W301 第1行：" in said.err and "观看人次以前 13,000，现在 11,900" in said.err, said.err)
        sheet_of_counts = os.path.join(office.home, "counts.csv")
        with open(sheet_of_counts, "w", encoding="utf-8") as file:
            file.write("操作,直播编号,主办单位,开播时间,观看人次,最高在线,更正原因\n更正,live/3,甲,2023-05-06,12000,800,导出\n")
        said = office.qf("feed", sheet_of_counts, "--kind", "broadcast", "--as", "alpha", "--lang", "zh").out
        check("W301 第2行" in said and "最高在线以前 900，现在 800" in said, said)
        until(lambda: office.qf("totals", "--kind", "broadcast", "--json").json["all"]["views"]["value"] == 12000, 20, "it is taken")
        # An agreement may say less than before.
        agreement = {"kind": "agreement", "key": "a/1", "date": "2023-05-06", "org": "alpha", "until": "2024-01-01"}
        lines(office, agreement)
        said = lines(office, {**agreement, "until": "2023-12-01", "action": "replace", "reason": "ended"})
        check("W301" not in said.err, said.err)
        same(office.verify().declared.of("broadcast")[0][1]["views"], 12000)


if __name__ == "__main__":
    run(a_conflict_says_what_stands, a_count_that_falls_is_taken_and_told)
