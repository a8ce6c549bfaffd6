#!/usr/bin/python3
"""Reports that are handed on: the same figures as PDF, workbook, HTML and Markdown, the same bytes each time, in both
languages, with names of any length and kind, and where there is nothing to show."""
import csv
import datetime
import glob
import html.parser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
import zipfile

from support.harness import BIN, PROGRAMME, SOURCE, Office, check, qf, run, same, until

FORMS = ("pdf", "xlsx", "html", "md")
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LONG = "=HYPERLINK('x')|<img src=x onerror=alert(1)>" + "非常长的单位名称" * 6
CHANNEL = "面对面" + "很长的途径名称" * 7
IN_ENGLISH = ("Contents", "Definitions", "May it be added", "Where it comes from")
SAMPLE_YEAR = ("--year", "2023", "--base", "2021", "--from", "2022")


# --- reading what was made ---------------------------------------------------------------------------------------------

def text_of(path):
    done = subprocess.run(["pdftotext", "-raw", path, "-"], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def pages_of(path):
    """The text of each page."""
    done = subprocess.run(["pdftotext", "-raw", path, "-"], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("\f")[:-1]


def check_pages(path, explained=("目录", "指标口径", "能否相加", "数据出处")):
    """Neither a heading nor where it comes from is alone on a page: what explains is with both."""
    contents, definitions, head, sources = explained
    pages = [page for page in pages_of(path) if contents not in page]
    said = [(definitions in page or sources in page, head in page) for page in pages]
    check(any(there for there, _ in said) and all(there == table for there, table in said), path, said, pages)


def facts_of(path):
    done = subprocess.run(["pdfinfo", path], stdout=subprocess.PIPE, check=True)
    return dict(re.split(r":\s*", line, maxsplit=1) for line in done.stdout.decode().splitlines() if ":" in line)


class Workbook:
    """Cells as a reader sees them who does not calculate."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as book:
            self.names = book.namelist()
            shared = [] if "xl/sharedStrings.xml" not in self.names else [
                "".join(part.text or "" for part in item.iter(SHEET + "t"))
                for item in xml.fromstring(book.read("xl/sharedStrings.xml"))]
            titles = [sheet.get("name") for sheet in xml.fromstring(book.read("xl/workbook.xml")).iter(SHEET + "sheet")]
            self.sheets, self.formulas, self.xml = {}, {}, {}
            for number, title in enumerate(titles, 1):
                root = xml.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
                self.xml[title] = root
                cells, formulas = {}, {}
                for cell in root.iter(SHEET + "c"):
                    value, formula = cell.find(SHEET + "v"), cell.find(SHEET + "f")
                    if value is None:
                        continue
                    cells[cell.get("r")] = shared[int(value.text)] if cell.get("t") == "s" else float(value.text)
                    if formula is not None:
                        formulas[cell.get("r")] = formula.text
                self.sheets[title], self.formulas[title] = cells, formulas

    def heights(self, title):
        """Points of the rows that have their own."""
        return {int(row.get("r")): float(row.get("ht")) for row in self.xml[title].iter(SHEET + "row") if row.get("ht")}

    def wide(self, title, letter):
        return next(float(col.get("width")) for col in self.xml[title].iter(SHEET + "col")
                    if int(col.get("min")) <= ord(letter) - ord("A") + 1 <= int(col.get("max")))

    def row_of(self, title, text):
        return next(int(name[1:]) for name, value in self.sheets[title].items() if value == text)

    def breaks(self, title):
        return [int(row.get("id")) for row in self.xml[title].iter(SHEET + "brk")]

    def column(self, title, letter):
        """Its cells from top to bottom."""
        cells = self.sheets[title]
        return [cells[name] for name in sorted((name for name in cells if re.fullmatch(letter + r"\d+", name)),
                                               key=lambda name: int(name[len(letter):]))]

    def check_formulas(self):
        """Each formula carries the value that it has."""
        count = 0
        for title, formulas in self.formulas.items():
            cells = self.sheets[title]
            for name, formula in formulas.items():
                count += 1
                span = re.fullmatch(r"SUM\(([A-Z]+)(\d+):[A-Z]+(\d+)\)", formula)
                share = re.fullmatch(r"ROUND\(([A-Z]+\d+)/([A-Z]+\d+),3\)", formula)
                check(span or share, title, name, formula)
                if span:
                    wanted = sum(cells[f"{span[1]}{row}"] for row in range(int(span[2]), int(span[3]) + 1))
                else:
                    wanted = round(cells[share[1]] / cells[share[2]] + 1e-12, 3)
                check(abs(wanted - cells[name]) < 1e-9, title, name, formula, cells[name], wanted)
        return count


class Page(html.parser.HTMLParser):
    """Well-formed, with nothing that runs or is fetched; its text."""

    def __init__(self, path):
        super().__init__()
        self.open, self.text, self.tags = [], "", set()
        with open(path, encoding="utf-8") as file:
            source = file.read()
        xml.fromstring(re.sub(r"<!DOCTYPE html>\n", "", source))
        self.feed(source)
        check(not self.tags & {"script", "img", "link", "iframe", "object"}, self.tags)
        check("http" not in re.sub(r'http-equiv|<svg[^>]*>', "", source), "it asks for nothing")

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        check(not any(name.startswith("on") for name, _ in attrs), tag, attrs)

    def handle_data(self, data):
        self.text += data


# --- making it -----------------------------------------------------------------------------------------------------------

def made(office, name, *words, lang="zh", how=None):
    """Paths of a report in every form, each made twice with the same bytes."""
    paths = {}
    for form in FORMS:
        paths[form] = os.path.join(office.home, f"{name}.{lang}.{form}")
        again = paths[form] + ".again"
        for path in (paths[form], again):
            office.qf("report", *words, "--lang", lang, "--format", form, "--output", path, **(how or {}))
        check(read(paths[form]) == read(again), form, "the same bytes twice")
    return paths


def read(path):
    with open(path, "rb") as file:
        return file.read()


def check_all_say(paths, *wanted):
    """Each of the words is in every form."""
    book = Workbook(paths["xlsx"])
    cells = "\n".join(str(value) for sheet in book.sheets.values() for value in sheet.values())
    page = Page(paths["html"]).text
    pdf, markdown = text_of(paths["pdf"]), read(paths["md"]).decode().replace("\\", "")
    for word in wanted:
        for name, text in (("pdf", pdf), ("html", page), ("md", markdown)):
            check(re.sub(r"\s", "", word) in re.sub(r"\s", "", text), name, "does not say", word)
        check(word in cells or re.fullmatch(r"[\d,.%+-]+", word), "the workbook does not say", word)
    return book


def the_sample_programme_is_handed_on():
    with Office(programme=None) as office:
        sample = os.path.join(office.home, "sample")
        subprocess.run([sys.executable, "-B", os.path.join(SOURCE, "deploy/sample/make_sample.py"), sample], check=True,
                       stdout=subprocess.DEVNULL)
        office.qf("programme", "load", os.path.join(sample, "programme.yaml"))
        partners = [os.path.basename(path)[:-4] for path in sorted(glob.glob(os.path.join(sample, "*.csv")))]
        for code in partners:
            office.add_source(code, code, "feed,read")
        feeding = [subprocess.Popen([os.path.join(BIN, "qf"), "feed", os.path.join(sample, f"{code}.csv"), "--as", code,
                                     "--dir", office.dir], stdout=subprocess.DEVNULL) for code in partners]
        for one in feeding:
            check(one.wait(60) in (0, 2), "the sample is fed")
        for ending in ("jsonl", "late.jsonl"):
            if ending == "late.jsonl":
                office.qf("programme", "load", os.path.join(sample, "timely.yaml"))
            for code in partners:
                with open(os.path.join(sample, f"{code}.{ending}"), encoding="utf-8") as file:
                    office.qf("feed", "-", "--as", code, stdin=file.read(), code=None)
        year = until(lambda: (said := office.qf("report", "year", *SAMPLE_YEAR, "--json").json)["range"]["activities"] == 638 and said,
                     said="638 activities are counted")
        chinese = office.qf("report", "year", *SAMPLE_YEAR, "--lang", "zh", "--json").json["sentence"]

        paths = made(office, "year", "year", *SAMPLE_YEAR)
        book = check_all_say(paths, chinese, "示例数据，不是真实数字", "福州海关", "知晓率96.5%（965/1000）", "指标口径", "数据出处",
                             "活动（场）", "一场活动可以同时归在几个“内容”里，各行相加不等于合计；合计一行才是实数。")
        facts = facts_of(paths["pdf"])
        same((facts["Title"], facts["Page size"].split(" (")[0]), ("2022—2023年报告", "595.28 x 841.89 pts"))
        check("2023" in facts["CreationDate"], facts["CreationDate"])
        months_page = [page for page in pages_of(paths["pdf"]) if "图3" in page]
        check(len(months_page) == 1 and "2023-12" in months_page[0] and "48,430" in months_page[0], "the months' charts and table are one page", months_page)
        check_pages(paths["pdf"])
        check("qf " not in re.sub(r"qf \d", "", text_of(paths["pdf"])), "no commands on paper")
        check(b"/Outlines" in read(paths["pdf"]), "there is an outline")
        check(b"/Dest" in read(paths["pdf"]), "contents lead to their pages")
        fonts = subprocess.run(["pdffonts", paths["pdf"]], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()[2:]
        check(fonts and all(line.split()[-5] == "yes" for line in fonts), fonts, "fonts are embedded")

        check("329 | +50.92%" in read(paths["md"]).decode(), "the figures of the sentence")
        same(book.column("一、总体情况", "B")[1:4], [row["activities"] for row in year["years"]])
        same(book.column("一、总体情况", "D")[1:4], [row["attendances"] for row in year["years"]])
        months = office.qf("report", "months", "--year", "2023", "--base", "2021", "--json").json
        same(book.column("二、逐月对比", "B")[1:], [row["activities_2023"] for row in months["rows"]] + [329])
        same(book.column("二、逐月对比", "G")[1:], [row["attendances_2023"] for row in months["rows"]] + [48430])
        totals = office.qf("totals", "--by", "org", "--from", "2023", "--to", "2023", "--where", "channel=offline", "--json").json
        same(sorted(book.column("三、按主办单位", "B")[1:-1]), sorted(row["activities"] for row in totals["rows"]))
        check(book.check_formulas() > 20, "sums and shares are formulas")
        same(book.formulas["二、逐月对比"]["B16"], "SUM(B4:B15)")
        check(not any(name[0] in "BCE" for name in book.formulas["五、按内容"]), "what does not add up is no sum")
        same([book.sheets["概览"].get(f"{letter}8") for letter in "ACE"], [329.0, 48430.0, 147.2], "the figures of the front are numbers", book.sheets["概览"])
        same(book.column("一、总体情况", "A")[2:6], ["年", 2021.0, 2022.0, 2023.0])
        same(book.column("十四、直播", "A")[3:5], [44693.0, 44883.0], "days are days")
        same([book.sheets["十一、联办与伙伴主办"][f"{letter}3"] for letter in "CDE"], ["联办率 分子", "联办率 分母", "联办率 %"])
        filtered = [title for title, root in book.xml.items() if root.find(SHEET + "autoFilter") is not None]
        check("九、按研学点" in filtered and "一、总体情况" not in filtered, "long tables can be filtered", filtered)
        check(sum(name.startswith("xl/charts/chart") for name in book.names) > 6, "charts are native", book.names)
        with zipfile.ZipFile(paths["xlsx"]) as zipped:
            for name in (name for name in book.names if name.startswith("xl/charts/chart")):
                axes = [axis.find(".//{*}min") for axis in xml.fromstring(zipped.read(name)).iter("{http://schemas.openxmlformats.org/drawingml/2006/chart}valAx")]
                same([axis is not None and axis.get("val") for axis in axes], ["0"], name, "begins at 0")
        for title, root in book.xml.items():
            setup = root.find(SHEET + "pageSetup")
            same((setup.get("paperSize"), setup.get("orientation"), root.find(f"{SHEET}sheetPr/{SHEET}pageSetUpPr").get("fitToPage")),
                 ("9", "landscape", "1"), title)
            check(title in ("概览",) or root.find(f".//{SHEET}pane") is not None, title, "is frozen below its head")

        english = made(office, "year", "year", *SAMPLE_YEAR, lang="en")
        book = check_all_say(english, year["sentence"], "Sample data: invented figures", "Definitions", "By content",
                             "One activity can stand in several rows")
        joint = next(title for title in book.sheets if "Joint delivery" in title)
        same(book.sheets[joint]["F3"], "led by partners k")
        check(book.wide(joint, "F") > len("led by partners"), "a head is as wide as its words")
        same([page.splitlines()[1] for page in pages_of(english["pdf"])[2:]],
             [f"— {page + 1} —" for page in range(len(pages_of(english["pdf"])) - 2)], "running heads are one line")
        same(facts_of(english["pdf"])["Title"], "Report for 2022–2023")
        check_pages(english["pdf"], IN_ENGLISH)

        a_partner_has_its_own(office)
        completeness_is_handed_on(office)
        every_report_has_every_form(office)
        what_to_type_is_not_on_paper(office)
        files_are_not_overwritten(office)


def a_partner_has_its_own(office):
    paths = made(office, "HG", "year", "--year", "2023", "--org", "HG", "--as", "HG")
    totals = office.qf("totals", "--from", "2023", "--to", "2023", "--where", "org=HG,channel=offline", "--json").json["all"]
    check_pages(paths["pdf"])
    check_pages(made(office, "HG", "year", "--year", "2023", "--org", "HG", "--as", "HG", lang="en")["pdf"], IN_ENGLISH)
    book = check_all_say(paths, "福州海关", f"2023年，福州海关共开展线下活动{totals['activities']}场")
    same(book.column("一、总体情况", "B")[2], totals["activities"])
    check("税务部门" not in text_of(paths["pdf"]), "others are not in it")
    check("there is no organisation" in office.qf("report", "year", "--year", "2023", "--org", "XX", "--lang", "en", code=64).err)


def completeness_is_handed_on(office):
    words = ("completeness", "--from", "2023-01", "--to", "2023-12")
    said = office.qf("report", *words, "--json").json
    book = check_all_say(made(office, "cover", *words), "报送完整性报告", f"应报 {said['expected']}，已报 {said['received']}", "零报告")
    same(sum(value == "未报" for value in book.column("二、逐月报送封面", "C")), said["expected"] - said["received"])
    same([book.column("一、各单位报送情况", letter)[-1] for letter in "BC"], [said["received"], said["expected"]])
    own = office.qf("report", *words, "--org", "HG", "--json").json
    same((own["expected"], {row["org"] for row in own["rows"]}), (12, {"HG"}))
    of_own = read(made(office, "own-cover", *words, "--org", "HG", lang="en")["md"]).decode().replace("\\", "")
    check("org=HG" in of_own and int(re.search(r"up to position (\d+)", of_own)[1]) > 0, of_own[-1000:])


def every_report_has_every_form(office):
    """What is a page is a document too."""
    names = re.findall(r"^  ([a-z-]+) ", office.qf("report", "--help", "--lang", "en").out, re.MULTILINE)
    dated = {name: ("--year", "2023") for name in ("months", "plan", "scorecard")}
    made_of = [name for name in names if "--format" in office.qf("report", name, "--help").out and name not in ("year", "completeness")]
    check(len(made_of) > 10, names)
    for name in made_of:
        path = os.path.join(office.home, f"{name}.pdf")
        office.qf("report", name, *dated.get(name, ()), "--format", "pdf", "--output", path, "--lang", "zh")
        check(int(facts_of(path)["Pages"]) > 0, name)
        office.qf("report", name, *dated.get(name, ()), "--format", "xlsx", "--output", path[:-3] + "xlsx", "--lang", "en")
        Workbook(path[:-3] + "xlsx").check_formulas()
    for name in ("oversight", "five-co", "months"):
        path = os.path.join(office.home, f"{name}.en.pdf")
        office.qf("report", name, *dated.get(name, ()), "--format", "pdf", "--output", path, "--lang", "en")
        check_pages(path, IN_ENGLISH)
    book = Workbook(os.path.join(office.home, "broadcasts.xlsx"))
    same((list(book.sheets), [book.sheets["Broadcasts"][f"A{row}"] for row in (1, 3)]), (["Broadcasts", "Definitions"], ["Broadcasts", '"123+N" integrity-culture programme']),
         "a report of one table is one sheet")
    check("total" in pages_of(path)[0], "the table of the months is with its charts")


def what_to_type_is_not_on_paper(office):
    """Commands are for who sits at a terminal."""
    words = ("quality", "--from", "2023-01", "--to", "2023-12", "--lang", "zh")
    check("qf doubles" in office.qf("report", *words).out)
    check("qf " not in re.sub(r"qf \d", "", office.qf("report", *words, "--format", "md").out), "neither in a report that is handed on")
    year = office.qf("report", "year", *SAMPLE_YEAR, "--lang", "zh", "--format", "md").out
    parts = dict(part.split("\n", 1) for part in year.split("\n## ")[1:])
    of_channels = [heading.split("、")[1] for heading, part in parts.items() if "线上线下都算" in part]
    same([heading in of_channels for heading in ("各类单位", "各类研学点", "直播", "问题整改")], [True, True, False, False], of_channels)


def files_are_not_overwritten(office):
    path = os.path.join(office.home, "kept.md")
    words = ("report", "year", "--year", "2023", "--format", "md", "--output", path)
    with open(path, "w", encoding="utf-8") as file:
        file.write("somebody's own")
    check("--overwrite" in office.qf(*words, code=3).err)
    same(read(path), b"somebody's own")
    office.qf(*words, "--overwrite")
    office.qf(*words)  # it says the same already
    check(b"329" in read(path))
    same(glob.glob(path + ".*"), [], "nothing is left beside it")
    folder = os.path.join(office.home, "named")
    os.mkdir(folder)
    said = office.qf("report", "year", "--year", "2023", "--format", "html", "--lang", "zh", cwd=folder).out
    same((said, os.listdir(folder)), ("年度报告-2023.html\n", ["年度报告-2023.html"]))
    same(office.qf("report", "year", "--year", "2023", "--from", "2022", "--format", "html", "--lang", "zh", cwd=folder).out, "年度报告-2022-2023.html\n")
    check(office.qf("report", "year", "--year", "2023", "--format", "doc", code=64).err)
    check(office.qf("report", "year", "--year", "2023", "--format", "md", "--json", code=64).err)
    check(office.qf("report", "year", "--year", "2023", "--format", "md", "--output", "/nowhere/x.md", code=1).err)


def another_programme_is_handed_on():
    with Office(programme=os.path.join(SOURCE, "deploy/programmes/library.yaml")) as office:
        empty = made(office, "empty", "year", "--year", "2019")
        check_all_say(empty, "公共图书馆活动", "2019年，共开展活动0场", "这一时期还没有收到活动记录。", "无法与2018年比较（2018年为0）")
        check("period_report" in office.qf("report", "completeness", code=64).err, "nothing is missing where nothing is sent")
        office.add_source("library", "TRL")
        office.qf("feed", os.path.join(SOURCE, "tests/data/timberland-2021-programs.csv"), "--map",
                  os.path.join(SOURCE, "deploy/programmes/library.map.yaml"), "--as", "library")
        office.wait_records(1308)
        for lang, words in (("en", ("Public library programmes", "Annual report 2021", "By category", "2,195", "28,527")),
                            ("zh", ("公共图书馆活动", "2021年度报告", "2,195", "28,527"))):
            paths = made(office, "library", "year", "--year", "2021", lang=lang)
            book = check_all_say(paths, *words)
            check(2195.0 in book.column(list(book.sheets)[1], "B"), "as a number")
            check("1,226" in pages_of(paths["pdf"])[2].split("29.4")[1][:40], "numbers beside a figure are grouped as it is")
            same([line for line in read(paths["md"]).decode().splitlines() if line.startswith("| ---")][0][:7], "| --- |", "years stand below their name")
            title = list(book.sheets)[3]
            tail, end = book.breaks(title)
            total = book.row_of(title, {"zh": "合计", "en": "total"}[lang])
            check(tail + 2 <= total - 1 and total < end, "the total is not alone on a page", tail, total, end)
            check("in-person" not in text_of(paths["pdf"]) and "线下" not in text_of(paths["pdf"]), "nothing that it has not")


def names_of_any_kind_are_text():
    with open(PROGRAMME, encoding="utf-8") as file:
        text = file.read().replace("zh: 甲,", f"zh: {json.dumps(LONG, ensure_ascii=False)},").replace("zh: 乙,", 'zh: "@SUM(1+1)",')
    text += f"  - code: channel\n    zh: 途径\n    en: channel\n    members:\n      - {{code: offline, zh: {CHANNEL}, en: In person}}\n"
    with Office(programme=None) as office:
        path = os.path.join(office.home, "long.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", path)
        for org in ("alpha", "beta"):
            office.add_source(org, org, "feed,read")
            office.qf("feed", "-", "--as", org, stdin="".join(
                json.dumps({"key": f"{n}", "date": f"2023-{n + 1:02d}-01", "org": org, "mode": "onsite", "channel": "offline"}
                           | ({"attendances": 10 * n} if n else {})) + "\n" for n in range(5)))
        office.wait_records(10)
        paths = made(office, "long", "year", "--year", "2023")
        book = check_all_say(paths, LONG, "@SUM(1+1)")
        check("这一时期没有可列的记录。" in text_of(made(office, "none", "broadcasts")["pdf"]), "it says that there is nothing")
        check(all("HYPERLINK" not in formula and "1+1" not in formula for formulas in book.formulas.values() for formula in formulas.values()))
        check("人次不详" in text_of(paths["pdf"]), "what is not known is said")
        boxes = subprocess.run(["pdftotext", "-bbox", paths["pdf"], "-"], stdout=subprocess.PIPE, check=True).stdout.decode()
        ends, begins = (float(re.search(f'xM{side}="([\\d.]+)"[^>]*>2023年{name}', boxes)[1]) for side, name in (("ax", CHANNEL + "活动（场）<"), ("in", "人次<")))
        check(ends < begins, "the name of a figure ends where its card does", ends, begins)
        heights = book.heights("概览")
        check(heights[book.row_of("概览", f"2023年{CHANNEL}活动（场）")] > 3 * 14, "and is whole in a workbook", heights)
        book = Workbook(made(office, "own", "year", "--year", "2023", "--org", "alpha")["xlsx"])
        heights = book.heights("指标口径")
        check(heights[book.row_of("指标口径", "只算")] > 2 * 14, "what it is of takes several lines", heights)
        table = office.qf("report", "year", "--year", "2023", "--format", "csv", "--lang", "zh").out
        same(table.splitlines()[0][:5], '\ufeff"年"' + ",")
        same(office.qf("report", "year", "--year", "2023", "--format", "json").json, office.qf("report", "year", "--year", "2023", "--json").json)
        an_edition_is_handed_on(office)


def many_rates_and_long_labels_are_whole():
    """Three surveys of six rates, labels longer than there is room for, and rates that lie between two: each form says the same."""
    rates, wave, mode = [f"R{n}" for n in range(6)], "批" * 40, "x" + "方" * 79
    with open(os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), encoding="utf-8") as file:
        text = file.read().replace("settings:\n", "settings:\n  rounding: half_even\n", 1).replace("zh: 方式", f"zh: {mode}")
    text = text.replace("      - {code: awareness,", "".join(f"      - {{code: {code}, zh: {code}各项工作满意程度的比率, en: {code} rate}}\n" for code in rates)
                        + "      - {code: awareness,")
    text = text.replace("{code: W2, zh: 第二批,", f"{{code: W3, zh: 第三批, en: Third wave}}\n      - {{code: W2, zh: w{wave},")
    with Office(programme=None) as office:
        path = os.path.join(office.home, "rates.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", path)
        office.add_source("alpha", "alpha", "feed,read")
        results = [{"kind": "survey_result", "key": f"{wave}/{rate}", "date": "2023-11-30", "org": "alpha", "wave": wave, "rate_kind": rate,
                    "base": "all", "k": 49 + 80 * n + 8 * i, "n": 400} for n, wave in enumerate(("W2", "W1", "W3")) for i, rate in enumerate(rates)]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in results + [
            {"key": f"{mode}{n}", "date": "2023-05-01", "org": "alpha", "mode": mode, "attendances": 9} for mode in ("onsite", "online") for n in range(2)]))
        office.wait_records(4)
        until(lambda: office.qf("list", "survey_result", "--json").json["all"]["records"] == len(results), said="the results stand")
        paths = made(office, "rates", "year", "--year", "2023")
        said = [f"{result['k']}/400" for result in results]
        few = [{"kind": "broadcast", "key": f"live/{n}", "date": "2023-05-06", "org": "alpha", "views": 5} for n in range(120)]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in few))
        until(lambda: office.qf("list", "broadcast", "--json").json["all"]["records"] == len(few), said="the broadcasts stand")
        card = made(office, "card", "scorecard", "--year", "2023", "--over", "R0=10")
        cells = [str(value) for sheet in check_all_say(card, *said, "超过10%：是", "第三批").sheets.values() for value in sheet.values()]
        check(any(all(f"（alpha/{event['key']}，2023-05-06）" in value for event in few) for value in cells), "a long sentence is whole")
        with zipfile.ZipFile(card["xlsx"]) as zipped:
            drawn = [xml.fromstring(zipped.read(name)) for name in zipped.namelist() if name.startswith("xl/charts/chart")]
        names = [cell for cells in Workbook(card["xlsx"]).sheets.values() for cell, value in cells.items() if value == "R0各项工作满意程度的比率"]
        for chart in drawn:
            first, last = re.search(r"\$A\$(\d+):\$A\$(\d+)", "".join(chart.itertext())).groups()
            same((f"A{first}" in names, int(last) - int(first) + 1), (True, len(rates)), "the rates of one survey, and nothing else")
        check(drawn, "the rates are drawn")
        book = check_all_say(paths, *said)
        book.check_formulas()
        title, rates_sheet = next((name, cells) for name, cells in book.sheets.items() if "问卷调查" in name)
        percents = dict(re.findall(r"([\d.]+)% ?[（(](\d+)/400", read(paths["md"]).decode().replace("\\", "")))
        same(len(percents), len(results), percents)
        for row in range(1, 40):
            if isinstance(rates_sheet.get(f"D{row}"), float):
                same(f"{100 * rates_sheet[f'F{row}']:.1f}", {k: percent for percent, k in percents.items()}[f"{rates_sheet[f'D{row}']:.0f}"], title)


def an_edition_is_handed_on(office):
    """What the office wrote is in the journal, and given again as it was, whatever is counted since."""
    office.qf("period", "close", "2022..2023", "--waive-missing")
    office.qf("period", "publish", "2022..2023")
    digest = office.qf("period", "list", "--json").json["editions"][0]["files"]["data"]["sha256"]
    first, again = os.path.join(office.home, "first.pdf"), os.path.join(office.home, "again.pdf")
    words = ("report", "year", "--year", "2023", "--edition", "1", "--format", "pdf", "--lang", "zh", "--output")
    office.qf(*words, first)
    text = text_of(first)
    check("2022..2023 第1版" in text and digest in re.sub(r"\s", "", text), text)
    check("10场" in re.sub(r"\s", "", text), "its figures")
    check("按一个维度冻结" in re.sub(r"\s", "", text), "what an edition has not, and why")
    office.qf("feed", "-", "--as", "alpha", stdin=json.dumps(
        {"key": "late", "date": "2023-06-01", "org": "alpha", "channel": "offline", "attendances": 5}) + "\n")
    office.wait_records(11)
    with open(os.path.join(office.home, "long.yaml"), encoding="utf-8") as file:
        text = file.read().replace("zh: 现场", "zh: 到场")
    with open(os.path.join(office.home, "other.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    office.qf("programme", "load", os.path.join(office.home, "other.yaml"))
    office.qf(*words, again)
    check(read(first) == read(again), "the same file, to the byte")
    shown = subprocess.run([os.path.join(BIN, "qf"), "period", "show", "2022..2023", "--file", "year-2023-2022-2023.zh.pdf", "--dir", office.dir],
                           stdout=subprocess.PIPE, check=True).stdout
    check(shown == read(first), "and from the journal")
    live = office.qf("report", "year", "--year", "2023", "--format", "md", "--lang", "zh").out
    check("11场" in live and "10 场；现在 11 场" in live.replace("\\", ""), live)


def parts_of(text):
    """{heading: its table} of a report in Markdown."""
    parts = dict(part.split("\n", 1) for part in ("\n" + text).split("\n## ")[1:])
    return {re.sub(r"^(\d+\.? |[一二三四五六七八九十]+、)", "", heading): [line for line in part.splitlines() if line.startswith("|")] for heading, part in parts.items()}


def rows_of(lines):
    """Cells of a Markdown table: its head, then its rows."""
    rows = [[re.sub(r"\\(.)", r"\1", cell.strip()).strip("*") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]


def bare(text):
    return re.sub(r"\s", "", text)


def numbers_in(cell):
    """A cell of people's as cells of a workbook: "96.5% (386/400)" is 386, 400 and 0.965; a day is that of its calendar."""
    rate = re.fullmatch(r"([\d.]+)% \(([\d,]+)/([\d,]+)\)", cell)
    if rate:
        return [float(rate[2].replace(",", "")), float(rate[3].replace(",", "")), round(float(rate[1]) / 100, 6)]
    if re.fullmatch(r"[+-]?[\d,]+(\.\d+)?%", cell):
        return [round(float(cell[:-1].replace(",", "")) / 100, 6)]
    if re.fullmatch(r"-?[\d,]+(\.\d+)?", cell):
        return [float(cell.replace(",", ""))]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return [float((datetime.date.fromisoformat(cell) - datetime.date(1899, 12, 30)).days)]
    return [cell] if cell else []


def all_forms_say_the_same(office, *words, lang):
    """Section for section and figure for figure, in text, JSON, CSV, Markdown, HTML, as workbook and as PDF."""
    paths = made(office, "same" + "".join(words), "year", *words, lang=lang)
    book, parts = Workbook(paths["xlsx"]), parts_of(read(paths["md"]).decode())
    page, pdf = bare(Page(paths["html"]).text), bare(text_of(paths["pdf"]))
    sections = list(parts)[:-2] if list(parts)[-1] in ("数据出处", "Where it comes from") else list(parts)[:-1]
    same([re.sub(r"^(\d+\. |[一二三四五六七八九十]+、)", "", title) for title in list(book.sheets)[1:-1]],
         [heading.replace("*", "")[:31 - 3] if len(heading) > 28 else heading for heading in sections], "the same sections")
    count = 0
    for title, heading in zip(list(book.sheets)[1:-1], sections):
        check(bare(heading) in pdf and bare(heading) in page, heading)
        cells = book.sheets[title]
        sheet = {}
        for name in sorted(cells, key=lambda name: (int(re.sub(r"\D", "", name)), len(name), name)):
            value = cells[name]
            sheet.setdefault(int(re.sub(r"\D", "", name)), []).append(round(value, 6) if isinstance(value, float) else value.strip())
        for row in rows_of(parts[heading])[1:]:
            check(bare("".join(row)) in page, "html", heading, row)
            check(bare("".join(row)) in pdf, "pdf", heading, row)
            wanted = [value for cell in row for value in numbers_in(cell)]
            check(wanted in sheet.values(), "xlsx", heading, wanted, list(sheet.values()))
            count += len(wanted)
    years = rows_of(parts[sections[0]])[1:]
    plain = office.qf("report", "year", *words, "--lang", lang).out
    table = list(csv.reader(io.StringIO(office.qf("report", "year", *words, "--lang", lang, "--format", "csv").out.lstrip("\ufeff"))))[1:]
    said = office.qf("report", "year", *words, "--lang", lang, "--json").json
    same([["" if cell == "—" else cell.replace(",", "").rstrip("%") for cell in row] for row in years], table, "csv")
    for row, year in zip(years, said["years"]):
        check(bare("".join(row)) in bare(plain), "text", row)
        same(row[1].replace(",", ""), str(year["activities"]), "json")
        same(row[3].replace(",", ""), str(year["attendances"]) if year["activities_unknown"] < year["activities"] or not year["activities"] else "—", "json")
    same([said["growth_activities"], said["growth_attendances"]], [years[-1][column].rstrip("%") for column in (2, 4)], "json")
    for text in (plain, "\n".join(map(str, book.sheets[list(book.sheets)[1]].values())), page, pdf):
        check(bare(said["sentence"]) in bare(text), "the sentence", said["sentence"], text)
    return count


def an_edition_has_the_parts_that_the_live_report_has():
    """What an edition holds is printed from it, and is what the live report said then; what it does not hold is named."""
    held = ["逐月对比", "问卷调查", "直播", "各类研学点", "问题整改"]
    with open(os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), encoding="utf-8") as file:
        text = file.read()
    with Office(programme=None) as office:
        path = os.path.join(office.home, "kinds.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", path)
        office.add_source("desk", "office", "feed,read")
        events = [{"key": f"{n}", "date": date, "org": "alpha", "mode": "onsite"} | ({"attendances": 10 * n} if n else {})
                  for n, date in enumerate(("2022-03-04", "2023-03-05", "2023-03-06", "2023-04", "2023", "2023-12-31"))]
        events.append({"key": "below", "date": "2023-07-08", "org": "alpha-north", "mode": "onsite", "attendances": 3})
        declared = [{"kind": "survey_result", "key": f"W1/{rate}", "date": "2023-11-30", "org": "alpha", "wave": "W1", "rate_kind": rate, "base": "all",
                     "k": k, "n": 400} for rate, k in (("satisfaction", 393), ("awareness", 386))]
        declared += [{"kind": "broadcast", "key": f"live/{n}", "date": f"2023-0{9 - n}-06", "org": ("alpha-north", "beta")[n % 2]} | ({"views": 9000 + 1000 * n} if n else {})
                     for n in range(4)]
        declared += [{"kind": "visit", "key": f"v/{n}", "date": f"202{2 + n // 2}-05-0{n + 1}", "org": "beta", "site": f"S{n % 2 + 1}", "visits": 7 + n} for n in range(5)]
        declared += [{"kind": "finding", "key": f"f/{n}", "date": f"2023-0{n + 1}-09", "org": ("alpha", "beta")[n % 2], "finding_kind": ("hollow", "generic")[n % 2],
                      "due": "2023-10-01"} | ({"verified": "2023-08-01"} if n else {}) for n in range(3)]
        declared += [{"kind": "broadcast", "key": "later", "date": "2024-01-06", "org": "alpha", "views": 5}]
        said = office.qf("feed", "-", "--as", "desk", "--json", stdin="".join(json.dumps(event) + "\n" for event in events + declared)).out
        same([json.loads(line)["verdict"] for line in said.splitlines() if "verdict" in line], ["accepted"] * len(events + declared), said)
        office.wait_records(len(events))
        until(lambda: office.qf("list", "broadcast", "--json").json["all"]["records"] == 5, said="declared kinds stand")
        year = ("report", "year", "--year", "2023", "--format", "md")
        live = {words: parts_of(office.qf(*year, *words).out) for lang in ("zh", "en") for org in ((), ("--org", "alpha")) for words in [("--lang", lang, *org)]}
        office.qf("period", "close", "2022..2023", "--waive-missing")
        office.qf("period", "publish", "2022..2023")
        for words, parts in live.items():
            frozen = parts_of(office.qf(*year, "--edition", "1", *words).out)
            same([heading for heading in parts if heading in frozen], list(frozen), "in their order")
            for heading in frozen:
                if heading not in ("指标口径", "Definitions"):
                    same(frozen[heading], parts[heading], (words, heading))
        covers = ("report", "completeness", "--from", "2023", "--to", "2023", "--lang", "zh")
        handed = office.qf(*covers, "--format", "md").out
        check("没有定报送期限" in handed and "timely" not in handed and "% (0/12) | — |" in handed, "nothing is late where nobody says what late is", handed)
        whole, own = (list(parts_of(office.qf(*year, "--edition", "1", "--lang", "zh", *org).out)) for org in ((), ("--org", "alpha")))
        same([heading for heading in held if heading not in whole], [], whole)
        same([heading for heading in held if heading in own], ["逐月对比", "问卷调查", "直播", "问题整改"], own)
        first = made(office, "frozen", "year", "--year", "2023", "--edition", "1")
        check_all_say(first, "知晓率96.5%（386/400）", "各类研学点", "所以没有：")
        for lang, words in (("zh", ("--base", "2022", "--edition", "1")), ("en", ("--base", "2022", "--edition", "1")), ("zh", ("--base", "2021", "--from", "2022"))):
            check(all_forms_say_the_same(office, "--year", "2023", *words, lang=lang) > 100, "figures were compared")
        # What comes after is in the live report alone, and names are those of the close.
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("zh: 知晓率", "zh: 晓得率").replace("zh: 虚化", "zh: 空转"))
        office.qf("programme", "load", path)
        office.qf("feed", "-", "--as", "desk", stdin=json.dumps({"kind": "broadcast", "key": "late", "date": "2023-06-01", "org": "alpha", "views": 8}) + "\n")
        until(lambda: office.qf("list", "broadcast", "--json").json["all"]["records"] == 6, said="the late one stands")
        again = office.qf("report", "year", "--year", "2023", "--edition", "1", "--format", "md", "--lang", "zh", "--as", "desk").out
        check("知晓率" in again and "虚化" in again and "按现在的名录" in again and "晓得率" not in again and "late" not in again, again)
        check("五共" not in again and "报送完整性" in again, "what there is nothing of is not said to be missing")
        office.add_source("alpha", "alpha", "feed,read")
        part = office.qf(*year, "--edition", "1", "--lang", "zh", "--as", "alpha").out
        check("live/2" in part and "live/1" not in part and "只看得到一部分" in part, part)
        now = office.qf(*year, "--lang", "zh").out
        check("晓得率" in now and "late" in now, now)


def only_the_renderer_has_the_libraries():
    """qf is light, and says what is missing where qf-render is not."""
    for path in sorted(glob.glob(os.path.join(BIN, "qf*"))):
        needed = subprocess.run(["readelf", "-d", path], stdout=subprocess.PIPE, check=True).stdout.decode()
        same(any(name in needed for name in ("pango", "cairo", "xlsxwriter", "fontconfig")), path.endswith("qf-render"), path)
    with Office() as office:
        alone = os.path.join(office.home, "bin")
        os.mkdir(alone)
        shutil.copy(os.path.join(BIN, "qf"), alone)
        done = subprocess.run([os.path.join(alone, "qf"), "report", "year", "--year", "2023", "--format", "pdf", "--dir", office.dir],
                              env={**os.environ, "PATH": "/nowhere", "LC_ALL": "C.UTF-8"}, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                              check=False)
        check(done.returncode == 1 and b"apt-get install qingfeng-report" in done.stderr, done)
        fonts = os.path.join(office.home, "fonts.conf")
        with open(fonts, "w", encoding="utf-8") as file:
            file.write('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir>'
                       f"<cachedir>{office.home}/fonts</cachedir></fontconfig>")
        said = office.qf("report", "year", "--year", "2023", "--format", "pdf", "--lang", "zh", "--output", os.path.join(office.home, "x.pdf"),
                         env={"FONTCONFIG_FILE": fonts}, code=1).err
        check("fonts-noto-cjk" in said and not os.path.exists(os.path.join(office.home, "x.pdf")), said)


check(qf("report", "year", "--help").out)
for words, wanted in ((("year", "2023"), '"2023" is too much. Did you mean --year 2023?'), (("oversight", "2023-12-31"), "Did you mean --asof 2023-12-31?"),
                      (("quality", "HX"), '"HX" is too much: nothing but options is wanted.')):
    check(wanted in qf("report", *words, "--lang", "en", code=64).err, words)
run(the_sample_programme_is_handed_on, another_programme_is_handed_on, names_of_any_kind_are_text, many_rates_and_long_labels_are_whole,
    an_edition_has_the_parts_that_the_live_report_has,
    only_the_renderer_has_the_libraries)
