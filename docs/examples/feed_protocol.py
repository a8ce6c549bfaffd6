#!/usr/bin/python3
"""Feeds three events by the protocol alone, with Debian's python3-zmq, python3-protobuf and protobuf-compiler:

    python3 feed_protocol.py PROTO_FOLDER FEED        in the folder with server.public and HX.secret

Its outbox lives as long as the process, so its ticks are only as exact as its memory."""
import os, subprocess, sys, zmq
subprocess.run(["protoc", "-I", sys.argv[1], "--python_out=.", "body.proto", "feed.proto"], check=True)
sys.path.insert(0, "."); import body_pb2 as b, feed_pb2 as f
z85 = lambda path: [l.strip() for l in open(path) if l[0] != "#" and l.strip()][0].encode()
s = zmq.Context().socket(zmq.DEALER); s.linger = 0
s.curve_serverkey, secret = z85("server.public"), z85("HX.secret")
s.curve_secretkey, s.curve_publickey = secret, zmq.curve_public(secret)
s.connect(sys.argv[2])
outbox, holder = os.urandom(16), 1 << 32 | int.from_bytes(os.urandom(4), "big")
def ask(**what):
    s.send(f.FromPartner(**what).SerializeToString())
    if not s.poll(5000): sys.exit("no answer")
    return f.ToPartner.FromString(s.recv())
w = ask(hello=f.Hello(version=1, outbox=outbox, holder=holder, next=1, first_kept=1, agent="demo")).welcome
print("expected", w.expected)
V = [b.Value(dimension=d, member=m) for d, m in (("org", "HX"), ("channel", "offline"), ("mode", "study_visit"))]
rows = [b.Event(activity=b.Activity(key="HX-P1", date=20230506, value=V, attendances=40, method=b.METHOD_HEADCOUNT)),
        b.Event(activity=b.Activity(key="HX-P2", date=20230231, value=V)),
        b.Event(tick=b.Tick(key="HX-P1", counter="sign_in", amount=1))]
a = ask(send=f.Send(outbox=outbox, holder=holder, first=1, count=len(rows),
                    facts=b.Body(schema=1, row=rows).SerializeToString()))
if a.WhichOneof("what") == "refused": sys.exit(f"refused {a.refused.why}: {a.refused.say}")
verdict = {}
for at, n, code in zip(a.verdicts.at, a.verdicts.len, a.verdicts.code):
    verdict.update({i: (code >> 16, code & 0xFFFF) for i in range(at, at + n)})
for i in range(a.verdicts.count): print(a.verdicts.first + i, "class %d code %d" % verdict.get(i, (0, 0)))
