#!/usr/bin/python3
"""Fifty subscribers join while feeding runs: each ends with exactly what qf totals
says, one that was stopped for ten seconds goes on, and reporting keeps no more
memory for it. Then the daemons are killed in every order and heal within two seconds.
And counting waits for who reads its rows slowly, not for who stands still."""
import itertools
import multiprocessing
import os
import signal
import time

from support import sample
from support.client_process import follow_until
from support.harness import PATIENCE, Failure, Office, check, run, same, until
from support.partner import dealer

SUBSCRIBERS = 50
STOPPED_S = 10
KEY_BYTES = 96
RING_ROWS = 16 * 1024 * 1024 // (KEY_BYTES + 32)  # aggregation keeps so many that were told, at most
NOT_WAITED_S = 0.4  # in fact half a second
GROWN_KIB = 64 * 1024  # and 64 bytes for each row that is counted; what he does not take are 40 MiB. A sanitizer needs more
BATCH, AT_ONCE = 8192, 2 * 8192  # a record has all that came at once, and a commit whole records: they must fit the ring
ROWS = 2 * RING_ROWS
FRAME_BYTES = 64 * 1024
CELLS, ROWS_TOO, REGISTERS = 1, 2, 4


def fifty_subscribers_end_with_the_same_totals():
    with Office() as office:
        for org in sample.ORGS:
            office.add_source(org, org)
        partners = {org: office.partner(org) for org in sample.ORGS}
        rows = {org: list(sample.activities(5, org, 1200)) for org in sample.ORGS}
        target = multiprocessing.Value("q", 0)
        results = multiprocessing.Queue()
        address = (office.dir, office.endpoint("read"), office.server_public, office.secret("office"))
        readers = []

        def join():
            reader = multiprocessing.Process(target=follow_until, args=(len(readers), address, target, results),
                                             daemon=True)
            reader.start()
            readers.append(reader)

        stopped_at = None
        before = office.memory_kib("report")
        for at in range(0, 1200, 12):
            for org in sample.ORGS:
                partners[org].send([sample.event(row) for row in rows[org][at:at + 12]])
            if len(readers) < SUBSCRIBERS and at % 24 == 0:
                join()
            if len(readers) == 10 and stopped_at is None:
                os.kill(readers[3].pid, signal.SIGSTOP)
                stopped_at = time.monotonic()
        while len(readers) < SUBSCRIBERS:
            join()
        check(stopped_at is not None, "one was stopped")
        counted = office.verify()
        # The others are done while the stopped one still stands.
        target.value = counted.position
        got = {}

        def others_done():
            while not results.empty():
                number, picture = results.get()
                got[number] = picture
            return len(got) >= SUBSCRIBERS - 1
        until(others_done, 60, "forty-nine pictures are complete")
        check(3 not in got, "the stopped subscriber was not stopped")
        until(lambda: time.monotonic() - stopped_at >= STOPPED_S, 20, "ten seconds have passed")
        check(office.memory_kib("report") - before < 64 * 1024, "reporting grew by",
              office.memory_kib("report") - before, "KiB")
        os.kill(readers[3].pid, signal.SIGCONT)
        got[3] = results.get(timeout=30 * PATIENCE)[1]
        wanted = {key: list(counts) for key, counts in counted.cells().items()}
        for number in range(SUBSCRIBERS):
            same(got[number], wanted, "subscriber", number)
        for reader in readers:
            reader.join(10)
        same(counted.total(), sample.expected([row for org in sample.ORGS for row in rows[org]]))


def restarts_in_any_order_heal_within_two_seconds():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        rows = iter(sample.activities(6, "alpha", 400))
        reader = office.subscriber()
        partner.send([sample.event(next(rows))])
        worst = 0.0
        for order in itertools.permutations(("ingest", "aggregate", "report")):
            for daemon in order:
                office.kill(daemon)
            begun = time.monotonic()
            partner.connect()

            def fed():
                try:
                    partner.next = partner.hello(timeout=0.2).expected
                    return True
                except Exception:
                    return False
            until(fed, 10, f"ingest serves again after {order}")
            partner.send([sample.event(next(rows))])
            last = partner.next - 1

            def seen():
                reader.turn(0.05)
                return reader.picture.complete and not reader.picture.changes \
                    and office_total(reader.picture) == last
            until(seen, 10, f"the subscriber sees all {last} after {order}")
            took = time.monotonic() - begun
            worst = max(worst, took)
            check(took < 2.0 * PATIENCE, order, "took", took)
            for daemon in order:
                same(len(office.pids(daemon)), 1, daemon)
        print(f"six orders, the slowest healed in {worst:.2f} s")
        same(office.verify().total()[0], partner.next - 1)


def office_total(picture):
    """Records in all: the months' and the years' own."""
    return sum(values[min(values)] for (dimension, _, period), values in picture.cells.items()
               if dimension == "total" and period % 100 == 0)


class SlowReader:
    """Follows all rows at aggregation itself, as reporting does: one frame every so often, and no more."""
    EVERY_S = 0.05

    def __init__(self, office):
        self.messages = office.messages
        self.socket = dealer(office.context, office.endpoint("totals"))
        self.rows = set()
        self.version = self.received = 0  # whose rows it has all; bytes
        self.window = FRAME_BYTES
        self.asked, self.rested_s = time.monotonic(), 0.0  # the longest that it asked for nothing
        self.put(subscribe=self.messages.Subscribe(version=1, id=1, credit=self.window, want=CELLS | ROWS_TOO | REGISTERS))

    def put(self, **what):
        self.socket.send(self.messages.FromReader(**what).SerializeToString())

    def turn(self):
        """Asks for more, and takes what comes in a while."""
        now = time.monotonic()
        self.rested_s, self.asked = max(self.rested_s, now - self.asked), now
        self.put(more=self.messages.More(id=1, total=self.received + self.window))
        while self.socket.poll(max(0, int(1000 * (now + self.EVERY_S - time.monotonic())))):
            message, frame = self.messages.ToReader(), self.socket.recv()
            message.ParseFromString(frame)
            if message.WhichOneof("what") != "update":
                continue
            self.received += len(frame)
            for rows in message.update.rows:
                self.rows.update(rows.row)
            if message.update.end:
                self.version = message.update.upto


def long_keys(messages, letter, at):
    """A batch of activities whose keys are as long as may be, so that few of them fill the ring of rows; as columns, which
    are told apart by what each key adds to the one before."""
    tails = [f"{number:08d}" for number in range(at, at + BATCH)]
    texts = [tails[0].rjust(KEY_BYTES, letter), *tails[1:], "org", "alpha"]
    shared = [0, *[KEY_BYTES - 8] * (BATCH - 1), 0, 0]
    fixed = [messages.Column(field=4, offset=20230506, u=[1]), messages.Column(field=7, offset=10, u=[1]),
             messages.Column(field=5, dimension=BATCH, u=[BATCH + 2])]
    run = messages.Run(kind=1, n=BATCH, key_from=0, column=fixed)
    return messages.Body(schema=1, text_all="".join(texts).encode(), text_len=map(len, texts), text_shared=shared,
                         run=[run]).SerializeToString()


def counting_waits_for_a_slow_reader_and_not_for_one_that_stands():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner, other, slow = office.partner("alpha"), office.subscriber(), SlowReader(office)
        until(lambda: slow.turn() or slow.version, said="the slow reader has what there is")
        sent, acknowledged, counted, behind, seen, waiting = 0, 0, 0, 0, set(), []
        before = office.memory_kib("aggregate", "RssAnon")

        def begin_to_feed(letter):
            nonlocal sent
            waiting.extend(long_keys(office.messages, letter, at) for at in range(0, ROWS, BATCH))
            sent += ROWS
            slow.asked, slow.rested_s = time.monotonic(), 0.0

        def look():
            nonlocal acknowledged, counted, behind
            while other.turn(0):
                pass
            while partner.socket.poll(0):
                what, answer = partner.get()
                same((what, list(answer.code)), ("verdicts", []), "all accepted")
                acknowledged += answer.count
            while waiting and partner.next - 1 - acknowledged < AT_ONCE:
                partner.post(None, facts=waiting.pop(), count=BATCH)
            counted = office_total(other.picture)
            seen.add(other.picture.version)
            behind = max(behind, counted - len(slow.rows))
            return counted
        for letter in "abc":
            behind, seen, slow.window = 0, set(), FRAME_BYTES
            begin_to_feed(letter)
            until(lambda: slow.turn() or look() and acknowledged == sent and len(seen) > 3, timeout=120,
                  said="all is acknowledged, and counting goes on as far as he reads")
            print(f"{sent - counted} of {sent} not counted, {len(slow.rows)} rows told, at most {behind} behind, "
                  f"{len(seen)} versions seen, he rested for {slow.rested_s:.2f} s at most")
            waited, rested_s, slow.window = counted < sent, slow.rested_s, 64 * FRAME_BYTES
            until(lambda: slow.turn() or look() == sent and len(slow.rows) == sent, timeout=120, said="he has all rows")
            if rested_s < NOT_WAITED_S:
                break  # else the machine had no time for him, and nobody waits for that
        else:
            raise Failure("on this machine nobody reads steadily")
        check(behind < RING_ROWS, "he fell out of the ring: all of the table is read for him again", behind)
        check(waited, "counting did not wait")
        # He stops: whoever waits for him, waits half a second.
        begin_to_feed("z")
        until(lambda: look() == sent, timeout=120, said="all is counted while he stands still")
        grown = office.memory_kib("aggregate", "RssAnon") - before
        print(f"aggregation grew by {grown} KiB, {sent} rows")
        check(PATIENCE > 1 or grown < GROWN_KIB + sent // 16, "aggregation keeps for him what he does not take", grown)
        until(lambda: slow.turn() or len(slow.rows) == sent, timeout=120, said="he goes on where he stood")
        slow.socket.close()


if __name__ == "__main__":
    run(fifty_subscribers_end_with_the_same_totals, restarts_in_any_order_heal_within_two_seconds,
        counting_waits_for_a_slow_reader_and_not_for_one_that_stands)
