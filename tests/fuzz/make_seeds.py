#!/usr/bin/python3
"""Writes the seeds of the corpora from the .proto files: one of each message, a batch as rows, a batch as columns.
The corpora are kept in the repository; run this again after a new message: make_seeds.py PROTO CORPUS"""
import hashlib
import os
import struct
import sys
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from support.partner import Messages  # noqa: E402

ID = bytes(range(16))


def batches(m):
    rows = m.Body(schema=1, sent_at_ms=1700000000000)
    activity = rows.row.add().activity
    activity.key, activity.date, activity.sessions, activity.attendances, activity.method = "HX-2023-017", 20230506, 2, 120, 1
    for dimension, member in (("org", "alpha"), ("content", "law"), ("content", "family")):
        activity.value.add(dimension=dimension, member=member)
    rows.row.add().attendance.MergeFrom(m.Attendance(key="HX-2023-017", attendances=97, method=2, as_of_ms=5))
    rows.row.add().tick.MergeFrom(m.Tick(key="HX-2023-017", counter="sign_in", amount=1, at_ms=6))
    texts = m.Texts()
    texts.words.add(at=0, title="清风讲堂", note="二楼", reason="-", recorded_by="desk")
    yield "rows", 3, rows, texts

    columns = m.Body(schema=1, text=["HX-1", "HX-2", "org", "alpha", "sign_in"])
    run = columns.run.add(kind=1, n=2)
    run.column.add(field=4, offset=20230500, u=[7, 8])
    run.column.add(field=5, dimension=2, u=[4])
    run.column.add(field=7, u=[121, 0])
    ticks = columns.run.add(kind=3, n=2, key=[0, 1])
    ticks.column.add(field=15, u=[5])
    ticks.column.add(field=16, u=[2, 3])
    yield "columns", 4, columns, m.Texts()

    packed = m.Body(schema=1, text_all=b"HX-00112orgalpha", text_len=[6, 1, 1, 3, 5], text_shared=[0, 5, 5, 0, 0])
    run = packed.run.add(kind=1, n=3, key_from=0)
    run.column.add(field=4, u=[20230507])
    run.column.add(field=5, dimension=3, u=[5])
    yield "front-coded", 3, packed, m.Texts()

    registers = m.Body(schema=1)
    registers.row.add().setting.MergeFrom(m.Setting(name="time_zone", value="+08:00"))
    registers.row.add().dimension.MergeFrom(m.Dimension(code="org", zh="单位", en="organisation", required=True))
    registers.row.add().member.MergeFrom(m.Member(dimension="org", code="alpha", zh="甲", alias=["A"], parent=""))
    moves = registers.row[-1].member
    moves.moved.add(parent="beta", **{"from": 20230701}).group.add(dimension="kind", member="town")
    moves.moved.add(**{"from": 20240101})
    registers.row.add().counter.MergeFrom(m.Counter(code="sign_in", feeds="attendances", cap=100000))
    source = registers.row.add().source
    source.name, source.partner, source.roles = "alpha", "alpha", 1
    source.key.add(public=bytes(32))
    source.org.append("alpha")
    yield "registers", 5, registers, m.Texts()

    declared = m.Body(schema=1, text=["HX/live-1", "org", "alpha", "HX/live-2", "S1/1"])
    run = declared.run.add(kind=4, n=2, key=[0, 3])
    run.column.add(field=4, offset=20230500, u=[7, 8])
    run.column.add(field=5, dimension=1, u=[3])
    run.column.add(field=8, u=[10241, 0])
    run.column.add(field=10, u=[1201])
    run = declared.run.add(kind=5, n=1, key_from=4)
    run.column.add(field=6, u=[36])
    yield "declared", 3, declared, m.Texts()
    declared_rows = m.Body(schema=1)
    row = declared_rows.row.add().finding
    row.key, row.date, row.due, row.verified = "2023/alpha/1", 20230501, 20230630, 20230620
    row.value.add(dimension="org", member="alpha")
    yield "declared-rows", 1, declared_rows, m.Texts()
    gone = m.Texts(redacted=[m.Redacted(at=0, gone=3, personal=1, words=ID, content=ID), m.Redacted(at=2, gone=8, words=ID, content=ID)])
    gone.words.add(at=0, reason="-")
    yield "redacted", 3, rows, gone


def envelopes(m):
    facts = next(batches(m))[2].SerializeToString()
    yield 0, "hello", m.FromPartner(hello=m.Hello(version=1, outbox=ID, holder=1 << 32, next=1, first_kept=1, agent="seed"))
    yield 0, "send", m.FromPartner(send=m.Send(outbox=ID, holder=1 << 32, first=1, count=3, facts=facts, cursor=b"c"))
    yield 0, "skip", m.FromPartner(skip=m.Skip(outbox=ID, holder=1, first=4, through=9, reason="lost"))
    yield 0, "seal", m.FromPartner(seal=m.Seal(outbox=ID, holder=1, last=9))
    yield 0, "learn", m.FromPartner(learn=m.Learn())
    welcome = m.Welcome(version=1, outbox=ID, expected=4, life=ID, window=64, body_bytes=1 << 18)
    welcome.outboxes.add(outbox=ID, last=3, cursor=b"c")
    yield 1, "welcome", m.ToPartner(welcome=welcome)
    verdicts = m.Verdicts(outbox=ID, first=1, count=3, position=9, hash=bytes(32), at=[1], len=[1], code=[4 << 16 | 103])
    verdicts.detail.add(at=1, field="org", got="beta", say="not yours", near="alpha")
    yield 1, "verdicts", m.ToPartner(verdicts=verdicts)
    yield 1, "refused", m.ToPartner(refused=m.Refused(outbox=ID, first=9, why=6, expected=4, say="gap"))
    yield 1, "registers", m.ToPartner(registers=m.Registers(position=3, total=1, event=[m.Event(
        setting=m.Setting(name="code", value="small")).SerializeToString()]))
    yield 2, "subscribe", m.FromReader(subscribe=m.Subscribe(version=1, id=1, epoch=ID, have=5, credit=1 << 20,
                                                             prefix=["attendances/total/all/2023"]))
    yield 2, "more", m.FromReader(more=m.More(id=1, total=1 << 21))
    yield 2, "query", m.FromReader(query=m.Query(id=2, what=1, by=["org", "month"], where=["mode=online"]))
    yield 2, "leave", m.FromReader(leave=m.Leave(id=1))
    update = m.Update(id=1, epoch=ID, upto=9, end=True, fresh=True)
    update.cells.add(text=["total", "all"], measure=[0, 1], dimension=[0], member=[1], period=[20230506], value=[1, 2],
                     changed=[9])
    update.rows.add(text=["org", "alpha"], row=[0], date=[20230506], sessions=[1], attendances=[121], values=[1],
                    dimension=[0], member=[1], changed=[9], partner=[1])
    yield 3, "update", m.ToReader(update=update)
    yield 3, "pulse", m.ToReader(pulse=m.Pulse(id=1, epoch=ID, version=9, journal_last=9, complete_at_ms=1))
    answer = m.Answer(id=2, epoch=ID, version=9, by=["org"], note=["multi_valued"])
    answer.row.add(member=["alpha"], records=1, activities=2, attendances=120)
    answer.all.add(records=1, activities=2, attendances=120)
    yield 3, "answer", m.ToReader(answer=answer)
    yield 3, "denied", m.ToReader(denied=m.Denied(id=1, why=1, say="no"))
    yield 4, "attach", m.FromConsumer(attach=m.Attach(version=1, attach=1, position=8, hash=bytes(32), credit=1 << 20))
    yield 4, "credit", m.FromConsumer(credit=m.Credit(attach=1, total=1 << 21))
    yield 5, "attached", m.ToConsumer(attached=m.Attached(attach=1, journal=ID, life=ID, first=1, last=9))
    yield 5, "beat", m.ToConsumer(beat=m.Beat(attach=1, last=9, now_ms=1, life=ID))
    yield 5, "detached", m.ToConsumer(detached=m.Detached(attach=1, why=1, first=1, last=9, say="rolled back"))
    yield 5, "record", m.ToConsumer(record=m.Record(attach=1, position=9))
    yield 6, "life", m.Control(life=m.Life(number=1, nonce=ID, reason="created", digest_key=ID))
    yield 6, "outbox", m.Control(outbox=m.OutboxMade(ref=1, source="alpha", id=ID))
    yield 6, "skipped", m.Control(skipped=m.Skipped(first=4, through=9, reason="lost"))
    yield 6, "sealed", m.Control(sealed=m.Sealed(last=9))
    office = m.Source(name="office", roles=7)
    office.key.add(public=bytes(32))
    yield 6, "office", m.Control(office=office)
    yield 6, "clock", m.Control(clock=m.ClockAccepted(journal_ms=1700003600000, clock_ms=1700000000000, reason="ahead"))


def frames(*of):
    """As tests/fuzz/frames.h reads them: a byte about each, its length, its bytes."""
    return b"".join(struct.pack("<BH", about, len(frame)) + frame for about, frame in of)


def conversations(m, bodies):
    """What is said to ingest: 0 by the office, 1 and 2 by sources of HX and QP, as tests/support/ingest_fixture.h."""
    def say(who, **what):
        return who, m.FromPartner(**what).SerializeToString()

    def activities(*events):
        body = m.Body(schema=1)
        for key, org, attendances in events:
            activity = body.row.add().activity
            activity.key, activity.date, activity.attendances = key, 20230506, attendances
            activity.value.add(dimension="org", member=org)
        return body.SerializeToString()

    tick = m.Body(schema=1)
    tick.row.add().tick.MergeFrom(m.Tick(key="A", counter="sign_in", amount=3))
    facts = activities(("A", "HX", 5), ("B", "QP", 7))
    hello = say(1, hello=m.Hello(version=1, outbox=ID, holder=1 << 32, next=1, first_kept=1))
    yield "feeds", frames(hello, say(1, send=m.Send(outbox=ID, holder=1 << 32, first=1, count=2, facts=facts)),
                          say(1, send=m.Send(outbox=ID, holder=1 << 32, first=3, count=1, facts=tick.SerializeToString())))
    yield "gap-skip-seal", frames(say(2, send=m.Send(outbox=ID, holder=1 << 32, first=9, count=1, facts=activities(("A", "QP", 1)))),
                                  say(2, skip=m.Skip(outbox=ID, holder=1 << 32, first=1, through=8, reason="lost")),
                                  say(2, seal=m.Seal(outbox=ID, holder=1 << 32, last=8)))
    registers = next(body for name, _, body, _ in bodies if name == "registers").SerializeToString()
    yield "registers", frames(say(0, send=m.Send(outbox=ID, holder=1 << 32, first=1, count=5, facts=registers)),
                              say(1, learn=m.Learn()), say(3, learn=m.Learn()))
    yield "fences", frames(say(1, send=m.Send(outbox=ID, holder=2 << 32, first=1, count=2, facts=facts)),
                           say(1, send=m.Send(outbox=ID, holder=1 << 32, first=3, count=2, facts=facts)))


def journal_feeds(m):
    attach = m.FromConsumer(attach=m.Attach(version=1, attach=1, credit=1 << 20)).SerializeToString()
    little = m.FromConsumer(attach=m.Attach(version=1, attach=2, credit=10)).SerializeToString()
    credit = m.FromConsumer(credit=m.Credit(attach=2, total=1 << 21)).SerializeToString()
    yield "attach", frames((0, attach))
    yield "credit", frames((1, little), (1, credit), (0, attach))


def answers(m):
    def say(about, **what):
        return about, m.ToPartner(**what).SerializeToString()
    welcome = m.Welcome(version=1, outbox=ID, expected=41, life=ID, window=64, body_bytes=1 << 18)
    yield "goes-on", frames(say(0, welcome=welcome), say(4, verdicts=m.Verdicts(outbox=ID, first=41, count=60)),
                            say(4, refused=m.Refused(outbox=ID, first=101, why=8, expected=101, retry_ms=200)),
                            say(40, welcome=m.Welcome(version=1, outbox=ID, expected=101, life=ID)),
                            say(4, verdicts=m.Verdicts(outbox=ID, first=101, count=200, at=[3], len=[2], code=[4 << 16 | 103])))
    yield "set-back", frames(say(2, welcome=m.Welcome(version=1, outbox=ID, expected=5, life=ID)),
                             say(80, refused=m.Refused(outbox=ID, first=9, why=6, expected=5)))
    yield "beyond", frames(say(0, welcome=m.Welcome(version=1, outbox=ID, expected=900, life=ID)),
                           say(4, verdicts=m.Verdicts(outbox=ID, first=41, count=260, known=260)))


def updates(m):
    fresh = m.Update(id=1, epoch=ID, upto=4, fresh=True)
    for event in (m.Event(dimension=m.Dimension(code="org", required=True)),
                  m.Event(dimension=m.Dimension(code="content", multi=True)),
                  m.Event(member=m.Member(dimension="org", code="alpha")),
                  m.Event(member=m.Member(dimension="content", code="law"))):
        fresh.event.append(event.SerializeToString())
    moved = m.Update(id=1, epoch=ID, after=0, upto=9, end=True)
    moved.cells.add(text=["total", "all", "org", "alpha"], measure=[0, 1, 2], dimension=[0, 2], member=[1, 3],
                    period=[20230506, 20230500], value=[2, 4, 240, 9, 9, 9], changed=[9, 8])
    moved.rows.add(text=["org", "alpha", "content", "law"], row=[1], date=[20230506], sessions=[1], attendances=[121],
                   values=[2], dimension=[0, 2], member=[1, 3], changed=[9], partner=[1])
    yield "picture", frames((0, m.ToReader(update=fresh).SerializeToString()), (1, m.ToReader(update=moved).SerializeToString()))


def questions(m):
    def say(about, **what):
        return about, m.FromReader(**what).SerializeToString()
    yield "subscribes", frames(say(1, subscribe=m.Subscribe(version=1, id=1, credit=1 << 20)),
                               say(2, subscribe=m.Subscribe(version=1, id=2, have=3, epoch=b"\1" + bytes(15), credit=500,
                                                            prefix=["attendances/org/east/2023"])),
                               say(2, more=m.More(id=2, total=1 << 21)), say(1, leave=m.Leave(id=1)))
    yield "asks", frames(say(1, query=m.Query(id=1, what=1, by=["org", "month"], where=["content=law"])),
                         say(0, query=m.Query(id=2, what=1, by=["org_kind"], first_day=20230501, last_day=20230531)),
                         say(1, query=m.Query(id=3, what=2, by=["content"], year=2023, base_year=2022, first_day=20230101,
                                              last_day=20231231)),
                         say(1, query=m.Query(id=4, what=5)), say(1, query=m.Query(id=5, what=1, by=["day", "mode"], limit=2)))


def requests():
    """Of ZAP: version, id, domain, address, routing id, mechanism, key."""
    def request(*parts):
        return b"".join(struct.pack("<H", len(part)) + part for part in parts)
    yield "known", request(b"1.0", b"7", b"qingfeng", b"10.0.0.9", b"", b"CURVE", b"k" * 32)
    yield "unknown", request(b"1.0", b"7", b"qingfeng", b"10.0.0.9", b"", b"CURVE", b"x" * 32)
    yield "plain", request(b"1.0", b"7", b"qingfeng", b"10.0.0.9", b"", b"PLAIN", b"user", b"password")
    yield "null", request(b"1.0", b"7", b"qingfeng", b"10.0.0.9", b"", b"NULL")
    yield "long", request(b"1.0", b"i" * 300, b"", b"", b"", b"CURVE", b"k" * 33)


def web():
    """Requests over HTTP, and the file of tokens: a token's digest is SHA-256 of its text."""
    digest = hashlib.sha256(b"qft_known").hexdigest()
    tokens = f"# tokens\n\nboard read HX,alpha {digest}\nroot admin - {'0' * 64}\nprometheus metrics,read - {'f' * 64}\r\n"
    for name, lines in (("open", ("GET", "/open", "localhost:7302", "-")), ("head", ("HEAD", "/numbers", "[::1]", "-")),
                        ("post", ("POST", "/open", "-", "-")), ("foreign", ("GET", "/numbers", "evil.example", "Bearer x")),
                        ("known", ("GET", "/numbers", "counts.example", "Bearer qft_known")),
                        ("other", ("GET", "/metrics", "127.0.0.1:1", "bearer qft_known")),
                        ("basic", ("GET", "/metrics", "127.0.0.1", "Basic cWY6cWY="))):
        yield name, ("\n".join(lines) + "\n" + tokens).encode()


def metrics(m):
    yield "both", m.Metrics(number=[1, 30, 10, 35, 37], value=[12, 0, 99, 1700000000000, -5], of=[0, 0, 0, 1, 2],
                            source=["hx-clerk", 'a"\\'])
    yield "newer", m.Metrics(number=[60000, 57, 35, 1], value=[1, 1, 1, 1], of=[0, 0, 0, 1], source=["x"])
    yield "uneven", m.Metrics(number=[1, 2], value=[1], of=[0, 0])


def rows():
    """Rows of the counts and of an outbox: a byte for the kind, and for chunks and answers a key of 8 bytes."""
    number = struct.pack(">Q", 1)
    yield "meta", b"\0" + struct.pack("<II", 1, 1) + bytes(152)
    yield "standing", b"\1" + bytes.fromhex("0507eae2d209017809010103")
    yield "standing-claims-ticks", b"\1" + bytes.fromhex("c507eae2d2090178090101030678040a04060c05")
    yield "standing-declared", b"\1" + bytes.fromhex("398180808008eae2d20904148050b00909010103")
    yield "cells", b"\2" + struct.pack(">IBI", 202305, 1, 3) + struct.pack("<I", 0x81) + bytes(range(2, 14))
    yield "outbox", b"\3" + struct.pack("<B3xI", 1, 1) + ID + ID + struct.pack("<QQQQQI", 9, 4, 1, 100, 7, 0) + bytes(200)
    yield "chunk", b"\4" + number + struct.pack("<B3xIqIII", 1, 2, 5, 3, 2, 1) + b"FACTSC"
    yield "answer", b"\5" + number + struct.pack("<B3xIQ", 1, 9, 4) + bytes(32) + ID + struct.pack("<IIHH", 2, 3, 4, 103)
    yield "file", b"\6" + struct.pack("<BQQQ", 1, 5, 1, 9) + ID + "活动.csv".encode()


def tables():
    """Rows of ingest's tables: table, lengths, key, value."""
    def row(table, key, value):
        return struct.pack("<BBH", table, len(key), len(value)) + key + value
    head = bytes.fromhex("0101010001000000") + bytes(16) + struct.pack("<IHHQ", 3, 0, 1, 9)
    yield "outbox-run", (row(1, struct.pack(">I", 2) + ID, struct.pack("<BBBBIQQQQ", 1, 0, 1, 0, 7, 900, 1 << 32, 1, 12) + b"c")
                         + row(2, struct.pack(">IQ", 7, 401), struct.pack("<B3xIQ", 1, 500, 12)))
    yield "heads", (row(3, struct.pack(">I", 1) + b"A1", head) + row(4, struct.pack(">I", 1) + b"A1\0\0\0\0\1", head)
                    + row(5, struct.pack(">I", 1), struct.pack("<I", 1)) + row(5, struct.pack(">I", 1) + b"A2", bytes(8)))
    yield "register-state", (row(6, struct.pack(">I", 1), struct.pack("<B7xQ", 1, 3) + b"event")
                             + row(7, b"state", struct.pack("<B3xI", 1, 1) + bytes(104)))


def backups():
    """As store/backup_file.h: a mark, and records behind their lengths."""
    def file(*records):
        return b"QFBACK1\n" + b"".join(struct.pack("<I", len(record)) + record for record in records)
    yield "empty", file()
    yield "two", file(b"QFJ1" + bytes(156), b"QFJ1" + bytes(200))
    yield "torn", file(b"QFJ1" + bytes(156), b"QFJ1" + bytes(200))[:-7]


def files(source):
    """Texts that people write; configurations begin with a byte for whose they are."""
    def read(path, most=100000):
        with open(os.path.join(source, path), "rb") as file:
            return file.read(most)
    yield "programme", "small", read("tests/data/small-programme.yaml")
    yield "programme", "library", read("deploy/programmes/library.yaml")
    yield "map", "library", read("deploy/programmes/library.map.yaml")
    yield "map", "wide", """columns:
  - {column: No, field: key}
  - {column: Library, field: org, fill_down: true, values: [{from: Raymond, to: Olympia}]}
  - {column: Event Year, field: date, order: dmy}
  - {column: Category, field: category, split: "&,", optional: true}
  - {column: Note, field: note}
  - {column: Attendance, field: attendances}
constants: [{field: method, value: headcount}]
missing: [n/a]
key: [No]
""".encode()
    yield "csv", "clerk", ("编号,单位,日期,内容,场次,参加人次,方式,备注\r\nHX-1,中建海峡,2023-05-06,党纪法规;道德修养,2,120,签到,\r\n"
                           "HX-2,HX,2023年5月,PL,1,约200人,,二楼\r\n,马尾区纪委监委,2023/5/6,,,,,\r\n合计,,,,3场,120,,\r\n").encode()
    yield "csv", "semicolons", "\ufeff活动编号;单位;活动日期;人次;操作;版本\nA;HX;20230506;１２０;撤回;2\nA;HX;45052;\"1,200\";更正;3\n".encode()
    yield "json", "activity", b'\0{"key":"A-1","date":"2023-05-06","org":"HX","content":["PL","DL"],"attendances":120,"start":"09:30","note":"x"}'
    yield "json", "tick", b'\1{"kind":"tick","key":"A-1","counter":"sign_in","amount":3,"at_ms":1700000000000}'
    yield "json", "declared", b'\0{"kind":"broadcast","key":"B-1","date":"2023-05-06","org":"HX","start":"19:30","views":10240,"peak":"1,200"}'
    yield "json", "attendance", b'\0{"kind":"attendance","key":"A-1","attendances":97,"method":"headcount","as_of_ms":5,"action":"replace","revision":2}'
    yield "config", "client", b"\0feed: tcp://h:1\nread: tcp://h:2\nserver_public: k/s.public\nkey: k/a.secret\noutbox: out\nsource: alpha\n"
    yield "config", "ingest", b"\1directory: /d\nfeed: [ipc:///a, tcp://*:1]\njournal: ipc:///j\nserver_key: /k\noffice_key: /o\nmap_mib: 64\n"
    yield "config", "aggregate", b"\3directory: /d\njournal: ipc:///j\ntotals: ipc:///t\n"
    yield "config", "report", b"\5totals: ipc:///t\nread: [ipc:///r]\nserver_key: /k\n"
    key = b"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\n"
    for at, (name, text) in enumerate((("secret", b"# secret\n" + key), ("public", b"# public\n" + key), ("server", key * 2),
                                       ("servers", key + key[-2::-1] + b"\n"))):
        yield "keys", name, bytes([at]) + text
    yield "keys", "tokens", b"\4# who may read\nwall read HX " + b"ab" * 32 + b"\nmetrics metrics - " + b"cd" * 32 + b"\n"
    yield "kept", "two", b"12 " + b"ab" * 32 + b" host:/backup\n9 " + b"cd" * 32 + b" other:/mnt/b c\n"
    yield "kept", "half", b"12 " + b"ab" * 20
    yield "kept", "no-end", b"12 " + b"ab" * 32 + b" host:/backup"
    # Of "export" and "segments" the seeds are what qf export and qf backup gave of a small journal, with hashes and all.
    yield "config", "relay", b"\7read: ipc:///r\npublish: ipc:///p\nserver_public: /s\nkey: /k\n"


def workbooks(tests):
    """Whole workbooks of the clerks' corpus, their sheets alone, and sheets behind their strings or styles."""
    folder = os.path.join(tests, "data/clerks")
    for name in ("901-workbook", "907-workbook-merged", "906-workbook-shared-texts", "902-workbook-dates", "909-workbook-formulas"):
        path = os.path.join(folder, name + ".xlsx")
        with open(path, "rb") as file:
            yield f"{name}-whole", b"\0" + file.read()
        with zipfile.ZipFile(path) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
            yield f"{name}-sheet", b"\1" + sheet
            if "xl/sharedStrings.xml" in archive.namelist():
                yield f"{name}-strings", b"\2" + archive.read("xl/sharedStrings.xml") + b"\0" + sheet
            else:
                yield f"{name}-styles", b"\3" + archive.read("xl/styles.xml") + b"\0" + sheet


def write(folder, name, data):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def main():
    m = Messages(sys.argv[1])
    for name, count, body, texts in batches(m):
        facts = body.SerializeToString()
        write(f"{sys.argv[2]}/body", name, struct.pack("<HH", count, len(facts)) + facts + texts.SerializeToString())
    for which, name, message in envelopes(m):
        write(f"{sys.argv[2]}/messages", name, bytes([which]) + message.SerializeToString())
    for name, text in (("chinese", "清风\t讲堂\n"), ("number", "0001234"), ("hex", "00" * 15 + "fF"),
                       ("key", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"), ("bidi", "a\u202eb"), ("quotes", '"\\\x7f')):
        write(f"{sys.argv[2]}/text", name, text.encode())
    for kind, made in (("ingest", conversations(m, list(batches(m)))), ("consumers", journal_feeds(m)), ("feed", answers(m)),
                       ("updates", updates(m)), ("readers", questions(m)), ("zap", requests()), ("http", web()), ("rows", rows()),
                       ("tables", tables()), ("backup", backups()),
                       ("xlsx", workbooks(os.path.join(os.path.dirname(__file__), "..")))):
        for name, data in made:
            write(f"{sys.argv[2]}/{kind}", name, data)
    for name, message in metrics(m):
        write(f"{sys.argv[2]}/metrics", name, message.SerializeToString())
    for kind, name, data in files(os.path.join(os.path.dirname(__file__), "../..")):
        write(f"{sys.argv[2]}/{kind}", name, data)


if __name__ == "__main__":
    main()
