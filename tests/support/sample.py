"""Activities and ticks made up from a seed, for the programme tests/data/small-programme.yaml."""
import csv
import random

ORGS = ("alpha", "beta", "gamma", "delta", "epsilon")
CONTENTS = ("law", "family", "history")
MODES = ("onsite", "online")
HEADERS = ("activity_no", "org", "date", "content", "mode", "sessions", "attendances")


def activities(seed, org, count, prefix=None):
    """Rows as dictionaries; attendance is not known for every seventh."""
    chance = random.Random(f"{seed}/{org}")
    for at in range(count):
        month, day = chance.randint(1, 12), chance.randint(1, 28)
        yield {"activity_no": f"{prefix or org}-{at:05d}", "org": org,
               "date": 2023 * 10000 + month * 100 + (0 if at % 11 == 10 else day),
               "content": sorted(chance.sample(CONTENTS, chance.randint(0, 2))), "mode": chance.choice(MODES),
               "sessions": 1 + (at % 5 == 4) * chance.randint(1, 4),
               "attendances": None if at % 7 == 6 else chance.randint(1, 400)}


def event(row):
    """A row as the Activity of a partner."""
    fields = {"key": row["activity_no"], "date": row["date"], "sessions": row["sessions"],
              "values": {"org": row["org"], "content": row["content"], "mode": row["mode"]}}
    if row["attendances"] is not None:
        fields["attendances"] = row["attendances"]
    return "activity", fields


def expected(rows):
    """(records, activities, attendances, records_unknown, activities_unknown)"""
    known = [row for row in rows if row["attendances"] is not None]
    return (len(rows), sum(row["sessions"] for row in rows), sum(row["attendances"] for row in known),
            len(rows) - len(known), sum(row["sessions"] for row in rows) - sum(row["sessions"] for row in known))


def date_text(date):
    year, month, day = date // 10000, date // 100 % 100, date % 100
    return f"{year}-{month:02d}-{day:02d}" if day else f"{year}-{month:02d}"


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        for row in rows:
            writer.writerow([row["activity_no"], row["org"], date_text(row["date"]), ";".join(row["content"]),
                             row["mode"], row["sessions"], "" if row["attendances"] is None else row["attendances"]])
    return path
