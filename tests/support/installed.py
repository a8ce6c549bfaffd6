"""The library as a partner's programmer has it: in a prefix of the test's own, nothing of the tree."""
import os
import subprocess


def install(home):
    """Gives the environment for what is compiled against it and run with it."""
    prefix = os.path.join(home, "prefix")
    for component in ("libqingfeng0", "libqingfeng-dev"):
        subprocess.run(["cmake", "--install", os.environ["QF_BUILD"], "--prefix", prefix, "--component", component], check=True,
                       stdout=subprocess.DEVNULL)
    (found,) = [folder for folder, _, names in os.walk(prefix) if "libqingfeng.pc" in names]
    return {**os.environ, "PKG_CONFIG_PATH": found, "LD_LIBRARY_PATH": os.path.dirname(found), "LC_ALL": "C.UTF-8"}
