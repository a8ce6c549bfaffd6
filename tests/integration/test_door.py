#!/usr/bin/python3
"""qf feed --listen: lines that are posted over HTTP are answered when they are in the outbox, all of a body or nothing,
and once however often they are said; with the server, without it, and killed at any moment."""
import http.client
import os
import random
import signal
import socket
import stat
import threading
import time

from support.door import Door
from support.harness import PATIENCE, PROGRAMME, Office, check, lines, qf, run, same, until
from support.site import free_port


def activity(key, attendances=12, **more):
    return {"key": key, "date": "2023-05-06", "org": "alpha", "mode": "onsite", "content": "law",
            "attendances": attendances, **more}


def tick(key, amount=1):
    return {"kind": "tick", "key": key, "counter": "sign_in", "amount": amount}


def door_of(office, listen=None):
    return Door(listen or f"unix:{office.home}/door", "--dir", office.dir, "--as", "alpha")


def what_is_posted_is_answered_judged_and_counted():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        with door_of(office) as door:
            path = os.path.join(office.home, "door")
            same(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            status, said = door.post("\n" + lines(activity("D1")) + "\r\n" + lines(tick("D1", 3)), "first")
            same((status, said["taken"], said["again"]), (202, 2, False))
            same(said["lines"], [{"line": 2, "number": 1}, {"line": 4, "number": 2}])
            status, said = door.post(lines(activity("D2"), activity("D3", mode="nosuch"), activity("D4"), {"key": 1}))
            same((status, said["refused"], [line["line"] for line in said["lines"]]), (422, 2, [2, 4]))
            same(said["lines"][0]["code"], "E104")
            same(door.post(lines(tick("D1")))[0], 428)  # it would count twice
            door.wait_answered()  # what stands is told of records in the journal, not of those of the same commit
            status, said = door.post(lines(activity("D1", 13)))
            same((status, said["lines"]), (202, [{"line": 1, "number": 3}]))
            door.wait_answered()
            status, said = door.ask("GET", "/verdicts?first=2&count=2")
            same([(one["number"], one["verdict"], one.get("code")) for one in said["lines"]],
                 [(2, "accepted", None), (3, "rejected", "E141")])
            said = door.status()
            same((said["judged"]["accepted"], said["judged"]["rejected"], said["returned"][0]["number"]), (2, 1, 3))
            check("12 before, 13 now" in said["returned"][0]["text"], said)
            same(said["requests"], {"taken": 2, "again": 0, "refused": 2})
            same(door.ask("GET", "/healthz"), (200, {"ok": True}))
            code, said = door.end()
            same(code, 0)
            check("3 rejected E141" in said and not os.path.exists(path), said)
        same(office.verify().total(), (1, 1, 12, 0, 0))


def what_is_said_again_is_known_and_other_content_refused():
    with Office() as office:
        office.add_source("alpha", "alpha")
        body = lines(activity("D1"), tick("D1"))
        with door_of(office) as door:
            same(door.post(body, "one")[0], 202)
            status, said = door.post(body, "one")
            same((status, said["again"], [line["number"] for line in said["lines"]]), (200, True, [1, 2]))
            same(door.post(body + lines(tick("D1")), "one")[0], 409)
            for key in ("with space", "x" * 256, "é"):
                same(door.post(body, key.encode().decode("latin-1"))[0], 400)
            door.wait_answered()
        with door_of(office, f"127.0.0.1:{free_port()}") as door:  # another process, another door
            status, said = door.post(body, "one")
            same([line["verdict"] for line in said["lines"]], ["accepted", "accepted"])
            same(door.post(lines(tick("D1")), "two")[1]["lines"], [{"line": 1, "number": 3}])
            door.wait_answered()
        office.verify()


def without_a_server_it_answers_and_sends_later():
    with Office() as office:
        office.add_source("alpha", "alpha")
        with door_of(office) as door:
            same(door.post(lines(activity("D1")))[0], 202)
            door.wait_answered()
            office.stop()
            for at in range(20):
                same(door.post(lines(activity(f"E{at}"), tick(f"E{at}")), f"e{at}")[0], 202)
            said = door.status()
            same((said["waiting"], said["stopped"]), (40, None))
            same(door.ask("GET", "/verdicts?first=2&count=1")[1]["lines"], [{"number": 2, "verdict": "waiting"}])
            office.start()
            door.wait_answered()
        same(office.verify().total(), (21, 21, 21 * 12, 0, 0))


def killed_at_any_moment_nothing_is_lost_or_counted_twice():
    """Ticks, which nothing but their numbers keeps from counting twice, are posted until each has its answer."""
    chance = random.Random(11)
    with Office() as office:
        office.add_source("alpha", "alpha")
        door = door_of(office).start()
        same(door.post(lines({"key": "K", "date": "2023-05-06", "org": "alpha"}))[0], 202)
        sent, killing = 0, 0
        for at in range(120):
            body, key = lines(*[tick("K", 2)] * (at % 5 + 1)), f"k{at}"
            sent += 2 * (at % 5 + 1)
            killer = None
            if at % 8 == 7:
                killing += 1
                killer = threading.Timer(chance.random() * 0.004, door.process.kill)
                killer.start()
            for _ in range(3):
                try:
                    status, said = door.post(body, key)
                    check(status in (200, 202), status, said)
                    break
                except (OSError, http.client.HTTPException):
                    door.process.wait(10 * PATIENCE)
                    door.start()
            else:
                check(False, "not answered thrice")
            if killer:
                killer.cancel()
                killer.join()
                door.end(signal.SIGKILL)
                door.start()
        check(killing == 15, killing)
        door.wait_answered()
        same(door.end()[0], 0)
        same(office.verify().total(), (1, 1, sent, 0, 0))


def a_name_that_was_registered_meanwhile_is_learnt():
    with Office() as office:
        office.add_source("alpha", "alpha")
        with door_of(office) as door:
            body = lines(activity("D1", content="newcomer"))
            same(door.post(body)[0], 422)
            with open(PROGRAMME, encoding="utf-8") as file:
                text = file.read()
            grown = text.replace("      - {code: law,", "      - {code: newcomer, zh: 新, en: New}\n      - {code: law,")
            check(grown != text, "the programme has changed")
            path = os.path.join(office.home, "grown.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(grown)
            office.qf("programme", "load", path)
            # Who only looks needs no outbox, which is the door's.
            check("newcomer" in office.qf("programme", "show", "content", "--as", "alpha").out, "what stands now is shown")
            check("alpha  feed  alpha" in office.qf("key", "list", "--as", "alpha").out, "keys are listed")
            check("in use" in office.qf("feed", "--flush", "--as", "alpha", code=1).err, "the outbox is the door's")
            until(lambda: door.post(body)[0] == 202, 20, "the name is known")
            door.wait_answered()
            same(door.status()["judged"]["accepted"], 1)


def strangers_and_mistakes_are_told_so():
    with Office() as office:
        office.add_source("alpha", "alpha")
        port = free_port()
        body = lines(activity("D1"))
        with door_of(office, f"127.0.0.1:{port}") as door:
            same(door.post(body, Host="evil.example:80")[0], 421)
            same(door.post(body, Origin="http://evil.example")[0], 403)
            same(door.post(body, Content_Type="text/plain")[0], 415)
            same(door.post(body, Content_Type="application/x-www-form-urlencoded")[0], 415)
            same(door.ask("GET", "/events")[0], 405)
            same(door.ask("POST", "/status", body)[0], 405)
            same(door.ask("GET", "/passwd")[0], 404)
            same(door.post("\n\n")[0], 400)
            same(door.post("[1]\n")[0], 422)
            same(door.post("\0\n")[0], 422)
            same(door.post("x" * ((1 << 20) + 1))[0], 413)
            connection = door.connect()  # one that does not say how much comes
            connection.request("POST", "/events", body=iter([b"x" * 65536] * 20), headers={"Content-Type": "application/json"},
                               encode_chunked=True)
            same(connection.getresponse().status, 413)
            connection.close()
            # A body that breaks off is nobody's, and those who say nothing keep nobody out for long.
            cut = socket.create_connection(("127.0.0.1", port))
            cut.sendall(b"POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 1000\r\n\r\n" + body.encode())
            cut.close()
            same(door.post(body)[1]["lines"], [{"line": 1, "number": 1}])
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
            for one in silent:
                one.close()
            same(door.post(lines(activity("D2")))[0], 202)
            said = qf("feed", "--listen", f"127.0.0.1:{port}", "--dir", office.dir, "--as", "alpha", code=1).err
            check("in use" in said, said)  # the outbox is
            office.add_source("beta", "beta")
            said = qf("feed", "--listen", f"127.0.0.1:{port}", "--dir", office.dir, "--as", "beta", code=1).err
            check("in use" in said, said)  # the port is
        for listen in ("0.0.0.0:7000", "192.168.1.1:7000", "127.0.0.1", "7000", "unix:", "tcp://127.0.0.1:7000"):
            check("unix:PATH" in office.qf("feed", "--listen", listen, "--as", "alpha", code=64).err, listen)
        precious = os.path.join(office.home, "precious.csv")
        with open(precious, "w", encoding="ascii") as file:
            file.write("x")
        office.qf("feed", "--listen", f"unix:{precious}", "--as", "alpha", code=1)
        check(os.path.getsize(precious) == 1, "a file was overwritten")
        office.verify()


def a_key_that_is_refused_keeps_what_is_posted():
    with Office() as office:
        office.qf("key", "new", "alpha")
        with door_of(office) as door:
            same(door.post(lines(activity("D1")))[0], 202)
            until(lambda: door.ask("GET", "/healthz")[0] == 503, 20, "it is told that somebody has to look")
            check("key" in door.status()["stopped"], door.status())
            same(door.post(lines(activity("D2")))[0], 202)
            begin, used = time.monotonic(), door.cpu_s()
            until(lambda: time.monotonic() > begin + 1, 20, "a second has gone by")
            used, passed = door.cpu_s() - used, time.monotonic() - begin
            check(used < 0.1 * passed, f"it waits at {used:g} s of {passed:g}")
        office.qf("key", "add", "alpha", office.path("keys", "alpha.public"), "--org", "alpha", "--role", "feed")
        with door_of(office) as door:
            door.wait_answered()
        same(office.verify().total(), (2, 2, 24, 0, 0))


def a_key_that_is_revoked_while_it_feeds_is_asked_again():
    with Office() as office:
        office.add_source("alpha", "alpha")
        with door_of(office) as door:
            same(door.post(lines(activity("D1")))[0], 202)
            door.wait_answered()
            office.qf("key", "revoke", "alpha")
            for number in range(2, 5):  # also when it was refused long ago
                same(door.post(lines(activity(f"D{number}")))[0], 202)
                until(lambda: door.ask("GET", "/healthz")[0] == 503, 20, "the key is refused")
            check("each minute" in door.status()["stopped"], door.status())


def who_has_no_key_any_more_still_knows_the_names():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        with door_of(office) as door:
            same(door.post(lines(activity("D1")))[0], 202)
            door.wait_answered()
        office.qf("key", "revoke", "alpha")
        with door_of(office) as door:
            until(lambda: door.ask("GET", "/healthz")[0] == 503, 20, "the key is refused")
            same(door.post(lines(activity("D2", mode="nosuch")))[0], 422)


def many_at_once_are_each_answered():
    with Office() as office:
        office.add_source("alpha", "alpha")
        with door_of(office) as door:
            answers, begun = [], time.monotonic()

            def post(worker):
                for at in range(25):
                    answers.append(door.post(lines(activity(f"W{worker}-{at}", 1)), f"{worker}/{at}")[0])
            workers = [threading.Thread(target=post, args=(worker,)) for worker in range(8)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            same(set(answers), {202})
            same(len(answers), 200)
            print(f"  200 requests in {time.monotonic() - begun:.2f} s")
            door.wait_answered()
        same(office.verify().total(), (200, 200, 200, 0, 0))


if __name__ == "__main__":
    run(what_is_posted_is_answered_judged_and_counted, what_is_said_again_is_known_and_other_content_refused,
        without_a_server_it_answers_and_sends_later, killed_at_any_moment_nothing_is_lost_or_counted_twice,
        a_name_that_was_registered_meanwhile_is_learnt, strangers_and_mistakes_are_told_so,
        a_key_that_is_refused_keeps_what_is_posted, a_key_that_is_revoked_while_it_feeds_is_asked_again, who_has_no_key_any_more_still_knows_the_names,
        many_at_once_are_each_answered)
