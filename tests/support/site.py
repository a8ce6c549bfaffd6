"""An installation whose daemons run each by itself, as on machines of their own: over
TCP, with configurations, environments and network namespaces of a test's choice.
`qf up` makes it (keys, programme), and is stopped before."""
import os
import signal
import socket
import subprocess

from support.harness import BIN, Office, check, until

SERVED = ("ingest", "aggregate", "report")


def free_port(host="127.0.0.1"):
    with socket.create_server((host, 0)) as made:
        return made.getsockname()[1]


class Site(Office):
    """Keys of `sources` ({name: org}) are registered before the daemons go their own ways."""

    def __init__(self, sources=(), key_words=None, **how):
        super().__init__(**how)
        self.sources = dict(sources)
        self.key_words = key_words or {}  # name -> words for `qf key add`
        self.own = {}      # daemon -> process
        self.inside = {}   # daemon -> words before its command: ip netns exec ...
        self.settings = {daemon: {} for daemon in SERVED}
        self.environment = {daemon: {} for daemon in SERVED}
        self.feed_port, self.read_port = free_port(), free_port()
        self.host = "127.0.0.1"

    def __enter__(self):
        super().__enter__()
        try:
            for name, org in self.sources.items():
                self.add_source(name, org, "feed,read", self.key_words.get(name, ()))
            check(self.stop() == 0, "qf up ended badly")
            self.configure()
        except BaseException:
            self.__exit__(Exception, None, None)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for daemon in list(self.own):
            self.end(daemon)
        return super().__exit__(kind, value, trace)

    # -- configurations -----------------------------------------------------------

    def configure(self):
        """What each daemon is told; `settings` add to it, or replace a line of it."""
        told = {
            "ingest": {"directory": self.path("journal"),
                       "feed": [self.endpoint("feed"), f"tcp://{self.host}:{self.feed_port}"],
                       "journal": self.endpoint("journal"), "server_key": self.path("keys/server.secret"),
                       "office_key": self.path("keys/office.public"), "disk_floor_mib": 64},
            "aggregate": {"directory": self.path("counts"), "journal": self.endpoint("journal"),
                          "totals": self.endpoint("totals")},
            "report": {"totals": self.endpoint("totals"), "server_key": self.path("keys/server.secret"),
                       "read": [self.endpoint("read"), f"tcp://{self.host}:{self.read_port}"]},
        }
        for daemon, lines in told.items():
            with open(self.path(f"own-{daemon}.yaml"), "w", encoding="utf-8") as file:
                for name, value in {**lines, **self.settings[daemon]}.items():
                    file.write(f"{name}: {value}\n" if not isinstance(value, list)
                               else f"{name}: [{', '.join(repr(one) for one in value)}]\n")

    # -- processes ------------------------------------------------------------------

    def begin(self, *daemons, wait=True, programs=BIN):
        for daemon in daemons or SERVED:
            with open(self.path("log", f"{daemon}.log"), "ab") as log:
                self.own[daemon] = subprocess.Popen(
                    [*self.inside.get(daemon, ()), os.path.join(programs, f"qf-{daemon}"), "--config",
                     self.path(f"own-{daemon}.yaml")],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={**os.environ, "LC_ALL": "C.UTF-8", **self.environment[daemon]})
        if wait:
            until(lambda: self.qf("totals", "--json", code=None).code == 0, 30, "qf totals answers")

    def end(self, daemon, number=signal.SIGTERM):
        process = self.own.pop(daemon)
        if process.poll() is None:
            process.send_signal(number)
        return process.wait(30)

    def log_of(self, daemon):
        with open(self.path("log", f"{daemon}.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def pids(self, daemon):
        process = self.own.get(daemon)
        return [process.pid] if process else super().pids(daemon)

    @property
    def feed(self):
        return f"tcp://{self.host}:{self.feed_port}"

    @property
    def read(self):
        return f"tcp://{self.host}:{self.read_port}"

    def client_config(self, org, feed):
        """A partner's own configuration, as it has it at its own place."""
        path = os.path.join(self.home, f"{org}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"feed: {feed}\nread: {self.read}\nserver_public: {self.path('keys/server.public')}\n"
                       f"key: {self.path(f'keys/{org}.secret')}\noutbox: {self.home}/outbox-{org}\nsource: {org}\n")
        return path
