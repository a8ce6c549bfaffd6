#!/usr/bin/python3
"""Opens an LMDB environment as a careless tool does, beside the daemon that owns it, prints "open", and never more.
With "reading" it begins a read transaction before: killed, it leaves a slot in the table of readers that nobody gives
back.

    stale_reader.py DIRECTORY idle|reading"""
import ctypes
import signal
import sys

MDB_RDONLY, MDB_NOTLS = 0x20000, 0x200000


def must(result):
    if result != 0:
        sys.exit(f"LMDB says {result}")


def main():
    lmdb = ctypes.CDLL("liblmdb.so.0")
    environment, transaction = ctypes.c_void_p(), ctypes.c_void_p()
    must(lmdb.mdb_env_create(ctypes.byref(environment)))
    must(lmdb.mdb_env_open(environment, sys.argv[1].encode(), MDB_RDONLY | MDB_NOTLS, 0o600))
    if sys.argv[2] == "reading":
        must(lmdb.mdb_txn_begin(environment, None, MDB_RDONLY, ctypes.byref(transaction)))
    print("open", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
