#!/usr/bin/python3
"""HTTP of qf-report: what it answers and to whom, and that neither the slow nor the
many nor the odd keep others from being answered."""
import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import time

from support import partner as client
from support import sample
from support.harness import PATIENCE, QF, Office, check, qf, run, same, until
from support.site import Site, free_port
from support.web import port_of

HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
           "Referrer-Policy": "no-referrer"}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


def ask(port, path="/healthz", method="GET", headers=None, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * PATIENCE)
    try:
        connection.request(method, path, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def raw(port, data, timeout=10):
    """Sends bytes, and gives all that comes until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout * PATIENCE) as line:
        line.sendall(data)
        got = b""
        try:
            while part := line.recv(65536):
                got += part
                if b"\r\n\r\n" in got and b"connection: close" not in got.lower():
                    break
        except ConnectionResetError:
            pass
        return got


def listens(port):
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def health(port):
    try:
        return ask(port).status
    except OSError:  # one too many of this address
        return 0


def health_says_when_numbers_are_whole_and_fresh():
    with Office(http=True) as office:
        port = port_of(office)
        check(f"http://127.0.0.1:{port}/" in open(office.log.name, encoding="utf-8").read(), "qf up prints the address")
        until(lambda: health(port) == 200, 10, "healthy")
        answer = ask(port)
        check("complete as of record" in answer.text, answer.text)
        for name, value in HEADERS.items():
            same(answer.headers[name], value, name)
        check("default-src 'self'" in answer.headers["Content-Security-Policy"], answer.headers)
        check("Server" not in answer.headers, "says what it runs")
        head = ask(port, method="HEAD")
        same((head.status, head.text, head.headers["Content-Length"]), (200, "", answer.headers["Content-Length"]))

        office.kill("aggregate", signal.SIGSTOP)
        until(lambda: health(port) == 503, 10, "aggregation hangs, and health says so")
        check("away" in ask(port).text, ask(port).text)
        office.kill("aggregate", signal.SIGCONT)
        until(lambda: health(port) == 200, 20, "healthy again")
        office.kill("ingest", signal.SIGSTOP)
        until(lambda: health(port) == 503, 20, "ingest hangs, and health says so")
        office.kill("ingest", signal.SIGCONT)
        until(lambda: health(port) == 200, 20, "healthy again")


def health_before_the_first_picture_is_no():
    with Site() as site:
        port = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}'}}"
        site.configure()
        site.begin("report", wait=False)
        until(lambda: listens(port), 10, "qf-report listens")
        answer = ask(port)
        same(answer.status, 503)
        check("no totals to show yet" in answer.text, answer.text)
        same(json.loads(ask(port, "/api/v1/board").text)["zh"], "还没有可以显示的合计：汇总服务没有答复")
        site.begin("ingest", "aggregate")
        until(lambda: health(port) == 200, 20, "healthy")


def totals_that_wait_say_why():
    """Aggregation that ended between showing totals and committing them gives none before it has counted that again, for
    which it needs ingest."""
    with Site({"alpha": "alpha"}) as site:
        port = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}'}}"
        site.configure()
        site.begin()
        rows = [sample.event(row) for row in sample.activities(9, "alpha", 20)]
        partner, waits = site.partner("alpha"), False

        def held():
            try:
                answer = ask(port, "/api/v1/board")
            except OSError:  # it is not there yet
                return None
            return answer if answer.status == 200 or "ingest does not answer" in answer.text else None
        for sent, row in enumerate(rows, 1):
            partner.send([row], first=sent)
            until(lambda: json.loads(ask(port, "/api/v1/totals").text)["all"]["records"] == sent, 10, "it is shown")
            for daemon in ("aggregate", "ingest", "report"):
                site.end(daemon, signal.SIGKILL)
            site.begin("aggregate", "report", wait=False)
            answer = until(held, 20, "it has totals, or says why not")
            waits = answer.status == 503
            if waits:
                break
            site.begin("ingest")  # it was committed, this time
        check(waits, "totals are shown before they are committed")
        same(json.loads(answer.text)["zh"], "还没有可以显示的合计：收报服务没有答复")
        check("no totals to show yet: ingest does not answer" in ask(port).text, "health says it too")
        site.begin("ingest")
        until(lambda: health(port) == 200, 20, "healthy")


def odd_requests_are_refused_and_others_answered():
    with Office(http=True) as office:
        port = port_of(office)
        until(lambda: health(port) == 200, 10, "healthy")
        same(ask(port, "/none").status, 404)
        for path in ("/../../etc/passwd", "/%2e%2e/etc/passwd", "/healthz/", "//healthz", "/healthz%00", "/" + "a" * 4000):
            check(ask(port, path).status in (404, 400), path)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
            answer = ask(port, method=method)
            same((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"), method)
        same(ask(port, headers={"Host": "counts.example.org"}).status, 421)
        same(ask(port, headers={"Host": f"localhost:{port}"}).status, 200)
        # Neither long lines nor many headers nor a body are taken in.
        for data in (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
                     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
                     b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\n\r\n",
                     b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"):
            got = raw(port, data)
            check(not got or re.match(rb"HTTP/1\.[01] (4\d\d|50\d) ", got), data[:40], got[:200])
            same(health(port), 200)
        check(b"Only GET and HEAD" in raw(port, b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"),
              "answered before the body came")
        # One connection serves many requests.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10 * PATIENCE)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        first = connection.sock
        for _ in range(20):
            connection.request("GET", "/healthz")
            same(connection.getresponse().read()[:3], b"The")
        check(connection.sock is first, "kept open")
        connection.close()
        office.check_sanitizers()


def metrics_of(port, token=None):
    """{name with label: value} of /metrics."""
    answer = ask(port, "/metrics", headers={"Authorization": f"Bearer {token}"} if token else {})
    same(answer.status, 200)
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in answer.text.splitlines()
            if not line.startswith("#")}


def metrics_tell_what_happened():
    with Office(http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha", "feed,read")
        partner = office.partner("alpha")
        rows = [sample.event(row) for row in sample.activities(5, "alpha", 120)]
        partner.send(rows)
        office.wait_records(100)
        before = time.time()
        # A stranger, and one that leaves a hole.
        office.qf("key", "new", "stranger")
        stranger = office.partner("stranger")
        try:
            stranger.hello(timeout=1)
            raise AssertionError("a stranger got in")
        except client.NoAnswer:
            pass
        events = len(rows)

        def told():
            now = metrics_of(port)
            return now if now.get('qf_source_events_total{source="alpha"}', 0) >= events and \
                now.get("qf_ingest_keys_refused_total", 0) >= 1 and now["qf_counts_lag_records"] == 0 else None
        now = until(told, 10, "metrics tell of it")
        judged = sum(now[f'qf_ingest_verdicts_total{{class="{name}"}}']
                     for name in ("accepted", "late", "duplicate", "quarantined", "rejected"))
        same(judged, now["qf_journal_events_total"], "verdicts add up to events")
        same(now["qf_journal_position"], now["qf_counts_position"])
        same(now["qf_healthy"], 1)
        check(0 < before - now['qf_source_last_event_timestamp_seconds{source="alpha"}'] < 60 * PATIENCE, "last event of alpha")
        check(now["qf_journal_used_bytes"] > 0 and now["qf_journal_map_bytes"] > now["qf_journal_used_bytes"], now)
        for daemon in ("ingest", "aggregate", "report"):
            check(now[f'qf_open_descriptors{{daemon="{daemon}"}}'] > 3, daemon, "descriptors")
        done = subprocess.run(["promtool", "check", "metrics"], input=ask(port, "/metrics").text, text=True,
                              capture_output=True, check=False)
        same((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")

        # `qf status` says the same, from the same table.
        status = office.status()["report"]
        for name in ("qf_journal_events_total", "qf_journal_used_bytes", "qf_cells", 'qf_ingest_verdicts_total{class="accepted"}'):
            same(status["metrics"][name], now[name], name)
        (source,) = [one for one in status["sources"] if one["name"] == "alpha"]
        same(source["qf_source_events_total"], events)
        said = office.qf("status").out
        check("events in the journal" in said and "\n  alpha " in said and "last event" in said, said)
        check("日志中的事件" in office.qf("status", "--lang", "zh").out, "in Chinese too")
        # Another source's key sees its own alone.
        status = office.qf("status", "--json", "--as", "alpha", code=None).json["report"]
        same([one["name"] for one in status["sources"]], ["alpha"])

        # What is durable outlives ingest; what is not begins anew; the last word of who is gone stays, with its age.
        office.kill("ingest")
        until(lambda: metrics_of(port)['qf_start_timestamp_seconds{daemon="ingest"}'] >
              now['qf_start_timestamp_seconds{daemon="ingest"}'], 20, "ingest is back")
        again = metrics_of(port)
        for name in ("qf_journal_events_total", 'qf_source_events_total{source="alpha"}',
                     'qf_source_last_event_timestamp_seconds{source="alpha"}'):
            same(again[name], now[name], name)
        same(again["qf_ingest_keys_refused_total"], 0)
        office.kill("aggregate", signal.SIGSTOP)
        until(lambda: metrics_of(port)["qf_report_silent_seconds"] > 3, 20, "silence has its age")
        same(metrics_of(port)["qf_journal_events_total"], now["qf_journal_events_total"])
        office.kill("aggregate", signal.SIGCONT)


def who_dribbles_is_dropped():
    with Office(http=True) as office:
        port = port_of(office)
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\n")

            def dropped():
                try:
                    line.sendall(b"X")  # a byte now and then, so that no idle time ever passes
                    line.settimeout(0.2)
                    return line.recv(100) == b""
                except TimeoutError:
                    return False
                except OSError:
                    return True
            until(dropped, 20, "a request that never ends is dropped")
        check(time.monotonic() - begun > 5, "not before its time")
        same(health(port), 200)


def one_address_cannot_hold_all_connections():
    with Site() as site:
        port = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}', connections: 64, per_address: 16}}"
        site.configure()
        site.begin()
        until(lambda: health(port) == 200, 20, "healthy")
        flood = []
        try:
            for _ in range(200):
                flood.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            # Another address (all of 127/8 is this machine) is answered while they stand.
            for _ in range(20):
                other = http.client.HTTPConnection("127.0.0.1", port, timeout=5 * PATIENCE,
                                                   source_address=("127.0.0.9", 0))
                other.request("GET", "/healthz")
                same(other.getresponse().status, 200)
                other.close()
        finally:
            for line in flood:
                line.close()
        until(lambda: health(port) == 200, 10, "and so is this one, when they are gone")
        check(site.qf("totals", "--json").code == 0, "readers by ZeroMQ never noticed")


def tokens_say_who_reads_what():
    with Site() as site:
        tokens = site.path("http.tokens")
        read = qf("token", "new", "page", "--role", "read", "--org", "HX", "--file", tokens, "--json").json["token"]
        metrics = qf("token", "new", "prometheus", "--role", "metrics", "--file", tokens, "--json").json["token"]
        same(os.stat(tokens).st_mode & 0o777, 0o600)
        check(read not in open(tokens, encoding="utf-8").read(), "the file holds no token")
        with open(tokens, "rb+") as file:
            file.truncate(os.path.getsize(tokens) - 1)  # as some editors leave it
        qf("token", "new", "third", "--role", "admin", "--file", tokens)
        with open(tokens, encoding="utf-8") as file:
            same([line.split()[0] for line in file if not line.startswith("#")], ["page", "prometheus", "third"])
        before = os.path.getsize(tokens)
        half = subprocess.run([QF, "token", "new", "fourth", "--role", "admin", "--file", tokens], check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (before + 5, before + 5)))
        check(half.returncode != 0 and os.path.getsize(tokens) == before, "half a line is taken back")
        port = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}', tokens: '{tokens}'}}"
        site.settings["report"]["logbook"] = site.path("log", "own-report.logbook")
        site.configure()
        site.begin()
        same(ask(port, headers={"Host": "counts.example.org"}).status in (200, 503), True, "health needs none")

        def status(path, token):
            return ask(port, path, headers={"Authorization": f"Bearer {token}"} if token else {}).status
        answer = ask(port, "/none")
        same((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"))
        same(status("/none", read), 404)
        same(status("/none", "qft_" + "0" * 64), 401)
        same([status("/metrics", token) for token in (metrics, read, None)], [200, 403, 401])
        # The first use of a token on a day, and what was refused, are in the logbook.
        def noted():
            with open(site.path("log", "own-report.logbook"), encoding="utf-8") as file:
                return file.read()
        until(lambda: 'token-used token="prometheus" from="127.0.0.1"' in noted() and "token-refused from=" in noted(), 5, "both")
        same(noted().count('token-used token="page"'), 1, "used twice, noted once")
        check(metrics_of(port, metrics)['qf_connections{daemon="report"}'] >= 0, "connections are counted")

        # A line that is added works, and one that is taken out lets nobody in any more, without a restart.
        later = qf("token", "new", "later", "--role", "admin", "--json").json
        with open(tokens, "a", encoding="utf-8") as file:
            file.write(later["line"] + "\n")
        until(lambda: status("/none", later["token"]) == 404, 5, "the new token works")
        with open(tokens, encoding="utf-8") as file:
            kept = [line for line in file if not line.startswith("page ")]
        with open(tokens, "w", encoding="utf-8") as file:
            file.writelines(kept)
        until(lambda: status("/none", read) == 401, 5, "the old one does not")
        # A file that is wrong changes nothing, and is told.
        with open(tokens, "w", encoding="utf-8") as file:
            file.write("nonsense\n")
        until(lambda: "a line is wrong" in site.log_of("report"), 5, "the wrong line is told")
        same(status("/none", metrics), 404)


def a_reader_over_http_has_its_share():
    """A token is a reader: who asks for more than its time a second is told to wait, another one is answered."""
    with Site({"alpha": "alpha"}) as site:
        tokens, port = site.path("http.tokens"), free_port()
        greedy, other = (qf("token", "new", name, "--role", "admin", "--file", tokens, "--json").json["token"]
                         for name in ("greedy", "other"))
        site.settings["report"].update(http=f"{{listen: 'tcp://127.0.0.1:{port}', tokens: '{tokens}'}}", reader_ms_per_s=1)
        site.configure()
        site.begin()
        partner = site.partner("alpha", site.feed)
        for at in range(20):
            partner.send([sample.event(row) for row in sample.activities(at, "alpha", 50, f"r{at}")])
        site.wait_records(1000)

        def totals(token):
            return ask(port, "/api/v1/totals?by=day,org&limit=1000", headers={"Authorization": f"Bearer {token}"})
        answer = until(lambda: (lambda one: one if one.status == 429 else None)(totals(greedy)), 20, "it is told to wait")
        check(int(answer.headers["Retry-After"]) >= 1, dict(answer.headers))
        same(totals(other).status, 200, "another token is answered")
        until(lambda: totals(greedy).status == 200, 20, "and so is this one, later")


def what_is_not_safe_is_not_listened_to():
    with Site() as site:
        port = free_port()

        def refuses(http, says):
            site.settings["report"]["http"] = http
            site.configure()
            site.begin("report", wait=False)
            same(site.own.pop("report").wait(20 * PATIENCE), 78, http)
            check(says in site.log_of("report"), says, site.log_of("report"))
        refuses(f"{{listen: 'tcp://0.0.0.0:{port}'}}", "this machine only as long as there are no tokens")
        refuses(f"{{listen: 'tcp://*:{port}'}}", "this machine only as long as there are no tokens")
        refuses("{listen: '127.0.0.1:7302'}", "this machine only")
        tokens = site.path("http.tokens")
        refuses(f"{{listen: 'tcp://0.0.0.0:{port}', tokens: '{tokens}'}}", "No such file")
        qf("token", "new", "a", "--role", "admin", "--file", tokens)
        os.chmod(tokens, 0o644)
        refuses(f"{{listen: 'tcp://0.0.0.0:{port}', tokens: '{tokens}'}}", "chmod 600")
        os.chmod(tokens, 0o600)
        site.settings["report"]["http"] = f"{{listen: 'tcp://0.0.0.0:{port}', tokens: '{tokens}'}}"
        site.configure()
        site.begin()
        same(ask(port, "/none").status, 401)


def tokens_are_asked_for_properly():
    for words, says in ((("token", "new", "a"), "--role is needed"), (("token", "new", "a", "--role", "root"), "--role is needed"),
                        (("token", "new", "a", "--role", "read"), "--org"), (("token", "new", "a b", "--role", "admin"), "cannot be used"),
                        (("token", "old", "a"), "There are: new")):
        said = qf(*words, code=64)
        check(says in said.err, words, said.err)
    with Office() as office:
        said = office.qf("token", "new", "a", "--role", "read", "--org", "alpha,NOPE", "--file", office.path("tokens"), "--lang", "en", code=64)
        check('no organisation has the code "NOPE"' in said.err and not os.path.exists(office.path("tokens")), said.err)
        same(office.qf("token", "new", "a", "--role", "read", "--org", "alpha").err, "")
        office.stop()
        said = office.qf("token", "new", "a", "--role", "read", "--org", "NOPE", "--lang", "en")
        check("were not looked up" in said.err and said.out.startswith("qft_"), said.err)
    first, second = (qf("token", "new", "a", "--role", "admin").out.split()[0] for _ in range(2))
    check(re.fullmatch(r"qft_[0-9a-f]{64}", first) and first != second, first, second)


run(health_says_when_numbers_are_whole_and_fresh, health_before_the_first_picture_is_no, totals_that_wait_say_why,
    odd_requests_are_refused_and_others_answered, metrics_tell_what_happened, who_dribbles_is_dropped, one_address_cannot_hold_all_connections,
    tokens_say_who_reads_what, a_reader_over_http_has_its_share, what_is_not_safe_is_not_listened_to, tokens_are_asked_for_properly)
