#!/usr/bin/python3
"""Manuals are worked through as their readers do: each command of the page, in its order, against running programs,
and what the page says that it prints."""
import glob
import os
import shutil
import tempfile

from support.harness import SOURCE, Office, check, run
from support.installed import install
from support.manual import COMMANDS, Reader, blocks_of, same_commands

PLACES = [("/usr/share/qingfeng/programmes", os.path.join(SOURCE, "deploy/programmes")),
          ("/usr/share/doc/libqingfeng-dev/examples", os.path.join(SOURCE, "docs/examples"))]
INTEGRITY = os.path.join(SOURCE, "deploy/programmes/integrity-123n.yaml")
PAGES = ("README*.md", "CONTRIBUTING.md", "docs/*.md")
# Worked through here; a page beside another has the same commands.
WORKED = {"docs/integrate.md", "docs/integrate.zh-CN.md", "docs/office.md", "docs/office.zh-CN.md", "docs/clerk.md", "docs/clerk.zh-CN.md",
          "docs/clerk-reference.zh-CN.md", "docs/programme-file.md", "docs/programme-file.zh-CN.md", "docs/partner.md", "docs/operator.md", "docs/operator.zh-CN.md", "README.md", "README.zh-CN.md"}


class Partner(Reader):
    """Who works through a page at a partner's, and is registered by the office when it has a key."""

    def __init__(self, office, env):
        super().__init__([("tcp://127.0.0.1:7100", office.endpoint("feed")), ("tcp://127.0.0.1:7101", office.endpoint("read"))], env)
        self.places.append(("/run/user/1000", self.home))
        self.office = office
        shutil.copy(office.path("keys/server.public"), self.home)
        shutil.copy(os.path.join(SOURCE, "docs/examples/feed.c"), self.home)

    def run(self, text, code):
        super().run(text, code)
        if text.startswith("qf key new"):
            self.office.qf("key", "add", "HX", os.path.join(self.home, "HX.public"), "--org", "HX", "--role", "feed,read")


def a_programmer_connects_in_ten_minutes():
    with tempfile.TemporaryDirectory(prefix="qf-") as prefix:
        env = install(prefix)
        with Reader(PLACES, env) as reader:
            reader.work_through("docs/integrate.md")
        with Office(programme=INTEGRITY) as office, Partner(office, env) as partner:
            partner.work_through("docs/partner.md")
    same_commands("docs/integrate.md", "docs/integrate.zh-CN.md")


def work_at_site(page, chinese):
    with Reader(PLACES, chinese=chinese) as reader:
        reader.settle = ("--dir", "site")
        reader.work_through(page)


def an_office_has_its_year():
    work_at_site("docs/office.md", False)


def an_office_has_its_year_in_chinese():
    work_at_site("docs/office.zh-CN.md", True)


def an_office_writes_its_programme():
    for page, chinese in (("docs/programme-file.md", False), ("docs/programme-file.zh-CN.md", True)):
        with Reader(PLACES, chinese=chinese) as reader:
            reader.work_through(page)
    same_commands("docs/programme-file.md", "docs/programme-file.zh-CN.md")


def a_clerk_feeds_mends_and_corrects():
    with Office(programme=INTEGRITY) as office:
        office.add_source("HX", "HX", "feed,read")
        with Reader(chinese=True) as reader:
            reader.write("client.yaml", f"feed: {office.endpoint('feed')}\nread: {office.endpoint('read')}\n"
                         f"server_public: {office.path('keys/server.public')}\nkey: {office.path('keys/HX.secret')}\n"
                         "outbox: outbox\nsource: HX\n")
            reader.settle = ("--config", "client.yaml")
            reader.work_through("docs/clerk.zh-CN.md")
            reader.write("直播.csv", "编号,单位,日期,观看人次\nHX-L1,中建海峡,2023-05-06,20480\n")
            reader.write("研学.csv", "主办单位,研学点,日期,批次,人次\n中建海峡,潮江楼,2023-05-06,1,40\n")
            reader.write("签到.csv", "手机,签到时间\n" + "".join(f"138{phone % 40:08d},2023-05-06 09:{phone:02d}\n" for phone in range(42)))
            reader.work_through("docs/clerk-reference.zh-CN.md")
            shutil.copy(os.path.join(SOURCE, "tests/data/clerks/901-workbook.xlsx"), os.path.join(reader.home, "activities.xlsx"))
            reader.work_through("docs/clerk.md")
        office.verify()


def an_operator_looks_after_it():
    same_commands("docs/operator.md", "docs/operator.zh-CN.md")
    work_at_site("docs/operator.md", False)


def an_operator_looks_after_it_in_chinese():
    work_at_site("docs/operator.zh-CN.md", True)


def who_has_cloned_it_tries_it():
    with Reader([("deploy/", f"{SOURCE}/deploy/"), ("tests/data/", f"{SOURCE}/tests/data/")]) as reader:
        reader.places.append(("/tmp/", reader.home + "/"))
        reader.settle = ("--dir", "site")
        reader.work_through("README.md")
    same_commands("README.md", "README.zh-CN.md")


def every_command_is_run_or_says_why_not():
    """A block with commands is worked through above, or by the test that it names; what nothing runs is listed here."""
    for page in sorted(os.path.relpath(path, SOURCE) for name in PAGES for path in glob.glob(os.path.join(SOURCE, name))):
        for language, text, marks in blocks_of(page):
            if "by" in marks:
                test, *function = marks["by"].split(" ")
                with open(os.path.join(SOURCE, test), encoding="utf-8") as file:
                    code = file.read()
                check(not function or f"def {function[0]}(" in code, page, "names", marks["by"])
            elif "unrun" in marks:
                print(f"not run: {page}: {text.strip().splitlines()[0]}: {marks['unrun']}")
            elif language == "sh" or not language and COMMANDS.search(text):
                check(language == "sh" and page in WORKED, page, "has commands that nothing runs:\n" + text)


if __name__ == "__main__":
    run(every_command_is_run_or_says_why_not, an_office_writes_its_programme, a_programmer_connects_in_ten_minutes, an_office_has_its_year, an_office_has_its_year_in_chinese,
        a_clerk_feeds_mends_and_corrects, an_operator_looks_after_it,
        an_operator_looks_after_it_in_chinese, who_has_cloned_it_tries_it)
