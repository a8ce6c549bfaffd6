#!/usr/bin/python3
"""Keys and doors: who may do what is the same at every door, and what is revoked is
revoked everywhere within a second, on connections that stand as well."""
import os
import subprocess
import time
from socket import create_connection

import zmq
from zmq.utils.monitor import recv_monitor_message

from support.harness import BIN, DAEMONS, PATIENCE, PROGRAMME, Office, check, run, same, until, within
from support.partner import NoAnswer, Refusal, dealer
from support.site import Site

TOTALS, GROWTH, STATUS, WAITING, CHECK = range(1, 6)
SANITIZED = "asan" in BIN or "tsan" in BIN


def activity(key, org):
    return ("activity", {"key": key, "date": 20230506, "values": {"org": org}, "attendances": 10})


class Relay:
    """A qf-relay of its own, that reads with the key of a source."""

    def __init__(self, office, name, read=None):
        self.office, self.name = office, name
        self.endpoint = f"ipc://{office.dir}/run/{name}.relay"
        config = os.path.join(office.home, f"relay-{name}.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"read: {read or office.endpoint('read')}\nserver_public: {office.path('keys/server.public')}\n"
                       f"key: {office.path(f'keys/{name}.secret')}\npublish: {self.endpoint}\n")
        self.log = open(office.path("log", "relay.log"), "ab")
        self.process = subprocess.Popen([os.path.join(BIN, "qf-relay"), "--config", config], stdout=self.log,
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        self.topics = office.context.socket(zmq.SUB)
        self.topics.linger = 0
        self.topics.connect(self.endpoint)
        self.topics.subscribe(b"t/activities/org/")
        self.topics.subscribe(b"t/activities/total/all/")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.topics.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        self.log.close()


# --- revoked ------------------------------------------------------------------------------------


class Traffic:
    """A partner, a subscriber, an asker and a relay, all busy; when each was last served."""

    def __init__(self, office, name, relay):
        self.office, self.relay = office, relay
        self.partner, self.subscriber = office.partner(name), office.subscriber(name)
        self.asker = dealer(office.context, office.endpoint("read"), office.server_public, office.secret(name))
        self.partner.hello()
        self.served = dict.fromkeys(("verdicts", "updates and pulses", "answers", "topics"), 0.0)
        self.refused = {}
        self.taken = self.sent = self.questions = 0
        self.other = office.partner("stays")
        self.other.hello()

    def note(self, what):
        self.served[what] = time.monotonic()

    def step(self):
        """Sends one of each, and takes in what came."""
        self.sent += 1
        self.partner.post([activity(f"a{self.sent}", "alpha")])
        self.other.post([activity(f"b{self.sent}", "beta")])  # so that totals go on changing
        self.questions += 1
        self.asker.send(self.office.messages.FromReader(query=self.office.messages.Query(
            id=self.questions, what=TOTALS)).SerializeToString(), zmq.NOBLOCK)
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            self.take()

    def take(self):
        poller = zmq.Poller()
        for socket in (self.partner.socket, self.subscriber.socket, self.asker, self.relay.topics, self.other.socket):
            poller.register(socket, zmq.POLLIN)
        ready = dict(poller.poll(5))
        if self.partner.socket in ready:
            what, answer = self.partner.get()
            if what == "verdicts":
                self.taken += answer.count
                self.note("verdicts")
            else:
                self.refused["feed"] = answer.why
        if self.subscriber.socket in ready:
            if self.subscriber.turn(0) == "denied":
                self.refused["subscribe"] = self.subscriber.denied.why
            else:
                self.note("updates and pulses")
        if self.asker in ready:
            message = self.office.messages.ToReader()
            message.ParseFromString(self.asker.recv())
            if message.WhichOneof("what") == "answer":
                self.note("answers")
            else:
                self.refused["ask"] = message.denied.why
        if self.relay.topics in ready:
            self.relay.topics.recv_multipart()
            self.note("topics")
        if self.other.socket in ready:
            self.other.get()


def what_is_revoked_is_revoked_everywhere_within_a_second():
    with Office() as office:
        office.add_source("gone", "alpha", role="feed,read")
        office.add_source("stays", "beta")
        office.add_source("mirror", "alpha", role="read")
        with Relay(office, "mirror") as relay:
            traffic = Traffic(office, "gone", relay)
            until(lambda: traffic.step() or all(traffic.served.values()), 20, "all are served")
            for name in ("gone", "mirror"):
                revoking = subprocess.Popen([os.path.join(BIN, "qf"), "key", "revoke", name, "--dir", office.dir],
                                            stdout=subprocess.DEVNULL)
                until(lambda: traffic.step() or revoking.poll() is not None, 20, "qf key revoke ends")
                same(revoking.returncode, 0)
                revoked = time.monotonic()
                doors = ("topics",) if name == "mirror" else ("verdicts", "updates and pulses", "answers")
                # Long enough that who is still served is seen: pulses come each second, all topics every five.
                while time.monotonic() < revoked + 2.5:
                    traffic.step()
                for what in doors:
                    late = traffic.served[what] - revoked
                    print(f"    {what}: last {late * 1000:+.0f} ms after `qf key revoke {name}` returned")
                    check(late < PATIENCE, what, "were still sent", late, "s after the key was revoked")
            same(traffic.refused, {"feed": 2, "subscribe": 2, "ask": 2}, "each is told why")
            until(lambda: relay.process.poll() is not None, 10, "the relay ends")
        counted = office.verify()
        same(counted.total({"org": "alpha"})[0], traffic.taken, "what is counted is what was acknowledged")
        check(counted.total({"org": "beta"})[0] > traffic.taken, "others went on")


def one_of_two_keys_goes_alone():
    """A source has two keys while it changes them: who came with the old one is shut out, on standing connections too."""
    with Office() as office:
        office.add_source("old", "alpha", role="feed,read")
        office.qf("key", "new", "new")
        office.qf("key", "add", "old", office.path("keys/new.public"))
        same(len(next(one for one in office.qf("key", "list", "--json").json if one["source"] == "old")["keys"]), 2)
        old, new = Visitor(office, "old"), Visitor(office, "new")
        for visitor in (old, new):
            same((visitor.feed("alpha"), visitor.ask(STATUS)), ("accepted", "answered"))
        subscribers = [office.subscriber("old"), office.subscriber("new")]
        for subscriber in subscribers:
            until(lambda one=subscriber: (one.turn(0.05) or True) and one.picture.complete, 10, "a picture")
        office.qf("key", "revoke", "old", office.path("keys/old.public"))
        within(1.0, lambda: (subscribers[0].turn(0.05) or True) and subscribers[0].denied, "the old key is denied")
        same((old.feed("alpha"), old.ask(STATUS)), ("not allowed", "denied"))
        same((new.feed("alpha"), new.ask(STATUS)), ("accepted", "answered"))
        before = subscribers[1].picture.version
        until(lambda: (subscribers[1].turn(0.05) or True) and subscribers[1].picture.version > before, 10,
              "the new key is told")
        check(subscribers[1].denied is None, "the new key was denied")


# --- rights -------------------------------------------------------------------------------------


class Visitor:
    """Knocks at each door with one key, and says what came of it in a word."""

    def __init__(self, office, name):
        self.office, self.name = office, name
        self.asked = 0
        self.partner = None
        self.sockets = {}

    def door(self, which):
        """The socket, or None: the handshake was refused."""
        if which not in self.sockets:
            socket = self.office.context.socket(zmq.DEALER)
            socket.linger = 0
            events = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH)
            socket.curve_serverkey, socket.curve_secretkey = self.office.server_public, self.office.secret(self.name)
            socket.curve_publickey = zmq.curve_public(self.office.secret(self.name))
            socket.connect(self.office.endpoint(which))
            check(events.poll(int(10000 * PATIENCE)), "no handshake with", which)
            opened = recv_monitor_message(events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
            socket.disable_monitor()
            self.sockets[which] = socket if opened else None
            if not opened:
                socket.close()
        return self.sockets[which]

    def close(self):
        for socket in self.sockets.values():
            if socket is not None:
                socket.close()

    def feed(self, org):
        if self.door("feed") is None:
            return "closed"
        self.partner = self.partner or self.office.partner(self.name)
        self.asked += 1
        try:
            return self.partner.send([activity(f"of-{self.name}-{self.asked}", org)])[0].what
        except Refusal as refusal:
            return refusal.why.replace("_", " ")

    def learn(self):
        socket = self.door("feed")
        if socket is None:
            return "closed"
        socket.send(self.office.messages.FromPartner(learn=self.office.messages.Learn()).SerializeToString())
        check(socket.poll(10000), "no answer to Learn")
        message = self.office.messages.ToPartner()
        message.ParseFromString(socket.recv())
        return "answered" if message.WhichOneof("what") == "registers" else "denied"

    def ask(self, what=TOTALS, **fields):
        """An Answer with code 0, or what came instead in a word."""
        socket = self.door("read")
        if socket is None:
            return "closed"
        self.asked += 1
        socket.send(self.office.messages.FromReader(query=self.office.messages.Query(
            id=self.asked, what=what, **fields)).SerializeToString())
        while True:
            check(socket.poll(15000), "no answer to a question")
            message = self.office.messages.ToReader()
            message.ParseFromString(socket.recv())
            if message.WhichOneof("what") == "denied":
                return "denied"
            if message.WhichOneof("what") == "answer" and message.answer.id == self.asked:
                self.answer = message.answer
                return "answered" if message.answer.code == 0 else "not yours" if message.answer.code == 3 else message.answer

    def orgs(self):
        """Organisations in the answer to a question by organisation."""
        said = self.ask(by=["org"])
        return {row.member[0] for row in self.answer.row} if said == "answered" else said

    def subscribe(self, want=1):
        """Organisations in the picture; of another want: whether it is answered."""
        if self.door("read") is None:
            return "closed"
        subscriber = self.office.subscriber(self.name, want=want)
        until(lambda: (subscriber.turn(0.05) or True) and (subscriber.picture.complete or subscriber.denied), 10, "a picture")
        subscriber.close()
        if subscriber.denied:
            return "denied"
        return {member for dimension, member, _ in subscriber.picture.cells if dimension == "org"} if want == 1 else "answered"

    def relay(self):
        """Organisations among a relay's topics that reads with this key."""
        with Relay(self.office, self.name) as relay:
            seen = set()

            def ends_or_has_all():
                while relay.topics.poll(0):
                    seen.add(relay.topics.recv_multipart()[0].decode().split("/")[2:4][-1])
                return relay.process.poll() is not None or "all" in seen and time.monotonic() > until_s
            until_s = time.monotonic() + 1.5  # all topics that there are go out once a second
            until(ends_or_has_all, 20, "topics, or an end")
            return "closed" if "all" not in seen else seen - {"all"}


OWN, ALL = {"alpha", "alpha-north"}, {"alpha", "alpha-north", "beta"}  # what is above its own a key reads too
CLOSED = dict.fromkeys(("feed own", "feed other", "learn", "subscribe", "registers", "rows", "totals", "other", "growth", "status",
                        "waiting", "check", "relay"), "closed")
NO_FEED = {"feed own": "not allowed", "feed other": "not allowed", "learn": "denied"}
NO_READ = dict.fromkeys(("subscribe", "registers", "rows", "totals", "other", "growth", "status", "waiting", "check", "relay"), "closed")
READS = {"registers": "answered", "rows": "denied", "other": "not yours", "growth": "not yours", "status": "answered", "waiting": "denied",
         "check": "answered"}
# Who → what comes of each way. A key that feeds only is let in where partners feed, and nowhere else.
RIGHTS = {
    "stranger": CLOSED,
    "revoked": CLOSED,
    "expired": CLOSED,
    "early": CLOSED,
    "feeder": {"feed own": "accepted", "feed other": "rejected", "learn": "answered", **NO_READ},
    "reader": {**NO_FEED, **READS, "subscribe": OWN, "totals": OWN, "relay": OWN},
    "north": {**NO_FEED, **READS, "subscribe": OWN, "totals": OWN, "relay": OWN},
    "both": {"feed own": "accepted", "feed other": "rejected", "learn": "answered", **READS, "subscribe": OWN, "totals": OWN,
             "relay": OWN},
    "chief": {"feed own": "accepted", "feed other": "rejected", "learn": "answered", "subscribe": ALL, "registers": "answered", "rows": "denied",
              "totals": ALL, "other": "answered", "growth": "answered", "status": "answered", "waiting": "answered",
              "check": "answered", "relay": ALL},
}
WAYS = {
    "feed own": lambda who: who.feed("alpha"),
    "feed other": lambda who: who.feed("beta"),
    "learn": lambda who: who.learn(),
    "subscribe": lambda who: who.subscribe(),
    "registers": lambda who: who.subscribe(want=4),
    "rows": lambda who: who.subscribe(want=2),
    "totals": lambda who: who.orgs(),
    "other": lambda who: who.ask(where=["org=beta"]),
    "growth": lambda who: who.ask(GROWTH, where=["org=beta"], year=2023, base_year=2022),
    "status": lambda who: who.ask(STATUS),
    "waiting": lambda who: who.ask(WAITING),
    "check": lambda who: who.ask(CHECK),
    "relay": lambda who: who.relay(),
}


def every_door_asks_for_the_same_rights():
    with Office() as office:
        office.add_source("seed-alpha", "alpha")
        office.add_source("seed-beta", "beta")
        for source, orgs in (("seed-alpha", ("alpha", "alpha-north")), ("seed-beta", ("beta",))):
            office.partner(source).send([activity(f"seed-{org}", org) for org in orgs])
        office.wait_records(3)
        for name, org, role, words in (("revoked", "alpha", "feed,read", ()), ("feeder", "alpha", "feed", ()),
                                       ("expired", "alpha", "feed,read", ("--to", "2020-12-31")),
                                       ("early", "alpha", "feed,read", ("--from", "2099-01-01")),
                                       ("reader", "alpha", "read", ()), ("north", "alpha-north", "read", ()),
                                       ("both", "alpha", "feed,read", ()), ("chief", "alpha", "admin", ())):
            office.add_source(name, org, role, words)
        office.qf("key", "revoke", "revoked")
        office.qf("key", "new", "stranger")
        wrong = []
        for name, wanted in RIGHTS.items():
            visitor = Visitor(office, name)
            for way, ask in WAYS.items():
                got = ask(visitor)
                if got != wanted[way]:
                    wrong.append(f"{name}, {way}: {got!r}, not {wanted[way]!r}")
            visitor.close()
        same(wrong, [])
        office.verify()


# --- one address among others ---------------------------------------------------------------------

CONNECTIONS = 20


def is_cut(connection):
    """Whether the server ended it. Its greeting (64 bytes) may come first."""
    try:
        while True:
            got = connection.recv(4096)
            if not got:
                return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def crowd(site, host, port, count):
    """So many connections that say nothing; gives those that stand when all have been looked at."""
    connections = []
    for _ in range(count):
        connection = create_connection((host, port), timeout=10)
        connection.setblocking(False)
        connections.append(connection)
    until(lambda: sum(not is_cut(one) for one in connections) <= CONNECTIONS, 10, "the rest is cut")
    return connections


def one_address_takes_its_share_of_connections():
    with Site({"alpha": "alpha", "beta": "beta"}) as site:
        for daemon in ("ingest", "report"):
            site.settings[daemon] = {"address_connections": CONNECTIONS, "address_handshakes_per_s": 0}
        site.configure()
        site.begin()
        elsewhere = [site.partner("beta", f"tcp://127.0.0.2:0;127.0.0.1:{site.feed_port}")]
        elsewhere[0].hello()
        with ClosingAll() as crowds:
            for daemon, port in (("ingest", site.feed_port), ("report", site.read_port)):
                crowds += crowd(site, "127.0.0.1", port, 10 * CONNECTIONS)
                until(lambda: "over their address's limit" in site.log_of(daemon), 5, "it is said")
                check("127.0.0.1" in site.log_of(daemon), "and of whom")
                lines = site.log_of(daemon).count("over their address's limit")
                check(lines <= 5, daemon, "said it", lines, "times")
            begun = time.monotonic()
            same([str(one) for one in elsewhere[0].send([activity("b", "beta")])], ["accepted"])
            again = site.partner("beta", f"tcp://127.0.0.2:0;127.0.0.1:{site.feed_port}")
            again.hello(timeout=5 * PATIENCE)
            check(time.monotonic() - begun < 2 * PATIENCE, "who comes from elsewhere waited", time.monotonic() - begun)
        # When the crowd is gone its address is served again, without a restart.
        until(lambda: serves(site.partner("alpha", site.feed)), 20, "the address is served again")
        site.wait_records(1)


def serves(partner):
    try:
        partner.hello(timeout=2)
        return True
    except NoAnswer:
        return False
    finally:
        partner.close()


class ClosingAll(list):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self:
            one.close()


def one_address_knocks_so_often():
    """Two handshakes a second and twenty at once: a key that is known, too, waits its turn, and comes in by itself."""
    with Site({"alpha": "alpha", "beta": "beta"}) as site:
        site.settings["ingest"] = {"address_handshakes_per_s": 2}
        site.configure()
        site.begin()
        partners = [site.partner("alpha", site.feed) for _ in range(40)]
        for partner in partners:
            partner.put(hello=site.messages.Hello(version=1, outbox=partner.outbox, holder=partner.holder, next=1,
                                                  first_kept=1))

        def answered():
            return sum(partner.socket.poll(0) != 0 for partner in partners)
        until(lambda: answered() >= 20, 10, "some are let in")
        check(answered() < 30, "all were let in")
        other = site.partner("beta", f"tcp://127.0.0.2:0;127.0.0.1:{site.feed_port}")
        other.hello(timeout=2 * PATIENCE)
        check(answered() < 40, "those who came too often waited")
        until(lambda: answered() >= 22, 20, "others are let in by and by")
        until(lambda: "over their address's limit" in site.log_of("ingest"), 5, "it is said")


# --- the sandbox --------------------------------------------------------------------------------


def threads_of(pid):
    """What the kernel says of each thread: {field: value}."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as file:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def filters(thread):
    return int(thread.get("Seccomp_filters", thread["Seccomp"]).strip())


OURS = filters(next(threads_of("self")))  # the tests may be kept in by filters of their own


def what_a_daemon_has_no_need_of_is_refused():
    if SANITIZED:
        print("    skipped: a build with sanitizers has no sandbox")
        return
    with Office() as office:
        for daemon in DAEMONS:
            config = office.path("config", f"{daemon}.yaml")
            tried = subprocess.run([os.path.join(BIN, f"qf-{daemon}"), "--config", config, "--try-sandbox"],
                                   capture_output=True, text=True, timeout=20 * PATIENCE, check=False)
            same(tried.returncode, 0, daemon, tried.stdout, tried.stderr)
            refused = [line for line in tried.stdout.splitlines() if line.endswith(" refused")]
            check(len(refused) >= 2 * 13, daemon, "in both threads\n", tried.stdout)
            check("REFUSED" not in tried.stdout, daemon, "lost what is its own\n", tried.stdout)
            # The daemon that runs is the same: filtered in every thread, and Landlock at work since its start.
            threads = list(threads_of(office.pids(daemon)[0]))
            check(len(threads) >= 3, "libzmq's threads are seen")
            same({(filters(thread), thread["NoNewPrivs"]) for thread in threads}, {(OURS + 1, "1")}, daemon)
            with open(office.path("log", f"{daemon}.log"), encoding="utf-8") as log:
                check("the sandbox is closed" in log.read(), daemon)
        office.verify()


def the_sandbox_is_switched_off_aloud():
    with Office() as office:
        config = os.path.join(office.home, "open.yaml")
        with open(office.path("config", "relay.yaml"), encoding="utf-8") as file:
            lines = file.read().replace("relay.ipc", "open.ipc")
        with open(config, "w", encoding="utf-8") as file:
            file.write(lines + "sandbox: false\n")
        daemon = subprocess.Popen([os.path.join(BIN, "qf-relay"), "--config", config], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        try:
            said = ""
            while "ready" not in said:
                line = daemon.stderr.readline()
                check(line, "it ended:", said)
                said += line
            check("the sandbox is off" in said, said)
            if not SANITIZED:
                same({filters(thread) for thread in threads_of(daemon.pid)}, {OURS})
                tried = subprocess.run([os.path.join(BIN, "qf-relay"), "--config", config, "--try-sandbox"],
                                       capture_output=True, text=True, timeout=20 * PATIENCE, check=False)
                same(tried.returncode, 2, tried.stdout)
        finally:
            daemon.terminate()
            daemon.wait(20)
            daemon.stderr.close()


# --- the logbook ----------------------------------------------------------------------------------


def book_of(office, daemon):
    with open(office.path("log", f"{daemon}.logbook"), encoding="utf-8") as file:
        return file.read()


def every_door_and_key_is_in_the_logbook():
    with Office() as office:
        office.add_source("alpha", "alpha", role="feed,read")
        office.partner("alpha").hello()
        visitor = Visitor(office, "alpha")
        same(visitor.ask(STATUS), "answered")
        office.qf("key", "new", "stranger")
        stranger = Visitor(office, "stranger")
        same((stranger.feed("alpha"), stranger.ask(STATUS)), ("closed", "closed"))
        office.qf("backup", os.path.join(office.home, "backup"))
        office.qf("key", "revoke", "alpha")
        until(lambda: 'roles=feed,read keys= ' in book_of(office, "ingest"), 5, "the revocation is noted")
        with open(PROGRAMME, encoding="utf-8") as file:
            changed = file.read().replace("en: Gamma,", "en: Gamma renamed,")
        with open(os.path.join(office.home, "changed.yaml"), "w", encoding="utf-8") as file:
            file.write(changed)
        office.qf("programme", "load", os.path.join(office.home, "changed.yaml"))
        for daemon, wanted in (("ingest", ('door-opened key="alpha#', "door-refused from=", 'source-changed source="alpha" '
                                           'roles=feed,read keys=', "registers-changed position=", "backup every_backup_reaches=",
                                           'roles=feed,read keys= ', "started", "journal life=1")),
                               ("report", ('door-opened key="alpha#', "door-refused from=", "started")),
                               ("aggregate", ("started",)), ("relay", ("started",))):
            for words in wanted:
                until(lambda daemon=daemon, words=words: words in book_of(office, daemon), 5, f"{daemon} notes {words}")
        shown = office.qf("logbook", "show").out
        check("door-refused" in shown and "#" + "0" * 8 not in shown, shown)
        for line in office.qf("logbook", "verify", "--json").out.splitlines():
            check('"sound":true' in line, line)
        office.stop()
        check("stopped code=0" in book_of(office, "ingest"))
        office.start()
        office.qf("logbook", "verify")
        # Whoever takes a refusal out is found.
        path = office.path("log", "ingest.logbook")
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line for line in lines if "door-refused" not in line)
        said = office.qf("logbook", "verify", path, code=1).out
        check("a line is missing" in said, said)


def a_relay_asks_for_no_more_than_it_publishes():
    with Office() as office, office.context.socket(zmq.ROUTER) as reporting:
        office.add_source("listener", "alpha", role="read")
        reporting.curve_server, reporting.curve_secretkey, reporting.linger = True, office.secret("server"), 0
        port = reporting.bind_to_random_port("tcp://127.0.0.1")
        with Relay(office, "listener", read=f"tcp://127.0.0.1:{port}"):
            check(reporting.poll(int(20000 * PATIENCE)), "the relay does not subscribe")
            asked = office.messages.FromReader.FromString(reporting.recv_multipart()[1])
        same(asked.subscribe.every_ms, 1000)


if __name__ == "__main__":
    run(what_is_revoked_is_revoked_everywhere_within_a_second, one_of_two_keys_goes_alone,
        every_door_asks_for_the_same_rights, one_address_takes_its_share_of_connections, one_address_knocks_so_often, what_a_daemon_has_no_need_of_is_refused,
        the_sandbox_is_switched_off_aloud, every_door_and_key_is_in_the_logbook,
        a_relay_asks_for_no_more_than_it_publishes)
