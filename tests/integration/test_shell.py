#!/usr/bin/python3
"""What shells and man make of the tables of qf's commands: bash and zsh, real ones on a terminal, complete by them, and
the manual pages that the build makes render without a warning."""
import glob
import os
import re
import subprocess
import tempfile
import time
import unicodedata

from support.harness import BIN, QF, SOURCE, Office, check, qf, run, same
from support.terminal import Screen

PATH = {"PATH": f"{BIN}:{os.environ['PATH']}", "QF_DIR": "", "INPUTRC": "/dev/null"}


def offered(*words, **env):
    out = subprocess.run([QF, "completion", "words", "--", *words], check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, encoding="utf-8", env={**os.environ, **PATH, **env}).stdout
    return [line.split("\t")[0] for line in out.splitlines()]


def commands():
    """The words of every command that has no parts."""
    for name in offered(""):
        parts = offered(name, "") if name != "help" else []
        named = subprocess.run([QF, name, "--help", "--lang", "en"], check=True, stdout=subprocess.PIPE,
                               encoding="utf-8").stdout
        if named.startswith(f"Usage: qf {name} COMMAND"):
            for part in parts:
                yield (name, part)
        else:
            yield (name,)


def every_option_is_offered():
    count = 0
    for words in commands():
        text = subprocess.run([QF, *words, "--help", "--lang", "en"], check=True, stdout=subprocess.PIPE,
                              encoding="utf-8").stdout
        helped = {line.split()[0] for line in text.splitlines() if line.startswith("  --")}
        same(set(offered(*words, "--")), helped)
        same(subprocess.run([QF, "help", *words, "--lang", "en"], check=True, stdout=subprocess.PIPE,
                            encoding="utf-8").stdout, text)
        count += 1
    check(count > 50, f"only {count} commands were found")


def every_mistake_names_the_next_step():
    for words in commands():
        for mistake, code in ((("--nosuch",), 64), (("--dir", "/nowhere/at/all"), 64), (("a", "b", "c", "--lang", "xx"), 64)):
            if words[0] == "completion" and words[1:] == ("words",) or (mistake[0] == "--dir" and words[0] == "up"):
                continue
            for language in ("en_US.UTF-8", "zh_CN.UTF-8") if mistake[0] == "--nosuch" else ("zh_CN.UTF-8",):
                done = subprocess.run([QF, *words, *mistake], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      encoding="utf-8", check=False, env={**os.environ, "LC_ALL": language, "QF_DIR": ""})
                same((words, mistake, done.returncode, done.stdout), (words, mistake, code, ""))
                check("  → " in done.stderr, f"{words} {mistake}: {done.stderr}")
        if any(argument.startswith("FILE") for argument in usage(words).split()):
            done = subprocess.run([QF, *words, *(["/nowhere/at/all"] * usage(words).count("FILE"))], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False, env={**os.environ, "QF_DIR": ""})
            check(done.returncode != 0 and "  → " in done.stderr, f"{words}: a file that is not there: {done.stderr}")


def a_wrong_line_names_what_is_wrong():
    """What the table does not know, or what is not there, is named itself, and in the reader's language."""
    with Office() as office, tempfile.TemporaryDirectory() as home:
        sheet = os.path.join(home, "a.csv")
        with open(sheet, "w", encoding="utf-8") as file:
            file.write("activity_no,lead_org,occurred_on,mode,attendances\nA-1,alpha,2023-05-06,study_visit,3\n")
        for words, code, zh, en in (
                (("list",), 64, "要写成：qf list [选项] KIND", "Write: qf list [OPTIONS] KIND"),
                (("kinds", "extra"), 64, "“extra”多了", '"extra" is too much'),
                (("template", "broadcst"), 64, "是不是 broadcast？", "Did you mean broadcast?"),
                (("claim", "nosuch", "x>1"), 64, "没有“nosuch”这类事项", 'there is no kind "nosuch"'),
                (("claim", "broadcast", "nosuch>1"), 64, "“nosuch>1”不是 broadcast 的", '"nosuch>1" is no FIGURE>NUMBER of broadcast'),
                (("why", "--kind", "nosuch"), 64, "没有“nosuch”这类事项", 'there is no kind "nosuch"'),
                (("history", "--verdict", "nosuch"), 64, "有：accepted", "There are: accepted"),
                (("history", "--verdict", "late", "--partner", "NOPE"), 64, "没有代码是“NOPE”的单位", 'no organisation has the code "NOPE"'),
                (("history", "--verdict", "late"), 1, "没有这样裁决的事件", "no event has that verdict"),
                (("late", "--partner", "NOPE"), 64, "没有代码是“NOPE”的单位", 'no organisation has the code "NOPE"'),
                (("ledger", "--org", "NOPE"), 64, "名录里没有单位“NOPE”", 'no organisation of the register is "NOPE"'),
                (("totals", "--by", "nosuch"), 64, "没有维度“nosuch”。", 'there is no dimension "nosuch"'),
                (("totals", "--where", "mode=nosuch"), 64, "“mode”里没有成员“nosuch”。", '"mode" has no member "nosuch"'),
                (("feed", sheet, "--map", "nosuch.yaml"), 64, "没有文件 nosuch.yaml", "there is no file nosuch.yaml"),
                (("backup", sheet), 1, "换一个目录", "use another folder"),
                (("feed", home), 1, "这是一个目录", "It is a folder"),
                (("replay", "nosuch.tap"), 64, "没有文件 nosuch.tap", "there is no file nosuch.tap"),
                (("export", "--archive", home), 64, "不是档案", "is no archive"),
                (("totals", "--dir", home), 64, "不是 qf up 的目录", "is no directory of a qf up"),
                (("up", "--dir", os.path.join(home, "up"), "--listen", "192.0.2.1:7000"), 1, "不是本机的地址", "no such address")):
            for language, wanted in (("zh", zh), ("en", en)):
                done = (qf if "--dir" in words else office.qf)(*words, "--lang", language, code=code)
                check(wanted in done.err and "  → " in done.err, f"{words} {language}: {done.err}")
        check("qf status" in office.qf("totals", "--at-least", "99999", code=75).err, "what is not counted yet is asked of status")
        for words in (("totals",), ("export",), ("journal", "dump"), ("why",), ("help",)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([QF, *words, "--lang", "zh"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False,
                                      env={**os.environ, "QF_DIR": office.dir})
            same((words, done.returncode, "没有全部写出去" in done.stderr), (words, 1, True))
        same(office.qf("kinds").out.count("  key: "), len(office.qf("kinds", "--json").json["kinds"]))
        if os.geteuid() == 0:  # what may not be looked into is not said to be empty, or another's
            os.chmod(office.home, 0o755)
            for words in (("up", "--dir"), ("logbook", "show", "--dir")):
                done = subprocess.run([QF, *words, office.dir, "--lang", "zh"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      encoding="utf-8", check=False, user=65534, group=65534, extra_groups=[])
                check(done.returncode == 1 and "没有权限" in done.stderr, f"{words}: {done.stderr}")
        books = office.qf("logbook", "show", "--json").lines
        check(books and all(line["book"].startswith(office.dir) and line["line"] for line in books), "a logbook as JSON")


def paragraphs_are_whole():
    """They are wrapped where they are printed: none begins or ends in the middle of a sentence."""
    with tempfile.TemporaryDirectory() as home:
        for language in ("en", "zh"):
            subprocess.run([QF, "help", "--man", home, "--lang", language], check=True)
            for page in glob.glob(os.path.join(home, "*.1")):
                with open(page, encoding="utf-8") as file:
                    lines = file.read().splitlines()
                for before, parting, begins in zip(lines, lines[1:], lines[2:]):
                    if parting == ".PP" and not before.startswith("\\fB"):  # below a usage stands what the command is, without a capital
                        check(before[-1] not in ",;，；、" and not begins[0].islower(), f"{page}: {before!r}, {begins!r}")


def usage(words):
    """What comes behind the options: FILE TO."""
    text = subprocess.run([QF, *words, "--help", "--lang", "en"], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return text.split("\n")[0].split("[OPTIONS]")[1]


def a_shell_completes(shell, *argv):
    with Office() as office:
        with tempfile.TemporaryDirectory() as home:
            open(os.path.join(home, "activities of may.csv"), "w", encoding="ascii").close()
            with Screen(argv, 120, 24, {**PATH, "QF_DIR": office.dir, "HOME": home, "PS1": "> "}) as screen:
                screen.type(f"PS1='asks> '; cd {home}; autoload -U compinit 2>/dev/null && compinit -u; "
                            f"source <(qf completion {shell}); clear; echo rea''dy\n")
                screen.wait("\nasks>")
                for typed, wanted in (("qf tota", "qf totals"), ("qf key ro", "qf key rotate"), ("qf feed --dry", "qf feed --dry-run"),
                                      ("qf totals --kind=broad", "qf totals --kind=broadcast"),
                                      ("qf key add hx x --role feed,adm", "qf key add hx x --role feed,admin"),
                                      ("qf totals --where cont", "qf totals --where content="),
                                      ("qf feed acti", "qf feed activities\\ of\\ may.csv")):
                    screen.type(typed)
                    screen.press("Tab")
                    screen.wait("asks> " + wanted)
                    screen.press("C-u")
                    screen.wait_gone(wanted)


def bash_completes():
    a_shell_completes("bash", "bash", "--norc", "-i")


def zsh_completes():
    a_shell_completes("zsh", "zsh", "-f", "-i")


def the_programme_completes():
    with Office() as office:
        here = {"QF_DIR": office.dir}
        check("org" in offered("totals", "--by", "", **here), "dimensions are offered")
        same(offered("totals", "--by", "mode,cont", **here), ["mode,content"])
        same(offered("totals", "--where", "cont", **here), ["content="])
        members = offered("totals", "--where", "content=", **here)
        check("content=law" in members and all(word.startswith("content=") for word in members), members)
        check("--where=content=law" in offered("totals", "--where=content=", **here), "in one word, too")
        office.qf("key", "new", "alpha")
        same(sorted(offered("key", "rotate", "", **here)), ["alpha", "office"])
        office.qf("period", "close", "2001-03", "--waive-missing")
        check("2001-03" in offered("period", "show", "", **here), "what is closed is offered")
        same(offered("key", "rotate", "al", "x", "--as", "al", **here), ["alpha"])
    same(offered("history", "--verdict", ""), ["accepted", "late", "duplicate", "quarantined", "rejected"])
    same(offered("totals", "--by", ""), [])  # nobody is there to ask
    same(offered("totals", "--kind", "broadcast", "--measure", "view"), ["views", "viewers"])
    check({"views", "signed", "share"} <= set(offered("totals", "--measure", "")), "measures of all kinds")
    same(len(offered("totals", "--measure", "")), len(set(offered("totals", "--measure", ""))))
    year = time.strftime("%Y")
    check(year in offered("report", "year", "--year", ""), "years")
    check(time.strftime("%Y-%m") in offered("period", "close", ""), "months")
    same(offered("totals", "--from", "2023-05-3"), ["2023-05-30", "2023-05-31"])
    same(offered("totals", "--from=2023-02-2"), [f"--from=2023-02-2{i}" for i in range(9)])
    same(offered("quarantine", "list", "--code", "Q21"), ["Q210", "Q211", "Q212"])
    same(offered("report", "matrix", "--measure", "a"), ["activities", "attendances"])
    same(offered("report", "year", "--format", "p"), ["pdf"])


def shown(page, columns):
    """A manual page as a terminal shows it, which no line is too long for."""
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          check=True, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": str(columns)})
    same(done.stderr, "", page)
    for line in done.stdout.splitlines():
        line = re.sub(".\b", "", line)
        check(sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in line) <= columns, page, repr(line))
    return done.stdout


def manual_pages_render():
    with tempfile.TemporaryDirectory() as home:
        for language in ("en", "zh"):
            folder = os.path.join(home, language)
            subprocess.run([QF, "help", "--man", folder, "--lang", language], check=True)
            pages = sorted(glob.glob(os.path.join(folder, "*.1")))
            check(os.path.basename(pages[0]) == "qf-audit.1" and len(pages) > 40, "a page for each command")
            linted = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages], stdout=subprocess.PIPE, encoding="utf-8", check=False)
            same((linted.stdout, linted.returncode), ("", 0))
            for page in pages:
                name = os.path.basename(page)[:-2]
                check(f"{name}(1)" in shown(page, 80), f"{page} has a head")
        by_hand = sorted(glob.glob(os.path.join(SOURCE, "docs", "man", "*.[138]")))
        for page in by_hand:
            shown(page, 80)
        linted = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *by_hand], stdout=subprocess.PIPE, encoding="utf-8", check=False)
        same((len(by_hand) > 5, linted.stdout, linted.returncode), (True, "", 0))


if __name__ == "__main__":
    run(every_option_is_offered, every_mistake_names_the_next_step, a_wrong_line_names_what_is_wrong, paragraphs_are_whole,
        the_programme_completes, bash_completes, zsh_completes, manual_pages_render)
