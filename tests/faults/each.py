"""A command of the server's machine, hit at each of its storage calls, always from the same directory."""
import argparse
import os
import random
import shutil
import time

from shim import steps
from support.harness import same

FAULTS = ("kill", "torn", "eio", "enospc")


def begin():
    """A chance that can be repeated, and about how many calls lie between two that are hit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    return random.Random(arguments.seed), arguments.stride


def is_kept(name):
    return name.startswith(("journal", "counts"))


def copy(path, to):
    (shutil.copytree if os.path.isdir(path) else shutil.copy)(path, to)


class Kept:
    """The journal and the counts of an office whose daemons are stopped."""

    def __init__(self, office):
        self.office, self.folder = office, os.path.join(office.home, "kept")
        os.mkdir(self.folder)
        for name in filter(is_kept, os.listdir(office.dir)):
            copy(office.path(name), os.path.join(self.folder, name))

    def put_back(self):
        for name in filter(is_kept, os.listdir(self.office.dir)):
            path = self.office.path(name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for name in os.listdir(self.folder):
            copy(os.path.join(self.folder, name), self.office.path(name))

    def hit(self, shim, fault, words, chance, stride):
        """Yields each call that was hit, for what lies there then to be looked at; the one that nothing hit succeeded."""
        for call in steps(chance, stride):
            self.put_back()
            shim.order(call, fault)
            self.said = self.office.qf(*words, code=None, env=shim.env)
            if not shim.lift():
                same(self.said.code, 0, self.said.err)
                return
            yield call
