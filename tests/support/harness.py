"""What integration and fault tests share: an installation of its own in a
temporary folder (`qf up`), the command qf, and waiting for conditions. Nothing
here sleeps for a time: whoever waits, waits for something, with a deadline."""
import faulthandler
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import zmq

from oracle import oracle
from support import partner as client

BIN = os.environ["QF_BIN"]
SOURCE = os.environ["QF_SOURCE"]
QF = os.path.join(BIN, "qf")
AWAY = 75  # exit code: nothing is lost, and nothing was said of it yet
DAEMONS = ("ingest", "aggregate", "report", "relay")
PROGRAMME = os.path.join(SOURCE, "tests/data/small-programme.yaml")
# Freed memory is kept from use by AddressSanitizer: little enough for tests that look at memory.
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=4")
PATIENCE = client.PATIENCE
# A busy machine is no fault of ours: what must come, and was not promised within a time, is waited for so long at least.
GENEROUS_S = 60.0

SANITIZER = re.compile(r"(^.*(\w+Sanitizer\b|runtime error:).*$)(.*\n){0,60}", re.MULTILINE)


class Failure(AssertionError):
    pass


def check(condition, *said):
    if not condition:
        raise Failure(" ".join(str(word) for word in said))


def same(got, wanted, *said):
    check(got == wanted, *said, f"\n  got    {got!r}\n  wanted {wanted!r}")


def until(condition, timeout=GENEROUS_S, said="condition"):
    """Waits until condition() gives something true, and gives it. For less than a minute nobody gives up."""
    return within(max(timeout, GENEROUS_S), condition, said)


def within(seconds, condition, said):
    """The same where the time itself is promised."""
    deadline = time.monotonic() + seconds * PATIENCE
    pause = 0.002
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds * PATIENCE:g} s: {said}")
        time.sleep(pause)  # between two looks at the condition
        pause = min(pause * 1.5, 0.05)


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        """Where each line is JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


def lines(*events):
    """As JSON, a line each."""
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def qf(*words, code=0, timeout=40, stdin=None, env=None, cwd=None):
    """Runs qf; code None takes any exit code."""
    done = subprocess.run([QF, *map(str, words)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout * PATIENCE, encoding="utf-8", cwd=cwd,
                          env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
    if code is not None and done.returncode != code:
        raise Failure(f"qf {' '.join(map(str, words))} ended with {done.returncode}, not {code}\n"
                      f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return Result(done)


def process_ids(directory, daemon=None):
    """Processes qf-<daemon> that serve an installation, or all of its qf, by their command lines."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        name = os.path.basename(words[0])
        if (name == f"qf-{daemon}" if daemon else name.startswith("qf")) and any(directory in word for word in words[1:]):
            found.append(int(entry))
    return found


class Office:
    """A running installation with a programme: `with Office() as office:`."""

    def __init__(self, programme=PROGRAMME, env=None, listen=None, within=None, http=False):
        self.home = tempfile.mkdtemp(prefix="qf-", dir=within)  # short: ipc paths end at 107 bytes
        self.dir = os.path.join(self.home, "d")
        self.programme = programme
        self.env = env or {}
        self.listen = listen
        self.http = http  # else none: a port that is free now may be another test's when a daemon is started again
        self.up = None
        self.context = zmq.Context()
        self._messages = None
        self.clients = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.say_logs()
            self.stop()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.say_logs()
        self.stop()
        for client_ in self.clients:  # one by one: a monitored socket must lose its monitor before it goes
            client_.close()
        self.context.destroy(linger=0)
        shutil.rmtree(self.home, ignore_errors=True)
        return False

    def start(self, wait=True):
        words = [QF, "up", "--dir", self.dir]
        if self.programme:
            words += ["--programme", self.programme]
        if self.listen:
            words += ["--listen", self.listen]
        if not self.http:
            words += ["--http", "off"]
        self.log = open(os.path.join(self.home, "up.log"), "ab")
        self.log_begins = self.log.tell()
        self.up = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                   env={**os.environ, "LC_ALL": "C.UTF-8", **self.env})
        if wait:
            self.wait_ready()

    def is_ready(self):
        check(self.up.poll() is None, "qf up ended with", self.up.returncode)
        return self.says_ready() and self.qf("totals", "--json", code=None).code == 0

    def says_ready(self):
        """Not before: until then the programme is being loaded, through the office's outbox."""
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_begins)
            return "Qingfeng is ready" in file.read()

    def wait_ready(self, timeout=30):
        until(self.is_ready, timeout, "qf totals answers")

    def stop(self):
        if self.up is not None and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            try:
                self.up.wait(GENEROUS_S * PATIENCE)
            except subprocess.TimeoutExpired:
                for daemon in DAEMONS:
                    self.kill(daemon)
                self.up.kill()
                self.up.wait()
                raise Failure("qf up did not stop when it was told to") from None
        if self.up is not None:
            self.log.close()
            code, self.up = self.up.returncode, None
            self.check_sanitizers()
            return code
        return None

    def check_sanitizers(self):
        """`qf up` starts a daemon that a sanitizer ended again, and goes on: what they wrote in the logs tells."""
        for path in glob.glob(os.path.join(self.dir, "log", "*.log")) + [self.log.name]:
            with open(path, encoding="utf-8", errors="replace") as file:
                found = SANITIZER.search(file.read())
            if found:
                raise Failure(f"{os.path.basename(path)} has a sanitizer's report:\n{found.group()[:6000]}")

    def kill_all(self):
        """Everything is gone at once, as when the power is: qf up first stands still, since who loses it is told to end,
        and a daemon that a test has stopped goes on for that."""
        self.up.send_signal(signal.SIGSTOP)
        self.kill()
        self.up.kill()
        self.up.wait()
        self.up = None
        self.log.close()
        until(lambda: not self.kill(), 10, "all are gone")

    def say_logs(self):
        for folder, names in ((self.home, ["up.log"]),
                              (os.path.join(self.dir, "log"), [f"{name}.log" for name in DAEMONS])):
            for name in names:
                try:
                    with open(os.path.join(folder, name), errors="replace") as file:
                        tail = file.read()[-3000:]
                except OSError:
                    continue
                if tail:
                    print(f"--- {name}\n{tail}", file=sys.stderr)

    # -- the command ----------------------------------------------------------

    def qf(self, *words, **how):
        return qf(*words, "--dir", self.dir, **how)

    def tell(self, *events, source="alpha", code=0):
        """Feeds events as lines of JSON; the Result's lines are what was said of each, and the summary."""
        return self.qf("feed", "-", "--as", source, "--json", stdin=lines(*events), code=code)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def endpoint(self, name):
        return f"ipc://{self.dir}/run/{name}.ipc"

    def add_source(self, name, org, role="feed", words=()):
        """Makes a key as the partner does, and registers its public half as the office does."""
        self.qf("key", "new", name)
        words = ["key", "add", name, self.path("keys", f"{name}.public"), "--role", role, *words]
        if org:
            words += ["--org", org]
        self.insist(*words)
        return self.path("keys", f"{name}.secret")

    def insist(self, *words):
        """As whoever is told that the server is busy does: on a disk that others keep busy it may be, for seconds."""
        def taken():
            done = self.qf(*words, code=None)
            check(done.code in (0, AWAY), *words, done.code, done.err)
            if done.code == AWAY:
                print(f"qf {' '.join(words)}: {done.err}", file=sys.stderr)
            return done.code == 0
        until(taken, said=" ".join(words))

    def status(self):
        return self.qf("status", "--json", code=None).json

    def commit_counts(self):
        """Counts reach the disk up to a second after they are shown, or before it is said what waits: that is of the disk."""
        socket = client.dealer(self.context, self.endpoint("read"), self.server_public, self.secret("office"))
        with socket:
            socket.send(self.messages.FromReader(query=self.messages.Query(id=1, what=4)).SerializeToString())
            check(socket.poll(int(GENEROUS_S * 1000)), "nobody says what waits")
            check(self.messages.ToReader.FromString(socket.recv()).WhichOneof("what") == "answer")

    def wait_records(self, records, timeout=30):
        until(lambda: self.qf("totals", "--json", code=None).json["all"]["records"] >= records, timeout,
              f"{records} records are counted")

    # -- processes --------------------------------------------------------------

    def pids(self, daemon=None):
        return process_ids(self.dir, daemon)

    def kill(self, daemon=None, number=signal.SIGKILL):
        """Sends a signal to a daemon, or to all that runs here; gives the ids it had."""
        ids = self.pids(daemon)
        for pid in ids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return ids

    def memory_kib(self, daemon, what="VmRSS"):
        """RssAnon: its own, without what it has open of a store."""
        for pid in self.pids(daemon):
            with open(f"/proc/{pid}/status") as file:
                for line in file:
                    if line.startswith(what):
                        return int(line.split()[1])
        return 0

    # -- clients in Python -------------------------------------------------------

    @property
    def messages(self):
        if self._messages is None:
            self._messages = client.Messages(os.path.join(SOURCE, "proto"))
        return self._messages

    @property
    def server_public(self):
        return client.read_key(self.path("keys", "server.public"))

    def secret(self, name):
        return client.read_key(self.path("keys", f"{name}.secret"))

    def partner(self, name, endpoint=None, **how):
        self.clients.append(client.Partner(self.messages, self.context, endpoint or self.endpoint("feed"),
                                           self.server_public, self.secret(name), **how))
        return self.clients[-1]

    def subscriber(self, name="office", **how):
        self.clients.append(client.Subscriber(self.messages, self.context, self.endpoint("read"),
                                              self.server_public, self.secret(name), **how))
        return self.clients[-1]

    # -- damage -----------------------------------------------------------------------

    def damage_record(self, wanted):
        """Flips a bit in every copy of a record in the journal's file, live or not (PROTOCOL.md 4.1)."""
        flip(self.path("journal", "data.mdb"), b"QFJ1", 200,
             lambda found: int.from_bytes(found[16:24], "little") == wanted)

    # -- truth ------------------------------------------------------------------------

    def verify(self):
        """`qf verify` and the second implementation agree with the running counts. Gives the oracle's recount."""
        counted, said = oracle.compare(QF, self.dir)
        check(not said, "\n".join(said))
        self.qf("verify")
        return counted


def flip(path, marker, behind, wanted=lambda found: True):
    """Flips a bit so many bytes behind each marker in a file; wanted looks at the 24 bytes from it on."""
    with open(path, "r+b") as file:
        whole = file.read()  # not a map, which Python 3.11 looks through beyond its end
        hits, at = 0, whole.find(marker)
        while at >= 0:
            if wanted(whole[at:at + 24]):
                file.seek(at + behind)
                file.write(bytes([whole[at + behind] ^ 4]))
                hits += 1
            at = whole.find(marker, at + 1)
    check(hits > 0, marker, "is in", path)


def run(*tests):
    """Runs the functions given, or those named on the command line; says each; exit code 1 when one fails."""
    wanted = set(sys.argv[1:])
    failed = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        begun = time.monotonic()
        faulthandler.dump_traceback_later(120 * PATIENCE)  # who hangs says where
        try:
            test()
        except Exception as error:  # each test is said, whatever it died of
            failed += 1
            import traceback
            traceback.print_exc()
            print(f"not ok {test.__name__}: {error}")
        else:
            print(f"ok {test.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
