#!/usr/bin/python3
"""The JSON API: what it says is what `qf totals` says, with the rights of the token,
in the form that proto/openapi.json promises."""
from pathlib import Path

import http.client
import os
import re

from support import sample
from support.harness import PATIENCE, SOURCE, Office, check, run, same, until
from support.site import Site
from support.web import CONTRACT, ask, port_of, with_tokens


def totals_are_those_of_qf():
    with Office(http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        office.partner("alpha").send([sample.event(row) for row in sample.activities(3, "alpha", 200)])
        office.wait_records(150)
        for words in ({}, {"by": "org"}, {"by": "org,year"}, {"by": "month", "from": "2023-01-01", "to": "2023-12-31"},
                      {"where": "org=alpha"}, {"by": "org", "limit": "1"}):
            status, headers, said = ask(port, "/api/v1/totals", **words)
            same(status, 200, words, said)
            asked = [word for name, value in words.items() for word in (f"--{name}", value)]
            told = office.qf("totals", "--json", *asked).json
            for part in ("version", "by", "rows", "all", "notes"):
                same(said[part], told[part], words, part)
            # Nothing changed: no body. Something did: another tag.
            status, _, body = ask(port, "/api/v1/totals", headers={"If-None-Match": headers["ETag"]}, **words)
            same((status, body), (304, ""))
        before = headers["ETag"]
        office.partner("alpha").send([sample.event(row) for row in sample.activities(4, "alpha", 5, prefix="later")])
        until(lambda: ask(port, "/api/v1/totals", headers={"If-None-Match": before})[0] == 200, 10, "another version")
        for words in ({"by": "nothing"}, {"by": "org,"}, {"by": ","}, {"from": "yesterday"}, {"to": "2023-5-6-1"}, {"limit": "-1"},
                      {"from": "20231399"}, {"to": "2023-02-29"}, {"from": "20230502", "to": "20230501"},
                      {"limit": "50001"}, {"where": "org"}, {"where": "org=nobody"}, {"by": ",".join(["org"] * 17)},
                      {"by": "<b>,&\x01\xff"}):
            status, headers, said = ask(port, "/api/v1/totals", **words)
            same(status, 400, words, said)
            check(said["detail"] and said["status"] == 400 and "ETag" not in headers, words, said)

        # A filter that is passed over would be a total of more than was asked for.
        for asked in ("where=org=alpha&where=channel=online", "limit=1&by=org&limit=1", "where&where=org=alpha",
                      "fom=2024-01-01", "kind=broadcast", "From=2024"):
            status, _, said = ask(port, f"/api/v1/totals?{asked}")
            check(status == 400 and "each once" in said["detail"], asked, status, said)
        same(ask(port, "/api/v1/totals?where=org=alpha&by=&lang=en&")[0], 200)
        same([ask(port, f"/api/v1/programme?{asked}")[0] for asked in ("", "&", "by=org")], [200, 200, 400])
        same([ask(port, "/api/v1/board", year=str(year))[0] for year in (1900, 1901)], [400, 200])

        same(ask(port, "/api/v1/totals", **{"from": "20231399"})[2]["detail"], "from: no calendar has this date; write one such as 2023-05-06")
        same([ask(port, "/api/v1/totals", **{"from": "2023-06", "to": to})[2]["detail"] for to in ("2023-05", "5.6")],
             ["from: it is after the last day that is asked for", "to: a date such as 2023-05-06, 2023-05 or 2023"])
        days, month = (ask(port, "/api/v1/list", kind="activity", **words)[2]
                       for words in ({"from": "2023-05-01", "to": "20230531"}, {"from": "2023-5", "to": "2023年5月"}))
        check(days["rows"] and days["rows"] == month["rows"], "the days of a month", days, month)

        status, headers, said = ask(port, "/api/v1/programme")
        same(status, 200)
        (org,) = [one for one in said["dimensions"] if one["code"] == "org"]
        check("alpha" in [member["code"] for member in org["members"]], org)
        same(ask(port, "/api/v1/programme", headers={"If-None-Match": headers["ETag"]})[0], 304)


def a_token_reads_its_own():
    with Site(sources={"alpha": "alpha", "beta": "beta"}) as site:
        port, made = with_tokens(site, "alpha")
        path = "/api/v1/totals"
        same([ask(port, path, token)[0] for token in (None, "qft_x", made["read"], made["admin"])], [401, 401, 200, 200])
        rows = {role: {row["members"][0]: row for row in ask(port, path, made[role], by="org")[2]["rows"]} for role in ("read", "admin")}
        check(rows["read"]["alpha"] == rows["admin"]["alpha"] and "beta" in rows["admin"], rows)
        check("beta" not in rows["read"], "a token of alpha sees beta")
        same(ask(port, path, made["read"], where="org=beta")[0], 403)
        same(ask(port, path, made["read"], where="org=alpha")[2]["all"], ask(port, path, made["admin"], where="org=alpha")[2]["all"])
        # The tag of one is not that of another.
        tag = ask(port, path, made["admin"], by="org")[1]["ETag"]
        same(ask(port, path, made["read"], headers={"If-None-Match": tag}, by="org")[0], 200)
        # Nor is that of a token what it was, when the token may read something else, though no number is another.
        tag = ask(port, path, made["read"], by="org")[1]["ETag"]
        tokens = Path(site.path("http.tokens"))
        tokens.write_text(tokens.read_text(encoding="utf-8").replace("alpha", "beta"), encoding="utf-8")
        until(lambda: ask(port, path, made["read"], where="org=beta")[0] == 200, said="the tokens are read")
        same(ask(port, path, made["read"], headers={"If-None-Match": tag}, by="org")[0], 200)


def every_route_is_promised_and_only_read():
    with open(os.path.join(SOURCE, "services/report/http_pages.c"), encoding="utf-8") as file:
        routes = set(re.findall(r'"(/api/v1/\w+)"', file.read()))
    same(routes, set(CONTRACT["paths"]))
    with open(os.path.join(SOURCE, "services/report/http_pages.c"), encoding="utf-8") as file:
        words = {path: set(words.split()) for path, words in re.findall(r'"(/api/v1/\w+)", QF_HTTP_READ,\s*\w+,\s*"([^"]*)"', file.read())}
    same(words, {path: {one["name"] for one in of["get"].get("parameters", []) if one["in"] == "query"} for path, of in CONTRACT["paths"].items()})
    with Office(http=True) as office:
        port = port_of(office)
        for path in sorted(routes):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10 * PATIENCE)
            connection.request("POST", path, body="{}")
            answer = connection.getresponse()
            same((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"), path)
            connection.close()


run(totals_are_those_of_qf, a_token_reads_its_own, every_route_is_promised_and_only_read)
