#!/usr/bin/python3
"""What people read: each command in both languages, with the same figures in them; what is said, and with which exit
code, when a daemon is away or a key is not known; and what a terminal is shown while numbers move."""
import concurrent.futures
import contextlib
import json
import os
import pty
import resource
import signal
import subprocess
import tempfile
import time

from support import sample
from support.harness import AWAY, BIN, PATIENCE, PROGRAMME, QF, Office, check, process_ids, qf, run, same, until
from support.terminal import Screen, Terminal

REFUSED, USAGE, RETURNED = 77, 64, 2
ARROW = "→"  # before what to do next


def both(office, *words, code=0, **how):
    """The same command in English and in Chinese: all that each said, the first lines being no usage text."""
    said = [office.qf(*words, "--lang", language, code=code, **how) for language in ("en", "zh")]
    return [result.out + result.err for result in said]


def has(text, *parts):
    for part in parts:
        check(part in text, f"{part!r} is not in\n{text}")


def fill(office, count=60):
    """Activities of alpha: fed by it, counted and shown."""
    office.add_source("alpha", "alpha", "feed,read")
    rows = list(sample.activities(1, "alpha", count))
    path = sample.write_csv(os.path.join(office.home, "a.csv"), rows)
    office.qf("feed", path, "--as", "alpha")
    office.wait_records(count)
    return path, sample.expected(rows)


def figures_are_the_same_in_both_languages():
    with Office() as office:
        path, (records, activities, attendances, records_unknown, activities_unknown) = fill(office)
        mean = f"{attendances / (activities - activities_unknown):.1f}"
        for text in both(office, "feed", path, "--as", "alpha", "--again"):
            has(text, f"{records}", "W103")
        for words in (("totals",), ("watch", "--once"), ("watch", "--once", "--by", "org"),
                      ("report", "year", "--year", "2023", "--base", "2022")):
            for text in both(office, *words):
                has(text, f"{activities}", f"{attendances:,}", mean, f"{activities_unknown}")
        english, chinese = both(office, "report", "year", "--year", "2023", "--base", "2022")
        has(english, f"In 2023, {activities} activities were held", "not comparable with 2022")
        has(chinese, f"2023年，共开展活动{activities}场", "无法与2022年比较")
        english, chinese = both(office, "verify")
        has(english, "clean", f"{records} activities")
        has(chinese, "一致", f"{records} 场活动")
        clean = office.qf("verify", "--json").json
        same((clean["clean"], clean["activities"], clean["difference"]), (True, records, None))
        watched = office.qf("watch", "--once", "--json").json["all"]
        same((watched["records"], watched["activities"], watched["attendances"], watched["records_unknown"],
              watched["activities_unknown"]), (records, activities, attendances, records_unknown, activities_unknown))
        english, chinese = both(office, "rebuild")
        has(english, "made anew")
        has(chinese, "重建完成")
        office.verify()


def a_date_that_is_none_is_told_wherever_it_is_typed():
    """Before anybody is asked; and what rows of a file may have is a date here, too."""
    with Office() as office:
        fill(office)
        key = ("key", "add", "beta", "x" * 40, "--org", "alpha", "--role", "read")
        for words, option in ((("totals",), "from"), (("list", "activity"), "to"), (("why", "attendances"), "from"),
                              (("report", "modes"), "to"), (("report", "oversight"), "asof"), (("programme", "show", "org"), "asof")):
            for text, parts in (("20231399", ("日历上没有", "no calendar has")), ("2023-02-29", ("日历上没有", "no calendar has")),
                                ("5.6", ("要写成 2023-05-06", "a date such as 2023-05-06"))):
                english, chinese = both(office, *words, f"--{option}", text, code=USAGE)
                has(english, f"--{option}", parts[1], f'"{text}"', "2023-05-06", ARROW)
                has(chinese, f"--{option}", parts[0], f"“{text}”", "2023-05-06", ARROW)
        for text, part in (("2023-05", "a day such as 2023-05-06"), ("2026-13-01", "no calendar has")):
            has(both(office, *key, "--to", text, code=USAGE)[0], "--to", part)
            has(both(office, "fold", "list.csv", "--date", text, code=USAGE)[0], "--date", part)
        english, chinese = both(office, "totals", "--from", "2023-06", "--to", "2023-05", code=USAGE)
        has(english, '--from "2023-06": it is after the last day')
        has(chinese, "--from “2023-06”：在要问的最后一天之后")
        month = office.qf("totals", "--from", "2023-05", "--to", "2023-05", "--json").json["all"]
        for first, last in (("20230501", "2023/5/31"), ("2023年5月", "2023.5.31"), ("2023-5", "202305")):
            same(office.qf("totals", "--from", first, "--to", last, "--json").json["all"], month)


def questions_that_make_no_sense_are_told_so():
    with Office() as office:
        for words, english in ((("totals", "--by", "nothing"), "no dimension"),
                               (("totals", "--where", "org=nowhere"), "no member"),
                               (("watch", "--once", "--by", "nothing"), "no dimension"),
                               (("report", "month"), "months"), (("journal", "print"), "dump"), (("key", "lend"), "new"),
                               (("programme", "drop"), "load"), (("report", "year", "--year", "20x3"), "--year"),
                               (("feed", "/nowhere.csv", "--as", "office"), "/nowhere.csv")):
            for text in both(office, *words, code=USAGE):
                check(text.strip(), words, "says nothing")
            has(both(office, *words, code=USAGE)[0], english)


def keys_of(office):
    return {source["source"]: source for source in office.qf("key", "list", "--json").json}


def a_key_is_made_registered_changed_and_revoked():
    with Office() as office:
        english = office.qf("key", "new", "beta", "--lang", "en").out
        public = english.splitlines()[0]
        has(english, "stays on this machine", f"qf key add beta '{public}'")
        check(os.stat(office.path("keys", "beta.secret")).st_mode & 0o077 == 0, "others may read the secret half")
        has(both(office, "key", "new", "beta", code=1)[0], "is not overwritten")
        for words, said in ((("add", "beta", "nonsense", "--org", "beta"), ("neither a public key", "不是公钥")),
                            (("add", "beta", public, "--role", "cook"), ("feed, read or admin", "没有“cook”")),
                            (("add", "beta", office.path("keys", "beta.secret"), "--org", "beta"), (".public file", ".public 文件")),
                            (("add", "be/ta", public, "--org", "beta"), ("name of a source", "名字")),
                            (("add", "beta", public, "--org", "beta", "--from", "soon"), ("2023-05-06", "2023-05-06")),
                            (("add", "beta", public), ("--org CODE", "--org 机构代码")),
                            (("revoke", "beta"), ("no source", "没有叫")),
                            (("revoke", "office", public), ("no such key", "没有这个密钥"))):
            for text, part in zip(both(office, "key", *words, code=USAGE), said):
                has(text, part, ARROW)
        for words in (("--org", "nowhere"), ("--org", "beta,nowhere"), ("--org", "beta", "--partner", "nowhere")):
            english, chinese = both(office, "key", "add", "beta", public, *words, code=RETURNED)
            has(english, 'E161: the programme has no organisation "nowhere"', ARROW, "qf programme show org")
            has(chinese, "E161：方案里没有机构“nowhere”", ARROW, "qf programme load")
        add = ("key", "add", "beta", public, "--org", "beta", "--role", "read", "--from", "2026-01-01", "--to", "2099-12-31")
        english, chinese = both(office, *add)
        has(english, "Registered")
        has(chinese, "早已如此")
        beta = keys_of(office)["beta"]
        same((beta["roles"], beta["orgs"], beta["partner"]), (["read"], ["beta"], "beta"))
        same([(key["public"], key["from"], key["to"]) for key in beta["keys"]], [(public, 20260101, 20991231)])
        for text, part in zip(both(office, "key", "list"), ("  2026-01-01 to 2099-12-31\n", "  2026-01-01 到 2099-12-31\n")):
            has(text, part)
        same(office.qf("totals", "--json", "--as", "beta").json["all"]["records"], 0)
        # A second key; the rest of the entry stays. Then the first goes.
        office.qf("key", "new", "second")
        office.qf("key", "add", "beta", office.path("keys", "second.public"))
        beta = keys_of(office)["beta"]
        same((beta["roles"], len(beta["keys"])), (["read"], 2))
        for text, part in zip(both(office, "key", "add", "beta", public, "--partner", "alpha", code=RETURNED),
                              ("another organisation's", "已经归另一家")):
            has(text, "E161", part, ARROW)
        for words in (("add", "third", public, "--org", "beta"), ("rotate", "office", public)):  # a key has one source
            for text in both(office, "key", *words, code=RETURNED):
                has(text, "E161", "beta", ARROW, "qf key new")
        office.qf("key", "revoke", "beta", public)
        check(public not in [key["public"] for key in keys_of(office)["beta"]["keys"]], "the key is still there")
        until(lambda: office.qf("totals", "--as", "beta", code=None).code == REFUSED, 10, "the revoked key is refused")
        same(office.qf("key", "revoke", "beta").code, 0)
        same(keys_of(office)["beta"]["keys"], [])
        has(both(office, "key", "list")[0], "(revoked)")
        office.add_source("plain", "alpha")  # whoever may not, is told so, and nothing about a field that there is not
        for text in both(office, "key", "add", "third", public, "--org", "beta", "--as", "plain", code=REFUSED):
            has(text, "E160")
            check("(:" not in text and "()" not in text, text)


def the_programme_is_shown_compared_and_loaded():
    with Office() as office:
        english, chinese = both(office, "programme", "show")
        has(english, "A small programme", "organisation, 7 members, required", "several")
        has(chinese, "小方案", "单位，7 个成员，必填", "可多选")
        has(both(office, "programme", "show", "org")[0], "alpha-north", "Alpha North")
        shown = office.qf("programme", "show", "--json").json
        same([dimension["code"] for dimension in shown["dimensions"]], ["org", "content", "mode"])
        both(office, "programme", "show", "nothing", code=USAGE)
        with open(PROGRAMME, encoding="utf-8") as file:
            text = file.read()

        def written(name, old, new):
            path = os.path.join(office.home, name)
            with open(path, "w", encoding="utf-8") as file:
                check(old in text, "the programme has changed")
                file.write(text.replace(old, new))
            return path
        more = written("more.yaml", "- {code: online,", "- {code: radio, zh: 广播, en: Radio}\n      - {code: online,")
        english = both(office, "programme", "load", more, "--dry-run")[0]
        has(english, "+ ", "radio", "dry run")
        same(office.qf("programme", "load", more, "--dry-run", "--json").json["new"], 1)
        same(office.qf("programme", "load", more, "--json").json["new"], 1)
        same(office.qf("programme", "load", more, "--json").json["new"], 0)
        has(office.qf("programme", "show", "mode", "--lang", "zh").out, "广播")
        wrong = written("wrong.yaml", "dimensions:", "dimensoins:")
        for said in both(office, "programme", "load", wrong, code=RETURNED):
            has(said, "wrong.yaml", ARROW)
        # A multi-valued dimension cannot become single-valued: the server says so, and nothing of it is taken.
        narrow = written("narrow.yaml", "multi: true", "multi: false")
        has(office.qf("programme", "load", narrow, code=RETURNED).err, "E161", "content")
        check(office.qf("programme", "show", "--json").json["dimensions"][1]["multi"], "content is no longer multi-valued")


def who_is_away_is_said_and_nothing_is_decided_without_it():
    with Office() as office:
        path, _ = fill(office)
        english, chinese = both(office, "status")
        has(english, "ingest    answers", "report    answers")
        has(chinese, "有回答")
        office.qf("key", "new", "beta")
        public = office.path("keys", "beta.public")
        office.kill("ingest", signal.SIGSTOP)
        for words in (("key", "list"), ("key", "add", "beta", public, "--org", "beta"), ("key", "revoke", "alpha"),
                      ("programme", "load", PROGRAMME)):
            has(office.qf(*words, code=AWAY).err, ARROW)
        has(both(office, "status", code=AWAY)[0], "ingest    does not answer", ARROW, "report    answers")
        fresh = sample.write_csv(os.path.join(office.home, "b.csv"), list(sample.activities(2, "alpha", 20, "b")))
        english = office.qf("feed", fresh, "--as", "alpha", "--patience", "1", "--lang", "en", code=AWAY)
        has(english.out + english.err, "20 kept and not answered yet", "qf feed --flush")
        for text in both(office, "feed", "--flush", "--as", "alpha", "--patience", "1", code=AWAY):
            has(text, "20", ARROW)
        office.kill("ingest", signal.SIGCONT)
        has(office.qf("feed", "--flush", "--as", "alpha", "--lang", "en").out, "20 taken")
        same(list(keys_of(office)), ["office", "alpha"])  # neither was sent later
        check(keys_of(office)["alpha"]["keys"], "alpha's key was revoked after all")
        office.kill("report", signal.SIGSTOP)
        commands = (("totals",), ("watch", "--once"), ("verify",), ("report", "year", "--year", "2023"))
        with concurrent.futures.ThreadPoolExecutor() as threads:  # each waits for some seconds
            for said in threads.map(lambda words: both(office, *words, code=AWAY), commands):
                for text in said:
                    has(text, "qf status", ARROW)
        has(both(office, "status", code=AWAY)[0], "report    does not answer")
        office.kill("report", signal.SIGCONT)
        office.kill("aggregate", signal.SIGSTOP)
        until(lambda: office.qf("status", code=None).code == 1, 20, "status says that counting stopped")
        english, chinese = both(office, "status", code=1)
        has(english, "answers; ", "counting stopped, the totals above are from before it: ", ARROW)
        has(chinese, "有回答；", "计数停了，以上是停下前的数字：汇总服务不在线", ARROW)
        check("away" not in chinese, chinese)
        office.kill("aggregate", signal.SIGCONT)
        until(lambda: office.qf("status", code=None).code == 0, 20, "all is well again")
    for words in (("totals",), ("verify",), ("status",), ("rebuild",), ("journal", "dump")):
        both(office, *words, code=USAGE)  # the directory is gone


def a_disk_below_its_floor_is_told():
    with Office() as office:
        path = office.path("config", "ingest.yaml")
        with open(path, encoding="utf-8") as file:
            settings = file.read()
        for floor, code in (("4000000000", 1), ("64", 0)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(settings.replace("disk_floor_mib: 64", f"disk_floor_mib: {floor}"))
            office.kill("ingest", signal.SIGHUP)
            until(lambda wanted=code: office.qf("status", code=None).code == wanted, 20, f"status ends with {code}")
            if code:
                english, chinese = both(office, "status", code=1)
                has(english, "less of the disk is free than its floor", "make room")
                has(chinese, "磁盘余量不到下限", "腾出地方")


def nobody_is_waited_for_where_nobody_will_come():
    """Neither a daemon nor a qf up that would start one: said within seconds, with what to do, though other waits are longer."""
    with Office() as office:
        path, _ = fill(office)
        fresh = sample.write_csv(os.path.join(office.home, "b.csv"), list(sample.activities(2, "alpha", 20, "b")))
        office.stop()
        commands = (("tap", "alpha", "--seconds", "600"), ("totals",), ("list", "activity"), ("history", "a"), ("watch", "--once"),
                    ("programme", "load", PROGRAMME), ("key", "list"), ("quarantine", "list"), ("period", "list"), ("verify",), ("rebuild",),
                    ("report", "year", "--year", "2023"), ("status",), ("backup", os.path.join(office.home, "k")), ("journal", "dump"),
                    ("feed", fresh, "--as", "alpha"), ("undo", path, "--as", "alpha", "--reason", "x"))
        for words in commands:
            begun = time.monotonic()
            said = office.qf(*words, "--lang", "en", code=AWAY)
            took = time.monotonic() - begun
            check(took < 4 * PATIENCE, words, "took", took, "s")
            has(said.out + said.err, ARROW)
        check(not os.path.exists(office.path("journal.tap")), "a tap is asked for of nobody")
        has(office.qf("undo", PROGRAMME, "--reason", "x", code=USAGE).err, ARROW)  # of what was never fed nobody is asked
        os.unlink(office.path("counts.rebuild"))
        office.start()
        has(office.qf("feed", "--flush", "--as", "alpha", "--lang", "en").out, "20 taken")


def a_strangers_key_opens_nothing():
    with Office() as office:
        fill(office)
        office.qf("key", "new", "stranger")
        for words in (("totals",), ("watch", "--once"), ("verify",), ("status",), ("key", "list"), ("programme", "show"),
                      ("report", "year", "--year", "2023"), ("feed", os.path.join(office.home, "a.csv"))):
            for text in both(office, *words, "--as", "stranger", code=REFUSED):
                has(text, "qf key add stranger", ARROW)
        os.chmod(office.path("keys", "stranger.secret"), 0o644)
        has(both(office, "totals", "--as", "stranger", code=REFUSED)[0], "chmod 600")
        with open(office.path("keys", "stranger.secret"), "w", encoding="ascii") as file:
            file.write("no key\n")
        os.chmod(office.path("keys", "stranger.secret"), 0o600)
        has(both(office, "totals", "--as", "stranger", code=REFUSED)[0], "holds no key")
        has(both(office, "totals", "--as", "nobody", code=REFUSED)[0], "no key file")


def on_its_terminal(folder, *words):
    """A program in a folder, whose controlling terminal a pseudo-terminal is: its id and the other end."""
    pid, end = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(words[0], words, {**os.environ, "LC_ALL": "C.UTF-8"})
    return pid, end


def status_of(pid, name):
    """Of /proc/PID/status; "" when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(line.split(None, 1)[1] for line in file if line.startswith(name + ":"))
    except (FileNotFoundError, ProcessLookupError):
        return ""


def stands_still(pid):
    """Stopped, if it lives: one that has just begun may end by itself, and another takes its place."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    return status_of(pid, "State").startswith("T")


def hears_with_no_descriptor_left(pid, folder, other_than):
    """SIGHUP, when qf up can open nothing: the relay, which waits meanwhile, is told all the same. Gives its id."""
    relay = until(lambda: [relay for relay in process_ids(folder, "relay") if relay not in other_than and stands_still(relay)],
                  said="a relay stands still")[0]
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (min(set(range(len(used) + 1)) - used), usual[1]))
    os.kill(pid, signal.SIGHUP)
    until(lambda: int(status_of(relay, "ShdPnd") or "0", 16) >> (signal.SIGTERM - 1) & 1, said="the relay is told")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    os.kill(relay, signal.SIGCONT)
    return relay


def qf_up_is_not_for_an_installation():
    """It would run the daemons as root; nothing is made."""
    folder = "/var/lib/qingfeng-nosuch"
    for lang in ("en", "zh"):
        said = qf("up", "--dir", folder, "--http", "off", "--lang", lang, code=64)
        has(said.err, folder, "systemctl start qingfeng@nosuch.target")
    check(not os.path.exists(folder), "it was made")


def qf_up_ends_with_its_terminal_unless_told():
    with tempfile.TemporaryDirectory(prefix="qf-") as home:
        for before in ((), ("nohup",)):
            folder = os.path.join(home, before[0] if before else "d")
            pid, end = on_its_terminal(home, *before, QF, "up", "--dir", folder, "--http", "off")

            def the_relay(other_than=(), of=folder):
                """Its id, once all daemons answer: qf status does not wait for the relay, which may be between two lives."""
                until(lambda: qf("status", "--dir", of, code=None).code == 0, said="all daemons answer")
                return until(lambda: [relay for relay in process_ids(of, "relay") if relay not in other_than],
                             said="a relay runs that is none of " + str(other_than))[0]
            relay = the_relay()
            os.kill(pid, signal.SIGHUP)  # the keys changed: the terminal is there
            the_relay([relay])
            relay = the_relay([hears_with_no_descriptor_left(pid, folder, [])])
            os.close(end)
            if before:
                os.kill(pid, signal.SIGHUP)
                the_relay([relay])
                os.kill(pid, signal.SIGTERM)
            until(lambda: os.waitpid(pid, os.WNOHANG) == (pid, 0), said="it ends, and well")
            same(process_ids(folder), [])


def terminal(office, *words):
    return Terminal([QF, *words, "--dir", office.dir, "--lang", "en"])


def a_terminal_sees_numbers_move():
    with Office() as office:
        _, (_, activities, attendances, _, _) = fill(office)
        screen = terminal(office, "watch", "--by", "mode")
        screen.wait(f"{attendances:,}")
        lines = terminal(office, "watch", "--lines")
        lines.wait(f"{activities} activities  {attendances:,} attendances")
        row = dict(next(sample.activities(3, "alpha", 1, "new")), attendances=7, sessions=1)
        office.qf("feed", sample.write_csv(os.path.join(office.home, "new.csv"), [row]), "--as", "alpha")
        screen.wait(f"{attendances + 7:,}")
        lines.wait("(+1, +7)")
        office.kill("aggregate", signal.SIGSTOP)
        for shown, said in ((screen, "counting stopped; numbers of "), (lines, "counting stopped; these are the last good numbers: ")):
            shown.wait(said)
            shown.wait("aggregation is away")
        english, chinese = both(office, "watch", "--once")
        has(english, "! counting stopped; numbers of ", ": aggregation is away: these are the last numbers it gave\n")
        has(chinese, "! 计数已停，这是 ", " 的数：汇总服务不在线")
        said = office.qf("watch", "--once", "--json").json
        has(said["say"], "aggregation is away")
        same((said["state"], said["checking"]), ("stopped", False))
        office.kill("aggregate", signal.SIGCONT)
        same(screen.interrupt(), 0)
        has(screen.shown.rstrip().split("\033[?1049l\033[?25h")[1], f"{attendances + 7:,} attendances")  # the page is gone, the last figures stay
        same(lines.interrupt(), 0)


def a_screen_follows_its_window_and_gives_the_terminal_back():
    with Office() as office:
        _, (_, activities, attendances, _, _) = fill(office)
        for language, columns, rows, keys in (("zh", 100, 30, "换维度"), ("en", 44, 12, "q quits")):
            with Screen([QF, "watch", "--dir", office.dir, "--lang", language], columns, rows) as screen:
                screen.wait(keys)
                has(screen.text(), f"{attendances:,}", f"{activities}")
                same(len(screen.lines()[rows - 1].strip()) > 0, True)
                same((screen.ask("alternate_on"), screen.ask("cursor_flag")), ("1", "0"))
                before = screen.text()
                screen.press("Tab")
                until(lambda: screen.text().split("\n")[3:] != before.split("\n")[3:], 15, "another dimension is shown")
                for size in ((130, 40), (30, 9), (80, 24)):
                    screen.resize(*size)
                    until(lambda: keys in screen.lines()[size[1] - 1], 15, f"the keys are on the last line of {size}")
                same("\x1b[3" in "\n".join(screen.lines(colours=True)), True)
                screen.press("q" if language == "zh" else "C-c")
                screen.wait("at-rest>")
                has(screen.text(), f"{attendances:,}")
                same((screen.ask("alternate_on"), screen.ask("cursor_flag")), ("0", "1"))
                screen.type("stty -a; tput sgr0\n")
                screen.wait(" icanon")
                has(screen.text(), " icanon", " echo ", "susp = ^Z")
        with Screen([QF, "watch", "--dir", office.dir], 80, 24, {"NO_COLOR": "1"}) as screen:
            screen.wait("q quits")
            check("\x1b[" not in "\n".join(screen.lines(colours=True)), "NO_COLOR is obeyed")
        piped = subprocess.Popen([QF, "watch", "--dir", office.dir, "--lang", "en"], stdout=subprocess.PIPE, encoding="utf-8")
        line = piped.stdout.readline()
        piped.stdout.close()
        piped.send_signal(signal.SIGINT)
        same(piped.wait(10), 0)
        has(line, f"{activities} activities  {attendances:,} attendances")
        check("\x1b" not in line, "plain lines in a pipe")


def a_feed_on_a_terminal_is_interrupted_and_goes_on():
    with Office() as office:
        fill(office)
        rows = list(sample.activities(4, "alpha", 3000, "many"))
        path = sample.write_csv(os.path.join(office.home, "many.csv"), rows)
        office.kill("ingest", signal.SIGSTOP)
        desk = terminal(office, "feed", path, "--as", "alpha", "--patience", "60")
        desk.wait("3,000")
        same(desk.interrupt(), 1)
        has(desk.shown, "interrupted. 3000 events are kept")
        office.kill("ingest", signal.SIGCONT)
        has(office.qf("feed", "--flush", "--as", "alpha", "--lang", "en").out, "3,000 taken")
        office.wait_records(3060)
        office.verify()


def long_work_says_how_far_it_is_on_a_terminal_only():
    with Office() as office:
        fill(office)
        quiet = subprocess.run([os.path.join(BIN, "qf-ingest"), "audit", office.path("journal"), office.path("journal.audit"), "0", ""],
                               check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout.splitlines()
        far = [json.loads(line) for line in quiet[:-1] if line.startswith('{"done":')]
        check(far and all(0 < one["done"] <= one["all"] for one in far), f"an audit tells how far it is: {quiet}")
        for words in (("audit",), ("verify",), ("export",), ("rebuild",), ("backup", os.path.join(office.home, "b"))):
            check("done" not in office.qf(*words).out + office.qf(*words, "--lang", "en").err, "and nobody else sees that")
        office.kill("ingest", signal.SIGSTOP)
        rows = list(sample.activities(4, "alpha", 30, "more"))
        path = sample.write_csv(os.path.join(office.home, "more.csv"), rows)
        desk = terminal(office, "feed", path, "--as", "alpha", "--patience", "60")
        desk.wait("feeding [------------------------]   0% 0/30 events")
        office.kill("ingest", signal.SIGCONT)
        same(desk.ended(), 0)
        check(desk.shown.index("\r\x1b[K", desk.shown.rindex("feeding [") + 20) > 0, "the line is cleared when it is over")


if __name__ == "__main__":
    run(figures_are_the_same_in_both_languages, questions_that_make_no_sense_are_told_so, a_date_that_is_none_is_told_wherever_it_is_typed,
        a_key_is_made_registered_changed_and_revoked, the_programme_is_shown_compared_and_loaded,
        who_is_away_is_said_and_nothing_is_decided_without_it, a_disk_below_its_floor_is_told,
        nobody_is_waited_for_where_nobody_will_come, a_strangers_key_opens_nothing, qf_up_is_not_for_an_installation, qf_up_ends_with_its_terminal_unless_told,
        a_terminal_sees_numbers_move, a_screen_follows_its_window_and_gives_the_terminal_back, a_feed_on_a_terminal_is_interrupted_and_goes_on,
        long_work_says_how_far_it_is_on_a_terminal_only)
