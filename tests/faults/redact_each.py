#!/usr/bin/python3
"""`qf redact` is hit at each of its storage calls, by a kill, EIO, a full disk: what lies there
afterwards is one whole journal, with the text or without it, and redacting again ends with it
nowhere, also where the old journal had not been removed yet."""
import argparse
import os
import random
import time

from shim import Shim, steps
from support.harness import Office, check, same
from trim_each import FAULTS, keep, put_back

SECRET = "13812345678"


def has_text(office, name):
    path = office.path(name, "data.mdb")
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        return SECRET.encode() in file.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
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
        kept = os.path.join(office.home, "kept")
        keep(office, kept)
        redact = ("redact", "A-42", "--reason", "a mobile number")
        shim = Shim(office, "qf-ingest")
        for fault in FAULTS:
            tried = done = left = 0
            for call in steps(chance, arguments.stride):
                put_back(office, kept)
                shim.order(call, fault)
                said = office.qf(*redact, code=None, env=shim.env)
                if not shim.lift():
                    same(said.code, 0, said.err)
                    break
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
