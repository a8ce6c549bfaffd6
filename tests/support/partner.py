#!/usr/bin/python3
"""A partner and a reader of Qingfeng in Python: python3-zmq, python3-protobuf and
the .proto files, compiled on the spot. It shares no code with the project; what it
does is what proto/PROTOCOL.md says a client does, in the form of rows.

As a program it feeds JSON lines ({"activity": {...}}, {"tick": {...}}, ...) from
standard input and prints one verdict per line:

    partner.py feed --proto proto --endpoint ipc://... --server KEYFILE --key KEYFILE < lines
    partner.py watch --proto proto --endpoint ipc://... --server KEYFILE --key KEYFILE [--prefix P] [--updates N]
"""
import argparse
import importlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

PROTOCOL = 1
# Programs built with sanitizers, or that count what they run, are some times slower: whoever waits for them waits longer.
PATIENCE = float(os.environ.get("QF_PATIENCE", "1"))
ANSWER_S = 60.0 * PATIENCE  # nobody's promise: who is not answered by then never will be
VERDICT_CLASSES = ("accepted", "late", "duplicate", "quarantined", "rejected")
REFUSALS = ("", "malformed", "not_allowed", "fenced", "cloned", "sealed", "gap", "forked", "busy", "version",
            "anothers")
KINDS = ("activity", "attendance", "tick", "setting", "dimension", "member", "counter", "source")


class Messages:
    """The classes that protoc makes of the .proto files of a folder."""

    def __init__(self, folder):
        self._made = tempfile.TemporaryDirectory(prefix="qf-proto-")
        names = sorted(name for name in os.listdir(folder) if name.endswith(".proto"))
        subprocess.run(["protoc", f"--proto_path={folder}", f"--python_out={self._made.name}"]
                       + [os.path.join(folder, name) for name in names], check=True)
        sys.path.insert(0, self._made.name)
        try:
            for name in names:
                module = importlib.import_module(name.replace(".proto", "_pb2"))
                for made in module.DESCRIPTOR.message_types_by_name:
                    setattr(self, made, getattr(module, made))
        finally:
            sys.path.remove(self._made.name)


def read_key(path):
    """A key file: comment lines, then one line of Z85."""
    with open(path, encoding="ascii") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return lines[0].encode()


def dealer(context, endpoint, server_public=None, secret=None, public=None):
    """A DEALER that speaks CURVE; without keys a plain one. endpoint None: the caller connects it."""
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    if server_public:
        socket.curve_serverkey = server_public
        socket.curve_secretkey = secret
        socket.curve_publickey = public or zmq.curve_public(secret)
    if endpoint:
        socket.connect(endpoint)
    return socket


class NoAnswer(Exception):
    pass


class Refusal(Exception):
    def __init__(self, message):
        self.why = REFUSALS[message.why] if message.why < len(REFUSALS) else str(message.why)
        self.expected = message.expected
        self.retry_ms = message.retry_ms
        super().__init__(f"{self.why}: {message.say} (expected {message.expected})")


class Verdict:
    def __init__(self, packed=0):
        self.what = VERDICT_CLASSES[packed >> 16]
        self.code = packed & 0xFFFF

    def __repr__(self):
        return f"{self.what}/{self.code}" if self.code else self.what

    def __eq__(self, other):
        return (self.what, self.code) == (other.what, other.code)


class Partner:
    """One outbox of one source. It numbers events, sends them, and knows which were acknowledged.
    The outbox lives in memory: whoever wants durability pickles `outbox`, `next` and `sent`."""

    def __init__(self, messages, context, endpoint, server_public, secret, outbox=None, opening=1):
        self.messages = messages
        self.context = context
        self.connection = (endpoint, server_public, secret)
        self.outbox = outbox or secrets.token_bytes(16)
        self.holder = opening << 32 | secrets.randbits(32)
        self.next = 1
        self.socket = None
        self.connect()

    def connect(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = dealer(self.context, *self.connection)

    def close(self):
        self.socket.close()

    # -- messages ---------------------------------------------------------

    def put(self, **what):
        self.socket.send(self.messages.FromPartner(**what).SerializeToString())

    def get(self, timeout=ANSWER_S):
        if not self.socket.poll(int(timeout * 1000)):
            raise NoAnswer(f"no answer within {timeout} s")
        message = self.messages.ToPartner()
        message.ParseFromString(self.socket.recv())
        what = message.WhichOneof("what")
        return what, getattr(message, what)

    def hello(self, timeout=ANSWER_S):
        self.put(hello=self.messages.Hello(version=PROTOCOL, outbox=self.outbox, holder=self.holder, next=self.next,
                                           acked=0, first_kept=1, agent="partner.py"))
        deadline = time.monotonic() + timeout
        while True:
            what, answer = self.get(max(0.01, deadline - time.monotonic()))
            if what == "welcome":
                return answer
            if what == "refused":
                raise Refusal(answer)

    def body(self, events):
        """Facts and texts of a batch; an event is (kind, fields), fields of Words among them."""
        body = self.messages.Body(schema=1, sent_at_ms=int(time.time() * 1000))
        texts = self.messages.Texts()
        for at, (kind, fields) in enumerate(events):
            fields = dict(fields)
            words = {name: fields.pop(name) for name in ("title", "note", "reason", "recorded_by") if name in fields}
            if words:
                texts.words.add(at=at, **words)
            values = fields.pop("values", {})
            row = body.row.add()
            message = getattr(row, kind)
            message.SetInParent()
            for name, value in fields.items():
                if isinstance(value, list):
                    getattr(message, name).extend(value)
                else:
                    setattr(message, name, value)
            for dimension, members in values.items():
                for member in [members] if isinstance(members, str) else members:
                    message.value.add(dimension=dimension, member=member)
        return body.SerializeToString(), texts.SerializeToString() if texts.words else b""

    def post(self, events, first=None, facts=None, texts=b"", count=None, cursor=b""):
        """Sends without waiting. Gives the numbers used: (first, count)."""
        if facts is None:
            facts, texts = self.body(events)
            count = len(events)
        if first is None:
            first = self.next
            self.next += count
        self.put(send=self.messages.Send(outbox=self.outbox, holder=self.holder, first=first, count=count,
                                         facts=facts, texts=texts, cursor=cursor))
        return first, count

    def verdicts(self, answer):
        """[Verdict] of a Verdicts message, one for each number."""
        all_of_them = [Verdict()] * answer.count
        for at, length, packed in zip(answer.at, answer.len, answer.code):
            all_of_them[at:at + length] = [Verdict(packed)] * length
        return all_of_them

    def send(self, events, timeout=ANSWER_S, **how):
        """Sends a batch and gives a verdict for each event; raises Refusal or NoAnswer."""
        first, count = self.post(events, **how)
        got = {}
        deadline = time.monotonic() + timeout
        while len(got) < count:
            what, answer = self.get(max(0.01, deadline - time.monotonic()))
            if what == "refused" and answer.first == first:
                if how.get("first") is None:
                    self.next = first
                raise Refusal(answer)
            if what == "verdicts":
                for at, verdict in enumerate(self.verdicts(answer)):
                    if first <= answer.first + at < first + count:
                        got[answer.first + at] = verdict
        return [got[number] for number in sorted(got)]


class Persistent:
    """Delivers batches over a partner, come what may: what was sent stays at hand until its verdicts are heard, and is
    sent again as it was. `acknowledged` has them all, by number."""

    def __init__(self, partner):
        self.partner = partner
        self.acknowledged = {}
        self.busy = 0  # times it was told to wait

    def deliver(self, events):
        partner = self.partner
        first, count = partner.next, len(events)
        facts, texts = partner.body(events)
        partner.next += count
        while True:
            try:
                got = partner.send(None, timeout=1.0, first=first, facts=facts, texts=texts, count=count)
                break
            except NoAnswer:
                partner.connect()
            except Refusal as refusal:
                if refusal.why != "busy":
                    raise
                self.busy += 1
        self.acknowledged.update(enumerate(got, first))
        return got


class Picture:
    """Live totals as a subscriber keeps them: consistent at each `end`, never between."""

    def __init__(self):
        self.epoch = b""
        self.version = 0
        self.cells = {}
        self.complete = False
        self.changes = {}
        self.received = 0

    def apply(self, update):
        """True when the picture is consistent after this frame."""
        self.received += update.ByteSize()
        if update.fresh:
            self.cells, self.version, self.changes, self.complete = {}, 0, {}, False
            self.epoch = update.epoch
        if update.epoch != self.epoch:
            raise ValueError("another epoch without a fresh picture")
        if update.after > self.version and update.upto > self.version:
            raise ValueError(f"a gap: have {self.version}, the update begins after {update.after}")
        for cells in update.cells:
            measures = len(cells.measure)
            for at, (dimension, member, period) in enumerate(zip(cells.dimension, cells.member, cells.period)):
                key = (cells.text[dimension], cells.text[member], period)
                values = dict(zip(cells.measure, cells.value[at * measures:(at + 1) * measures]))
                self.changes.setdefault(key, {}).update(values)
        if update.end and update.upto >= self.version:
            for key, values in self.changes.items():
                self.cells.setdefault(key, {}).update(values)
            self.changes = {}
            self.version = update.upto
            self.complete = True
        return update.end


class Subscriber:
    WINDOW = 1 << 20

    def __init__(self, messages, context, endpoint, server_public=None, secret=None, prefixes=(), every_ms=0, want=1):
        self.messages = messages
        self.prefixes = list(prefixes)
        self.every_ms = every_ms
        self.want = want
        self.picture = Picture()
        self.pulse = None
        self.denied = None
        self.connection = (context, endpoint, server_public, secret)
        self.socket = self.events = None
        self.subscribe()

    def subscribe(self):
        """Connects, anew if need be, and asks."""
        if self.socket is not None:
            self.close()
        self.socket = dealer(*self.connection)
        self.events = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.lost = False
        self.ask()

    def ask(self):
        """Asks for what changed since the picture at hand."""
        self.picture.received = 0
        self.picture.changes = {}
        self.granted = self.WINDOW
        self.heard = time.monotonic()
        self.socket.send(self.messages.FromReader(subscribe=self.messages.Subscribe(
            version=PROTOCOL, id=1, epoch=self.picture.epoch, have=self.picture.version, prefix=self.prefixes,
            credit=self.granted, every_ms=self.every_ms, want=self.want)).SerializeToString())

    def look_at_connection(self):
        """Whoever was away may not know of us: a connection made anew is asked anew."""
        while self.events.poll(0):
            event = recv_monitor_message(self.events)["event"]
            if event == zmq.EVENT_DISCONNECTED:
                self.lost = True
            elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED and self.lost:
                self.lost = False
                self.ask()

    def turn(self, timeout=1.0):
        """Takes one message in, if one comes; says which. Pulses come each second: after three silent ones the
        connection is held for dead."""
        if not self.socket.poll(int(timeout * 1000)):
            self.look_at_connection()
            if time.monotonic() - self.heard > 3.0:
                self.subscribe()
            return None
        self.heard = time.monotonic()
        message = self.messages.ToReader()
        message.ParseFromString(self.socket.recv())
        what = message.WhichOneof("what")
        if what == "pulse":
            self.pulse = message.pulse
        elif what == "denied":
            self.denied = message.denied
        elif what == "update":
            self.picture.apply(message.update)
            if self.granted - self.picture.received < self.WINDOW // 2:
                self.granted = self.picture.received + self.WINDOW
                self.socket.send(self.messages.FromReader(
                    more=self.messages.More(id=1, total=self.granted)).SerializeToString())
        return what

    def close(self):
        if not self.socket.closed:
            self.socket.disable_monitor()
            self.socket.close()


def feed(messages, context, arguments):
    secret = read_key(arguments.key)
    partner = Partner(messages, context, arguments.endpoint, read_key(arguments.server), secret)
    partner.hello()
    for line in sys.stdin:
        event = json.loads(line)
        kind = next(name for name in KINDS if name in event)
        print(partner.send([(kind, event[kind])])[0], flush=True)


def watch(messages, context, arguments):
    subscriber = Subscriber(messages, context, arguments.endpoint, read_key(arguments.server),
                            read_key(arguments.key), arguments.prefix)
    seen = 0
    while arguments.updates == 0 or seen < arguments.updates:
        if subscriber.turn() == "update" and subscriber.picture.complete:
            seen += 1
            print(subscriber.picture.version, len(subscriber.picture.cells), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("feed", "watch"))
    for name in ("proto", "endpoint", "server", "key"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--prefix", action="append", default=[])
    parser.add_argument("--updates", type=int, default=0)
    arguments = parser.parse_args()
    {"feed": feed, "watch": watch}[arguments.what](Messages(arguments.proto), zmq.Context(), arguments)


if __name__ == "__main__":
    main()
