"""A machine of its own for a test: a real systemd as PID 1 of a container that is
thrown away. Its root is an overlay over this machine's, with what it writes in
memory; it has a loopback that only the test shares.

    from systemd import box
    box.enter()                       # this process begins anew, alone in namespaces of its own; or ends with 77
    with box.Box() as machine:
        machine.start()               # returns when systemd says "running" or "degraded"
        machine.run("systemctl", "start", "qingfeng.target")

What is learnt by trying and not obvious: nspawn puts its payload below its own cgroup, so it gets one made for it;
/run must be private, or nspawn's own files stay on the machine; the upper layer may not lie inside the lower one;
units, identity and policy-rc.d of this machine must not be seen inside."""
import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys

from support.harness import Failure, until

INNER = "QF_BOX_INNER"
SKIPPED = 77
CGROUPS = "/sys/fs/cgroup"
SYSTEMD_V1, CONTROLLERS_V1 = "systemd", ("memory", "pids")  # hierarchies of a machine that is not all v2
# nspawn gives controllers of v1 read-only: this makes them writable and becomes systemd.
INIT = "/usr/lib/qf-box-init"
MASKED = ("systemd-logind.service", "getty.target", "console-getty.service", "systemd-update-utmp.service",
          "systemd-update-utmp-runlevel.service", "systemd-timesyncd.service", "e2scrub_reap.service",
          "systemd-resolved.service", "systemd-networkd.service", "systemd-firstboot.service")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def is_cgroup2(path):
    done = subprocess.run(["stat", "-f", "-c", "%T", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() == "cgroup2fs"


def cgroup_folders():
    """Where this process is in each hierarchy that systemd uses."""
    here = {}
    with open("/proc/self/cgroup", encoding="ascii") as file:
        for line in file:
            _number, controllers, path = line.rstrip("\n").split(":", 2)
            here[controllers] = path
    folders = [base + here.get("", "/") for base in (CGROUPS, os.path.join(CGROUPS, "unified")) if is_cgroup2(base)]
    for name in (SYSTEMD_V1, *CONTROLLERS_V1):
        if os.path.exists(os.path.join(CGROUPS, name, "cgroup.procs")):
            folders.append(os.path.join(CGROUPS, name) + here.get("name=systemd" if name == SYSTEMD_V1 else name, "/"))
    return [folder.rstrip("/") for folder in folders]


def remove_cgroup(folder):
    for path, _folders, _files in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError:
            pass
    return not os.path.exists(folder)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def enter():
    """Begins this program anew as PID 1 of namespaces of its own; whatever is started there ends with it."""
    if os.environ.get(INNER) == "1":
        return
    if os.geteuid() != 0:
        skip("a container with systemd needs root")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        if not any(line.split()[4] == "/" for line in file):
            skip("this root is no mount of its own, as in a chroot: nothing can be laid over it")
    for command in ("systemd-nspawn", "unshare", "nsenter", "ip"):
        if not shutil.which(command):
            skip(f"there is no {command}")
    made = []
    for folder in cgroup_folders():
        for left in glob.glob(folder + "/qf-box.*"):  # of a run that was killed
            if not os.path.exists("/proc/" + left.rsplit(".", 1)[1]):
                remove_cgroup(left)
        made.append(f"{folder}/qf-box.{os.getpid()}")
        os.mkdir(made[-1])

    def join():
        die_with_parent()
        for folder in made:
            with open(folder + "/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")

    code = 1
    try:
        code = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                               "--mount-proc", "--net", sys.executable, *sys.argv], env={**os.environ, INNER: "1"},
                              preexec_fn=join, check=False).returncode
    finally:
        until(lambda: all([remove_cgroup(folder) for folder in made]), 20, "the container's cgroups are gone")
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        if any("/run/qf-box" in line for line in file):
            print("a mount of the container was left on this machine", file=sys.stderr)
            code = code or 1
    sys.exit(code if code >= 0 else 128 - code)


def run(*words):
    subprocess.run(words, check=True)


class Box:
    """limits: MemoryMax= and TasksMax= hold. On a machine with v1 hierarchies only then, since their controllers are not
    in the v2 tree that the container otherwise sees."""

    def __init__(self, limits=False):
        self.limits_v1 = limits and not is_cgroup2(CGROUPS)
        self.work = "/run/qf-box"
        self.root = self.work + "/root"
        self.nspawn = self.leader = None

    def __enter__(self):
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        for folder in (self.root, self.work + "/rw"):
            os.makedirs(folder)
        run("mount", "-t", "tmpfs", "-o", "mode=755,size=2g", "tmpfs", self.work + "/rw")
        upper, work = self.work + "/rw/upper", self.work + "/rw/work"
        os.mkdir(upper)
        os.mkdir(work)
        run("mount", "-t", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", "overlay", self.root)
        self._forget_this_machine()
        if self.limits_v1:
            self.write(INIT, "#!/bin/sh\nfor c in " + " ".join(CONTROLLERS_V1) + "; do\n"
                             "mount -o remount,rw,bind /sys/fs/cgroup/$c; done\nexec /lib/systemd/systemd\n")
            os.chmod(self.path(INIT), 0o755)
        elif not is_cgroup2(CGROUPS):
            run("umount", "-R", CGROUPS)
            run("mount", "-t", "cgroup2", "cgroup2", CGROUPS)
        run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.leader:
            self.say_all()
        self.stop()
        return False

    def _forget_this_machine(self):
        """As if it had never booted: nothing is enabled but what the test enables."""
        for pattern in ("etc/systemd/system/*", "etc/rc?.d/*", "var/log/journal", "var/lib/systemd/*"):
            for path in glob.glob(os.path.join(self.root, pattern)):
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.unlink(path)
        for name in ("usr/sbin/policy-rc.d", "etc/machine-id", "etc/hostname"):
            if os.path.lexists(self.path(name)):
                os.unlink(self.path(name))
        self.write("etc/fstab", "")
        self.write("etc/machine-id", "5e8b2b6c4d7f4f1c9d3a0c1b2a394857\n")
        os.symlink("/lib/systemd/system/multi-user.target", self.path("etc/systemd/system/default.target"))
        for unit in MASKED:
            os.symlink("/dev/null", self.path("etc/systemd/system", unit))

    def path(self, *parts):
        return os.path.join(self.root, *(part.lstrip("/") for part in parts))

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        # bpf() and its capability make IPAddressDeny= work; without them systemd silently does not enforce it.
        console = open(self.work + "/console", "wb")
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", *([] if self.limits_v1 else ["--boot"]), f"--directory={self.root}", f"--machine=qf-box-{os.getpid()}",
             "--register=no", "--keep-unit", "--console=pipe", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
             "--settings=no", "--kill-signal=SIGRTMIN+3", "--system-call-filter=bpf", "--capability=CAP_BPF,CAP_NET_ADMIN", *([INIT] if self.limits_v1 else [])],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, preexec_fn=die_with_parent)
        until(self._has_booted, 30, "systemd is there")
        said = self.run("timeout", "60", "systemctl", "is-system-running", "--wait", code=None).stdout.strip()
        if said not in ("running", "degraded"):
            raise Failure("the container's systemd says", said)

    def _has_booted(self):
        if self.nspawn.poll() is not None:
            with open(self.work + "/console", encoding="utf-8", errors="replace") as file:
                raise Failure("systemd-nspawn ended:\n" + file.read()[-3000:])
        done = subprocess.run(["pgrep", "-P", str(self.nspawn.pid)], stdout=subprocess.PIPE, text=True, check=False)
        self.leader = done.stdout.strip() or None
        try:
            with open(f"/proc/{self.leader}/comm", encoding="ascii") as file:
                return file.read().strip() == "systemd" and os.path.exists(
                    f"/proc/{self.leader}/root/run/systemd/private")
        except OSError:
            return False

    def run(self, *words, code=0, timeout=120):
        """Runs a command inside; code None takes any exit code."""
        done = subprocess.run(["nsenter", "-t", self.leader, "-m", "-p", "-i", "-u", "-n", "-C", "--", "env", "-i",
                               *(f"{name}={value}" for name, value in ENVIRONMENT.items()), *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout, check=False)
        if code is not None and done.returncode != code:
            raise Failure(f"{' '.join(words)} ended with {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
        return done

    def show(self, unit, name):
        return self.run("systemctl", "show", "-P", name, unit).stdout.strip()

    def stop(self):
        if self.nspawn is None:
            return
        self.nspawn.terminate()
        try:
            self.nspawn.wait(60)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
            raise Failure("the container did not stop within a minute") from None
        finally:
            self.nspawn = self.leader = None

    def say_all(self):
        with open(self.work + "/console", encoding="utf-8", errors="replace") as file:
            print("--- console\n" + file.read()[-2000:], file=sys.stderr)
        print("--- journal\n" + self.run("journalctl", "-b", "--no-pager", "-n", "80", code=None).stdout, file=sys.stderr)
