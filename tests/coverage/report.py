#!/usr/bin/python3
"""Lines and branches of common/ and services/ that the tests ran, by folder, with the least we want of them.

Reads what the programs of a build with the preset `coverage` left in its folder profiles/. Counters are mapped files,
so what a program did before a kill -9 is counted too. Exit code 1 when a group is below its bounds.

A branch is one outcome of a condition. Those inside QF_ASSERT are left out: the failing side of an assertion is a bug
of ours, and a test that reached it would end there. Lines of such failures do not exist, so lines need no exception.

    report.py BUILD [--html FOLDER] [--missing PATH]     --missing lists what was not run in files whose path begins so
"""
import argparse
import fnmatch
import glob
import json
import os
import subprocess
import sys

# Group -> (patterns, least % of lines, least % of branches). A file belongs to each group that names it.
CORE = {
    "core: model": ["common/model/*"],
    "core: wire codecs": ["common/wire/body*", "common/wire/layout*", "common/wire/*_messages*", "common/wire/kinds*"],
    "core: store": ["common/store/*"],
    "core: programme": ["common/programme/*"],
    "core: client feed": ["common/client/feed_core*", "common/client/feed_batch*", "common/client/outbox*"],
    "core: ingest": ["services/ingest/*"],
    "core: aggregate": ["services/aggregate/*"],
}
EDGES = ["services/*/daemon.c", "services/*/main.c", "services/*/config.c"]  # where the core meets sockets and options
CORE_LINES, CORE_BRANCHES, ALL_LINES = 95.0, 85.0, 90.0


class Sum:
    def __init__(self):
        self.lines = self.lines_run = self.branches = self.branches_run = 0

    def add(self, file):
        lines = file["summary"]["lines"]
        self.lines += lines["count"]
        self.lines_run += lines["covered"]
        for branch in file["branches"]:
            self.branches += 2
            self.branches_run += (branch[4] > 0) + (branch[5] > 0)

    @staticmethod
    def percent(part, whole):
        return 100.0 * part / whole if whole else 100.0

    def shares(self):
        return self.percent(self.lines_run, self.lines), self.percent(self.branches_run, self.branches)


def objects(build):
    """Each program with counters."""
    found = [*glob.glob(f"{build}/bin/*"), *glob.glob(f"{build}/tests/unit/test_*"),
             *glob.glob(f"{build}/tests/simulation/simulate")]
    return sorted(path for path in found if os.path.isfile(path) and os.access(path, os.X_OK))


def merge(build):
    profiles = glob.glob(f"{build}/profiles/*.profraw")
    if not profiles:
        sys.exit(f"no profiles in {build}/profiles: run the tests first")
    merged = f"{build}/profiles/all.profdata"
    subprocess.run(["llvm-profdata", "merge", "-o", merged, *profiles], check=True)
    return merged


def llvm_cov(command, build, merged, *words):
    first, *others = objects(build)
    return ["llvm-cov", command, first, *(word for path in others for word in ("-object", path)),
            f"-instr-profile={merged}", r"-ignore-filename-regex=/tests/|\.pb-c\.", *words]


def export(build, merged, source):
    """Files by their path in the tree."""
    done = subprocess.run(llvm_cov("export", build, merged), check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    files = json.loads(done.stdout)["data"][0]["files"]
    return {os.path.relpath(os.path.normpath(file["filename"]), source): file for file in files}


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def add_up(files, wanted):
    total = Sum()
    for path, file in files.items():
        if wanted(path):
            total.add(file)
    return total


def groups(files):
    """(name, Sum, least lines, least branches); None: no bound."""
    for folder in sorted({os.path.dirname(path) for path in files}):
        yield folder, add_up(files, lambda path: os.path.dirname(path) == folder), None, None
    for name, patterns in CORE.items():
        yield name, add_up(files, lambda path: matches(path, patterns) and not matches(path, EDGES)), None, None
    core = [pattern for patterns in CORE.values() for pattern in patterns]
    yield "core", add_up(files, lambda path: matches(path, core) and not matches(path, EDGES)), CORE_LINES, CORE_BRANCHES
    yield "common and services", add_up(files, lambda path: True), ALL_LINES, None


def say(files):
    """Prints the table; gives what is below its bound."""
    below = []
    print(f"{'':22}{'lines':>15}{'%':>8}{'branches':>17}{'%':>8}")
    for name, total, least_lines, least_branches in groups(files):
        lines, branches = total.shares()
        print(f"{name:22}{total.lines_run:>8}/{total.lines:<6}{lines:>8.2f}"
              f"{total.branches_run:>10}/{total.branches:<6}{branches:>8.2f}")
        for what, share, least in (("lines", lines, least_lines), ("branches", branches, least_branches)):
            if least is not None and share < least:
                below.append(f"{name}: {share:.2f} % of {what}, and at least {least:g} % are wanted")
    return below


def missing(files, prefix):
    for path in sorted(files):
        if not path.startswith(prefix):
            continue
        lines = set()
        for (line, _, count, has_count, is_entry, _gap), (upto, *_) in zip(files[path]["segments"],
                                                                           files[path]["segments"][1:]):
            if has_count and count == 0 and is_entry:
                lines |= set(range(line, upto + 1))
        halves = sorted({(branch[0], "never true" if branch[4] == 0 else "never false")
                         for branch in files[path]["branches"] if (branch[4] == 0) != (branch[5] == 0)})
        print(path, "lines not run:", *sorted(lines))
        for line, which in halves:
            print(f"  {path}:{line}: {which}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--html")
    parser.add_argument("--missing")
    arguments = parser.parse_args()
    source = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
    merged = merge(arguments.build)
    files = export(arguments.build, merged, source)
    if arguments.missing:
        missing(files, arguments.missing)
        return
    if arguments.html:
        subprocess.run(llvm_cov("show", arguments.build, merged, "-format=html", "-show-branches=count",
                                f"-output-dir={arguments.html}"), check=True, stderr=subprocess.DEVNULL)
        print(f"each line: {arguments.html}/index.html")
    below = say(files)
    for line in below:
        print(f"too little: {line}")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
