#!/usr/bin/python3
"""`qf redact` is hit at each of its storage calls, by a kill, EIO, a full disk: what lies there
afterwards is one whole journal, with the text or without it, and redacting again ends with it
nowhere, also where the old journal had not been removed yet."""
import os

from each import FAULTS, Kept, begin
from shim import Shim
from support.harness import Office, check, same

SECRET = "13812345678"


def has_text(office, name):
    path = office.path(name, "data.mdb")
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        return SECRET.encode() in file.read()


def main():
    chance, stride = begin()
    with Office() as office:
        office.add_source("alpha", "alpha")
        desk = office.partner("alpha")
        events = [("activity", {"key": f"A-{number}", "date": 20230506, "attendances": number, "title": f"清风讲堂{number}",
                                "values": {"org": "alpha", "mode": "onsite", "content": "law"}}) for number in range(1, 100)]
        events[41][1]["title"] += SECRET
        verdicts = desk.send(events)
        office.wait_records(99)
        counted = office.verify().total()
        office.stop()
        kept = Kept(office)
        redact = ("redact", "A-42", "--reason", "a mobile number")
        shim = Shim(office, "qf-ingest")
        for fault in FAULTS:
            tried = done = left = 0
            for call in kept.hit(shim, fault, redact, chance, stride):
                tried += 1
                check(office.qf("audit", "--json").json["clean"], fault, call)
                gone = not has_text(office, "journal")
                done += gone
                left += gone and has_text(office, "journal.redacted")
                same(office.qf(*redact, code=None).code, 1 if gone else 0, fault, call)
                check(not has_text(office, "journal") and not os.path.exists(office.path("journal.redacted")), fault, call)
            check(tried > 0, f"{fault} was never tried")
            print(f"{fault}: {tried} tried, {done} of them redacted, in {left} the old journal was left", flush=True)
        check(office.qf("audit", "--json").json["clean"])
        office.start()
        same(desk.send(events, first=1), verdicts, "known")
        same(office.verify().total(), counted)


if __name__ == "__main__":
    main()
