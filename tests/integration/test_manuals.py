#!/usr/bin/python3
"""Manuals are worked through as their readers do: each command of the page, in its order, against running programs,
and what the page says that it prints."""
import os
import tempfile

from support.harness import SOURCE, run
from support.installed import install
from support.manual import Reader, same_commands

PLACES = [("/usr/share/qingfeng/programmes", os.path.join(SOURCE, "deploy/programmes")),
          ("/usr/share/doc/libqingfeng-dev/examples", os.path.join(SOURCE, "docs/examples"))]


def a_programmer_connects_in_ten_minutes():
    with tempfile.TemporaryDirectory(prefix="qf-") as prefix:
        env = install(prefix)
        with Reader([*PLACES, ("\ncc /", f"\n{os.environ['QF_CC']} /"), ("\ncc ", f"\n{os.environ['QF_CC']} ")], env) as reader:
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


if __name__ == "__main__":
    run(a_programmer_connects_in_ten_minutes, an_office_has_its_year, an_office_has_its_year_in_chinese)
