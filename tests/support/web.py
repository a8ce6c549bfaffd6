"""Asking qf-report over HTTP: each answer is held to proto/openapi.json; and the stream
of the board, event by event."""
import http.client
import json
import os
import re
import time
from urllib.parse import quote, urlencode

from support import sample
from support.harness import GENEROUS_S, PATIENCE, SOURCE, check, qf, until
from support.site import free_port

with open(os.path.join(SOURCE, "proto/openapi.json"), encoding="utf-8") as document:
    CONTRACT = json.load(document)
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def port_of(office):
    with open(office.path("config", "report.yaml"), encoding="utf-8") as file:
        return int(re.search(r"listen: tcp://127\.0\.0\.1:(\d+)", file.read()).group(1))


def fits(value, schema, where):
    """That a value is what a schema says, as far as ours say anything."""
    if "$ref" in schema:
        return fits(value, CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
    if value is None and schema.get("nullable"):
        return value
    if "oneOf" in schema:
        check(any(isinstance(value, TYPES[one["type"]]) for one in schema["oneOf"]), where, value)
        return value
    check(isinstance(value, TYPES[schema["type"]]) and not (schema["type"] == "integer" and isinstance(value, bool)),
          where, "is no", schema["type"], value)
    if schema["type"] == "object":
        for name in schema["required"]:
            check(name in value, where, "lacks", name)
        for name, part in value.items():
            other = schema.get("additionalProperties")
            check(name in schema["properties"] or other, where, "has", name, "which nobody promised")
            fits(part, schema["properties"].get(name) or other, f"{where}.{name}")
    elif schema["type"] == "array":
        for part in value:
            fits(part, schema["items"], f"{where}[]")
    else:
        check(value >= schema["minimum"] if "minimum" in schema else True, where, value)
    return value


def ask(port, path, token=None, headers=None, **arguments):
    """Status, headers and what was said; each answer is held to the contract."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10 * PATIENCE)
    asked = path + ("?" + urlencode(arguments, quote_via=quote) if arguments else "")
    connection.request("GET", asked, headers={**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    promised = CONTRACT["paths"][path.partition("?")[0]]["get"]["responses"]
    check(str(answer.status) in promised, asked, "answers", answer.status, body)
    content = promised[str(answer.status)].get("content", {})
    if content:
        kind = answer.headers["Content-Type"].partition(";")[0]
        check(kind in content, asked, "is", kind)
        if kind.endswith("json"):
            one = arguments.get("panel") if answer.status == 200 else None
            schema = {"$ref": f"#/components/schemas/Panel_{one}"} if one else content[kind]["schema"]
            body = fits(json.loads(body), schema, asked)
    return answer.status, answer.headers, body


def with_tokens(site, org):
    """Starts a site of alpha and beta that asks for tokens, with some activities of each: its port and {role: token},
    the one with the role read being of an organisation."""
    tokens = site.path("http.tokens")
    made = {role: qf("token", "new", role, "--role", role, "--file", tokens, "--json", *words).json["token"]
            for role, words in (("read", ("--org", org)), ("admin", ()), ("metrics", ()))}
    port = free_port()
    site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}', tokens: '{tokens}'}}"
    site.configure()
    site.begin()
    for source in ("alpha", "beta"):
        site.partner(source).send([sample.event(row) for row in sample.activities(7, source, 50)])
    site.wait_records(100)
    until(lambda: ask(port, "/api/v1/totals", made["admin"])[0] == 200, 10, "the picture is there")
    return port, made


class Stream:
    """What is pushed at /api/v1/live, as a browser reads it."""

    def __init__(self, port, token=None, last_event_id=None, **arguments):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
        path = "/api/v1/live" + ("?" + urlencode(arguments, quote_via=quote) if arguments else "")
        self.connection.request("GET", path, headers={
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **({"Last-Event-ID": last_event_id} if last_event_id else {})})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.last_event_id = last_event_id
        self.panels = {}

    def next(self):
        """The next event, as (name, data); None: it has ended."""
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            self.last_event_id = fields.get("id", self.last_event_id)
            data = json.loads(fields["data"])
            if fields["event"] != "hello":
                fits(data, CONTRACT["components"]["schemas"]["Panel_" + fields["event"]], fields["event"])
                self.panels[fields["event"]] = data
            return fields["event"], data

    def until(self, condition, timeout=GENEROUS_S, said="the stream says it"):
        """Reads on until condition(panels)."""
        deadline = time.monotonic() + timeout * PATIENCE
        while not condition(self.panels):
            check(time.monotonic() < deadline, said, self.panels.get("status"))
            check(self.next(), "the stream ended before:", said)
        return self.panels

    def close(self):
        self.connection.close()
