#!/usr/bin/python3
"""Orders of arrival that a careful reader would think of last: batches cut anew after
a lost answer, revisions in every order, ticks around an activity that moves."""
import itertools
import random

from support import sample
from support.harness import Office, check, run, same, until
from support.partner import NoAnswer, Verdict

CREATE, REPLACE, WITHDRAW = 1, 2, 3
BATCH = 2000


def activity(key, **fields):
    values = {"org": fields.pop("org", "alpha")}
    return ("activity", {"key": key, "date": 20230506, "values": values, **fields})


def send_all(partner, events):
    """In batches; the verdicts in order."""
    got = []
    for at in range(0, len(events), BATCH):
        got += partner.send(events[at:at + BATCH])
    return got


def an_answer_is_lost_and_the_batch_cut_anew():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        rows = list(sample.activities(1, "alpha", 1000))
        rows[500]["date"] = 20230231  # one that is rejected, so that verdicts are not all alike
        events = [sample.event(row) for row in rows]
        first = partner.send(events[:400])
        # 401..900 in two batches; nobody listens to the answers.
        partner.post(events[400:650])
        partner.post(events[650:900])
        until(lambda: partner.hello().expected == 901, 20, "ingest has taken 900")
        for daemon in ("ingest",):
            office.kill(daemon)
        partner.connect()

        def back():
            try:
                return partner.hello(timeout=0.5).expected == 901
            except NoAnswer:
                return False
        until(back, 20, "ingest is back and knows 900")
        got = partner.send(events[350:], first=351)
        same(len(got), 650)
        same([verdict.what for verdict in got].count("rejected"), 1)
        same(got[150].what, "rejected", "number 501")
        same(first, [Verdict()] * 400)
        rows.pop(500)
        same(office.verify().total(), sample.expected(rows))


def the_same_batch_by_two_connections_is_taken_once():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        rows = list(sample.activities(2, "alpha", 600))
        events = [sample.event(row) for row in rows]
        twin = office.partner("alpha", outbox=partner.outbox)
        twin.holder = partner.holder
        for at in range(0, 600, 60):
            for connection in (partner, twin):
                connection.post(events[at:at + 60], first=at + 1)
        for connection in (partner, twin):
            heard = {}
            def all_heard():
                what, answer = connection.get(10)
                if what == "verdicts":
                    for number, verdict in enumerate(connection.verdicts(answer), answer.first):
                        heard[number] = verdict
                else:
                    # The twin overtook: what follows a hole is refused and sent again.
                    same((what, answer.why), ("refused", 6))
                    connection.post(events[answer.expected - 1:], first=answer.expected)
                return len(heard) == 600
            until(all_heard, 30, "both connections hear 600 verdicts")
            same(set(verdict.what for verdict in heard.values()), {"accepted"})
        same(office.verify().total(), sample.expected(rows))


def revisions_end_alike_in_every_order():
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.add_source("alpha-2", "alpha")
        here, there = office.partner("alpha"), office.partner("alpha-2")
        def story(key):
            return [activity(key, revision=1, action=CREATE, attendances=10),
                    activity(key, revision=2, action=REPLACE, attendances=20, date=20230607),
                    activity(key, revision=3, action=REPLACE, attendances=30, sessions=3),
                    ("activity", {"key": key, "revision": 4, "action": WITHDRAW}),
                    activity(key, revision=5, action=REPLACE, attendances=50, date=20231231, sessions=2)]
        orders = list(itertools.permutations(range(5)))
        by_place = [[], []]
        for number, order in enumerate(orders):
            for place, revision in enumerate(order):
                by_place[place % 2].append((number, place, story(f"R-{number:03d}")[revision]))
        # Place by place, so that the order within a key is kept across both outboxes; each statement twice.
        verdicts = {}
        for place in range(5):
            events = [(number, event) for number, at, event in by_place[place % 2] if at == place]
            partner = (here, there)[place % 2]
            for again in (False, True):
                for (number, event), verdict in zip(events, send_all(partner, [event for _, event in events])):
                    if again:
                        same(verdict.what, "duplicate", "order", orders[number], "said again", event)
                    verdicts.setdefault(number, []).append(verdict)
        # The old file once more: what it says has been superseded, and says so.
        old = send_all(here, [activity(f"R-{number:03d}", action=CREATE, attendances=10)
                              for number in range(len(orders))])
        same({(verdict.what, verdict.code) for verdict in old}, {("duplicate", 302)})
        for number, heard in verdicts.items():
            same(len(heard), 10)
            check(all(verdict.what in ("accepted", "duplicate") for verdict in heard), orders[number], heard)
        counted = office.verify()
        same(counted.total(), (120, 240, 6000, 0, 0))
        same(counted.by(["day"]), {("20231231",): (120, 240, 6000, 0, 0)})


def ticks_follow_their_activity_in_every_order():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        def story(key):
            return [("tick", {"key": key, "counter": "sign_in", "amount": 97}),
                    activity(key, revision=1, action=CREATE),
                    activity(key, revision=2, action=REPLACE, org="alpha-north", date=20240607),
                    ("attendance", {"key": key, "revision": 1, "action": CREATE, "attendances": 120, "method": 2}),
                    ("attendance", {"key": key, "revision": 2, "action": WITHDRAW, "method": 2}),
                    ("activity", {"key": key, "revision": 3, "action": WITHDRAW}),
                    activity(key, revision=4, action=REPLACE, org="alpha-north", date=20240607)]
        orders = list(itertools.permutations(range(7)))
        random.Random(7).shuffle(orders)
        orders = orders[:720]
        for place in range(7):
            got = send_all(partner, [story(f"K-{number}")[order[place]] for number, order in enumerate(orders)])
            check(all(verdict.what == "accepted" for verdict in got), place,
                  [(orders[at], verdict) for at, verdict in enumerate(got) if verdict.what != "accepted"][:5])
            total = office.qf("totals", "--json").json["all"]
            check(total["attendances"] >= 0 and total["records"] <= len(orders), total)
            if place in (2, 5):
                office.verify()
        counted = office.verify()
        same(counted.total(), (720, 720, 720 * 97, 0, 0))
        same(counted.by(["org", "year"]), {("alpha-north", "2024"): (720, 720, 720 * 97, 0, 0)})


if __name__ == "__main__":
    run(an_answer_is_lost_and_the_batch_cut_anew, the_same_batch_by_two_connections_is_taken_once,
        revisions_end_alike_in_every_order, ticks_follow_their_activity_in_every_order)
