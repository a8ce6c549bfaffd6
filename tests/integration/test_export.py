#!/usr/bin/python3
"""A journal moves to another installation as lines of JSON: equal totals, equal
verdicts, partners go on; and a file that was cut or changed is not taken."""
import json
import os
import signal
import tempfile
import time

from support.harness import QF, Office, check, qf, run, same, until
from support.terminal import Terminal

HEAD = "activity_no,org,date,mode,content,attendances,title\n"
EVENTS = [
    {"kind": "activity", "key": "A-1", "org": "alpha", "date": "2023-05-06", "mode": "onsite", "content": "law"},
    {"kind": "tick", "key": "A-1", "counter": "sign_in", "amount": 3},
    {"kind": "tick", "key": "A-waits", "counter": "sign_in", "amount": 5},
    {"kind": "attendance", "key": "A-2", "attendances": 9, "method": "headcount"},
    {"kind": "activity", "key": "A-2", "org": "alpha", "date": "2023-06", "mode": "onsite", "content": "law",
     "title": "开放日", "note": "two lines\nof text"},
    {"kind": "activity", "key": "A-2", "action": "withdraw", "reason": "it rained"},
    {"kind": "activity", "key": "A-1", "org": "alpha", "date": "2031-05-06", "mode": "onsite", "content": "law"},
    {"kind": "activity", "key": "A-3", "org": "alpha", "date": "2023-07-08", "mode": "nowhere", "content": "law"},
]


def feed_some(office):
    office.add_source("alpha", "alpha", "feed,read")
    path = os.path.join(office.home, "rows.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(f"R-{number},alpha,2023-{number % 12 + 1:02d}-05,onsite,law,{number % 50},第{number}场\n"
                                  for number in range(3000)))
    office.qf("feed", path, "--as", "alpha", code=None)
    for _ in range(2):  # the second time they are duplicates
        office.tell(*EVENTS, code=None)


def lines_of(office):
    return [line for line in office.qf("journal", "dump").out.splitlines()]


def totals(office):
    return office.qf("totals", "--by", "month", "--json").json["rows"]


def export(office, name="export.jsonl"):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(office.qf("export").out)
    return path


def a_journal_moves():
    with Office() as office:
        feed_some(office)
        path, before, counted = export(office), totals(office), office.verify()
        dumped = lines_of(office)
        verdicts = office.qf("verify", "--json").json["verdicts"]
        check(verdicts["duplicate"] > 0 and verdicts["rejected"] + verdicts["quarantined"] > 0, verdicts)
        made = os.path.join(office.home, "made")
        said = qf("import", path, made, "--json").json
        same(qf("backup", made, "--verify", "--json").json["position"], said["position"])
        other = Office(programme=None)  # keys of its own
        os.mkdir(other.dir)
        same(other.qf("restore", made, "--reason", "moved", "--json").json["differing"], 0)
        with other:
            same(totals(other), before)
            same(other.verify().total(), counted.total())
            same(lines_of(other)[:len(dumped)], dumped, "every event, number and verdict")
            # The same outbox goes on there, known by the same key.
            config = os.path.join(office.home, "alpha.yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"feed: {other.endpoint('feed')}\nread: {other.endpoint('read')}\n"
                           f"server_public: {other.path('keys/server.public')}\nkey: {office.path('keys/alpha.secret')}\n"
                           f"outbox: {office.path('outbox/alpha')}\nsource: alpha\n")
            qf("feed", "-", "--config", config, stdin=json.dumps({**EVENTS[0], "key": "A-9"}) + "\n")
            until(lambda: totals(other) != before, 20, "it is counted")
            other.verify()
            # And exported from there it is the same, with a life more.
            again = export(other)
            with open(path, encoding="utf-8") as first, open(again, encoding="utf-8") as second:
                whole = first.read().splitlines()
                same(second.read().splitlines()[:len(whole) - 1], whole[:-1])


def what_is_not_whole_is_not_taken():
    with Office() as office:
        feed_some(office)
        with open(export(office), encoding="utf-8") as file:
            lines = file.read().splitlines(keepends=True)
    check('"kind":"activity"' in "".join(lines) and "第5场" in "".join(lines), "it can be read")
    some = next(at for at, line in enumerate(lines) if '"texts"' in line and '"source":"alpha"' in line)
    facts, texts = (json.loads(lines[some])[part] for part in ("facts", "texts"))
    other = facts[:-1] + ("0" if facts[-1] != "0" else "1")
    changed = {"cut": lines[:-1], "without a line": lines[:some] + lines[some + 1:],
               "twice": lines[:some] + [lines[some]] + lines[some:], "nothing": [],
               "another fact": lines[:some] + [lines[some].replace(facts, other)] + lines[some + 1:],
               "another text": lines[:some] + [lines[some].replace(texts, texts[:-2] + ("41" if texts[-2:] != "41" else "42"))] + lines[some + 1:],
               "no export": ["{}\n"], "half a line": lines[:-1] + [lines[-1][:5]], "more": lines + [lines[1]]}
    with tempfile.TemporaryDirectory(prefix="qf-") as home:
        for name, content in changed.items():
            to = os.path.join(home, name)
            said = qf("import", "-", to, stdin="".join(content), code=1)
            check(("line" in said.err) == bool(content), name, said.err)
        said = qf("import", "-", os.path.join(home, "cut in Chinese"), "--lang", "zh", stdin="".join(lines[:-1]), code=1)
        check("文件没有结尾，不完整" in said.err, said.err)
        said = qf("import", os.devnull, os.path.join(home, "empty"), "--lang", "zh", code=1)
        check("文件是空的" in said.err and "第 0 行" not in said.err and "qf export" in said.err, said.err)


def a_bar_goes_with_its_command():
    """On a terminal: shown while lines come through a pipe, gone when Ctrl-C ends it, and never shown where the terminal
    takes no control sequences. Where Ctrl-C is ignored, as in the background of a script, it goes on."""
    with Office() as office:
        feed_some(office)
        with open(export(office), "rb") as file:
            content = file.read().splitlines(keepends=True)
    for words, ignored in (({}, False), ({"TERM": "dumb"}, False), ({}, True)):
        with tempfile.TemporaryDirectory(prefix="qf-") as home:
            pipe = os.path.join(home, "pipe")
            os.mkfifo(pipe)
            before = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"] if ignored else []
            terminal = Terminal([*before, QF, "import", pipe, os.path.join(home, "to"), "--lang", "en"], words)
            told = iter(content)
            with open(pipe, "wb", buffering=0) as end:
                begun = time.monotonic()

                def shown():
                    end.write(next(told, content[-1][:1]))
                    return terminal.shows("importing") or (words and time.monotonic() - begun > 2)
                until(shown, said="it says how far it is")
                if words:
                    check("\x1b" not in terminal.shown and "importing" not in terminal.shown, terminal.shown)
                terminal.process.send_signal(signal.SIGINT)
                if ignored:
                    end.close()
                same(terminal.ended(), 1 if ignored else -signal.SIGINT)
            check(words or ignored or terminal.shown.endswith("\r\x1b[K"), repr(terminal.shown[-80:]))


if __name__ == "__main__":
    run(a_journal_moves, what_is_not_whole_is_not_taken, a_bar_goes_with_its_command)
