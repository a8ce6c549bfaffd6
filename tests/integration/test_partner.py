#!/usr/bin/python3
"""Clients that know nothing of ours but the .proto files: a partner that feeds rows,
a reader that subscribes, and the three lines that read the relay."""
import signal
import subprocess
import sys
import time

import zmq

from support import sample
from support.harness import PATIENCE, PROGRAMME, SOURCE, Office, check, run, same, until
from support.partner import Verdict
from support.web import ask, port_of


def rows_are_fed_judged_and_counted():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        welcome = partner.hello()
        same((welcome.expected, welcome.version, len(welcome.life)), (1, 1, 16))
        check(welcome.window >= 1 and welcome.body_bytes >= 1 << 16, "limits are said")
        rows = list(sample.activities(1, "alpha", 40))
        same(partner.send([sample.event(row) for row in rows]), [Verdict()] * 40)
        # The same activity from elsewhere, changed, and one that cannot be.
        again = office.partner("alpha")
        got = again.send([
            sample.event(rows[0]),
            ("activity", {**sample.event(rows[1])[1], "attendances": 401}),
            ("activity", {**sample.event(rows[2])[1], "attendances": 77, "action": 2}),
            ("activity", {"key": rows[3]["activity_no"], "action": 3, "reason": "held twice by mistake"}),
            ("activity", {**sample.event(rows[4])[1], "key": "no-such-day", "date": 20230231}),
            ("activity", {"key": "unknown-content", "date": 20230506,
                          "values": {"org": "alpha", "content": "no-such-content"}}),
        ])
        same([verdict.what for verdict in got],
             ["duplicate", "rejected", "accepted", "accepted", "rejected", "quarantined"])
        counted = office.verify()
        left = [row for at, row in enumerate(rows) if at not in (2, 3)] + [{**rows[2], "attendances": 77}]
        same(counted.total(), sample.expected(left))


def ticks_count_until_a_claim_stands():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        ticks = [("tick", {"key": "T-1", "counter": "sign_in", "amount": 1}) for _ in range(97)]
        same(partner.send(ticks), [Verdict()] * 97)
        same(office.verify().total(), (0, 0, 0, 0, 0))  # they wait for their activity
        partner.send([("activity", {"key": "T-1", "date": 20230506, "values": {"org": "alpha"}})])
        same(office.verify().total(), (1, 1, 97, 0, 0))
        partner.send([("attendance", {"key": "T-1", "attendances": 120, "method": 2, "as_of_ms": 1})])
        same(office.verify().total(), (1, 1, 120, 0, 0))
        partner.send([("attendance", {"key": "T-1", "method": 2, "action": 3})])
        same(office.verify().total(), (1, 1, 97, 0, 0))
        partner.send([("activity", {"key": "T-1", "action": 3})])
        same(office.verify().total(), (0, 0, 0, 0, 0))


def a_subscriber_sees_what_is_fed():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        reader = office.subscriber()
        until(lambda: reader.turn(0.1) and reader.picture.complete, 10, "the first picture")
        narrow = office.subscriber(prefixes=["attendances/total/all/2023"])
        rows = list(sample.activities(2, "alpha", 60))
        for at in range(0, 60, 6):
            partner.send([sample.event(row) for row in rows[at:at + 6]])
        counted = office.verify()
        for each in (reader, narrow):
            until(lambda: (each.turn(0.1) or True) and each.picture.version >= counted.position
                  and not each.picture.changes, 10, "the last picture")
        ours = {key: list(counts) for key, counts in counted.cells().items()}
        theirs = {key: [values.get(measure, 0) for measure in sorted(values)]
                  for key, values in reader.picture.cells.items()}
        same({key: values for key, values in theirs.items() if any(values)}, ours)
        same({key: list(values.values()) for key, values in narrow.picture.cells.items() if any(values.values())},
             {key: [counts[2]] for key, counts in ours.items() if key[0] == "total" and counts[2]})
        pulse = until(lambda: reader.turn(2) == "pulse" and reader.pulse, 10, "a pulse")
        same((pulse.version, pulse.stopped), (counted.position, False))


def the_program_in_the_documentation_runs():
    with Office() as office:
        office.add_source("alpha", "alpha")
        done = subprocess.run(
            [sys.executable, f"{SOURCE}/tests/support/partner.py", "feed", "--proto", f"{SOURCE}/proto", "--endpoint",
             office.endpoint("feed"), "--server", office.path("keys", "server.public"), "--key",
             office.path("keys", "alpha.secret")],
            input='{"activity": {"key": "P-1", "date": 20230506, "attendances": 5, "values": {"org": "alpha"}}}\n'
                  '{"tick": {"key": "P-1", "counter": "sign_in", "amount": 3}}\n',
            stdout=subprocess.PIPE, check=True, text=True, timeout=60 * PATIENCE)
        same(done.stdout.split(), ["accepted", "accepted"])
        same(office.verify().total(), (1, 1, 5, 0, 0))


def lines_until(process, wanted):
    """Reads what an example says, up to a line with this in it; it says a line each second at least."""
    said = []
    while not (said and wanted in said[-1]):
        said.append(process.stdout.readline())
        check(said[-1] and len(said) < 60, wanted, "is not said:", said)


def the_examples_of_the_protocol_run():
    """As docs/partner.md has them, of a partner HX that reads what it feeds."""
    with Office(programme=f"{SOURCE}/deploy/programmes/integrity-123n.yaml") as office:
        office.add_source("HX", "HX", "feed,read")

        def example(name, endpoint):
            return subprocess.Popen([sys.executable, f"{SOURCE}/docs/examples/{name}", f"{SOURCE}/proto", office.endpoint(endpoint)],
                                    cwd=office.path("keys"), stdout=subprocess.PIPE, encoding="utf-8")
        with example("subscribe.py", "read") as follower:
            try:
                lines_until(follower, "pulse")
                with example("feed_protocol.py", "feed") as feeder:
                    same(feeder.stdout.read().splitlines(),
                         ["expected 1", "1 class 0 code 0", "2 class 4 code 105", "3 class 0 code 0"])
                lines_until(follower, "HX May 2023: [1]")
            finally:
                follower.kill()
        same(office.verify().total(), (1, 1, 40, 0, 0))


def three_lines_read_the_relay():
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.partner("alpha").send([sample.event(row) for row in sample.activities(3, "alpha", 20)])
        wanted = office.verify().total()

        sub = office.context.socket(zmq.SUB)
        sub.connect(office.endpoint("relay"))
        sub.subscribe("t/attendances/total/all/")

        sub.linger = 0
        seen = {}
        begun = time.monotonic()

        def year():
            while sub.poll(100):
                topic, value, _ = sub.recv_multipart()
                if value:  # empty: the relay, a second behind, has nothing yet of what is asked for
                    seen[topic.decode()] = int(value)
            return sum(value for topic, value in seen.items()
                       if topic.rstrip("/").endswith("00")) == wanted[2]
        until(year, 10, f"the months add up to {wanted[2]}")
        check(time.monotonic() - begun < 6 * PATIENCE, "the relay took", time.monotonic() - begun)
        check(all(topic.startswith("t/attendances/total/all/") for topic in seen), seen)


def who_listens_to_the_relay_knows_whether_numbers_move():
    """The third frame says it of each value, a value or none: no word, late, stopped (aggregation) or dead (reporting)."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.partner("alpha").send([sample.event(row) for row in sample.activities(3, "alpha", 20)])
        with office.context.socket(zmq.SUB) as sub:
            sub.linger = 0
            sub.connect(office.endpoint("relay"))
            sub.subscribe("t/records/total/all/")
            sub.subscribe("t/records/org/nobody/")

            def hears(words):
                """Of both what is there and what is not; and the numbers stay with it."""
                waiting, deadline = {True, False}, time.monotonic() + 60 * PATIENCE
                while waiting:
                    check(time.monotonic() < deadline, "nobody says", words)
                    if sub.poll(1000):
                        _, value, about = sub.recv_multipart()
                        if about.decode().split()[2:] == words:
                            waiting.discard(value == b"")
            hears([])
            for daemon, word in (("report", "dead"), ("aggregate", "stopped")):
                office.kill(daemon, signal.SIGSTOP)
                try:
                    hears([word])
                finally:
                    office.kill(daemon, signal.SIGCONT)
                hears([])


def a_training_is_marked_wherever_its_numbers_are():
    with Office(programme=None, http=True) as office:
        office.qf("programme", "load", PROGRAMME, "--training")
        office.add_source("alpha", "alpha")
        office.partner("alpha").send([sample.event(row) for row in sample.activities(3, "alpha", 20)])
        office.wait_records(20)
        with office.context.socket(zmq.SUB) as sub:
            sub.linger = 0
            sub.connect(office.endpoint("relay"))
            sub.subscribe("t/records/total/all/")
            value, about = b"", b""
            while not value:  # empty: the relay has heard of no numbers yet, nor of the registers
                check(sub.poll(20000), "the relay says nothing")
                _, value, about = sub.recv_multipart()
            epoch, version, mark = about.decode().split()
            same((len(epoch), version.isdigit(), mark), (32, True, "training"))
        port = port_of(office)
        for name, words in (("months-2023", {"panel": "months", "year": "2023"}), ("totals", {}), ("activity", {"kind": "activity"})):
            path = {"months-2023": "board", "activity": "list"}.get(name, name)
            disposition = ask(port, f"/api/v1/{path}", format="csv", lang="en", **words)[1]["Content-Disposition"]
            check(f"qingfeng-{name}-training.csv" in disposition, "the name of a table says it", disposition)
        check("none of these numbers are real" in office.qf("report", "year", "--year", "2023", "--lang", "en").out)
        same(office.qf("report", "year", "--year", "2023", "--json").json["training"], True)
        same(office.qf("list", "activity", "--json").json["notes"], ["training"])


if __name__ == "__main__":
    run(rows_are_fed_judged_and_counted, ticks_count_until_a_claim_stands, a_subscriber_sees_what_is_fed,
        the_program_in_the_documentation_runs, the_examples_of_the_protocol_run, three_lines_read_the_relay,
        who_listens_to_the_relay_knows_whether_numbers_move, a_training_is_marked_wherever_its_numbers_are)
