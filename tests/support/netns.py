"""Machines of a test's own: network namespaces on one bridge, with packet filters
between any two. Nothing of it is seen outside. Needs to be root."""
import os
import subprocess

PORT_OF_BRIDGE = "hub"


class Machines:
    """`with Machines("ingest", "aggregate") as net:` gives each an address, net.address[name]."""

    def __init__(self, *names):
        self.prefix = f"qf{os.getpid()}"
        self.names = names
        self.address = {name: f"10.77.0.{at + 1}" for at, name in enumerate(names)}
        self.made = []

    @staticmethod
    def are_possible():
        """Whether namespaces and filters can be made here."""
        name = f"qf{os.getpid()}-try"
        if os.geteuid() != 0:
            return False
        try:
            tried = [subprocess.run(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode
                     for words in (["ip", "netns", "add", name],
                                   ["ip", "netns", "exec", name, "nft", "add", "table", "inet", "f"],
                                   ["ip", "-n", name, "link", "add", "br0", "type", "bridge"],
                                   ["ip", "netns", "del", name])]
        except FileNotFoundError:
            return False
        return not any(tried)

    def inside(self, name):
        return ("ip", "netns", "exec", f"{self.prefix}-{name}")

    def _run(self, *words):
        subprocess.run(words, check=True)

    def __enter__(self):
        try:
            self._make(PORT_OF_BRIDGE)
            hub = f"{self.prefix}-{PORT_OF_BRIDGE}"
            self._run("ip", "-n", hub, "link", "add", "br0", "type", "bridge")
            self._run("ip", "-n", hub, "link", "set", "br0", "up")
            for at, name in enumerate(self.names):
                space = self._make(name)
                self._run("ip", "-n", hub, "link", "add", f"v{at}", "type", "veth", "peer", "name", "eth0", "netns", space)
                self._run("ip", "-n", hub, "link", "set", f"v{at}", "master", "br0", "up")
                self._run("ip", "-n", space, "addr", "add", f"{self.address[name]}/24", "dev", "eth0")
                self._run("ip", "-n", space, "link", "set", "eth0", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self, name):
        space = f"{self.prefix}-{name}"
        self._run("ip", "netns", "add", space)
        self.made.append(space)
        self._run("ip", "-n", space, "link", "set", "lo", "up")
        return space

    def __exit__(self, *_error):
        for space in self.made:
            subprocess.run(["ip", "netns", "del", space], check=False)

    def between(self, one, other, percent=100):
        """From now on so many of the packets between the two are lost, both ways."""
        lost = [] if percent == 100 else ["numgen", "random", "mod", "100", "<", str(percent)]
        nft = [*self.inside(one), "nft"]
        self._run(*nft, "add", "table", "inet", "f")
        for hook, side in (("input", "saddr"), ("output", "daddr")):
            self._run(*nft, "add", "chain", "inet", "f", hook,
                      "{ type filter hook " + hook + " priority 0 ; policy accept ; }")
            self._run(*nft, "add", "rule", "inet", "f", hook, "ip", side, self.address[other], *lost, "counter", "drop")

    def heal(self, one):
        """Gives how many packets were lost."""
        rules = subprocess.run([*self.inside(one), "nft", "list", "ruleset"], check=True, capture_output=True,
                               text=True).stdout.split()
        lost = sum(int(rules[at + 1]) for at, word in enumerate(rules) if word == "packets")
        self._run(*self.inside(one), "nft", "flush", "ruleset")
        return lost

    def lines(self, one, other):
        """How many connections one believes to have with the other."""
        return len(subprocess.run([*self.inside(one), "ss", "-Htn", "state", "established", "dst", self.address[other]],
                                  check=True, capture_output=True, text=True).stdout.splitlines())
