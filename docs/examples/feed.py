#!/usr/bin/python3
"""Feeds events from a program of one's own, with nothing but Python, through `qf feed --listen` on this machine.

    python3 feed.py DOOR        DOOR: the socket's path, or 127.0.0.1:PORT

states an activity, counts three sign-ins at it, and waits for the server's verdicts. The class is what a program takes
along: post() returns when the events are on this machine's disk."""
import http.client
import json
import socket
import sys
import time
import uuid


class Refused(Exception):
    """Nothing of it was taken; args[0] is what the answer said."""


class Door:
    def __init__(self, where):
        self.where = where

    def ask(self, method, path, body=None, headers=()):
        """Status and JSON; OSError without an answer."""
        connection = http.client.HTTPConnection("localhost" if self.where.startswith("/") else self.where, timeout=30)
        if self.where.startswith("/"):
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(self.where)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except http.client.HTTPException as error:
            raise OSError(f"no answer: {error}") from error
        finally:
            connection.close()

    def post(self, events, key=None):
        """Numbers of the events, once they are on disk. key: what the request is known by; keep it with the events if
        they are to survive this program, too."""
        key = key or str(uuid.uuid4())
        body = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events).encode()
        while True:
            try:
                status, said = self.ask("POST", "/events", body, {"Content-Type": "application/x-ndjson", "Idempotency-Key": key})
            except OSError:  # nobody knows whether it was taken: the same again, with the same key
                time.sleep(1)
                continue
            if status in (200, 202):
                return [line["number"] for line in said["lines"]]
            if status != 503:
                raise Refused(said)
            time.sleep(10)  # no room on the disk

    def verdicts(self, first, count):
        return self.ask("GET", f"/verdicts?first={first}&count={count}")[1]["lines"]


def main():
    door = Door(sys.argv[1])
    numbers = door.post([
        {"key": "HX-2023-018", "date": "2023-05-07", "org": "HX", "channel": "offline", "mode": "study_visit"},
        *({"kind": "tick", "key": "HX-2023-018", "counter": "sign_in"} for _ in range(3)),
    ])
    while True:
        verdicts = door.verdicts(numbers[0], len(numbers))
        if all(verdict["verdict"] != "waiting" for verdict in verdicts):
            break
        time.sleep(0.1)
    for verdict in verdicts:
        print(verdict["number"], verdict["verdict"], verdict.get("text", ""))
    try:
        door.post([{"key": "HX-2023-019", "date": "2023-02-30", "org": "HX", "channel": "offline", "mode": "study_visit"}])
    except Refused as refused:
        print(refused.args[0]["lines"][0]["text"])


if __name__ == "__main__":
    main()
