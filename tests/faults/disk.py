"""A file system of its own on a loop device, whose power can be cut, which can be frozen or made read-only. It is mounted
in a namespace of this process and its children: a copy of the mount in one that somebody else makes meanwhile would keep
a disk that was cut off as it is."""
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile

from support.harness import Failure, until

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x00020000
TOOLS = {"ext4": "mkfs.ext4", "xfs": "mkfs.xfs"}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}")
    return done.stdout.strip()


class Disk:
    """`with Disk("ext4") as disk:`: files go below disk.path. Ends the test with 77 where there can be none."""

    def __init__(self, kind, mib=512):
        self.kind, self.mib = kind, mib
        self.home = tempfile.mkdtemp(prefix="qf-disk-")
        self.path = os.path.join(self.home, "m")  # short: ipc paths end at 107 bytes
        self.loop, self.mounted = None, False

    def __enter__(self):
        if os.geteuid() != 0:
            self.give_up("only root may mount a disk of its own")
        for tool in (TOOLS[self.kind], "xfs_io", "losetup", "fsfreeze"):
            if shutil.which(tool) is None:
                self.give_up(f"{tool} is not installed: deploy/setup test")
        if LIBC.unshare(CLONE_NEWNS) != 0:
            self.give_up(f"no namespace of mounts is to be had here: {os.strerror(ctypes.get_errno())}")
        # In a chroot / may be no mount of its own: then nothing is shared either.
        subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL, check=False)
        image = os.path.join(self.home, "image")
        with open(image, "wb") as file:
            file.truncate(self.mib << 20)
        run(TOOLS[self.kind], "-q", image)
        os.mkdir(self.path)
        try:
            self.loop = run("losetup", "--find", "--show", image)
            self.mount()
        except Failure as failure:
            self.give_up(f"no {self.kind} on a loop device is to be had here: {failure}")
        return self

    def give_up(self, why):
        self.__exit__()
        skip(why)

    def __exit__(self, *_exception):
        if self.mounted:  # os.path.ismount() does not know of a disk that was cut off
            self.unmount()
        if self.loop:
            run("losetup", "--detach", self.loop)
        shutil.rmtree(self.home)

    def mount(self):
        run("mount", self.loop, self.path)
        self.mounted = True

    def cut_power(self):
        """What was not synced is gone; every call from now on fails."""
        run("xfs_io", "-x", "-c", "shutdown", self.path)

    def unmount(self):
        """Who was killed may hold its files a moment longer."""
        until(lambda: subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0, 10,
              f"nobody uses {self.path}")
        self.mounted = False

    def power_on(self):
        self.unmount()
        self.mount()
