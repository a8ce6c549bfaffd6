#!/usr/bin/python3
"""Manuals are worked through as their readers do: each command of the page, in its order, against running programs,
and what the page says that it prints."""
import os
import tempfile

from support.harness import SOURCE, Office, run
from support.installed import install
from support.manual import Reader, same_commands

PLACES = [("/usr/share/qingfeng/programmes", os.path.join(SOURCE, "deploy/programmes")),
          ("/usr/share/doc/libqingfeng-dev/examples", os.path.join(SOURCE, "docs/examples"))]


def a_programmer_connects_in_ten_minutes():
    with tempfile.TemporaryDirectory(prefix="qf-") as prefix:
        env = install(prefix)
        with Reader(PLACES, env) as reader:
            reader.work_through("docs/integrate.md")
    same_commands("docs/integrate.md", "docs/integrate.zh-CN.md")


def office_page(page, chinese):
    with Reader(PLACES, chinese=chinese) as reader:
        reader.settle = ("--dir", "site")
        reader.work_through(page)


def an_office_has_its_year():
    office_page("docs/office.md", False)


def an_office_has_its_year_in_chinese():
    office_page("docs/office.zh-CN.md", True)


def a_clerk_feeds_mends_and_corrects():
    with Office(programme=os.path.join(SOURCE, "deploy/programmes/integrity-123n.yaml")) as office:
        office.add_source("HX", "HX", "feed,read")
        with Reader(chinese=True) as reader:
            with open(os.path.join(reader.home, "client.yaml"), "w", encoding="utf-8") as file:
                file.write(f"feed: {office.endpoint('feed')}\nread: {office.endpoint('read')}\n"
                           f"server_public: {office.path('keys/server.public')}\nkey: {office.path('keys/HX.secret')}\n"
                           "outbox: outbox\nsource: HX\n")
            reader.settle = ("--config", "client.yaml")
            reader.work_through("docs/clerk.zh-CN.md")
        office.verify()


if __name__ == "__main__":
    run(a_programmer_connects_in_ten_minutes, an_office_has_its_year, an_office_has_its_year_in_chinese,
        a_clerk_feeds_mends_and_corrects)
