"""What the benchmark's commands share: an installation of its own over loopback TCP with CURVE, the programme of the
peers' work (8 dimensions with 300 members) or the shipped one, what processes have used, and the line of JSON, which
holds what the machine could do in the same run. QF_BIN names the folder of the programs (default: build/release/bin)."""
import collections
import datetime
import functools
import glob
import json
import mmap
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
os.environ.setdefault("QF_SOURCE", SOURCE)
os.environ.setdefault("QF_BIN", os.path.join(SOURCE, "build/release/bin"))
sys.path.insert(0, os.path.join(SOURCE, "tests"))

from support.harness import AWAY, BIN, Office, process_ids, until  # noqa: E402

CARDINALITY = (100, 50, 60, 4, 8, 40, 20, 18)
LARGEST = 8192
SHIPPED = os.path.join(SOURCE, "deploy/programmes/integrity-123n.yaml")
SHIPPED_ORGS = "MW,DX,HG,XH,HX,YH,SW,QY"
TICK = os.sysconf("SC_CLK_TCK")
TOUCHED_MIB = 4096  # what the longest run takes of memory: 3 GiB of files that it writes, and 1 of its own


def write_programme(path):
    """8 dimensions, 300 members; the last dimension is the organisations, below the one that feeds."""
    lines = ["code: bench", "zh: 测速", "en: Benchmark", "", "settings:", "  time_zone: \"+08:00\"", "",
             "counters:", "  - {code: sign_in, zh: 签到, en: sign-ins, feeds: attendances, cap: 1000000}", "", "dimensions:"]
    member = 1
    for index, count in enumerate(CARDINALITY):
        org = index + 1 == len(CARDINALITY)
        lines += [f"  - code: {'org' if org else f'd{index + 1}'}", f"    zh: 维{index + 1}", f"    en: dimension {index + 1}",
                  "    members:"]
        if org:
            lines.append("      - {code: root, zh: 总, en: Root}")
        for _ in range(count):
            parent = ", parent: root" if org else ""
            lines.append(f"      - {{code: m{member:03}, zh: 员{member:03}, en: Member {member:03}{parent}}}")
            member += 1
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def cpu_of(pid):
    """Seconds of processor that a process has used, with those children of it that ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / TICK
    except FileNotFoundError:
        return 0.0


def cpu_by_thread(pids):
    """{(program, thread): seconds of processor} of processes; their first thread is "main"."""
    used = collections.Counter()
    for pid in map(str, pids):
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            thread = os.path.dirname(path)
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8") as program, open(f"{thread}/comm", encoding="utf-8") as name:
                    key = program.read().strip(), "main" if os.path.basename(thread) == pid else name.read().strip()
                with open(path, encoding="ascii") as file:
                    used[key] += int(file.read().split()[0]) / 1e9
            except OSError:  # it ended meanwhile
                continue
    return used


def anon_mib(pid):
    """A process' own memory, without pages of files."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) / 1024


@functools.cache
def machine_once(folder):
    done = subprocess.run([os.path.join(BIN, "machine"), folder], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def machine(folder, once=False):
    """What it can do now."""
    return machine_once("/var/tmp") if once else machine_once.__wrapped__(folder)


@functools.cache
def commit():
    done = subprocess.run(["git", "-C", SOURCE, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    return done.stdout.strip()


def busy_seconds():
    """Seconds of processor that anybody used since the machine started."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = list(map(int, file.readline().split()[1:]))
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / TICK


class Watch:
    """How many processors others kept busy while a figure was taken: `with Watch(lambda: cpu that is ours) as watch`."""

    def __init__(self, ours):
        self.ours = ours

    def now(self):
        children = os.times()
        return busy_seconds() - self.ours() - sum(children[:4]), children.elapsed

    def __enter__(self):
        self.began = self.now()
        return self

    def __exit__(self, *_):
        others, elapsed = self.now()
        self.others = round(max(0.0, (others - self.began[0]) / max(elapsed - self.began[1], 0.01)), 2)


def touch_memory():
    """Takes memory, writes to it and gives it back; seconds for each GiB. The host of a virtual machine may hand out a page when the
    guest first writes to it, and take back what is free for a while: such a page costs many times what it does on a server that
    has been up and busy, and runs that write much pay for it from where the pages at hand end. What was touched a moment ago is there."""
    with open("/proc/meminfo", encoding="ascii") as file:
        free = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) * 1024
    size = min(TOUCHED_MIB << 20, free // 2)
    began = time.monotonic()
    with mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_HUGEPAGE)
        memory[::mmap.PAGESIZE] = bytes(size // mmap.PAGESIZE)
    return round((time.monotonic() - began) * (1 << 30) / size, 3)


def say(line, folder, once=False):
    """Prints a line of JSON; gives whether its counts are right. once: what the machine can do is asked once, where speed is
    not what is looked at."""
    line["machine"] = machine(folder, once)
    line["commit"] = commit()
    line["at"] = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")
    print(json.dumps(line), flush=True)
    return line["right"]


class Bench(Office):
    """An installation that is fed and read over TCP, with so many sources that may do both."""

    def __init__(self, shipped=False, sources=1):
        super().__init__(programme=None, listen="127.0.0.1:0")
        self.programme, self.shipped, self.sources = SHIPPED, shipped, sources
        if not shipped:
            self.programme = os.path.join(self.home, "programme.yaml")
            write_programme(self.programme)

    def start(self, wait=True):
        words = [os.path.join(BIN, "qf"), "up", "--json", "--dir", self.dir, "--programme", self.programme, "--listen",
                 self.listen, "--http", "off"]
        self.log = open(os.path.join(self.home, "up.log"), "ab")
        self.log_begins = self.log.tell()
        self.up = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                   env={**os.environ, "LC_ALL": "C.UTF-8"})
        if wait:
            self.feed, self.read = until(self.endpoints, 60, "qf up is ready")
            self.add_sources()

    def add_sources(self):
        for number in range(1, self.sources + 1):
            if not os.path.exists(self.key(number)):
                self.add_source(f"bench{number}", SHIPPED_ORGS if self.shipped else "root", role="feed,read")

    def key(self, number):
        return self.path("keys", f"bench{number}.secret")

    def endpoints(self):
        """Where feed and read are, as `qf up` said when it was ready."""
        with open(self.log.name, encoding="utf-8") as file:
            file.seek(self.log_begins)
            for line in file:
                if line.startswith("{"):
                    said = json.loads(line)
                    return said["feed"], said["read"]
        return None

    def disk(self):
        """Bytes that the journal and the counts take."""
        return sum(os.stat(self.path(folder, "data.mdb")).st_blocks * 512 for folder in ("journal", "counts"))

    def cpu(self):
        return sum(cpu_of(pid) for pid in process_ids(self.dir))

    def load(self, timeout=900, **options):
        """Runs pipeline_load; its line, and what the disk grew."""
        (ingest,), (aggregate,) = self.pids("ingest"), self.pids("aggregate")
        touched = touch_memory() if options.get("seconds") else None
        before = self.disk()
        words = [os.path.join(BIN, "pipeline_load"), "--feed", self.feed, "--read", self.read, "--server",
                 self.path("keys", "server.public"), "--ingest", ingest, "--aggregate", aggregate,
                 "--shape", "programme" if self.shipped else "peers"]
        for number in range(1, self.sources + 1):
            words += ["--key", self.key(number)]
        for name, value in options.items():
            words += [f"--{name}", value]
        threads, children = cpu_by_thread(process_ids(self.dir)), os.times()
        with Watch(self.cpu) as watch:
            done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, timeout=timeout,
                                  check=False)
        if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
            self.say_logs()
            raise SystemExit(f"pipeline_load ended with {done.returncode}")
        line = json.loads(done.stdout)
        stored = line["events"] + (100000 if options.get("workload") == "T" else 0)
        line["disk_mb_per_million"] = round((self.disk() - before) / stored, 1)
        line["others_cores"] = watch.others
        line["touched_s_per_gib"] = touched
        spent = {" ".join(key): used - threads[key] for key, used in cpu_by_thread(process_ids(self.dir)).items()}
        spent["pipeline_load"] = sum(os.times()[2:4]) - sum(children[2:4])
        line["cpu_by_thread_s_per_million"] = {key: round(used * 1e6 / stored, 3) for key, used in
                                               sorted(spent.items(), key=lambda one: -one[1])}
        return line
