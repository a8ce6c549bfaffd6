#!/usr/bin/python3
"""Writes sample data of the "123+N" programme: CSV files as clerks hand them in.

Three years of made-up activities, each title beginning with 示例 ("sample").
Their figures agree with what was published of the programme (638 activities in
2022 and 2023, over 90,000 attendances, 50.92 % and 73.05 % more in 2023 than in
2021), and are not taken from it: the yearly figures were never published, and
218 / 309 / 329 is one of seven triples that fit.

    deploy/sample/make_sample.py DIRECTORY

writes for each partner DIRECTORY/<organisation>.csv, activities in the layout of
the clerks' template (UTF-8 with BOM, CRLF), and <organisation>.jsonl, lines for
"qf feed -": the other kinds (kinds.py), with something corrected, withdrawn and
refused, activities too. <organisation>.late.jsonl is to be fed when timely.yaml,
programme.yaml with a rule for lateness, has been loaded. It prints a line
"<organisation> <activities> <attendances> <file>" for each. The same files come
out on every machine and every time.
"""

import argparse
import csv
import datetime
import json
import os
import sys

import kinds

YEARS = {  # year: (activities, attendances)
    2021: (218, 27_986),
    2022: (309, 42_137),
    2023: (329, 48_430),
}

# Lead organisations by code and name (deploy/programmes/integrity-123n.yaml), with their share of the activities of
# 2021, 2022 and 2023: from one body's work to that of many.
PARTNERS = [
    ("MW", ["马尾区纪委监委", "各镇(街)纪(工)委", "各派驻纪检监察组"], (58, 40, 32)),
    ("HG", ["福州海关"], (10, 13, 14)),
    ("SW", ["税务部门"], (9, 12, 13)),
    ("YH", ["驻区银行系统"], (7, 11, 12)),
    ("HX", ["中建海峡"], (6, 9, 11)),
    ("XH", ["厦门航空福州分公司"], (5, 8, 9)),
    ("DX", ["省委党校"], (5, 7, 9)),
]

HEADER = (
    "操作,活动编号,主办单位,协办单位,活动日期,活动名称,线上线下,方式,地点,参加人次,人次来源,"
    "内容,三抓三促,五共,重点,举措编号,备注,更正原因"
).split(",")

MONTHS = (5, 4, 8, 9, 12, 11, 9, 6, 10, 9, 9, 8)  # weights, January first
CONTENTS = ["政治素养", "党纪法规", "道德修养"]
WORKSTREAMS = ["抓红廉教育", "抓家风建设", "抓移风易俗"]
FIVE_CO = ["共享资源", "共筑防线", "共创廉洁", "共治监督", "共育人才"]
PRIORITIES = ["关键岗位教育", "宣传引导", "把控廉政风险"]
METHODS = ["签到", "签到", "签到", "点人头", "登记", "估计"]
TOPICS = ["廉洁讲座", "警示教育", "家风故事会", "红色研学", "法纪课堂", "廉洁书画展", "移风易俗宣讲", "岗位廉政谈心"]
NOT_BEGUN = "M17"  # an initiative of which there is nothing yet
SITES = ["潮江楼"] + [f"S{number:02d}" for number in range(1, 34)]


class Draws:
    """Numbers that look random and are the same everywhere (a 64-bit linear congruence)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, most):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % most

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def weighted(self, weights):
        """The index of one of the weights, as often as it weighs."""
        left = self.below(sum(weights))
        for index, weight in enumerate(weights):
            if left < weight:
                return index
            left -= weight
        raise AssertionError("the weights add up to more than their sum")

    def some_of(self, choices, most):
        """One to most of them, in their own order."""
        wanted = 1 + self.below(most)
        chosen = set()
        while len(chosen) < wanted:
            chosen.add(self.below(len(choices)))
        return [choices[index] for index in sorted(chosen)]


def apportion(total, weights):
    """Splits a whole number by weights, so that the parts add up to it (largest remainders)."""
    parts = [total * weight // sum(weights) for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % sum(weights)), i))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def activity(draws, year, number, partner, cohosts):
    """One row, all but its attendance."""
    code, names, _ = partner
    month = 1 + draws.weighted(MONTHS)
    days = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    visits = draws.below(100) < 38
    joint = draws.below(100) < 20 + 10 * (year - 2021)
    topic = draws.one_of(TOPICS)
    return {
        "操作": "新增",
        "活动编号": f"示例-{code}-{year}-{number:03d}",
        "主办单位": names[draws.weighted([4, 3, 3][: len(names)])],
        "协办单位": "、".join(draws.some_of(cohosts, 2)) if joint else "",
        "活动日期": datetime.date(year, month, 1 + draws.below(days)).isoformat(),
        "活动名称": f"示例{topic}第{number}场",
        "线上线下": "线下",
        "方式": "研学" if visits else "线下活动",
        "地点": draws.one_of(SITES) if visits else "",
        "人次来源": draws.one_of(METHODS),
        "内容": "、".join(draws.some_of(CONTENTS, 2)),
        "三抓三促": draws.one_of(WORKSTREAMS) if draws.below(100) < 55 else "",
        "五共": "、".join(draws.some_of(FIVE_CO, 2)) if joint else "",
        "重点": draws.one_of(PRIORITIES) if draws.below(100) < 40 else "",
        "举措编号": initiative if draws.below(100) < 70 and (initiative := f"M{1 + draws.below(18):02d}") != NOT_BEGUN else "",
        "备注": "示例数据",
    }


def told_twice(rows, year):
    """In 2023 two partners report what may be one joint activity: the same day at the same place."""
    if year == 2023:
        of = {code: made for (code, _, _), made in zip(PARTNERS, rows)}
        first = next(row for row in of["HG"] if row["地点"])
        of["SW"][3].update({column: first[column] for column in ("活动日期", "方式", "地点")})
        of["SW"].sort(key=lambda row: (row["活动日期"], row["活动编号"]))


def year_of_rows(draws, year):
    """All rows of a year, by partner, with exactly its activities and attendances."""
    activities, attendances = YEARS[year]
    counts = apportion(activities, [shares[year - 2021] for _, _, shares in PARTNERS])
    rows = []
    for partner, count in zip(PARTNERS, counts):
        cohosts = [names[0] for code, names, _ in PARTNERS if code != partner[0]]
        made = [activity(draws, year, number, partner, cohosts) for number in range(1, count + 1)]
        rows.append(sorted(made, key=lambda row: (row["活动日期"], row["活动编号"])))
    told_twice(rows, year)
    # From small talks to full halls: the square of an even draw, never nobody.
    weights = [400 + draws.below(100) ** 2 for made in rows for _ in made]
    sizes = iter(apportion(attendances, weights))
    for made in rows:
        for row in made:
            row["参加人次"] = next(sizes)
    return rows


CODES = {  # of the names that clerks write
    "主办单位": {"马尾区纪委监委": "MW", "各镇(街)纪(工)委": "ZJ", "各派驻纪检监察组": "PZ", **{names[0]: code for code, names, _ in PARTNERS[1:]}},
    "方式": {"研学": "study_visit", "线下活动": "offline_other"}, "地点": {"潮江楼": "CJL"},
    "内容": dict(zip(CONTENTS, ("PL", "DL", "MC"))), "三抓三促": dict(zip(WORKSTREAMS, ("RED", "FAM", "CUS"))),
    "五共": {name: f"C{number}" for number, name in enumerate(FIVE_CO, 1)}, "重点": dict(zip(PRIORITIES, ("KEY", "PUB", "RISK"))),
}
TAGS = {  # that the template has no columns for
    "side": ["taker", ["giver", "taker"], "giver"], "theme": ["traditional", ["revolutionary", "family"], "shipbuilding"],
    "campaign": ["sample"], "audience": ["cadre", ["public", "cadre"], "key_post", "enterprise_staff"], "area": ["A1", "A2"],
}
FIELDS = (("主办单位", "org"), ("协办单位", "co_org"), ("方式", "mode"), ("地点", "site"), ("内容", "content"), ("三抓三促", "workstream"),
          ("五共", "five_co"), ("重点", "priority"), ("举措编号", "initiative"))


def event_of(row):
    """The line of JSON that says what a row of a clerk's sheet does."""
    event = {"kind": "activity", "key": row["活动编号"], "date": row["活动日期"], "title": row["活动名称"], "note": row["备注"],
             "channel": "offline", "attendances": row["参加人次"]}
    for column, dimension in FIELDS:
        codes = CODES["主办单位"] if dimension == "co_org" else CODES.get(column, {})
        members = [codes.get(name, name) for name in row[column].split("、") if name]
        if members:
            event[dimension] = members if len(members) > 1 else members[0]
    return event


def taken_out(rows):
    """Of a partner's rows two are fed as lines: (rows left, events before, events late). One row is wrong at first, one
    comes late, one is withdrawn and one refused that were no activities at all."""
    corrected = next(row for row in rows if row["活动日期"] > "2022")
    event, late = ({**event_of(row), **{dimension: choices[(place + len(rows)) % len(choices)] for dimension, choices in TAGS.items()}}
                   for place, row in enumerate((corrected, rows[-1])))
    late["campaign"] = ["sample", "sample2"]
    gone = {**event, "key": event["key"] + kinds.WITHDRAWN}
    before = [{**event, "attendances": event["attendances"] * 10}, {**event, "action": "replace", "reason": "示例：多写了一个零"},
              gone, {"kind": "activity", "key": gone["key"], "action": "withdraw", "reason": "示例：没有举办"},
              {**event, "key": event["key"] + kinds.REFUSED, "org": kinds.OUTSIDE}]
    return [row for row in rows if row is not corrected and row is not rows[-1]], before, [late]


def online():
    """What is held online is an activity too, and none of the published 638."""
    for year in (2022, 2023):
        yield {"kind": "activity", "key": f"示例-MW-{year}-线上", "date": f"{year}-04-20", "org": "MW", "channel": "online", "mode": "microclass",
               "content": "PL", "title": "示例：线上微课堂", "attendances": 60 + year % 10}


def months_of(rows):
    """{(organisation, "2023-05"): [activities, attendances]} as they stand in the end."""
    counted = {}
    for row in rows:
        sums = counted.setdefault((CODES["主办单位"][row["主办单位"]], row["活动日期"][:7]), [0, 0])
        sums[0] += 1
        sums[1] += row["参加人次"]
    return counted


def write_lines(path, events):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def write_programme(directory):
    shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../programmes/integrity-123n.yaml")
    with open(shipped, encoding="utf-8") as file:
        programme = kinds.programme(file.read())
    for name, text in (("programme.yaml", programme), ("timely.yaml", kinds.timely(programme))):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)


def write_file(path, rows):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def check(year, rows):
    made = [row for partner in rows for row in partner]
    sums = (len(made), sum(row["参加人次"] for row in made))
    if sums != YEARS[year] or min(row["参加人次"] for row in made) < 1:
        sys.exit(f"{year}: {sums} instead of {YEARS[year]}")


def main():
    parser = argparse.ArgumentParser(description="Writes sample data of the 123+N programme as clerks' CSV files.")
    parser.add_argument("directory")
    directory = parser.parse_args().directory
    os.makedirs(directory, exist_ok=True)
    draws = Draws(20240401)
    rows = {code: [] for code, _, _ in PARTNERS}
    for year in YEARS:
        made = year_of_rows(draws, year)
        check(year, made)
        for (code, _, _), of_partner in zip(PARTNERS, made):
            rows[code] += of_partner
    write_programme(directory)
    counted = months_of(row for of_partner in rows.values() for row in of_partner)
    for event in online():
        sums = counted.setdefault((event["org"], event["date"][:7]), [0, 0])
        sums[0] += 1
        sums[1] += event["attendances"]
    before, late = kinds.all_fed(counted)
    for code, of_partner in rows.items():
        path = os.path.join(directory, f"{code}.csv")
        left, said, last = taken_out(of_partner)
        said += online() if code == "MW" else ()
        write_file(path, left)
        write_lines(os.path.join(directory, f"{code}.jsonl"), said + before.get(code, []))
        write_lines(os.path.join(directory, f"{code}.late.jsonl"), last + late.get(code, []))
        print(code, len(of_partner), sum(row["参加人次"] for row in of_partner), path)


if __name__ == "__main__":
    main()
