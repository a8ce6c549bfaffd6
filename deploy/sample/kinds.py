"""What the sample programme keeps besides activities: a few statements of every declared kind, all of them invented,
for several partners, months and years; and the names that the published programme leaves open, each marked 示例.

Of each kind one statement is corrected, one withdrawn, one comes late and one is refused, so that every view has
something of everything to show. The counts that hold in the end are those of `final()`."""
import datetime

WITHDRAWN, REFUSED = "-撤回", "-退回"
OUTSIDE = "QY"  # an organisation that no partner of the sample may speak for

OVERSEEN = ["ZJ1", "PZ1", "BM1"]
CHECKPOINTS = ["X1", "D1", "D2", "S1", "S2", "S3", "P1", "P2", "P3", "P4"]
SHARES = {"W2023": {"awareness": 965, "participation": 941, "satisfaction": 983},
          "W2022": {"awareness": 902, "participation": 871, "satisfaction": 961}}
VIEWS = [("MW", "2021-09-10", 9800), ("HG", "2022-05-12", 10873), ("SW", "2022-11-18", 11406), ("HG", "2023-03-20", 12506),
         ("HX", "2023-06-15", 10240), ("MW", "2023-09-22", 11873), ("XH", "2023-12-08", 10981)]


def title(text):
    return f"示例{text}"


def broadcasts():
    for number, (org, date, views) in enumerate(VIEWS, 1):
        yield org, {"key": f"{org}/示例直播-{number}", "date": date, "org": org, "title": title(f"微课堂第{number}期"), "start": "19:30",
                    "minutes": 60, "views": views, "viewers": views * 3 // 4, "peak": views // 6, "replay_views": views // 20}


def visits():
    for year in (2022, 2023):
        for number, (org, site) in enumerate((("HG", "S01"), ("HG", "S02"), ("SW", "S01"), ("MW", "CJL"), ("DX", "S06"), ("YH", "S03"))):
            date = f"{year}-{number % 12 + 3:02d}-1{number}"
            yield org, {"key": f"{site}/{date}/1", "date": date, "org": org, "site": site, "visits": 20 + 7 * number + year % 10, "groups": 1 + number % 3}


def survey_waves():
    for wave in SHARES:
        yield "MW", {"key": wave, "date": f"{wave[1:]}-11-01", "org": "MW", "wave": wave, "until": f"{wave[1:]}-11-30", "issued": 1100,
                     "valid": 1000, "title": title("调查：辖区干部群众"), "note": "问卷"}


def survey_results():
    for wave, shares in SHARES.items():
        for rate, k in shares.items():
            yield "MW", {"key": f"{wave}/MW/{rate}/all", "date": f"{wave[1:]}-11-30", "org": "MW", "wave": wave, "rate_kind": rate,
                         "base": "all", "k": k, "n": 1000}


def agreements():
    rows = (("HG", "2022-03-01", None, ["C1", "C2", "C4"], ["KEY"]), ("SW", "2022-05-10", "2024-03-15", ["C1", "C3"], ["PUB", "RISK"]),
            ("YH", "2022-09-01", "2023-08-31", ["C2"], ["RISK"]), ("HX", "2023-02-20", "2025-02-19", ["C1", "C5"], ["KEY", "PUB"]),
            ("XH", "2023-04-18", None, ["C3", "C5"], []), ("DX", "2023-06-30", "2026-06-29", ["C5"], ["KEY"]))
    for org, date, until, five_co, priority in rows:
        yield org, {"key": f"{org}/示例协议-1", "date": date, "org": org, "five_co": five_co, "title": title("联动协议"),
                    **({"priority": priority} if priority else {}), **({"until": until} if until else {})}


def scores():
    for year in (2022, 2023):
        for place, org in enumerate(OVERSEEN):
            for indicator, most in (("I1", "60"), ("I2", "40")):
                yield "MW", {"key": f"{year}/{org}/{indicator}", "date": str(year), "org": org, "indicator": indicator,
                             "points": f"{int(most) - 3 * place - (2023 - year) - 1}.{place}5", "most": most}


def checkpoints():
    for year, far in ((2022, (10, 10, 10)), (2023, (10, 7, 4))):
        for org, done in zip(OVERSEEN, far):
            for number, name in enumerate(CHECKPOINTS[:done]):
                yield "MW", {"key": f"{year}/{org}/{name}", "date": f"{year}-{number + 2:02d}-15", "org": org, "checkpoint": name,
                             "issues": number % 3, "focus": ["literacy"] if number % 2 else ["literacy", "theory"]}


def routine_checks():
    for year in (2022, 2023):
        for number, org in enumerate(OVERSEEN + ["ZJ1"]):
            yield "MW", {"key": f"{org}/示例-{year}-{number}", "date": f"{year}-{3 * number + 2:02d}-08", "org": org, "issues": number,
                         "focus": ["theory"] if number % 2 else ["literacy"], "title": title("调研")}


def findings():
    steps = (("hollow", 30, 20, 25), ("generic", 60, 45, None), ("homogenised", 30, None, None), ("other", 90, 80, 88))
    for year in (2022, 2023):
        for number, org in enumerate(OVERSEEN + ["ZJ1"]):
            kind, due, rectified, verified = steps[(number + year) % 4]
            if year == 2022:  # a year later all of them are closed
                rectified = rectified or due + 10
                verified = verified or rectified + 8
            raised = datetime.date(year, 3 + 2 * number, 1)
            days = {name: (raised + datetime.timedelta(days=after)).isoformat()
                    for name, after in (("due", due), ("rectified", rectified), ("verified", verified)) if after}
            yield "MW", {"key": f"{year}/{org}/{number + 1}", "date": raised.isoformat(), "org": org, "finding_kind": kind,
                         "title": title("问题"), **days}


def assigned():
    """(initiative, organisation, due, how far it says to be): eleven done by the end of 2023, four under way, one overdue,
    one that nobody has begun; M18 is of nobody."""
    for number in range(1, 17):
        for org in ("MW", ("ZJ", "PZ")[number % 2]):
            yield f"M{number:02d}", org, "2023-10-31" if number == 16 else "2023-12-31" if number < 12 else "2024-06-30", 100 if number < 12 else 5 * number - 20
    yield "M17", "BM", "2024-06-30", None


def assignments():
    """What is overdue, under way or not begun has not reached its target."""
    for initiative, org, due, percent in assigned():
        whole, part = (3, 1) if percent == 100 else (12, 8)
        target = whole if org == "MW" else part
        yield "MW", {"key": f"{initiative}/{org}/2023", "date": "2023", "org": org, "initiative": initiative,
                     "target_activities": target, "target_attendances": 100 * target, "due": due}


def progresses():
    for initiative, org, _, percent in assigned():
        if percent:
            yield "MW", {"key": f"{initiative}/{org}/2023", "date": "2023-12-20", "org": org, "initiative": initiative,
                         "percent": percent, "done": percent == 100}


def highlights():
    for number, org in enumerate(("MW", "HG", "SW", "HX", "XH", "DX")):
        yield org, {"key": f"{org}/示例亮点-1", "date": f"2023-{number + 5:02d}-20", "org": org, "title": title("亮点做法"), "note": "示例数据"}


def site_works():
    rows = (("CJL", "2021-11-01", "2022-04-30", "repair", "修复完善"), ("S01", "2022-06-01", "2022-12-20", "upgrade", "改造提升"),
            ("S02", "2023-03-01", "2023-09-30", "activate", "活化利用"), ("S06", "2023-10-10", None, "upgrade", "改造提升"))
    for site, date, done, kind, works in rows:
        yield "MW", {"key": f"{site}/示例工程-1", "date": date, "org": "MW", "site": site, "works_kind": kind, "title": title(works), **({"done": done} if done else {})}


def assessments():
    for year in (2022, 2023):
        for place, org in enumerate(OVERSEEN):
            steps = {"scored": f"{year + 1}-01-{10 + place}", "published": f"{year + 1}-02-01"} if year == 2022 or place < 2 else {}
            yield "MW", {"key": f"{year}/{org}", "date": str(year), "org": org, **steps}


def period_reports(counted):
    """counted: {(organisation, "2023-05"): [activities, attendances]}. One sheet is missing, one says another number, one nothing."""
    for org in ("MW", "HG", "SW", "YH", "HX", "XH", "DX"):
        for month in (f"{year}-{number:02d}" for year in (2021, 2022, 2023) for number in range(1, 13)):
            if (org, month) == ("DX", "2023-11"):
                continue
            activities, attendances = counted.get((org, month), (0, 0))
            wrong, idle = (org, month) == ("YH", "2023-05"), (org, month) == ("XH", "2023-06")
            if idle:  # "nothing took place", though something did
                activities = attendances = 0
            yield org, {"key": f"{org}/{month}", "date": month, "org": org, "activities": activities + wrong, "attendances": attendances + 120 * wrong,
                        "zero": activities == 0 and not wrong, "complete": True}


# kind: statements, and what the one that is corrected said at first
KINDS = {
    "broadcast": (broadcasts, {"views": 9100, "viewers": 9000}), "visit": (visits, {"visits": 9}), "survey_wave": (survey_waves, {"valid": 990}),
    "survey_result": (survey_results, {"k": 938}), "agreement": (agreements, {"five_co": ["C1"]}), "score": (scores, {"points": "11.5"}),
    "checkpoint": (checkpoints, {"issues": 9}), "routine_check": (routine_checks, {"issues": 8}), "finding": (findings, {"finding_kind": "other"}),
    "assignment": (assignments, {"target_activities": 99}), "progress": (progresses, {"percent": 1}), "highlight": (highlights, {"title": "示例：初稿"}),
    "site_works": (site_works, {"date": "2021-11-11"}), "assessment": (assessments, {"date": "2022-03-01"}),
    "period_report": (period_reports, {"attendances": 1}),
}


def fed(statements, first):
    """(before, late): what partners send of a kind, in order: [(partner, event)]. The first statement is corrected, a
    further one withdrawn, one refused; the last comes late."""
    statements = list(statements)
    partner, corrected = statements[0]
    before = [(partner, {**corrected, **first}),
              (partner, {**corrected, "action": "replace", "reason": "示例：核对后更正"})]
    partner, like = statements[1]
    gone = {**like, "key": like["key"] + WITHDRAWN}
    before += [(partner, gone), (partner, {"key": gone["key"], "action": "withdraw", "reason": "示例：没有举办"}),
               (partner, {**like, "key": like["key"] + REFUSED, "org": OUTSIDE})]
    return before + statements[1:-1], statements[-1:]


def all_fed(counted):
    """({partner: [event]}, {partner: [event]}): before, and late."""
    files = {}, {}
    for kind, (statements, first) in KINDS.items():
        made = statements(counted) if kind == "period_report" else statements()
        for file, events in zip(files, fed(made, first)):
            for partner, event in events:
                file.setdefault(partner, []).append({"kind": kind, **event})
    return files


# --- the names that are left open ---------------------------------------------------------------------------------

def line(code, **more):
    return "      - {" + ", ".join([f"code: {code}", *(f"{name}: {value}" for name, value in more.items())]) + "}\n"


def renamed(is_one, zh, en):
    """From 2024 on it is called otherwise: what was said of the years before keeps its names."""
    return {"moved": f"[{{from: 2024-01-01, zh: {zh}（更名后）, en: {en} renamed}}]"} if is_one else {}


def programme(text):
    """The shipped programme with invented names where it has none."""
    for number in range(1, 19):
        text = text.replace(line(f"M{number:02d}"), line(f"M{number:02d}", zh=f"示例举措{number}", en=f"Sample initiative {number}",
                                                         groups=f"[task=T{(number - 1) % 5 + 1}]", **renamed(number == 18, "示例举措18", "Sample initiative 18")))
    for number in range(1, 6):
        text = text.replace(line(f"T{number}"), line(f"T{number}", zh=f"示例任务{number}", en=f"Sample task {number}",
                                                     **renamed(number == 5, "示例任务5", "Sample task 5")))
    text = replaced(text, "{code: P4, zh: 评4, en: evaluation 4, groups: [stage=evaluation]}",
                    "{code: P4, zh: 评4, en: evaluation 4, groups: [stage=evaluation], moved: [{from: 2024-01-01, zh: 评4（示例：更名后）, en: evaluation 4 renamed}]}")
    for number in range(1, 35):
        more = {"zh": f"示例{number}", "en": f"Sample site {number}", "groups": f"[site_category={'NRLFG'[number % 5]}, site_area=A{number % 2 + 1}]"}
        if number <= 6:
            more["at"] = f'"26.0{number},119.4{number}"'
        if number == 3:
            more["moved"] = "[{from: 2023-01-01, zh: 示例3（更名后）, en: Sample site 3 renamed}]"
        if number == 34:
            more.update(valid_from="2022-01-01", valid_to="2023-06-30")
        text = text.replace(line(f"S{number:02d}"), line(f"S{number:02d}", **more))
    text = under(text, "groups: [org_kind=enterprise]}\n", line("ZJ1", zh="示例镇纪委", en="Sample town commission", parent="ZJ", groups="[org_kind=town]"),
                 line("PZ1", zh="示例派驻组", en="Sample resident group", parent="PZ", groups="[org_kind=resident]", **renamed(True, "示例派驻组", "Sample resident group")),
                 line("BM1", zh="示例部门", en="Sample department", parent="BM", groups="[org_kind=dept]"))
    areas = "    members:\n", *(line(f"A{number}", zh=f"示例片区{number}", en=f"Sample area {number}") for number in (1, 2))
    text = under(text, "    en: area\n", *areas)
    text = under(text, "    en: area of a site\n    groups: site\n", *areas)
    text = under(text, "    en: survey wave\n    apart: true\n", "    members:\n",
                 *(line(wave, zh=f"示例调查{wave[1:]}", en=f"Sample survey {wave[1:]}") for wave in SHARES))
    text = under(text, "    en: appraisal indicator\n    apart: true\n", "    members:\n",
                 *(line(f"I{number}", zh=f"示例指标{number}", en=f"Sample indicator {number}") for number in (1, 2)))
    text = under(text, "en: Party-discipline study campaign}\n", line("sample", zh="示例专项", en="Sample campaign", valid_from="2022-01-01", valid_to="2023-12-31"),
                 line("sample2", zh="示例专项二", en="Second sample campaign", valid_from="2023-01-01"))
    text = replaced(text, "en: five-co joint working}", "en: five-co joint working, valid_from: 2022-03-01}")
    text = replaced(text, "settings:\n", "settings:\n  sample: \"yes\"\n")
    return replaced(text, "\ncode: integrity-123n\n", "\n# SAMPLE: names with 示例 are invented.\ncode: integrity-123n\n")


def timely(text):
    """The same with a rule that reports of the past come too late for."""
    return replaced(text, '  # timely_days: "15" ', '  timely_days: "15" ')


def under(text, place, *lines):
    return replaced(text, place, place + "".join(lines))


def replaced(text, old, new):
    if old not in text:
        raise ValueError(f"the programme file has no {old!r} any more")
    return text.replace(old, new, 1)
