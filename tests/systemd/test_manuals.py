#!/usr/bin/python3
"""What docs/operator.md says of an installed machine is done on one: each of its commands, in its order, as root."""
from support.harness import Failure, check, same, until
from support.manual import Reader
from systemd import box
from systemd.installed import SERVICES, Installed


class Root(Reader):
    """Who works through a page as root of the box."""
    place = "installed"

    def __init__(self, machine):
        super().__init__()
        self.machine = machine

    def bash(self, lines, code, text):
        done = self.machine.run("bash", "-euo", "pipefail", "-c", "\n".join(lines), code=None)
        if done.returncode != code:
            raise Failure(f"ended with {done.returncode}, not {code}:\n{text}\n{done.stdout}{done.stderr}")
        return done.stdout


def what_the_page_promises_is_so(machine, installed):
    until(lambda: installed.active() and machine.run("qf", "status", code=None).returncode == 0, 20, "all goes on, with the key sealed")
    listens = machine.run("ss", "-Hltn").stdout
    check("0.0.0.0:7300" in listens, "partners from outside have no door:", listens)
    same(machine.show("qf-relay.service", "ActiveState"), "active")
    for instance in ("", "@training"):
        same([machine.show(f"{name}{instance}.service", "ActiveState") for name in SERVICES], ["active"] * len(SERVICES), instance)
    asked = machine.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:7302/api/v1/totals").stdout
    same(asked, "401", "HTTP asks for a token")


def main():
    box.enter()
    with box.Box() as machine:
        installed = Installed(machine)
        installed.lay_out(keys=False)
        machine.start()
        installed.prepare()
        with Root(machine) as reader:
            print(reader.work_through("docs/operator.md"), "blocks were run")
        what_the_page_promises_is_so(machine, installed)


if __name__ == "__main__":
    main()
