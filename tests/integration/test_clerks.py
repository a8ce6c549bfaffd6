#!/usr/bin/python3
"""Files of clerks (tests/data/clerks), each fed to a running service as a clerk feeds it: what is said in both languages,
what is counted and what comes back must be, byte by byte, what stands in FILE.expected. QF_ACCEPT=1 writes these anew."""
import os
import shutil

from support.harness import SOURCE, Office, check, qf, run, same

FOLDER = os.path.join(SOURCE, "tests/data/clerks")
PROGRAMME = os.path.join(SOURCE, "deploy/programmes/integrity-123n.yaml")
OPTIONS = {"912-workbook-sheet-by-name.xlsx": ["--sheet", "二月"],
           "913-workbook-sheet-by-place.xlsx": ["--sheet", "2"],
           "914-workbook-no-such-sheet.xlsx": ["--sheet", "二月"]}
PARTNERS = ("HG", "DX", "XH", "HX", "YH", "SW", "QY", "MW")  # all of them in one place: a tax office, say, that feeds for others


def clerks():
    """An installation with two clerks: one of the customs, one who feeds for several organisations."""
    office = Office(programme=PROGRAMME)
    office.__enter__()
    office.add_source("all", None, words=[word for org in PARTNERS for word in ("--org", org)])
    office.add_source("hg", "HG")
    return office


def files():
    return sorted(name for name in os.listdir(FOLDER)
                  if name[0].isdigit() or name.startswith("office-") if not name.endswith(".expected"))


def said(result):
    return f"exit {result.code}\n{result.out}{result.err}"


def feed(office, name, *words, code=None):
    source = "hg" if "-hg-" in name else "all"
    return qf("feed", name, "--as", source, "--dir", office.dir, *words, code=code, cwd=office.home)


def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8")


def verdicts(office, name):
    """All that a file brings about, as text."""
    shutil.copy(os.path.join(FOLDER, name), os.path.join(office.home, name))
    options = OPTIONS.get(name, [])
    text = "--- dry run, in English\n" + said(feed(office, name, *options, "--dry-run", "--lang", "en"))
    text += "--- fed\n" + said(feed(office, name, *options, "--lang", "zh"))
    returned = os.path.join(office.home, name.rsplit(".", 1)[0] + "_退回.csv")
    if os.path.exists(returned):
        text += "--- returned\n" + read(returned).replace("\ufeff", "<mark>").replace("\r\n", "\n")
    return text


def every_file_gets_the_verdicts_that_are_expected():
    differing = []
    office = clerks()
    try:
        for name in files():
            got = verdicts(office, name)
            expected = os.path.join(FOLDER, name + ".expected")
            if os.environ.get("QF_ACCEPT"):
                with open(expected, "w", encoding="utf-8") as file:
                    file.write(got)
            wanted = read(expected) if os.path.exists(expected) else ""
            if got != wanted:
                differing.append(f"=== {name}\n--- got\n{got}--- expected\n{wanted}")
        check(not differing, "\n".join(differing))
        check(len(files()) >= 60, len(files()))
        office.verify()
    finally:
        office.__exit__(None, None, None)


# What the clerk changes in the returned file. Whatever was fed, it comes back as a CSV of the same columns.
MENDED = {"103-gbk.csv": {"海关福州": "福州海关"},
          "106-utf16-big.csv": {"5.6": "2023-05-06"},
          "305-header-of-two-lines.csv": {"约30": "30"},
          "606-rows-below-total.csv": {},
          "704-merged-and-returned.csv": {"约三十": "30"},
          "901-workbook.xlsx": {"约30": "30"},
          "907-workbook-merged.xlsx": {"约7": "7"},
          "908-workbook-merged-counts.xlsx": {'"300"': '"150"', '"研学",,': '"研学","150",'},
          "909-workbook-formulas.xlsx": {"#DIV/0!": "9", '"研学",,': '"研学","9",'},
          "918-workbook-sparse.xlsx": {"海关福州": "福州海关"},
          "office-1-workbook.xlsx": {"约七十": "70"},
          "office-5-utf16-tabs.csv": {"约七十": "70", "5月8日": "2023-05-08"}}


def returned_rows_that_are_mended_are_taken():
    office = clerks()
    try:
        for name, changes in MENDED.items():
            shutil.copy(os.path.join(FOLDER, name), os.path.join(office.home, name))
            first = feed(office, name, "--json", code=2).json
            path = os.path.join(office.home, first["returned_file"])
            text = read(path)
            check(text.startswith("\ufeff") and text.count("\r\n") == first["returned"] + 1, text)
            for old, new in changes.items():
                check(old in text, name, "does not return", old)
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            second = feed(office, path, "--json", code=0).json
            same([second["rows"], second["taken"], second["returned"]], [first["returned"], first["returned"], 0], second)
            again = feed(office, name, "--again", "--json", code=2).json  # the first file once more brings nothing
            same([again["taken"], again["duplicates"]], [0, first["taken"]], again)
        office.verify()
    finally:
        office.__exit__(None, None, None)


if __name__ == "__main__":
    run(every_file_gets_the_verdicts_that_are_expected,
        returned_rows_that_are_mended_are_taken)
