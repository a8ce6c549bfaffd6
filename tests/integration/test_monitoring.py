#!/usr/bin/python3
"""deploy/monitoring and deploy/proxy: Prometheus, nginx and caddy take what is there,
it names only metrics that are, and nginx stands in front of a running qf-report."""
import base64
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile

from support.harness import PATIENCE, SOURCE, Office, check, run, same, until
from support.site import Site, free_port
from support.web import with_tokens

MONITORING = os.path.join(SOURCE, "deploy/monitoring")
PROXY = os.path.join(SOURCE, "deploy/proxy")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def port_of(office):
    return int(re.search(r"listen: tcp://127\.0\.0\.1:(\d+)", read(office.path("config", "report.yaml"))).group(1))


def call(*words, cwd=None):
    done = subprocess.run(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    same(done.returncode, 0, *words, done.stdout[-2000:])
    return done.stdout


def prometheus_takes_rules_and_each_alert_comes():
    call("promtool", "check", "rules", "qingfeng.rules.yaml", cwd=MONITORING)
    call("promtool", "check", "config", "prometheus.yaml", cwd=MONITORING)
    call("promtool", "test", "rules", "qingfeng.rules.test.yaml", cwd=MONITORING)
    rules, tests = read(MONITORING, "qingfeng.rules.yaml"), read(MONITORING, "qingfeng.rules.test.yaml")
    for alert in re.findall(r"alert: (\w+)", rules):
        check(alert in tests, alert, "is never tried")


def rules_and_dashboard_name_only_what_is_measured():
    with Office(http=True) as office:
        connection = http.client.HTTPConnection("127.0.0.1", port_of(office), timeout=10 * PATIENCE)
        connection.request("GET", "/metrics")
        known = set(re.findall(r"^# TYPE (\w+)", connection.getresponse().read().decode(), re.MULTILINE))
        connection.close()
    rules, dashboard = read(MONITORING, "qingfeng.rules.yaml"), read(MONITORING, "qingfeng.dashboard.json")
    recorded = set(re.findall(r"record: (\S+)", rules))
    expressions = [target["expr"] for panel in json.loads(dashboard)["panels"] for target in panel["targets"]]
    check(len(expressions) > 20, "the dashboard shows something")
    for text in (rules, *expressions):
        for name in re.findall(r"\bqf_\w+", text):
            check(name in known, name, "is not measured")
        for name in re.findall(r"\bqingfeng:\w+:\w+", text):
            check(name in recorded, name, "is not recorded")


class Nginx:
    """The example of deploy/proxy with ports and paths of a test."""

    def __init__(self, folder, upstream, measured=False):
        self.folder, self.port = folder, free_port()
        call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{folder}/qingfeng.key", "-out",
             f"{folder}/qingfeng.crt", "-days", "1", "-subj", "/CN=counts.example.org")
        hashed = call("openssl", "passwd", "-apr1", "secret").strip()
        with open(f"{folder}/qingfeng.people", "w", encoding="utf-8") as file:
            file.write(f"office:{hashed}\n")
        example = read(PROXY, "nginx.conf")
        for old, new in (("127.0.0.1:7302", f"127.0.0.1:{upstream}"), ("/etc/nginx/", f"{folder}/"),
                         ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
                         ("    listen [::]:443 ssl http2;\n", ""), ("    listen [::]:80;\n", ""),
                         ("listen 80;", f"listen 127.0.0.1:{free_port()};")):
            check(old in example, old, "is not in the example")
            example = example.replace(old, new)
        if measured:  # as the comment says: the line for a Prometheus elsewhere in the place of that which answers 404
            taken_in = re.search(r"# (location = /metrics .*)\n", example).group(1)
            example = example.replace("location = /metrics { return 404; }", taken_in)
        places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(f"daemon off;\npid {folder}/nginx.pid;\n" + ("user root;\n" if os.getuid() == 0 else ""))
            file.write(f"events {{}}\nhttp {{\naccess_log off;\n{places}{example}}}\n")
        self.words = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", f"{folder}/nginx.conf",
                      "-e", f"{folder}/error.log"]

    def __enter__(self):
        call(*self.words, "-t")
        self.process = subprocess.Popen(self.words)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, path, password=None, token=None):
        context = ssl.create_default_context(cafile=f"{self.folder}/qingfeng.crt")
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10 * PATIENCE, context=context)
        headers = {"Host": "counts.example.org", **({"Authorization": f"Bearer {token}"} if token else {})}
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"office:{password}".encode()).decode()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        except OSError:
            return 0, {}, ""
        finally:
            connection.close()


def nginx_signs_on_and_passes_on():
    with Office(http=True) as office:
        folder = os.path.join(office.home, "nginx")
        os.mkdir(folder)
        with Nginx(folder, port_of(office)) as nginx:
            until(lambda: nginx.ask("/healthz")[0] == 200, 20, "health through the proxy, without sign-on")
            same(nginx.ask("/none")[0], 401, "nothing else without sign-on")
            same(nginx.ask("/none", "wrong")[0], 401)
            status, headers, text = nginx.ask("/none", "secret")
            same((status, text), (404, "There is no such page.\n"), "qf-report itself answers")
            check("default-src 'self'" in headers["Content-Security-Policy"], headers)
            check(headers["Strict-Transport-Security"], headers)
            status, _, text = nginx.ask("/metrics", "secret")
            check(status == 404 and "qf_" not in text, "metrics are not for the public")


def a_prometheus_elsewhere_asks_through_nginx_with_its_token():
    with Site(sources={"alpha": "alpha", "beta": "beta"}) as site:
        port, made = with_tokens(site, "alpha")
        folder = os.path.join(site.home, "nginx")
        os.mkdir(folder)
        with Nginx(folder, port, measured=True) as nginx:
            until(lambda: nginx.ask("/healthz")[0] == 200, 20, "health")
            status, _, text = nginx.ask("/metrics", token=made["metrics"])
            check(status == 200 and "qf_journal_events_total" in text, status, text)
            same([nginx.ask("/metrics")[0], nginx.ask("/metrics", token=made["read"])[0]], [401, 403])
            same(nginx.ask("/api/v1/totals", token=made["admin"])[0], 401, "all else asks for a sign-on")


def caddy_takes_the_example():
    example, measured = os.path.join(PROXY, "Caddyfile"), read(PROXY, "Caddyfile")
    for old, new in (("\trespond /metrics 404\n", ""), ("# reverse_proxy /metrics", "reverse_proxy /metrics"), ("/healthz\n", "/healthz /metrics\n")):
        check(old in measured, old)
        measured = measured.replace(old, new, 1)
    with tempfile.TemporaryDirectory() as home:
        path = os.path.join(home, "Caddyfile")
        with open(path, "w", encoding="utf-8") as file:
            file.write(measured)
        for each in (example, path):
            said = call("caddy", "validate", "--adapter", "caddyfile", "--config", each)
            check("Valid configuration" in said, said)


run(prometheus_takes_rules_and_each_alert_comes, rules_and_dashboard_name_only_what_is_measured,
    nginx_signs_on_and_passes_on, a_prometheus_elsewhere_asks_through_nginx_with_its_token, caddy_takes_the_example)
