#!/usr/bin/python3
"""Writes the seeds of the corpora from the .proto files: one of each message, a batch as rows, a batch as columns.
The corpora are kept in the repository; run this again after a new message: make_seeds.py PROTO CORPUS"""
import os
import struct
import sys

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
    registers.row.add().counter.MergeFrom(m.Counter(code="sign_in", feeds="attendances", cap=100000))
    source = registers.row.add().source
    source.name, source.partner, source.roles = "alpha", "alpha", 1
    source.key.add(public=bytes(32))
    source.org.append("alpha")
    yield "registers", 5, registers, m.Texts()


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


if __name__ == "__main__":
    main()
