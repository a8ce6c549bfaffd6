#!/usr/bin/python3
"""Reads an LMDB environment as a careless tool does, beside the daemon that owns it: a read transaction is begun,
"reading" is printed, and never more. Killed, it leaves a slot in the table of readers that nobody gives back.

    stale_reader.py DIRECTORY"""
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
    must(lmdb.mdb_txn_begin(environment, None, MDB_RDONLY, ctypes.byref(transaction)))
    print("reading", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
