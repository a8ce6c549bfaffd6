#!/usr/bin/python3
"""What reporting answers: crossings and filters as the second implementation counts
them, rights of readers, questions that it passes on, cells against the table, and
what it says while aggregation is away."""
import itertools
import json
import os
import random
import signal
import tempfile
import time

from oracle.oracle import MEASURES
from support import sample
from support.harness import PATIENCE, Office, check, run, same, until
from support.partner import ANSWER_S, dealer

TOTALS, GROWTH, STATUS, WAITING, CHECK = range(1, 6)


class Reader:
    """Asks questions with the key of a source."""

    def __init__(self, office, name="office"):
        self.messages = office.messages
        self.socket = dealer(office.context, office.endpoint("read"), office.server_public, office.secret(name))
        self.last = 0

    def ask(self, what=TOTALS, timeout=ANSWER_S, **fields):
        self.last += 1
        query = self.messages.Query(id=self.last, what=what, **fields)
        self.socket.send(self.messages.FromReader(query=query).SerializeToString())
        end = time.monotonic() + timeout
        while True:
            check(self.socket.poll(max(0, int((end - time.monotonic()) * 1000))), "no answer to", query)
            message = self.messages.ToReader()
            message.ParseFromString(self.socket.recv())
            if message.WhichOneof("what") == "denied":
                return message.denied
            if message.WhichOneof("what") == "answer" and message.answer.id == self.last:
                return message.answer


def counts(row):
    return tuple(getattr(row, measure) for measure in MEASURES)


def rows(answer):
    return {tuple(row.member): counts(row) for row in answer.row}


def fill(office, count=150, seed=11):
    for org in sample.ORGS:
        office.add_source(org, org)
        office.partner(org).send([sample.event(row) for row in sample.activities(seed, org, count)])
    return office.verify()


def crossings_are_as_the_second_implementation_counts_them():
    with Office() as office:
        counted = fill(office)
        reader = Reader(office)
        chance = random.Random(5)
        names = ("org", "content", "mode")
        for by in [*itertools.permutations(names, 2), *(((name, period)) for name in names
                                                        for period in ("day", "month", "year"))]:
            where = {}
            if chance.random() < 0.6:
                where = {"mode": chance.choice(sample.MODES)}
            answer = reader.ask(by=by, where=[f"{name}={code}" for name, code in where.items()])
            same(rows(answer), counted.by(by, where), by, where)
            same(counts(answer.all[0]), counted.total(where), by, where)
            if "content" in by:
                check("not_additive content" in answer.note, answer.note)
            check("attendance_unknown" in answer.note, answer.note)
        month = reader.ask(by=["day"], first_day=20230500, last_day=20230500)
        check("undated" in month.note, month.note)
        same(sum(row.activities for row in month.row), month.all[0].activities, "days and undated make the month")
        same(reader.ask(what=CHECK).code, 0, "cells and table agree")
        same(reader.ask(by=["colour"]).code, 1)


def an_answer_is_no_longer_than_a_mebibyte():
    """14,400 rows are few enough, but not with names of 32 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "long.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("code: long\ndimensions:\n  - {code: org, members: [{code: alpha}]}\n")
            for dimension in ("x", "y"):
                names = ", ".join(f"{{code: {long_name(dimension, at)}}}" for at in range(120))
                file.write(f"  - {{code: {dimension}, members: [{names}]}}\n")
        with Office(programme=path) as office:
            office.add_source("alpha", "alpha")
            partner = office.partner("alpha")
            for x in range(0, 120, 10):
                partner.send([("activity", {"key": f"{at}/{y}", "date": 20230506,
                                            "values": {"org": "alpha", "x": long_name("x", at), "y": long_name("y", y)}})
                              for at in range(x, x + 10) for y in range(120)])
            office.wait_records(14400)
            reader = Reader(office)
            whole = reader.ask(by=["x", "y"])
            same((whole.code, len(whole.row)), (2, 0), "it is too large")
            check("narrow" in whole.say, whole.say)
            part = reader.ask(by=["x", "y"], limit=7200)
            same((part.code, len(part.row)), (0, 7200), "half of it is not")
            check("cut" in part.note, part.note)


def long_name(dimension, at):
    return f"{dimension}{at:03d}".ljust(32, "_")


def a_question_waits_for_its_version():
    with Office() as office:
        counted = fill(office, 20)
        reader = Reader(office)
        same(reader.ask(at_least=counted.position).code, 0)
        begun = time.monotonic()
        answer = reader.ask(at_least=counted.position + 1000)
        same(answer.code, 4, "it was not reached")
        check(8 < time.monotonic() - begun < 10 + 4 * PATIENCE, "it waited ten seconds")


def a_source_reads_its_own_organisations():
    with Office() as office:
        counted = fill(office, 40)
        office.add_source("auditor", "alpha", role="read")
        until(lambda: office.qf("totals", "--json").json, 5, "totals")
        reader = Reader(office, "auditor")
        answer = reader.ask(by=["org"], at_least=counted.position + 1)
        same({key for key in rows(answer)}, {("alpha",)})
        check("restricted" in answer.note, answer.note)
        same(counts(answer.all[0]), counted.total(), "the total is everybody's")
        same(reader.ask(where=["org=beta"]).code, 3, "not yours")
        same(counts(reader.ask(where=["org=alpha"]).all[0]), counted.total({"org": "alpha"}))
        check(reader.ask(what=WAITING).DESCRIPTOR.name == "Denied", "the waiting list is the office's")
        narrow = office.subscriber("auditor")
        until(lambda: (narrow.turn(0.1) or True) and narrow.picture.complete, 10, "a picture")
        same({member for dimension, member, _ in narrow.picture.cells if dimension == "org"}, {"alpha"})
        check(any(dimension == "mode" for dimension, _, _ in narrow.picture.cells), "other dimensions are read")

        office.qf("key", "revoke", "auditor")
        until(lambda: (narrow.turn(0.1) or True) and narrow.denied, 10, "who is revoked is told")
        same(reader.ask().DESCRIPTOR.name, "Denied", "and hears nothing more")


def aggregation_is_asked_and_missed():
    with Office() as office:
        counted = fill(office, 20)
        partner = office.partner("alpha")
        partner.next = partner.hello().expected
        partner.send([("tick", {"key": "nobody-said", "counter": "sign_in", "amount": 3})])
        reader = Reader(office)
        until(lambda: json.loads(reader.ask(what=WAITING).json)["waiting"] == 1, 5, "a tick waits")
        waiting = json.loads(reader.ask(what=WAITING).json)
        same((waiting["rows"][0]["key"], waiting["rows"][0]["ticks"]), ("nobody-said", 3))
        status = json.loads(reader.ask(what=STATUS).json)
        same((status["stopped"], status["rows"] > 0, status["waiting"]), (False, True, 1))
        subscriber = office.subscriber()
        until(lambda: (subscriber.turn(0.1) or True) and subscriber.pulse, 10, "a pulse")
        same(subscriber.pulse.stopped, False)
        office.kill("aggregate", signal.SIGSTOP)
        try:
            until(lambda: (subscriber.turn(0.1) or True) and subscriber.pulse.stopped, 10, "the pulse says it is away")
            check("away" in subscriber.pulse.say, subscriber.pulse.say)
            same(counts(reader.ask().all[0]), counted.total(), "the last good numbers are served")
            same(json.loads(reader.ask(what=STATUS).json)["aggregate"], None)
            same(reader.ask(what=WAITING).code, 6)
        finally:
            office.kill("aggregate", signal.SIGCONT)
        until(lambda: (subscriber.turn(0.1) or True) and not subscriber.pulse.stopped, 10, "it is back")


if __name__ == "__main__":
    run(crossings_are_as_the_second_implementation_counts_them, an_answer_is_no_longer_than_a_mebibyte,
        a_question_waits_for_its_version, a_source_reads_its_own_organisations,
        aggregation_is_asked_and_missed)
