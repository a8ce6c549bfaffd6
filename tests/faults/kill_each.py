#!/usr/bin/python3
"""kill -9 at every storage call of a short feed, cleanly before the call and in the
middle of a write, of ingest, of aggregation and of the feeding qf: each time
everything acknowledged is there once, and the counts are right.

Each round feeds one file and a few ticks while one program is killed at its n-th call (the shim
counts), n = 1, 2, 3 ... until a feed ends without reaching it. The installation
stays the same: what a kill leaves behind the next round has to live with. A second
part kills at each call of the creation of a fresh installation.

    kill_each.py --shim PATH [--program qf-ingest|qf-aggregate|qf|creation]
"""
import argparse
import os
import signal
import subprocess

from support import sample
from support.harness import QF, Failure, Office, check, same, until
from support.partner import Persistent

ROWS = 30
TICKS = 9
UNKNOWN = 6  # the row whose attendance is not known: ticks make it known, and twice as many if counted twice


class Shim:
    def __init__(self, path, program, folder):
        self.order_file = os.path.join(folder, "order")
        self.env = {"LD_PRELOAD": path, "QF_SHIM_PROGRAM": program, "QF_SHIM_ORDER": self.order_file}

    def order(self, call, torn):
        with open(self.order_file + ".new", "w") as file:
            file.write(f"{call}{' torn' if torn else ''}\n")
        os.rename(self.order_file + ".new", self.order_file)

    def happened(self):
        """Whether the order was carried out; takes it back if not."""
        try:
            os.unlink(self.order_file)
        except FileNotFoundError:
            return True
        return False


def feed(office, path, org, env=None):
    """qf feed until all is taken; killed or unanswered it is started again, without the shim."""
    for attempt in range(100):
        done = subprocess.run([QF, "feed", path, "--dir", office.dir, "--as", org], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **((env or {}) if attempt == 0 else {})})
        if done.returncode == 0:
            return
        check(done.returncode in (75, -signal.SIGKILL), f"qf feed ended with {done.returncode}:\n{done.stdout}")
    raise Failure("qf feed did not get through in 100 attempts")


def kill_program(shim_path, program):
    rounds, rows = 0, []
    with Office() as office:
        shim = Shim(shim_path, program, office.home)
        if program != "qf":
            office.stop()
            office.env = shim.env
            office.start()
        office.add_source("alpha", "alpha")
        sign_in_page = Persistent(office.partner("alpha"))
        for torn in (False, True):
            call = 0
            while True:
                call += 1
                fresh = list(sample.activities(rounds, "alpha", ROWS, f"{program}-{rounds}"))
                path = sample.write_csv(os.path.join(office.home, f"{rounds}.csv"), fresh)
                shim.order(call, torn)
                check(fresh[UNKNOWN]["attendances"] is None, "the sample has changed")
                tick = ("tick", {"key": fresh[UNKNOWN]["activity_no"], "counter": "sign_in", "amount": 1})
                for _ in range(3):
                    sign_in_page.deliver([tick] * (TICKS // 3))
                feed(office, path, "alpha", shim.env if program == "qf" else None)
                fresh[UNKNOWN]["attendances"] = TICKS
                rounds += 1
                rows += fresh
                until(lambda: office.qf("totals", "--json", code=None).code == 0, 20, "it serves again")
                office.wait_records(rounds * ROWS)
                if not shim.happened():
                    break
                office.qf("verify")
        same(office.verify().total(), sample.expected(rows))
    print(f"{program}: killed at each storage call of a feed, {rounds - 2} times; nothing lost, nothing twice")


def kill_creation(shim_path):
    """A fresh installation, killed at the n-th call of its creation, starts again and works."""
    for program in ("qf-ingest", "qf-aggregate"):
        call = 0
        while True:
            call += 1
            office = Office()
            shim = Shim(shim_path, program, office.home)
            office.env = shim.env
            shim.order(call, False)
            try:
                office.start()
                happened = shim.happened()
                office.add_source("alpha", "alpha")
                rows = list(sample.activities(1, "alpha", ROWS))
                feed(office, sample.write_csv(os.path.join(office.home, "a.csv"), rows), "alpha")
                same(office.verify().total(), sample.expected(rows))
            except BaseException:
                office.say_logs()
                raise
            finally:
                office.__exit__(None, None, None)
            if not happened:
                break
        print(f"{program}: killed at each of {call - 1} storage calls of its creation")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shim", required=True)
    parser.add_argument("--program", default="all", choices=("all", "qf-ingest", "qf-aggregate", "qf", "creation"))
    arguments = parser.parse_args()
    for program in ("qf-ingest", "qf-aggregate", "qf"):
        if arguments.program in ("all", program):
            kill_program(arguments.shim, program)
    if arguments.program in ("all", "creation"):
        kill_creation(arguments.shim)


if __name__ == "__main__":
    main()
