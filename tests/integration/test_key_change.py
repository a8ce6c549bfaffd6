#!/usr/bin/python3
"""Keys change while everybody is busy: the server's, with both of them answered to for
a while, and a source's, with the old one ending by itself. Nothing restarts, nothing
is lost, and the old key is shut out at the end."""
import datetime
import os
import shutil
import signal
import threading

import zmq

from support.feeders import FileFeeder, LivePartner, account
from support.harness import GENEROUS_S, PATIENCE, Office, check, run, same, until
from support.partner import NoAnswer, Partner, Refusal, dealer
from support.site import Site

MORE = 30  # batches of each, in every step
STATUS = 3


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line for line in file.read().splitlines() if line and not line.startswith("# ")]


def change(site, step, keys):
    """`qf key server`, and what qf up or systemd would do for it."""
    said = site.qf("key", "server", step).out
    check("SIGHUP" in said, "nobody is told, and it says so", said)
    same(len(lines_of(site.path("keys/server.public"))), keys)
    for daemon in ("ingest", "report"):
        before = site.log_of(daemon).count("server's key changed")
        site.own[daemon].send_signal(signal.SIGHUP)
        until(lambda d=daemon, n=before: site.log_of(d).count("server's key changed") > n, 10, f"{daemon} takes the keys")


def all_go_on(lives, feeder, said):
    batches = {live: len(live.sender.acknowledged) for live in lives}
    rows = len(feeder.rows)
    until(lambda: any(one.error for one in [*lives, feeder]) or
          all(len(live.sender.acknowledged) > batches[live] + MORE for live in lives) and len(feeder.rows) > rows, 60, said)
    for one in [*lives, feeder]:
        check(one.error is None, said, one.error)


def is_answered(site, key, endpoint, within_ms=int(GENEROUS_S * PATIENCE * 1000)):
    """Whether a reader with one key of the server gets in: hung up on, it comes again until it meets that key."""
    socket = dealer(site.context, endpoint, key, site.secret("alpha"))
    try:
        message = site.messages.FromReader(query=site.messages.Query(id=1, what=STATUS)).SerializeToString()
        if not socket.poll(within_ms, zmq.POLLOUT):
            return False
        socket.send(message)
        return bool(socket.poll(within_ms))
    finally:
        socket.close()


def the_servers_key_changes_under_load():
    """Partners with the old key, with the new one and with both, over TCP, before, between and after."""
    with Site({"alpha": "alpha", "beta": "beta", "gamma": "gamma"}) as site:
        site.begin()
        old_key, stop, stop_old = site.server_public, threading.Event(), threading.Event()
        both = os.path.join(site.home, "both.public")
        shutil.copy(site.path("keys/server.public"), both)
        config = site.client_config("beta", site.feed)
        with open(config, encoding="utf-8") as file:
            text = file.read().replace(site.path("keys/server.public"), both)
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        old, feeder = LivePartner(site, "alpha", stop_old, site.feed), FileFeeder(site, "beta", stop, config)
        old.start()
        feeder.start()
        all_go_on([old], feeder, "before")
        change(site, "begin", 2)
        shutil.copy(site.path("keys/server.public"), both)
        new_key = lines_of(both)[0].encode()
        new = LivePartner(site, "gamma", stop, site.feed)  # the first line is all that it holds
        new.start()
        all_go_on([old, new], feeder, "while the server answers to both")
        for key in (old_key, new_key):
            check(is_answered(site, key, site.read), "a reader with one of the keys gets in")
        stop_old.set()
        until(lambda: not old.is_alive(), said="the last batch of the old key is answered")
        change(site, "end", 1)
        all_go_on([new], feeder, "after the change")
        check(not is_answered(site, old_key, site.read, 2000), "the old key is let in where readers come")
        check(is_answered(site, new_key, site.read), "the new key is not let in")
        try:
            old.partner.hello(timeout=2)
            raise AssertionError("the old key is let in where partners feed")
        except NoAnswer:
            pass
        stop.set()
        for one in (new, feeder):
            until(lambda who=one: not who.is_alive(), said="all has been answered")
            check(one.error is None, one.error)
        account(site, [feeder], [old, new])


def qf_up_is_told_and_says_so_in_the_logbook():
    """A local client that holds the former key only is served until the end, and `qf` at any time."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        old = office.partner("alpha")
        old.send([("activity", {"key": "a1", "date": 20230506, "values": {"org": "alpha"}})])
        office.qf("key", "server", "begin")
        until(lambda: office.qf("logbook", "show").out.count("server-key-changed") == 2, 10, "both daemons note it")
        # The relay starts anew with each change and reads the file that is taken away below.
        until(lambda: sum('msg="ready"' in line for line in lines_of(office.path("log/relay.log"))) == 2,
              said="the relay is there again")
        both = lines_of(office.path("keys/server.public"))
        os.remove(office.path("keys/server.public"))  # as if it had been broken off: it is gone on with, with the same keys
        office.qf("key", "server", "begin")
        same(lines_of(office.path("keys/server.public")), both)
        for _ in range(3):
            office.qf("totals")
            office.qf("key", "list")
        old.hello()
        old.send([("activity", {"key": "a2", "date": 20230506, "values": {"org": "alpha"}})])
        # Started again in between, it has both still.
        office.stop()
        same(len(lines_of(office.path("keys/server.public"))), 2)
        office.start()
        same(len(lines_of(office.path("keys/server.public"))), 2)
        # An end that was broken off behind the secret: server.public has two lines, and the daemons answer to both.
        secret = office.path("keys/server.secret")
        new = lines_of(secret)[0]
        with open(secret, "w", encoding="utf-8") as file:
            file.write(new + "\n")
        office.qf("key", "server", "end")
        until(lambda: office.qf("logbook", "show").out.count("server-key-changed") == 4, 10, "both daemons note it")
        same(lines_of(office.path("keys/server.public")), both[:1])
        office.wait_records(2)
        fresh = office.partner("alpha")
        fresh.hello()
        office.verify()


def days_of(office, name):
    source = next(one for one in office.qf("key", "list", "--json").json if one["source"] == name)
    return sorted(key["to"] for key in source["keys"])


def a_source_changes_its_key():
    with Office() as office:
        office.add_source("alpha", "alpha")
        for name in ("second", "third"):
            office.qf("key", "new", name)
        office.qf("key", "rotate", "nobody", office.path("keys/second.public"), code=64)
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
        office.qf("key", "rotate", "alpha", office.path("keys/second.public"), "--overlap", "3")
        days = days_of(office, "alpha")
        last = int((today + datetime.timedelta(days=3)).strftime("%Y%m%d"))
        check(days[0] == 0 and last <= days[1] <= last + 100, "the old key ends in three days, the new one does not", days)
        partners = {name: Partner(office.messages, office.context, office.endpoint("feed"), office.server_public,
                                  office.secret(name)) for name in ("alpha", "second")}
        for at, (name, partner) in enumerate(partners.items()):
            same(partner.send([("activity", {"key": f"k{at}", "date": 20230506, "values": {"org": "alpha"}})])[0].what,
                 "accepted", name)
        office.qf("key", "rotate", "alpha", office.path("keys/third.public"), "--overlap", "0")
        same(days_of(office, "alpha"), [0], "only the newest is left")
        for name, partner in partners.items():
            try:
                partner.send([("activity", {"key": "late", "date": 20230506, "values": {"org": "alpha"}})])
                raise AssertionError(f"{name} is still taken")
            except Refusal:
                pass
            partner.close()
        third = Partner(office.messages, office.context, office.endpoint("feed"), office.server_public, office.secret("third"))
        same(third.send([("activity", {"key": "k9", "date": 20230506, "values": {"org": "alpha"}})])[0].what, "accepted")
        third.close()
        office.wait_records(3)
        office.verify()


def the_office_loses_its_key():
    """No key is left that could register another: the office's own is what ingest finds when it starts."""
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        old = office.secret("office")
        os.remove(office.path("keys", "office.secret"))
        for words, code in ((("key", "list"), 77), (("feed", "--flush"), 77), (("doctor",), 1)):
            said = office.qf(*words, "--lang", "en", code=code)
            check(f"qf key new office --dir {office.dir}" in said.out + said.err, words, said.out, said.err)
            check("register it" not in said.out + said.err, "nobody else can help", said.out, said.err)
        said = office.qf("key", "new", "office", "--lang", "en").out
        check("restart" in said and "key add" not in said, said)
        for words, code in ((("key", "list"), 77), (("status",), 77), (("doctor",), 1)):
            said = office.qf(*words, "--lang", "en", code=code)
            check("restart qf-ingest" in said.out + said.err, "it runs with the key before", words, said.out, said.err)
        office.stop()
        office.start()
        office.qf("doctor")
        office.add_source("beta", "beta")
        check("feed,read" in office.qf("key", "list").out, "the others stand as before")
        lost = Partner(office.messages, office.context, office.endpoint("feed"), office.server_public, old)
        try:
            lost.hello(timeout=3)
            check(False, "the key that was lost still gets in")
        except (NoAnswer, Refusal):
            pass
        office.verify()


if __name__ == "__main__":
    run(the_servers_key_changes_under_load, qf_up_is_told_and_says_so_in_the_logbook, a_source_changes_its_key,
        the_office_loses_its_key)
