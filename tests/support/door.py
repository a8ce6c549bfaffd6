"""`qf feed --listen` beside a test: started, asked over its socket of files or its port, killed."""
import http.client
import json
import os
import signal
import socket
import subprocess

from support.harness import PATIENCE, QF, check, until

NDJSON = "application/x-ndjson"


class OverFile(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20 * PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Door:
    """words: where its outbox and keys are, such as --dir D --as alpha."""

    def __init__(self, listen, *words):
        self.listen, self.words, self.process = listen, words, None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL if kind else signal.SIGTERM)
        return False

    def start(self):
        self.process = subprocess.Popen([QF, "feed", "--listen", self.listen, *map(str, self.words)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"})
        said = self.process.stdout.readline()
        check(self.listen in said, said, "" if said else self.process.stderr.read())
        return self

    def cpu_s(self):
        """What its process has used so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            user, system = file.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def end(self, number=signal.SIGTERM):
        """Exit code and what was said on standard error."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=20 * PATIENCE)[1]
        return self.process.returncode, said

    def connect(self):
        kind, _, rest = self.listen.partition(":")
        return OverFile(rest) if kind == "unix" else http.client.HTTPConnection(self.listen, timeout=20 * PATIENCE)

    def ask(self, method, path, body=None, **headers):
        """Status and what the JSON says; header names with _ for -."""
        connection = self.connect()
        try:
            connection.request(method, path, body=body.encode() if body is not None else None,
                               headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            said = answer.read()
            check(said.endswith(b"}\n"), "an answer is a line:", said)
            return answer.status, json.loads(said)
        finally:
            connection.close()

    def post(self, body, key=None, **headers):
        return self.ask("POST", "/events", body, **{"Content_Type": NDJSON, **({"Idempotency_Key": key} if key else {}),
                                                    **headers})

    def status(self):
        return self.ask("GET", "/status")[1]

    def wait_answered(self, timeout=30):
        until(lambda: self.status()["waiting"] == 0, timeout, "all has its verdict")
