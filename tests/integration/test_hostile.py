#!/usr/bin/python3
"""Who has no key stays outside; who lies with a key gets a clear answer; nobody else
notices, memory stays bounded, and not one number changes that was not owed."""
import json
import os
import re
import secrets
import socket
import struct
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

from support.harness import PATIENCE, Office, check, run, same, until
from support.partner import NoAnswer, Refusal, Verdict, dealer

MEMORY_KIB = 400 * 1024 if "asan" in os.environ["QF_BIN"] else 96 * 1024
# Its unit ends it at 256 MiB; a sanitizer needs three times what libzmq keeps of a subscription.
RELAY_KIB = (640 if re.search("[at]san", os.environ["QF_BIN"]) else 160) * 1024
E103, E160 = 103, 160


def activity(key, org="alpha", **fields):
    return ("activity", {"key": key, "date": 20230506, "values": {"org": org}, "attendances": 10, **fields})


def open_door(office):
    """The honest partner that everybody else must not disturb."""
    partner = office.partner("alpha")
    partner.hello()
    return partner


def still_served(office, honest, key):
    begun = time.monotonic()
    same(honest.send([activity(key)]), [Verdict()])
    check(time.monotonic() - begun < 2 * PATIENCE, "an honest partner waited", time.monotonic() - begun)
    for daemon in ("ingest", "aggregate", "report"):
        check(office.memory_kib(daemon) < MEMORY_KIB, daemon, "grew to", office.memory_kib(daemon), "KiB")


def setup(office):
    office.add_source("alpha", "alpha")
    office.add_source("beta", "beta")


def closed_to(office, secret, routing_id=None):
    """Whether the feed's door stays shut: the handshake fails, and no byte is answered."""
    server = office.server_public if secret else None
    client = office.context.socket(zmq.DEALER)
    client.linger = 0
    events = client.get_monitor_socket()
    if server:
        client.curve_serverkey, client.curve_secretkey = server, secret
        client.curve_publickey = zmq.curve_public(secret)
    if routing_id:
        client.routing_id = routing_id
    client.connect(office.endpoint("feed"))
    client.send(office.messages.FromPartner(hello=office.messages.Hello(version=1)).SerializeToString())

    def failed():
        check(not client.poll(0), "a stranger was answered")
        while events.poll(0):
            event = recv_monitor_message(events)["event"]
            check(event != zmq.EVENT_HANDSHAKE_SUCCEEDED, "a stranger was let in")
            if event in (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
                         zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_DISCONNECTED):
                return True
        return False
    try:
        until(failed, 10, "the handshake fails")
    finally:
        client.disable_monitor()
        client.close()


def wrong_key_and_no_key_find_a_closed_door():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        closed_to(office, zmq.curve_keypair()[1])
        closed_to(office, None)
        closed_to(office, zmq.curve_keypair()[1], routing_id=b"alpha")
        still_served(office, honest, "after-strangers")
        office.verify()


def the_reading_door_is_closed_too():
    with Office() as office:
        setup(office)
        stranger = dealer(office.context, office.endpoint("read"), office.server_public, zmq.curve_keypair()[1])
        try:
            stranger.send(office.messages.FromReader(subscribe=office.messages.Subscribe(
                version=1, id=1, credit=1 << 20)).SerializeToString(), zmq.NOBLOCK)
        except zmq.Again:  # refused already: there is no connection to send into
            pass
        reader = office.subscriber("office")
        until(lambda: reader.turn(0.1) and reader.picture.complete or reader.pulse, 10, "a known reader is served")
        check(not stranger.poll(0), "a stranger reads")


def somebody_elses_organisation_is_rejected_event_by_event():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        got = honest.send([activity("mine"), activity("theirs", org="beta"), activity("also-mine")])
        same([verdict.what for verdict in got], ["accepted", "rejected", "accepted"])
        same(got[1].code, E103)
        # A routing id is not an identity: the key says who it is.
        forged = office.partner("alpha")
        forged.socket.close()
        forged.socket = office.context.socket(zmq.DEALER)
        forged.socket.linger = 0
        forged.socket.routing_id = b"beta"
        forged.socket.curve_serverkey = office.server_public
        forged.socket.curve_secretkey = office.secret("alpha")
        forged.socket.curve_publickey = zmq.curve_public(office.secret("alpha"))
        forged.socket.connect(office.endpoint("feed"))
        forged.hello()
        same([verdict.code for verdict in forged.send([activity("forged", org="beta")])], [E103])
        # The registers are the office's.
        same([verdict.code for verdict in forged.send([("setting", {"name": "timely_days", "value": "1"})])]
             if registers_are_judged(forged) else [E160], [E160])
        same(office.verify().total()[0], 2)


def registers_are_judged(partner):
    """A register event of a partner is rejected (E160), or its batch refused as malformed or not allowed."""
    try:
        return [verdict.code for verdict in partner.send([("setting", {"name": "rounding", "value": "half_even"})])] \
            == [E160]
    except Refusal as refusal:
        check(refusal.why in ("malformed", "not_allowed"), refusal)
        return False


def a_reader_may_not_feed():
    with Office() as office:
        office.add_source("gamma", "alpha", role="read")
        partner = office.partner("gamma")
        try:
            partner.send([activity("x")])
        except Refusal as refusal:
            same(refusal.why, "not_allowed")
        else:
            check(False, "a key with the role read has fed")


def holes_clones_and_forks_are_refused():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        honest.send([activity(f"a{i}") for i in range(3)])

        def refused(why, act):
            """Ingest says a gap at most every 100 ms: who hears nothing asks again."""
            for _ in range(20):
                try:
                    act()
                except NoAnswer:
                    continue
                except Refusal as refusal:
                    same(refusal.why, why)
                    return refusal
                check(False, "taken, not refused as", why)
            return check(False, "never answered:", why)

        same(refused("gap", lambda: honest.send([activity("hole")], first=9, timeout=0.5)).expected, 4)
        same(refused("gap", lambda: honest.send([activity("end")], first=1 << 61, timeout=0.5)).expected, 4)
        refused("forked", lambda: honest.send([activity("other")], first=2))
        same([verdict.what for verdict in honest.send([activity(f"a{i}") for i in range(3)], first=1)],
             ["accepted"] * 3)  # a resend hears the old verdicts
        clone = office.partner("alpha", outbox=honest.outbox, opening=1)
        clone.next = 4
        refused("cloned", lambda: clone.send([activity("clone")]))
        later = office.partner("alpha", outbox=honest.outbox, opening=2)
        later.next = 4
        same(later.send([activity("later")]), [Verdict()])
        refused("fenced", lambda: honest.send([activity("older")], first=5))
        # Who learnt the id of another source's outbox takes nothing from it.
        other = office.partner("beta", outbox=honest.outbox, opening=3)
        refused("anothers", lambda: other.send([activity("b", org="beta")]))
        same(later.send([activity("latest")]), [Verdict()])
        same(office.verify().total()[0], 5)


def bombs(messages):
    """(name, facts, texts, count) of batches that cost a little to send and much to a careless reader."""
    def varint(value):
        out = bytearray()
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        return bytes(out + bytes([value]))

    room = 255 * 1024
    yield "empty rows", b"\x1a\x00" * (room // 2), b"", 8192
    yield "empty runs", b"\x42\x00" * (room // 2), b"", 8192
    yield "empty texts", b"\x22\x00" * (room // 2), b"", 1
    yield "unknown fields", b"\xf8\x3f\x01" * (room // 3), b"", 1
    yield "field zero", b"\x82\x00\x01\x00" * (room // 4), b"", 1
    yield "a length beyond the end", b"\x1a\xff\xff\xff\xff\x0f", b"", 1
    lengths = b"".join(varint(2048) for _ in range(12000))
    shared = b"".join(varint(2047) for _ in range(12000))
    yield "front coding", (b"\x2a" + varint(2048 + 12000) + b"a" * 14048 + b"\x32" + varint(len(lengths)) + lengths
                           + b"\x3a" + varint(len(shared)) + shared), b"", 1
    run_bytes = messages.Run(kind=1, n=8192).SerializeToString()
    yield "a run of nothing", b"\x42" + varint(len(run_bytes)) + run_bytes, b"", 8192
    huge = messages.Run(kind=1, n=0xFFFFFFFF).SerializeToString()
    yield "a run of four thousand million", b"\x42" + varint(len(huge)) + huge, b"", 0xFFFFFFFF
    nested = b""
    for _ in range(20000):
        nested = b"\x0b" + nested + b"\x0c" if len(nested) < 60000 else nested
    yield "nested groups", nested, b"", 1
    yield "noise", secrets.token_bytes(4096), b"", 3
    yield "noise in texts", messages.Body(schema=1).SerializeToString(), secrets.token_bytes(4096), 0
    body = messages.Body(schema=1)
    body.row.add().activity.key = "k\0k"
    yield "a NUL in a key", body.SerializeToString(), b"", 1
    body = messages.Body(schema=1)
    body.row.add().activity.key = "k" * 5000
    yield "a long key", body.SerializeToString(), b"", 1
    good = messages.Body(schema=1)
    good.row.add().activity.key = "\x7f"
    yield "bytes that are not UTF-8", good.SerializeToString().replace(b"\x7f", b"\xff"), b"", 1
    yield "nothing at all", b"", b"", 0


def bombs_are_refused_and_cost_nothing():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        for name, facts, texts, count in bombs(office.messages):
            attacker = office.partner("beta")
            attacker.post(None, first=1, facts=facts, texts=texts, count=count)
            begun = time.monotonic()
            what, answer = attacker.get()
            same(what, "refused", name)
            same(answer.why, 1, name)
            check(time.monotonic() - begun < 2 * PATIENCE, name, "took", time.monotonic() - begun)
            attacker.close()
        still_served(office, honest, "after-bombs")
        same(office.verify().total()[0], 1)


def noise_with_a_key_is_answered_or_ignored():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        attacker = office.partner("beta")
        for frames in ([b""], [b"\0" * 100], [secrets.token_bytes(1000)], [b"a", b"b", b"c"], [b"x"] * 50,
                       [b"\x12" + b"\xff" * 300]):
            attacker.socket.send_multipart(frames)
        for _ in range(500):
            attacker.socket.send(secrets.token_bytes(64))
        still_served(office, honest, "during-noise")
        attacker.close()
        again = office.partner("beta")
        same(again.send([activity("b", org="beta")]), [Verdict()])
        reader = office.subscriber("office")
        for _ in range(200):
            reader.socket.send(secrets.token_bytes(64))
        reader.subscribe()
        until(lambda: reader.turn(0.1) and reader.picture.complete, 10, "the reader is served after its noise")
        same(office.verify().total()[0], 2)


def raw(office, name):
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(10)
    plain.connect(f"{office.dir}/run/{name}.ipc")
    return plain


GREETING = b"\xff" + b"\0" * 8 + b"\x7f\x03\x00CURVE" + b"\0" * 15 + b"\0" + b"\0" * 31


def raw_bytes_and_giant_frames_find_the_connection_cut():
    with Office() as office:
        setup(office)
        honest = open_door(office)
        for name in ("feed", "read"):
            daemon = {"feed": "ingest", "read": "report"}[name]
            before = office.memory_kib(daemon)
            for greeting in (GREETING, GREETING.replace(b"CURVE", b"NULL\0")):
                for flags in (b"\x02", b"\x06"):
                    giant = raw(office, name)
                    cut = False
                    try:
                        giant.sendall(greeting + flags + struct.pack(">Q", 2 << 30))
                        for _ in range(256):
                            giant.sendall(b"\0" * (1 << 20))
                    except OSError:
                        cut = True
                    check(cut, "256 MiB of a frame of 2 GiB were taken by", daemon)
                    giant.close()
            check(office.memory_kib(daemon) < max(before + 48 * 1024, MEMORY_KIB), daemon, "grew from", before, "to",
                  office.memory_kib(daemon))
            for _ in range(50):
                noise = raw(office, name)
                try:
                    noise.sendall(secrets.token_bytes(300))
                except OSError:
                    pass
                noise.close()
        still_served(office, honest, "after-giants")
        same(office.verify().total()[0], 1)


NO_TEXT = ("a\nb", "a\x1b[31mb", "a\u202eb", "a\tb", "k" * 10000)
SOME_TEXT = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd|'/C calc'!A0", "@SUM(A1)", "+1+1",
             "${jndi:ldap://x/a}", "%s%n%x", "'; DROP TABLE x; --", 'level=error msg="forged"')


def hostile_text_is_refused_or_stays_text():
    """What is no text sinks its batch; what is text and means something elsewhere is a name here, a line of JSON stays
    one line, and a line of the log one event's."""
    with Office() as office:
        setup(office)
        honest = open_door(office)
        for text in NO_TEXT:
            attacker = office.partner("beta")
            for fields in ({}, {"title": text}, {"values": {"org": text}}):
                key = "b" if fields else text
                try:
                    got = attacker.send([activity(key, org="beta", **fields) if "values" not in fields
                                         else ("activity", {"key": key, "date": 20230506, **fields})], timeout=10)
                    same([one.what for one in got], ["rejected"], repr(text[:20]), fields)
                except Refusal as refusal:
                    same(refusal.why, "malformed", repr(text[:20]), fields)
                    attacker.close()
                    attacker = office.partner("beta")
            attacker.close()
        for text in SOME_TEXT:
            partner = office.partner("beta")
            same(partner.send([activity(text, org="beta", title=text, note=text)]), [Verdict()], text)
            # A name that nobody knows is set aside and named in the answer, not in a command or a page.
            unknown = partner.send([("activity", {"key": "u" + text, "date": 20230506, "values": {"org": text[:32]}})])
            same(unknown[0].what, "quarantined", text)
            partner.close()
        still_served(office, honest, "after-texts")
        dumped = office.qf("journal", "dump").out.splitlines()
        lines = [json.loads(line) for line in dumped]  # one object a line, whatever is in it
        check(any("<script>" in line for line in dumped), "the text is there, as text")
        check(len(lines) > 2 * len(SOME_TEXT), len(lines))
        for daemon in ("ingest", "aggregate", "report"):
            with open(office.path("log", f"{daemon}.log"), encoding="utf-8") as file:
                for line in file:
                    check(re.match(r'ts=\S+ level=\w+ unit=qf-\w+ msg="', line), daemon, "has a line of somebody else's", line)
        same(office.verify().total()[0], 1 + len(SOME_TEXT))


def a_flood_of_subscriptions_is_the_relays_own_trouble():
    """12,000 topics of one client are more than twice what is allowed: all are thrown away, and who came honestly
    subscribes again. (libzmq takes in what comes before it can be counted, 6 kB each: 40,000 at once are ended by the
    unit's limit of memory.)"""
    with Office() as office:
        setup(office)
        honest = open_door(office)
        still_served(office, honest, "before-topics")
        before = office.memory_kib("relay")
        flood = office.context.socket(zmq.SUB)
        flood.linger = 0
        flood.sndhwm = 0
        flood.connect(office.endpoint("relay"))
        for at in range(12000):
            flood.subscribe(b"t/" + str(at).encode() + b"/" + b"x" * 190)

        def said():
            with open(office.path("log", "relay.log"), encoding="utf-8") as file:
                return "too many subscriptions" in file.read()
        until(said, 20, "the relay throws them away")
        check(office.memory_kib("relay") < RELAY_KIB, "the relay grew from", before, "to",
              office.memory_kib("relay"))
        flood.close()
        reader = office.context.socket(zmq.SUB)
        reader.linger = 0
        reader.connect(office.endpoint("relay"))
        reader.subscribe(b"t/activities/total/all/")
        until(lambda: reader.poll(50), 20, "a topic for who came honestly")
        reader.close()
        still_served(office, honest, "after-topics")


class RelaysStranger:
    """Speaks ZMTP with the relay by hand: what it says has not gone through a library that keeps to the rules."""
    NULL_3 = b"\x03\x00NULL" + bytes(48)          # rest of a greeting
    READY = b"\x05READY\x0bSocket-Type\0\0\0\x03SUB"

    def __init__(self, office):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(20)
        self.line.connect(office.path("run", "relay.ipc"))

    def greet(self):
        self.line.sendall(b"\xff" + bytes(8) + b"\x7f" + self.NULL_3 + bytes((4, len(self.READY))) + self.READY)
        return self

    def say(self, *words):
        self.line.sendall(b"".join(bytes((0, len(word))) + word for word in words))

    def is_cut(self, words):
        """Says the same on and on, until the relay has enough of it."""
        try:
            for _ in range(100):
                self.say(*words)
        except OSError:
            return True
        return False


def what_a_stranger_says_to_the_relay_takes_nothing_from_others():
    """Ends of subscriptions that it never had, which libzmq hands on, and what is no subscription at all."""
    def listener(prefix):
        made = office.context.socket(zmq.SUB)
        made.linger = 0
        made.connect(office.endpoint("relay"))
        made.subscribe(prefix)
        return made

    def hear(records):
        """Each is told the newest number."""
        def told(reader):
            said = []
            while reader.poll(0):
                said.append(reader.recv_multipart()[:2])
            return [b"t/records/total/all/2023/", str(records).encode()] in said
        for reader in readers:
            until(lambda: told(reader), 30, f"{records} records are told to each")

    with Office() as office:
        setup(office)
        honest = open_door(office)
        readers = [listener(prefix) for prefix in (b"t/records/total/all/2023/", b"t/records/total/", b"")]
        still_served(office, honest, "relay-1")
        hear(1)
        (relay,) = office.pids("relay")
        ends = [b"\0t/records/total/all/2023/", b"\0t/records/total/", b"\0", b"\7hello", b"", b"\0" + b"n" * 250]
        stranger = RelaysStranger(office).greet()
        stranger.say(*ends, b"\1t/stranger/")
        # An older ZMTP: libzmq would not say whose word it was, and its door is closed.
        old = RelaysStranger(office)
        old.line.sendall(b"\xff" + bytes(7) + b"\x01\x7f\x01\x02\0\0")
        cut = old.is_cut(ends)
        still_served(office, honest, "relay-2")
        hear(2)
        check(cut, "ZMTP 2 was let in")
        for number, words in enumerate(([b"\0%d" % at for at in range(10000)], [b"\5" + b"y" * 200] * 10000, [b"\1same"] * 10000,
                                        [b"\0same"] * 10000, [b"\1" + b"z" * 240 + bytes((at % 7,)) for at in range(10000)]), 3):
            check(RelaysStranger(office).greet().is_cut(words), words[0], "was listened to without end")
            still_served(office, honest, f"relay-{number}")
            hear(number)
            check(office.memory_kib("relay") < RELAY_KIB / 2, "the relay grew to", office.memory_kib("relay"))
        same(office.pids("relay"), [relay], "the same process")
        for reader in readers:
            reader.close()


if __name__ == "__main__":
    run(wrong_key_and_no_key_find_a_closed_door, the_reading_door_is_closed_too,
        somebody_elses_organisation_is_rejected_event_by_event, a_reader_may_not_feed,
        holes_clones_and_forks_are_refused, bombs_are_refused_and_cost_nothing,
        noise_with_a_key_is_answered_or_ignored, raw_bytes_and_giant_frames_find_the_connection_cut,
        hostile_text_is_refused_or_stays_text, a_flood_of_subscriptions_is_the_relays_own_trouble,
        what_a_stranger_says_to_the_relay_takes_nothing_from_others)
