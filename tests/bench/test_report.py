#!/usr/bin/python3
"""tests/bench/report: medians, spread, ratios by round, what was asked, and lines that are left out."""
import importlib.machinery
import importlib.util
import json
import os
import tempfile
import xml.etree.ElementTree

from support.harness import check, run, same

HERE = os.path.dirname(os.path.abspath(__file__))
LOADER = importlib.machinery.SourceFileLoader("report", os.path.join(HERE, "report"))
report = importlib.util.module_from_spec(importlib.util.spec_from_loader("report", LOADER))
LOADER.exec_module(report)


def ours(speed, name="S-500", **more):
    return {"bench": "pipeline", "name": name, "batch": 500, "rate": 0, "counted_per_s": speed, "acked_per_s": speed, "right": True,
            "cpu_ingest_s_per_million": 0.3, "cpu_aggregate_s_per_million": 0.5, "disk_mb_per_million": 150, "anon_ingest_mib": 20,
            "anon_aggregate_mib": 40, **more}


def peer(speed, **more):
    return {"bench": "peer", "peer": "redis", "name": "redis-500", "batch": 500, "rate": 0, "counted_per_s": speed, "right": True,
            "cpu_server_s_per_million": 9, "cpu_client_s_per_million": 1, "cpu_consumer_s_per_million": 0, "disk_mb_per_million": 200, **more}


def read(*lines):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("a word of a program\n" + "".join(json.dumps(line) + "\n" for line in lines))
        file.flush()
        return report.read([file.name])


def a_ratio_is_of_the_same_round():
    # The machine was half as fast in the second round: the ratio is ten in each, and that of the medians would not be.
    lines = read(ours(1e6), peer(1e5), ours(5e5), peer(5e4), ours(9e5), peer(9e4))
    same(report.ratios(lines, "S-500", "redis-500"), [10, 10, 10])
    same(report.spread(report.column(lines, "S-500", "counted_per_s")), "900 k (500 k–1 M)")
    check("| Redis 7, AOF always, Lua counts | 500 | 90 k (50 k–100 k) | 10 (10–10) |" in report.pages(lines), report.pages(lines))


def what_was_not_right_is_left_out():
    lines = read(ours(1e6), ours(9e9, right=False))
    same(report.column(lines, "S-500", "counted_per_s"), [1e6])


def what_was_asked_is_judged():
    said = report.pages(read(ours(1e6), ours(3e6, "S-largest"), peer(2e5)))
    for row in ("| S, b = 500, M events/s | ≥ 0.8 | 2 | 1 | must |", "| S, largest batch, M events/s | ≥ 1 | 2.5 | 3 | aim |",
                "| S, b = 500: times as fast as Redis with Lua at b = 500 | ≥ 8 | – | 5 | **no** |",
                "| T, b = 500, M events/s | ≥ 1.5 | 3.5 | – | not run |"):
        check(row in said, row, said)


def the_picture_is_xml():
    xml.etree.ElementTree.fromstring(report.picture(read(ours(1e6), peer(1e5))))


def numbers_are_short():
    same([report.short(one) for one in (0.123456, 12.345, 123.4, 12345, 1234567, None)], ["0.123", "12.3", "123", "12.3 k", "1.23 M", "–"])
    same([report.short(one, True) for one in (0.123456, 1234, 803000, 2549000)], ["0.123", "1.23 k", "80.3 万", "255 万"])


if __name__ == "__main__":
    run(a_ratio_is_of_the_same_round, what_was_not_right_is_left_out, what_was_asked_is_judged, the_picture_is_xml, numbers_are_short)
