"""The preloaded shim (shim.h), as tests order faults of it."""
import os


def steps(chance, stride):
    """Numbers of calls, rising: all of them, or about one in stride, of which the first is an early one."""
    call = chance.randint(1, min(stride, 4))
    while True:
        yield call
        call += chance.randint(1, 2 * stride - 1)


class Shim:
    def __init__(self, office, *programs, library="QF_SHIM"):
        folder = office.path("run")  # the sandbox leaves it open to every daemon, for its sockets
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(folder, "up.lock"), "ab"):  # so that `qf up` takes the directory for one of its own
            pass
        self.order_file = os.path.join(folder, "order")
        self.happened_file = self.order_file + ".happened"
        self.env = {"LD_PRELOAD": os.environ[library], "QF_SHIM_PROGRAMS": ",".join(programs), "QF_SHIM_ORDER": self.order_file}

    def order(self, call, kind):
        """From now on, at the call-th storage call: shim_order.c has the kinds."""
        with open(self.order_file + ".new", "w") as file:
            file.write(f"{call} {kind}\n")
        os.rename(self.order_file + ".new", self.order_file)

    def happened(self):
        return os.path.exists(self.happened_file)

    def lift(self):
        """Takes back an order that waits and a fault that stands. True: it had happened."""
        happened = False
        for path in (self.order_file, self.happened_file):
            try:
                os.unlink(path)
                happened = path == self.happened_file
            except FileNotFoundError:
                pass
        return happened
