#!/usr/bin/python3
"""Follows totals by the protocol alone, with Debian's python3-zmq, python3-protobuf and protobuf-compiler:

    python3 subscribe.py PROTO_FOLDER READ            in the folder with server.public and HX.secret"""
import subprocess, sys, zmq
subprocess.run(["protoc", "-I", sys.argv[1], "--python_out=.", "body.proto", "totals.proto"], check=True)
sys.path.insert(0, "."); import totals_pb2 as t
z85 = lambda path: [l.strip() for l in open(path) if l[0] != "#" and l.strip()][0].encode()
s = zmq.Context().socket(zmq.DEALER); s.linger = 0
s.curve_serverkey, secret = z85("server.public"), z85("HX.secret")
s.curve_secretkey, s.curve_publickey = secret, zmq.curve_public(secret)
s.connect(sys.argv[2])
ROOM = 1 << 20
cells, pending, epoch, version, got, credit = {}, {}, b"", 0, 0, ROOM
def subscribe():
    global got, credit, pending
    got, credit, pending = 0, ROOM, {}
    s.send(t.FromReader(subscribe=t.Subscribe(version=1, id=1, epoch=epoch, have=version, credit=credit, want=1,
        prefix=["activities/total/all/", "activities/org/HX/"])).SerializeToString())
subscribe()
while True:
    if not s.poll(3000): print("dead: asking again"); subscribe(); continue
    m = t.ToReader.FromString(s.recv()); what = m.WhichOneof("what")
    if what == "denied": sys.exit(m.denied.say)
    if what == "pulse": print("pulse", m.pulse.version, "of", m.pulse.journal_last, flush=True)
    if what != "update": continue
    u = m.update; got += u.ByteSize()
    if u.fresh: cells, pending, epoch, version = {}, {}, u.epoch, 0
    elif u.epoch != epoch or u.after > version: subscribe(); continue
    for c in u.cells:
        w = len(c.measure)
        for i, (d, k, p) in enumerate(zip(c.dimension, c.member, c.period)):
            pending[c.text[d], c.text[k], p] = list(c.value[i * w:i * w + w])
    if u.end and u.upto >= version:
        cells.update(pending); pending = {}; version = u.upto
        print("version", version, "HX May 2023:", cells.get(("org", "HX", 20230500)), flush=True)
    if credit - got < ROOM // 2:
        credit = got + ROOM; s.send(t.FromReader(more=t.More(id=1, total=credit)).SerializeToString())
