"""Programs on a terminal of their own: what they print (Terminal), and what is then to be seen on it (Screen)."""
import os
import pty
import select
import signal
import subprocess
import tempfile

from support.harness import PATIENCE, Failure, until

LOOK = {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


class Terminal:
    """All that a program wrote, as it wrote it."""

    def __init__(self, argv, env=None):
        self.end, inner = pty.openpty()
        self.process = subprocess.Popen(argv, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
                                        env={**os.environ, **LOOK, **(env or {})})
        os.close(inner)
        self.shown = ""

    def shows(self, part):
        while select.select([self.end], [], [], 0)[0]:
            try:
                got = os.read(self.end, 65536)
            except OSError:  # the other end is closed
                break
            if not got:
                break
            self.shown += got.decode(errors="replace")
        return part in self.shown

    def wait(self, part, timeout=15):
        try:
            until(lambda: self.shows(part), timeout, f"the terminal shows {part!r}")
        except Failure:
            print(self.shown[-3000:])
            raise

    def type(self, keys):
        os.write(self.end, keys.encode())

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self):
        code = self.process.wait(10 * PATIENCE)
        self.shows("")
        os.close(self.end)
        return code


class Screen:
    """A terminal of so many columns and rows, as eyes see it: tmux keeps it."""

    def __init__(self, argv, columns=80, rows=24, env=None):
        self.home = tempfile.TemporaryDirectory()
        words = [f"{name}={value}" for name, value in {**LOOK, **(env or {})}.items()]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "/bin/sh")
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("set-option", "-g", "window-size", "manual")
        self.resize(columns, rows)
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in ["env", *words, *argv])
        self.type(f"PS1='at-rest> '; clear; {quoted}\n")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-S", os.path.join(self.home.name, "tmux"), *words], check=True,
                              stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout

    def type(self, keys):
        self.tmux("send-keys", "-l", keys)

    def press(self, key):
        self.tmux("send-keys", key)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def lines(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else [])).split("\n")

    def text(self):
        return "\n".join(self.lines())

    def wait(self, part, timeout=15):
        try:
            until(lambda: part in self.text(), timeout, f"the screen shows {part!r}")
        except Failure:
            print(self.text())
            raise

    def wait_gone(self, part, timeout=15):
        until(lambda: part not in self.text(), timeout, f"the screen shows {part!r} no more")

    def ask(self, what):
        """A variable of tmux: cursor_flag, alternate_on."""
        return self.tmux("display-message", "-p", "#{" + what + "}").strip()

    def close(self):
        self.tmux("kill-server")
        self.home.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
