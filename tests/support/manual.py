"""Manuals as a reader works through them: the fenced blocks of a page, run in order in one folder.

    ```sh       run by bash; a line that ends with " &" is a program that stays, and is waited for
    ```text     what the block before it says; … stands for what is other each time
    ```lang     written where the line before it says: <!-- file NAME -->

Comments before a block say more of it:

    <!-- exit N -->            it is to end so
    <!-- stop COMMAND -->      first the last program that stays and begins so is ended, as by Ctrl-C
    <!-- in PLACE -->          run by a reader who is in that place, and passed over by others ("installed": tests/systemd)
    <!-- by TEST FUNCTION -->  another test runs it
    <!-- unrun WHY -->         nothing runs it

A block without a language is only looked at, and then no line of it may begin with a command."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from support.harness import BIN, PATIENCE, SOURCE, Failure, check, qf, same, until

READY = {"qf up": "is ready|已就绪|Ctrl-C", "qf feed": "are taken here|在收"}
CHANGES = re.compile(r"^qf (feed|merge|undo|quarantine|programme load)", re.M)
COMMANDS = re.compile(r"^\s*(\$ )?(sudo |\./)?(qf(-\w+)?(?! [a-z ]+[:：])|curl|cc|python3|sh|systemctl|apt|cmake|ninja|deploy/\w+|tests/\w\S*) ", re.M)  # and no error that it says


def blocks_of(page):
    """[(language, text, marks)], marks being what comments before the block say."""
    found, language, text, marks = [], None, [], {}
    with open(os.path.join(SOURCE, page), encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.lstrip().startswith("```"):
                if language is None:
                    language, text = line.strip()[3:], []
                else:
                    found.append((language, "\n".join(text), marks))
                    language, marks = None, {}
            elif language is not None:
                text.append(line)
            else:
                mark = re.fullmatch(r"<!-- (\w+) (.*) -->", line)
                marks = {**marks, mark[1]: mark[2]} if mark else marks if not line else {}
    return found


class Reader:
    """Who works through pages. places: [(as the page names it, as it is here)]."""
    place = None

    def __init__(self, places=(), env=None, chinese=False):
        self.home = tempfile.mkdtemp(prefix="qf-")
        self.places = list(places)
        self.env = {**os.environ, **(env or {}), "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": self.home,
                    "LANG": "zh_CN.UTF-8" if chinese else "C.UTF-8"}
        self.env.pop("LC_ALL", None)  # which bash would complain of, where there is no such locale
        self.stay = []  # (line, process)
        self.logs = 0
        self.said = None
        self.settle = None  # where the server is, as words of qf: after what changes numbers they are waited for

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        while self.stay:
            self.end("")
        shutil.rmtree(self.home, ignore_errors=True)
        return False

    def here(self, text):
        # All at once: what was put in place of one is no place of the page's, though it may look like one (a clone in /tmp).
        places = dict(self.places)
        if places:
            text = re.sub("|".join(map(re.escape, places)), lambda found: places[found.group()], text)
        return re.sub(r"^cc ", os.environ.get("QF_CC", "cc") + " ", text, flags=re.MULTILINE)  # as what is tried was compiled

    def begin(self, line):
        """A program that stays, until it says that it is ready."""
        self.logs += 1
        log = os.path.join(self.home, f"stays-{self.logs}.log")
        with open(log, "wb") as file:
            process = subprocess.Popen(["bash", "-c", "exec " + line], cwd=self.home, env=self.env, stdin=subprocess.DEVNULL,
                                       stdout=file, stderr=file)
        self.stay.append((line, process))
        ready = next(word for start, word in READY.items() if line.startswith(start))

        def says():
            check(process.poll() is None, line, "ended:", open(log, encoding="utf-8").read())
            return re.search(ready, open(log, encoding="utf-8").read())
        until(says, 30, f"{line} is ready")

    def end(self, line):
        """Of the programs that stay and begin so, the last."""
        at = max(at for at, (begun, _) in enumerate(self.stay) if begun.startswith(line))
        process = self.stay.pop(at)[1]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30 * PATIENCE)

    def run(self, text, code):
        lines, begun = [], []
        for line in self.here(text).split("\n"):
            if not line.endswith(" &"):
                lines.append(line)
                continue
            self.bash(lines, 0, text)
            self.begin(line[:-2])
            lines, begun = [], [*begun, line]
        if lines or not begun:
            self.said = self.bash(lines, code, text)
        if self.settle and CHANGES.search(text):
            self.wait_counted()

    def wait_counted(self):
        """A page is read by people, who take a second to go on."""
        now_ms = time.time() * 1000

        def is_counted():
            return qf("status", "--json", *self.settle, cwd=self.home, code=None).json["report"]["complete_at_ms"] > now_ms
        until(is_counted, 20, "all is counted")

    def bash(self, lines, code, text):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], cwd=self.home, env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                              timeout=120 * PATIENCE, check=False)
        if done.returncode != code:
            raise Failure(f"ended with {done.returncode}, not {code}:\n{text}\n{done.stdout}")
        return done.stdout

    def compare(self, text):
        """Line by line; … is anything, a line of … alone any lines. How wide a table is, is not the page's matter."""
        def lines_of(said):
            return [re.sub("─+", "─", re.sub(" {2,}", "  ", line.strip())) for line in said.strip("\n").split("\n")]
        pattern = "\n".join(r"(?s:.*)" if line == "…" else re.escape(line).replace("…", ".*")
                            for line in lines_of(self.here(text)))
        check(re.fullmatch(pattern, "\n".join(lines_of(self.said))), f"the page says\n{text}\nand it is\n{self.said}")

    def work_through(self, page):
        """Gives how many blocks were run."""
        ran = 0
        for language, text, marks in blocks_of(page):
            if marks.get("in") != self.place or is_elsewhere(marks):
                continue
            try:
                if "stop" in marks:
                    self.end(marks["stop"])
                if "file" in marks:
                    self.write(marks["file"], self.here(text) + "\n")
                elif language == "sh":
                    ran += 1
                    self.run(text, int(marks.get("exit", 0)))
                elif language == "text":
                    self.compare(text)
            except Exception as error:
                raise Failure(f"{page}: {error}") from error
        check(ran, page, "has no commands")
        return ran

    def write(self, name, text):
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
            file.write(text)


def is_elsewhere(marks):
    return "by" in marks or "unrun" in marks


def blocks_by(page, function):
    """The blocks that another test runs, for that test."""
    return [text for _, text, marks in blocks_of(page) if marks.get("by", "").split(" ")[-1] == function]


def same_commands(page, other):
    """A page and its translation tell the same commands."""
    def commands(of):
        return [re.sub(r"\s+#.*|[^\x00-\x7f]+", "", text) for language, text, _ in blocks_of(of) if language == "sh"]
    same(commands(page), commands(other), page, other)
