#!/usr/bin/python3
"""The table S01-S53 of docs/programme.md, read from the page itself: each of its commands is run on the sample programme
of the demo, and what it prints is worked out again from the second implementation's recount of the journal. The page
can't name a command that does not exist, and no command can print another figure than the events give."""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from fractions import Fraction

from oracle import declared, figures, oracle
from support.manual import blocks_by
from support.harness import QF, SOURCE, Office, check, run, same, until

MADE = os.path.join(SOURCE, "deploy/sample/make_sample.py")
LAST = 99999999


def sample_office(directory):
    subprocess.run([sys.executable, "-B", MADE, directory], check=True, stdout=subprocess.DEVNULL)
    return Office(programme=os.path.join(directory, "programme.yaml"))


def feed_sample(office, directory):
    """As deploy/demo does: sheets, then lines with corrections, withdrawals and refusals, then what comes late."""
    partners = sorted(name[:-4] for name in os.listdir(directory) if name.endswith(".csv"))
    for partner in partners:
        office.add_source(partner, partner, role="feed,read")
    for partner in partners:
        office.qf("feed", os.path.join(directory, f"{partner}.csv"), "--as", partner)
        feed_lines(office, directory, partner, ".jsonl", 2)
    office.qf("programme", "load", os.path.join(directory, "timely.yaml"))
    for partner in partners:
        feed_lines(office, directory, partner, ".late.jsonl", 0)
    office.qf("period", "close", "2021..2023", "--waive-missing")
    office.qf("period", "publish", "2021..2023")


def feed_lines(office, directory, partner, suffix, code):
    with open(os.path.join(directory, partner + suffix), encoding="utf-8") as file:
        office.qf("feed", "-", "--as", partner, stdin=file.read(), code=code)


# --- a command, taken apart --------------------------------------------------------------------------------------------

class Command:
    """"qf totals --kind visit --by site --from 2022" as its words and options."""

    def __init__(self, text):
        self.text = text
        self.words = shlex.split(text)[1:]
        self.plain, self.options = [], {}
        rest = list(self.words)
        while rest:
            word = rest.pop(0)
            if word == "--geojson":
                self.options["geojson"] = ["yes"]
            elif word.startswith("--"):
                self.options.setdefault(word[2:], []).append(rest.pop(0))
            else:
                self.plain.append(word)

    def option(self, name, default=None):
        return self.options.get(name, [default])[-1]

    def list(self, name):
        return [part for value in self.options.get(name, []) for part in value.split(",")]

    @property
    def where(self):
        return dict(pair.split("=") for pair in self.list("where"))

    def day(self, name, last):
        text = self.option(name)
        if text is None:
            return LAST if last else 0
        parts = text.split("-")
        parts += (["12", "31"] if last else ["01", "01"])[len(parts) - 1:]
        return int("".join(parts))

    @property
    def which(self):
        return {"where": self.where, "first": self.day("from", False), "last": self.day("to", True)}


def percent(k, n, decimals=1):
    return figures.percent("half_up", k, n, decimals)


def one(event, dimension):
    """Its member of a dimension of which it has one."""
    return event["values"][dimension][0]


# --- what each command has to print, from the recount; gives the figures that stand in its text ------------------------

def check_totals(office, counted, command, said):
    by, kind = command.list("by"), command.option("kind")
    if not kind:
        rows = {tuple(row["members"]): tuple(row[name] for name in oracle.MEASURES) for row in said["rows"]}
        wanted = counted.by(by, **command.which) if by else {}
        same({key: rows.get(key) for key in wanted}, wanted, command.text)
        same({key for key, row in rows.items() if any(row)}, set(wanted), command.text)
        everything = counted.total(**command.which)
        same(tuple(said["all"][name] for name in oracle.MEASURES), everything, command.text)
        return [number for counts in [*wanted.values(), everything] for number in counts[1:3]]
    day = command.day("to", True) % LAST
    measures = command.list("measure") or list(declared.KINDS[kind])
    wanted = counted.declared.rows(counted, kind, by, day, **command.which)
    everything = counted.declared.rows(counted, kind, (), day, **command.which)[()]
    rows = {tuple(row["members"]): row for row in said["rows"]}
    numbers = []
    for key, mine, theirs in [(key, wanted[key], rows.get(key, {})) for key in wanted] * bool(by) + [((), everything, said["all"])]:
        for name in measures:
            # A row in which nothing stands on the day is not printed.
            same(declared.number(theirs.get(name)) or 0, mine[name] or 0, command.text, key, name)
            numbers += [] if mine[name] is None or not theirs else [percent(*mine[name])] if isinstance(mine[name], tuple) else [mine[name]]
    return [number / 1000 for number in numbers] if kind == "score" else numbers


def check_list(office, counted, command, said):
    kind = command.plain[1]
    wanted = counted.declared.within(counted, kind, **command.which)
    same([(row["partner"], row["key"], int(row["date"])) for row in said["rows"]],
         [(partner, event["key"], event["date"]) for partner, event in wanted], command.text)
    for row, (_partner, event) in zip(said["rows"], wanted):
        same({name: value for name, value in row.items() if isinstance(value, int)},
             {name: value for name, value in event.items() if name not in declared.SAID}, command.text, row)
    same(said["all"]["records"], len(wanted))
    return [event["key"] for _partner, event in wanted]


def check_claim(office, counted, command, said):
    measure, bound = command.plain[2].split(">")
    values = [(event[measure], event["key"]) for _partner, event in counted.declared.within(counted, command.plain[1], **command.which)]
    breaks = sorted(key for value, key in values if value <= int(bound))
    same([said["holds"], said["records"], sorted(row["key"] for row in said["breaks"])], [not breaks, len(values), breaks], command.text)
    same(said["least"][measure], min(values)[0])
    return breaks or [min(values)[0]]


def check_show(office, counted, command, said):
    if len(command.plain) == 2:  # the whole framework
        same({row["code"]: len(row["members"]) for row in said["dimensions"] if not row.get("members_of")},
             {code: sum(of == code for of, _ in counted.members) for code, register in {**counted.dimensions, **counted.groupings}.items()
              if not register.get("members_of")}, command.text)
        return [register["zh"] for register in counted.dimensions.values()]
    dimension, day = command.plain[2], command.day("asof", True) % LAST
    members = {}
    for (of, code), register in counted.members.items():
        if of == dimension and (not day or register.get("valid_from", 0) <= day <= register.get("valid_to", LAST)):
            place, name = register, register.get("zh", "")
            for move in register.get("moved", ()):
                if day and move["from"] <= day:
                    place, name = move, move.get("zh", name)
            members[code] = (name, place.get("parent"), sorted(f"{group['dimension']}={group['member']}" for group in place.get("group", ())),
                             register.get("at"))
    if command.option("geojson"):
        same({feature["properties"]["code"]: feature["geometry"]["coordinates"] for feature in said["features"]},
             {code: [float(part) for part in reversed(at.split(","))] for code, (*_, at) in members.items() if at}, command.text)
        return []
    same({row["code"]: (row["zh"], row.get("parent"), sorted(row.get("groups", ())), row.get("at")) for row in said["members"]}, members, command.text)
    same(said["in_force"], len(members))
    return [*members, *([f"有效 {len(members)} 个"] if day else [])]


def offline(counted, year):
    return counted.total({"channel": "offline"}, year * 10000 + 101, year * 10000 + 1231)


def check_year(office, counted, command, said):
    year, base, begin = (int(command.option(name)) for name in ("year", "base", "from"))
    of = {each: offline(counted, each) for each in range(min(base, begin), year + 1)}
    held, came = (sum(of[each][place] for each in range(begin, year + 1)) for place in (1, 2))
    grown = [figures.growth("half_up", of[year][place], of[base][place]) for place in (1, 2)]
    same([said["range"]["activities"], said["range"]["attendances"], said["growth_activities"], said["growth_attendances"]],
         [held, came, *grown], command.text)
    return [f"活动{held}场", f"覆盖{figures.magnitude(came)}人次", *(f"{text[1:]}%" for text in grown), *(of[each][1] for each in of)]


def check_scorecard(office, counted, command, said):
    year = command.day("from", False), command.day("year", True)
    results = [event for _partner, event in counted.declared.within(counted, "survey_result", {}, *year)]
    same(sorted((row["wave"], row["rate_kind"], row["k"], row["n"], row["percent"]) for row in said["rates"]),
         sorted((one(event, "wave"), one(event, "rate_kind"), event["k"], event["n"], percent(event["k"], event["n"])) for event in results))
    over = {(row["wave"], row["rate_kind"]): row["over"]["holds"] for row in said["rates"] if "over" in row}
    same(over, {(one(event, "wave"), one(event, "rate_kind")): 100 * event["k"] > 98 * event["n"] for event in results
                if one(event, "rate_kind") == "satisfaction"})
    views = [event["views"] for _partner, event in counted.declared.within(counted, "broadcast", {}, *year)]
    same([said["broadcasts"]["records"], said["broadcasts"]["least"], said["broadcasts"]["holds"]], [len(views), min(views), min(views) > 10000])
    return ["活动638场", "9万余人次", "50.92%", "73.05%", "96.5%（965/1000）", "94.1%（941/1000）", "超过98%（983/1000）", f"{min(views):,}"]


def check_months(office, counted, command, said):
    year, base = int(command.option("year")), int(command.option("base"))
    for row in said["rows"]:
        month = int(row["month"][-2:])
        for each in (year, base):
            counts = counted.total({"channel": "offline"}, each * 10000 + month * 100 + 1, each * 10000 + month * 100 + 31)
            same([row[f"activities_{each}"], row[f"attendances_{each}"]], list(counts[1:3]), command.text, row)
    same(len(said["rows"]), 12)
    return [row[f"activities_{year}"] for row in said["rows"]]


def check_matrix(office, counted, command, said):
    cells, rows = counted.by(["org", "mode", "content"], **command.which), counted.by(["org", "mode"], **command.which)
    for row in said["rows"]:
        same(row["all"], rows.get((row["org"], row["mode"]), (0, 0))[1], command.text, row)
        for content in ("PL", "DL", "MC"):
            same(row[content] or 0, cells.get((row["org"], row["mode"], content), (0, 0))[1], command.text, row)
        same(row["gaps"], [content for content in ("PL", "DL", "MC") if not cells.get((row["org"], row["mode"], content))])
    check({key for key, counts in rows.items() if counts[1]} <= {(row["org"], row["mode"]) for row in said["rows"]}, command.text)
    return [row["all"] for row in said["rows"]]


def check_joint(office, counted, command, said):
    standing = [activity for _partner, _key, activity, _counts in counted.standing()]
    for row in said["rows"]:
        held = [activity for activity in standing if activity["date"] // 10000 == int(row["year"])]
        joint = sum(counted.members_of(activity, "co_org") != [""] for activity in held)
        led = sum(counted.members_of(activity, "org") != ["MW"] for activity in held)
        same([row["activities"], row["joint"], row["partner_led"]],
             [len(held), *({"k": k, "n": len(held), "percent": percent(k, len(held))} for k in (joint, led))], command.text)
        same(row["modes"], len({mode for activity in held for mode in counted.members_of(activity, "mode")}))
    return [f"{row['joint']['percent']}% ({row['joint']['k']}/{row['joint']['n']})" for row in said["rows"]]


def check_modes(office, counted, command, said):
    wanted = {}
    for (year, org, mode), counts in counted.by(["year", "org", "mode"], **command.which).items():
        wanted.setdefault((year, org), {})[mode] = counts[1]
    same({(row["year"], row["org"]): (row["activities"], row["modes"], sorted(row["which"])) for row in said["rows"]},
         {key: (sum(modes.values()), len(modes), sorted(modes)) for key, modes in wanted.items()}, command.text)
    return [sum(modes.values()) for modes in wanted.values()]


def check_broadcasts(office, counted, command, said):
    held = [event for _partner, event in counted.declared.within(counted, "broadcast", **command.which)]
    same([(row["key"], row["views"], row["above"]) for row in said["rows"]], [(event["key"], event["views"], event["views"] > 10000) for event in held])
    views = sorted(event["views"] for event in held)
    middle = Fraction(views[(len(views) - 1) // 2] + views[len(views) // 2], 2)
    same([said["holds"], said["least"], said["most"], said["median"]], [min(views) > 10000, views[0], views[-1], float(middle)], command.text)
    return views


def check_agreements(office, counted, command, said):
    day = command.day("asof", True)
    wanted = [(event["key"], event["date"] <= day <= event.get("until", LAST)) for _partner, event in counted.declared.within(counted, "agreement", last=day)]
    same(sorted((row["key"], row["state"] != "over") for row in said["rows"]), sorted(wanted), command.text)
    same(said["in_force"], sum(stands for _key, stands in wanted))
    return [f"有效协议{said['in_force']}份"]


def check_five_co(office, counted, command, said):
    day, items = command.day("asof", True), ["C1", "C2", "C3", "C4", "C5"]
    promised = {}
    for _partner, event in counted.declared.of("agreement"):
        if event["date"] <= day <= event.get("until", LAST):
            promised.setdefault(one(event, "org"), set()).update(counted.members_of(event, "five_co"))
    for row in said["rows"]:
        of = [activity for _partner, _key, activity, _counts in counted.standing() if counted.within(activity, **command.which) and
              any(counted.stands_below("org", member, row["org"], activity["date"])
                  for member in counted.members_of(activity, "org") + counted.members_of(activity, "co_org"))]
        for item in items:
            same(row[item], {"promised": item in promised.get(row["org"], ()),
                             "activities": sum(item in counted.members_of(activity, "five_co") for activity in of)}, command.text, row["org"], item)
        same(row["idle"], sum(row[item]["promised"] and not row[item]["activities"] for item in items))
    return [row[item]["activities"] for row in said["rows"] for item in items]


def check_partners(office, counted, command, said):
    for row in said["rows"]:
        of = counted.by(["org_kind"], **command.which).get((row["org_kind"],), (0,) * 5)
        same([row["activities"], row["attendances"]], list(of[1:3]), command.text, row["org_kind"])
    same(sum(row["registered"] for row in said["rows"]), sum(of == "org" for of, _ in counted.members), "every organisation has one kind or none")
    return [row["activities"] for row in said["rows"]]


def check_completeness(office, counted, command, said):
    sheets = {(one(event, "org"), event["date"]): event for _partner, event in counted.declared.of("period_report")}
    expected = {(org, 202300 + month) for org in ("MW", "HG", "SW", "YH", "HX", "XH", "DX") for month in range(1, 13)}
    same({(row["org"], row["month"]) for row in said["rows"] if row["expected"]}, expected, command.text)
    for row in said["rows"]:
        sheet = sheets.get((row["org"], row["month"] * 100))
        counts = counted.by(["org"], None, row["month"] * 100 + 1, row["month"] * 100 + 31).get((row["org"],), (0,) * 5)
        same([row["received"], row["counted"], row["declared"]],
             [sheet is not None, list(counts[1:3]), [sheet["activities"], sheet["attendances"]] if sheet else [0, 0]], command.text, row)
        same(row["differs"], sheet is not None and row["declared"] != row["counted"])
    differing = {(row["org"], row["month"]) for row in said["rows"] if row["differs"]}
    same([said["expected"], said["received"], differing], [84, 83, {("YH", 202305), ("XH", 202306)}])
    same([row["zero"] for row in said["rows"] if (row["org"], row["month"]) == ("XH", 202306)], [True], "received, and warned of")
    return ["应报 84", "已报 83", "不符", "未报", "零报告"]


def stage_order(counted):
    """The stages as the programme names them, one after another."""
    return [code for (of, code) in counted.members if of == "stage"]


def check_oversight(office, counted, command, said):
    day = command.day("asof", True)
    for row in said["rows"]:
        mine = [event for kind in ("checkpoint", "finding") for _partner, event in counted.declared.of(kind)
                if event["key"].startswith(f"{row['cycle']}/{row['org']}/") and event["date"] <= day]
        done = {one(event, "checkpoint") for event in mine if "checkpoint" in event["values"]}
        raised = [event for event in mine if "finding_kind" in event["values"]]
        late = sorted(event["key"] for event in raised if event.get("verified", LAST) > day and event.get("rectified", LAST) > day
                      and event.get("due", LAST) < day)
        stages = {group["member"] for (of, code), register in counted.members.items() if of == "checkpoint" and code in done for group in register["group"]}
        same([row["stage"], row["done"], row["raised"], row["closed"], [each["key"] for each in row["overdue"]]],
             [max(stages, key=stage_order(counted).index, default=None), len(done), len(raised), sum(event.get("verified", LAST) <= day for event in raised), late], command.text, row["org"])
    return [f"{row['done']}/10" for row in said["rows"]]


def check_sites(office, counted, command, said):
    held, visits = counted.by(["site"], **command.which), counted.declared.rows(counted, "visit", ["site"], 0, **command.which)
    for row in said["rows"]:
        of = held.get((row["site"],), (0,) * 5)
        came = visits.get((row["site"],), {}).get("visits") or 0
        same([row["activities"], row["attendances"], row["visits"]], [*of[1:3], came], command.text, row["site"])
        if row["site"]:
            same(row["silent"], not of[0] and (row["site"],) not in visits, command.text, row["site"])
    everything = counted.total(**command.which)
    same([said["all"]["activities"], said["all"]["attendances"]], list(everything[1:3]), command.text)
    same(said["valid"], sum(of == "site" for of, _ in counted.members))
    return [everything[1], everything[2], f"静默的{said['silent']}个"]


def check_site_categories(office, counted, command, said):
    held, visits = counted.by(["site_category"], **command.which), counted.declared.rows(counted, "visit", ["site_category"], 0, **command.which)
    for row in said["rows"]:
        if row["site_category"]:
            same([row["activities"], row["visits"]], [held.get((row["site_category"],), (0,) * 5)[1],
                                                      visits.get((row["site_category"],), {}).get("visits") or 0], command.text, row)
    return [row["visits"] for row in said["rows"]]


def check_site_works(office, counted, command, said):
    day = command.day("asof", True)
    for row in said["rows"]:
        end = min(int(row["year"]) * 10000 + 1231, day)
        of = [event for _partner, event in counted.declared.of("site_works") if one(event, "works_kind") == row["works_kind"] and event["date"] <= end]
        done = [event for event in of if event.get("done", LAST) <= end]
        same([row["begun"], row["done"], row["under_way"]],
             [sum(event["date"] // 10000 == int(row["year"]) for event in of), sum(event["done"] // 10000 == int(row["year"]) for event in done),
              len(of) - len(done)], command.text, row)
    return ["修复完善", "改造提升", "活化利用"]


def check_plan(office, counted, command, said):
    year, day = int(command.option("year")), command.day("asof", True)
    held = [(activity, counts) for _partner, _key, activity, counts in counted.standing() if counted.within(activity, {}, year * 10000 + 101, day)]
    assigned = [event for _partner, event in counted.declared.of("assignment") if event["date"] // 10000 == year]
    for row in said["rows"]:
        if row["level"] == "task":
            continue
        of = [counts for activity, counts in held if row["code"] in counted.members_of(activity, "initiative") and
              (not row["org"] or counted.stands_below("org", one(activity, "org"), row["org"], activity["date"]))]
        same([row["activities"], row["attendances"]], [sum(counts[1] for counts in of), sum(counts[2] for counts in of)], command.text, row)
        targets = [event["target_activities"] for event in assigned if one(event, "initiative") == row["code"] and "target_activities" in event and
                   (not row["org"] or one(event, "org") == row["org"])]
        same(row["target_activities"], sum(targets) if targets else None, command.text, row)
    same(sorted((row["code"], row["org"]) for row in said["rows"] if row["level"] == "assignment"),
         sorted((one(event, "initiative"), one(event, "org")) for event in assigned), command.text)
    same([said["tasks"], said["initiatives"]], [5, 18])
    return ["5项任务，18项举措", f"已完成{said['done']}项（{said['done']}/18）"]


def check_findings(office, counted, command, said):
    by, day = command.option("by", "finding_kind"), command.day("asof", True)
    cohort = [event for _partner, event in counted.declared.within(counted, "finding", **command.which) if event["date"] <= day]
    for row in [*said["rows"], said["all"]]:
        of = [event for event in cohort if row[by] is None or one(event, by) == row[by]]
        closed = sum(event.get("verified", LAST) <= day for event in of)
        same([row["raised"], row["closed"], row["open"]],
             [len(of), {"k": closed, "n": len(of), "percent": percent(closed, len(of))}, len(of) - closed], command.text, row)
    return [f"{row['closed']['percent']}% ({row['closed']['k']}/{row['closed']['n']})" for row in said["rows"]]


def check_why(office, counted, command, said):
    *rows, last = said
    everything = counted.total(**command.which)
    same([len(rows), last["records"], last["number"]["value"], last["sum"]["value"], sum(row["value"] for row in rows)],
         [everything[0], everything[0], *[everything[1]] * 3], command.text)
    return [everything[1]]


def check_quality(office, counted, command, said):
    held = counted.by(["org"], None, command.which["first"], command.which["last"])
    same({row["org"]: [row["records"], row["unknown"]["k"]] for row in said["rows"]}, {org: [counts[0], counts[3]] for (org,), counts in held.items()}, command.text)
    return [counts[0] for counts in held.values()]


def check_doubles(office, counted, command, said):
    standing = [activity for _p, _k, activity, _c in counted.standing() if counted.within(activity, **command.which)]
    pairs = {frozenset((a["key"], b["key"])) for a in standing for b in standing if a["key"] < b["key"] and a["date"] == b["date"]
             and counted.members_of(a, "org") != counted.members_of(b, "org") and counted.members_of(a, "site") == counted.members_of(b, "site") != [""]}
    keys = {frozenset((row["key_a"], row["key_b"])) for row in said["rows"]}
    check(pairs and pairs <= keys, command.text, pairs, keys)
    return [key for pair in pairs for key in pair]


def check_period(office, counted, command, said):
    edition = counted.editions.all[0]
    same(said["sha256"], edition.digest, command.text)
    everything = counted.total(first=edition.first * 100 + 1, last=edition.last * 100 + 31)
    same([tuple(said[when][measure] for measure in oracle.MEASURES) for when in ("then", "now")], [everything] * 2, command.text)
    return [everything[1], everything[2]]


CHECKS = {("why",): check_why, ("doubles",): check_doubles, ("report", "quality"): check_quality, ("period", "show"): check_period, ("totals",): check_totals, ("list",): check_list, ("claim",): check_claim, ("programme", "show"): check_show,
          ("report", "year"): check_year, ("report", "scorecard"): check_scorecard, ("report", "months"): check_months,
          ("report", "matrix"): check_matrix, ("report", "joint"): check_joint, ("report", "modes"): check_modes,
          ("report", "broadcasts"): check_broadcasts, ("report", "agreements"): check_agreements, ("report", "five-co"): check_five_co,
          ("report", "partners"): check_partners, ("report", "completeness"): check_completeness, ("report", "oversight"): check_oversight,
          ("report", "sites"): check_sites, ("report", "site-categories"): check_site_categories, ("report", "site-works"): check_site_works,
          ("report", "plan"): check_plan, ("report", "findings"): check_findings}


# --- the table -----------------------------------------------------------------------------------------------------------

def rows_of_the_page():
    """[(row, [Command])] of the table in docs/programme.md."""
    rows = []
    with open(os.path.join(SOURCE, "docs/programme.md"), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.replace("\\|", "\0").split("|")]
            if re.fullmatch(r"S\d\d", cells[1] if len(cells) > 1 else ""):
                rows.append((cells[1], [Command(text.replace("\0", "|")) for text in re.findall(r"`(qf [^`]*)`", cells[4])]))
    return rows


def shown(figure):
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.3f}".rstrip("0").rstrip(".") if isinstance(figure, float) else figure


def check_command(office, counted, row, command):
    how = next((CHECKS[tuple(command.plain[:count])] for count in (2, 1) if tuple(command.plain[:count]) in CHECKS), None)
    check(how, row, command.text, "is checked by nobody")
    code = 1 if command.plain[0] == "claim" and command.day("from", False) < 20220101 else 0
    said = office.qf(*command.words, "--json", code=code).lines
    numbers = how(office, counted, command, said if how is check_why else said[0])
    if how is check_totals:
        ask_why(office, command, said[0])
    text = office.qf(*command.words, "--lang", "zh", code=code).out
    for figure in numbers:
        check(shown(figure) in text, row, command.text, f"does not print {shown(figure)}:\n{text}")
    return numbers


def ask_why(office, command, said):
    """A number of a table, asked back: the records behind it make it again. Its first row and its last, whatever they are by."""
    kind, by = command.option("kind"), command.list("by")
    within = [word for name in ("where", "from", "to") for value in command.options.get(name, []) for word in (f"--{name}", value)]
    measure = (command.list("measure") or list(declared.KINDS[kind]))[0] if kind else "attendances"
    for row in [said["rows"][0], said["rows"][-1]] if len(by) in (1, 2) and said["rows"] else []:
        cells = [word for name, member in zip(by, row["members"]) for word in ("--cell", f"{name}={member}")]
        last = json.loads(office.qf("why", measure, *(("--kind", kind) if kind else ()), *within, *cells, "--json").out.splitlines()[-1])
        number = declared.number(row.get(measure)) if kind else row[measure]
        wanted = number[0] if isinstance(number, tuple) else number or 0
        same([last["same"], last["number"]["value"]], [True, wanted], command.text, "why", measure, cells)
        check(last["records"] or not wanted, command.text, cells)


def what_was_said_of(lines, kind):
    """{what happened: how often} of the events of a kind in the journal."""
    said = {"corrected": 0, "withdrawn": 0, "late": 0, "rejected": 0}
    for line in lines:
        if line.get("kind") == kind:
            action, taken = line["event"].get("action"), line["verdict"] in oracle.COUNTED
            said["corrected"] += taken and action == "replace"
            said["withdrawn"] += taken and action == "withdraw"
            said["late"] += line["verdict"] == "late"
            said["rejected"] += line["verdict"] == "rejected"
    return said


APART = {"site_category": "site", "site_role": "site", "site_area": "site", "org_kind": "org", "task": "initiative", "stage": "checkpoint"}
PERIODS = ("year", "month", "day")
OF_REPORTS = {"broadcasts": "broadcast", "agreements": "agreement", "five-co": "agreement", "partners": "agreement", "site-works": "site_works",
              "plan": "assignment", "findings": "finding", "oversight": "checkpoint", "completeness": "period_report", "scorecard": "survey_result"}


def counted_by(command):
    """(kind, dimension) of what a command counts; dimension None: the records themselves. Nothing of a register's."""
    if command.plain[0] in ("list", "claim"):
        return {(command.plain[1], None)}
    if command.plain[0] == "report":
        return {(OF_REPORTS.get(command.plain[1], "activity"), None)}
    if command.plain[0] != "totals":
        return set()
    kind = command.option("kind", "activity")
    return {(kind, None)} | {(kind, APART.get(name, name)) for name in [*command.list("by"), *command.where] if name not in PERIODS}


def what_happened_to(lines, kind, dimension):
    """Of the statements of a kind that state a dimension: (members that stand, withdrawn, corrected, late, refused)."""
    def states(event):
        return [event["key"]] if dimension is None else event.get("values", {}).get(dimension) or []
    said, refused = {}, 0
    for line in lines:
        event = line.get("event") or {}
        if line.get("kind") != kind or "key" not in event:
            continue
        if line["verdict"] in oracle.COUNTED:
            said.setdefault((line["partner"], event["key"]), []).append((line["verdict"], event))
        else:
            refused += bool(states(event))
    of = [events for events in said.values() if any(states(event) for _verdict, event in events)]
    stands = [events for events in of if events[-1][1].get("action") != "withdraw"]
    return (len({member for events in stands for member in states(events[-1][1])}), len(of) - len(stands),
            sum(any(event.get("action") == "replace" for _verdict, event in events) for events in of),
            sum(any(verdict == "late" for verdict, _event in events) for events in of), refused)


def what_the_sample_lacks(counted, lines, row, commands):
    """Of a row that counts: two members, something withdrawn, corrected, late and refused, of each thing that it counts by. Of
    a register that it shows: a change from some day on."""
    lacks = []
    for kind, dimension in sorted(set().union(*map(counted_by, commands)), key=str):
        happened = what_happened_to(lines, kind, dimension)
        if happened[0] < 2 or not all(happened):
            lacks.append(f"{row} {kind} {dimension or ''}: members, withdrawn, corrected, late, refused: {happened}")
    for command in commands:
        if command.plain[:2] == ["programme", "show"] and len(command.plain) > 2:
            changes = [register for (of, _code), register in counted.members.items() if of == command.plain[2] and
                       any(register.get(name) for name in ("moved", "valid_from", "valid_to"))]
            if not changes:
                lacks.append(f"{row} {command.text}: nothing of it changes")
    return lacks


def the_blocks_of_the_page_run(office, directory):
    """Each line of them, by bash, beside the sample; what a claim says of it may be no."""
    env = {**os.environ, "PATH": f"{os.path.dirname(QF)}:{os.environ['PATH']}", "QF_DIR": office.dir, "LC_ALL": "C.UTF-8"}
    with open(os.path.join(directory, "broadcasts.csv"), "w", encoding="utf-8") as file:
        file.write("key,lead_org,date,views\nHX/live-4,HX,2023-05-07,20480\n")
    for line in [line for block in blocks_by("docs/programme.md", "the_blocks_of_the_page_run") for line in block.splitlines()]:
        done = subprocess.run(["bash", "-c", line], cwd=directory, env=env, capture_output=True, encoding="utf-8", check=False)
        check(done.returncode == 0 or "qf claim" in line and done.returncode == 1, line, done.returncode, done.stdout, done.stderr)
        check(done.stdout and not done.stderr.startswith("qf "), line, "says", done.stdout, done.stderr)


def every_row_of_the_programme_prints_what_the_events_give(directory="/tmp"):
    import json
    import tempfile
    with tempfile.TemporaryDirectory() as directory, sample_office(directory) as office:
        feed_sample(office, directory)
        lines = [json.loads(line) for line in oracle.dump(QF, office.dir)]
        counted = oracle.Recount()
        for line in lines:
            counted.line(line)
        office.qf("totals", "--at-least", counted.position)
        # The sample has something of everything.
        for kind in ("activity", *declared.KINDS):
            happened = what_was_said_of(lines, kind)
            check(all(happened.values()), kind, happened)
            standing = [event for _p, _k, event, _c in counted.standing()] if kind == "activity" else [event for _, event in counted.declared.of(kind)]
            check(len(standing) > 1, kind, "has two that stand")
        rows = rows_of_the_page()
        same([row for row, _commands in rows], [f"S{number:02d}" for number in range(1, 54)], "all rows, in their order")
        failed = []
        for row, commands in rows:
            check(commands, row, "has no command")
            failed += what_the_sample_lacks(counted, lines, row, commands)
            for command in commands:
                try:
                    numbers = check_command(office, counted, row, command)
                    if command.plain[0] == "totals":
                        check(sum(bool(number) for number in numbers) >= 2, row, command.text, "shows less than two members", numbers)
                except Exception as error:  # all that is wrong is said at once
                    failed.append(f"{row} {command.text}: {error!r}"[:3000])
        check(not failed, "\n".join(failed))
        the_blocks_of_the_page_run(office, directory)
        office.verify()


if __name__ == "__main__":
    run(every_row_of_the_programme_prints_what_the_events_give)
