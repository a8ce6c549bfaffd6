#!/usr/bin/python3
"""Makes the files of clerks beside it, all but those whose names begin with "office-": a spreadsheet saved those (README.md).
A test needs only the files; this tells how they came about, byte by byte. Usage: make.py [FOLDER]"""
import os
import sys
import zipfile
import zlib

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
HEAD = "活动编号,主办单位,活动日期,活动名称,方式,参加人次"
SHORT = "主办单位,活动日期,方式,参加人次"  # rows without a number


def put(name, data):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def rows(*lines, head=HEAD, end="\n"):
    return "".join(line + end for line in (head, *lines))


def row(number, name="清风讲堂", date="2023-05-06", count="120", org="福州海关", mode="研学"):
    return f"{number},{org},{date},{name},{mode},{count}"


# --- text -------------------------------------------------------------------------------------------------------

def encodings():
    put("101-utf8.csv", rows(row("E101-1"), row("E101-2", count="30")))
    put("102-utf8-bom-crlf.csv", b"\xef\xbb\xbf" + rows(row("E102-1"), end="\r\n").encode())
    put("103-gbk.csv", rows(row("E103-1"), row("E103-2", org="海关福州")).encode("gbk"))
    put("104-gb18030-four-bytes.csv", rows(row("E104-1", name="龦㐂读书会")).encode("gb18030"))
    put("105-utf16-little-tabs.csv", b"\xff\xfe" + rows(row("E105-1", count='"1,200"')).replace(",", "\t")
        .replace('"1\t200"', "1,200").encode("utf-16-le"))
    put("106-utf16-big.csv", b"\xfe\xff" + rows(row("E106-1"), row("E106-2", date="5.6")).encode("utf-16-be"))
    put("107-latin1.csv", "activity_no,lead_org,occurred_on,mode,attendances\nE107-é,HG,2023-05-06,study visit,1\n"
        .encode("latin-1"))
    put("108-utf16-cut.csv", (b"\xff\xfe" + rows(row("E108-1")).encode("utf-16-le"))[:-1])
    put("109-nul-bytes.csv", rows(row("E109-1")).encode() + b"\0" * 64)
    put("110-utf32.csv", b"\xff\xfe\0\0" + rows(row("E110-1")).encode("utf-32-le"))
    put("111-big5.csv", "活動編號,主辦單位,活動日期,方式,參加人次\nE111-1,HG,2023-05-06,研學,1\n".encode("big5"))
    put("112-utf8-mark-and-gbk.csv", b"\xef\xbb\xbf" + rows(row("E112-1")).encode("gbk"))
    put("113-old-workbook.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    put("114-page.xls", "<html><head><meta charset=utf-8></head><table><tr><td>主办单位</td></tr></table></html>\n")
    put("115-report.csv", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
    put("116-empty.csv", b"")
    put("117-mark-only.csv", b"\xef\xbb\xbf\r\n")
    put("118-invisible-marks.csv", rows("\u202aE118-1\u202c,\u200b福州海关,2023-05-06,\ufeff清风讲堂,研学,120"))


def lines_and_dividers():
    put("201-semicolons.csv", rows(row("L201-1", count="1,200").replace(",", ";", 5), head=HEAD.replace(",", ";")))
    put("202-tabs.csv", rows(row("L202-1").replace(",", "\t"), head=HEAD.replace(",", "\t")))
    put("203-divider-told.csv", "sep=;\r\n" + rows(row("L203-1").replace(",", ";"), head=HEAD.replace(",", ";")))
    put("204-old-mac.csv", rows(row("L204-1"), row("L204-2"), end="\r"))
    put("205-mixed-line-ends.csv", HEAD + "\r\n" + row("L205-1") + "\n" + row("L205-2") + "\r" + row("L205-3"))
    put("206-breaks-within-cells.csv", rows(
        'L206-1,福州海关,2023-05-06,清风讲堂,研学,120,"第一行\n第二行"',
        '"L206\n2",福州海关,2023-05-06,清风讲堂,研学,120,', 'L206-3,福州海关,2023-05-06,"清风\n讲堂",研学,120,',
        "L206-4,海关福州,2023-05-06,清风讲堂,研学,120,", head=HEAD + ",备注"))
    put("207-quotes-within-cells.csv", rows('L207-1,福州海关,2023-05-06,"“讲堂”，""清风""",研学,"1,200"'))
    put("214-quotes-that-swallow-rows.csv", rows(row("L214-1") + ',"重要"活动', row("L214-2") + ",", row("L214-3") + ',"一般"',
                                                 row("L214-4") + ',"第一行，一，二，三，四，五，六\n第二行, 有逗号"', head=HEAD + ",备注"))
    put("208-quote-never-closed.csv", rows(row("L208-1"), 'L208-2,福州海关,2023-05-06,"清风讲堂,研学,120',
                                           row("L208-3"), row("L208-4")))
    put("209-ragged-rows.csv", rows(row("L209-1") + ",多,余,,", "L209-2,福州海关,2023-05-06", row("L209-3")))
    put("210-blank-lines-and-columns.csv", "\n,,,,,,\n" + "".join(
        "," + line.replace(",研学", ",,研学").replace(",方式", ",,方式") + "\n\n" for line in (HEAD, row("L210-1"))))
    put("211-three-hundred-columns.csv", rows(row("L211-1") + "," + ",".join(str(i) for i in range(300)),
                                              head=HEAD + "," + ",".join(f"x{i}" for i in range(300))))
    put("212-no-end-of-line.csv", (HEAD + "\n" + row("L212-1") + "\n" + row("L212-2")).encode())
    put("213-lines-of-json.csv", '{"kind":"activity","key":"L213-1","date":"2023-05-06","org":"FZ","attendances":5}\n')


def headers():
    put("301-titles-above.csv", "马尾区廉洁文化活动台账,,,,,\n填报日期：2024年1月3日,,,,,\n,,,,,\n" + rows(row("H301-1")))
    put("302-header-in-line-10.csv", "标题\n" * 9 + rows(row("H302-1")))
    put("303-header-in-line-11.csv", "标题\n" * 10 + rows(row("H303-1")))
    put("304-no-header.csv", row("H304-1") + "\n" + row("H304-2") + "\n")
    put("305-header-of-two-lines.csv", "序号,活动编号,主办单位,活动日期,方式,参加情况,\n,,,,,参加人次,实到人数\n"
        "1,H305-1,福州海关,2023-05-06,研学,120,100\n2,H305-2,福州海关,2023-05-07,研学,约30,\n")
    put("306-near-miss.csv", rows("H306-1,福州海关,2023-05-06,研学,120", head="活动编号,主办单位,活动日期,方式,参加人"))
    put("307-misspelt.csv", rows("H307-1,福州海关,2023-05-06,研学,120", head="活动编号,主办单位,活动曰期,方式,参加人次"))
    put("308-column-missing.csv", rows("H308-1,福州海关,研学,120", head="活动编号,主办单位,方式,参加人次"))
    put("309-same-column-twice.csv", rows("H309-1,福州海关,2023-05-06,研学,120,90",
                                          head="活动编号,主办单位,活动日期,方式,参加人次,参加人数"))
    put("310-remarks-in-header.csv", rows("120,研学,福州海关,2023-05-06,H310-1",
                                          head="参加人次（必填）*,方式 (必填),主办单位＊, 活动日期,编号"))
    put("311-english.csv", rows("H311-1,Fuzhou Customs,2023-05-06,Reading,study visit,120",
                                head="Activity_No,lead_org,OCCURRED_ON,title,mode,attendances"))
    put("312-synonyms.csv", rows("H312-1,海关,2023-05-06,讲堂,研学,120,潮江楼,M01", "H312-2,福州海关,2023-05-06,讲堂,研学,7,潮江楼,举措一",
                                 head="台账号,牵头单位,时间,主题,活动形式,覆盖人次,研学点,举措"))
    put("313-dimension-as-header.csv", rows("H313-1,福州海关,2023-05-06,研学,1,行贿、受贿",
                                            head="活动编号,主办单位,活动日期,方式,参加人次,行贿受贿两头"))
    put("314-header-again.csv", rows(row("H314-1"), HEAD, row("H314-2")))
    put("316-numbers-in-ten-thousands.csv", rows(row("H316-1", count="3"), head=HEAD + "（万人次）"))
    put("317-views-in-ten-thousands.csv", rows("直播-17,福州海关,2023-05-06,微课堂,3", head="直播编号,主办单位,开播时间,名称,观看人次(万)"))
    put("318-whole-numbers-told.csv", rows(row("H318-1"), head=HEAD + "（单位：人次）"))
    put("315-header-only.csv", HEAD + "\n")


def numbers_and_dates():
    cells = ["１２０", "1,200", "１，２００", "120人次", "120 人", "120名", "120.0", " 120 ", "0"]
    put("401-numbers-that-are-clear.csv", rows(*(f'N401-{i},福州海关,2023-05-06,讲堂,研学,"{c}"' for i, c in enumerate(cells))))
    cells = ["约200人", "200余", "-5", "1.5", "1,2", "二百", "1e3", "1.2万", "120/130", "99999999999"]
    put("402-numbers-that-are-not.csv", rows(*(f'N402-{i},福州海关,2023-05-06,讲堂,研学,"{c}"' for i, c in enumerate(cells))))
    put("403-above-the-bound.csv", rows(row("N403-1", count="100000"), row("N403-2", count="100001")))
    cells = ["2023-05-06", "2023/5/6", "2023.5.6", "2023年5月6日", "2023年5月6号", "20230506", "45052", "２０２３－０５－０６",
             "2023-05-06 19:30", "2023/5/6 0:00", "2024-02-29"]
    put("404-dates-that-are-clear.csv", rows(*(row(f"N404-{i}", date=c) for i, c in enumerate(cells))))
    cells = ["5.6", "5月6日", "23-5-6", "06/05/2023", "上周五", "2023-05-06至08", "2023.5.6-2023.5.8", "120"]
    put("405-dates-that-are-not.csv", rows(*(row(f"N405-{i}", date=c) for i, c in enumerate(cells))))
    cells = ["2023-02-30", "2023-02-29", "2023-13-01", "2023-00-01", "20230431", "2023年6月31日"]
    put("406-dates-of-no-calendar.csv", rows(*(row(f"N406-{i}", date=c) for i, c in enumerate(cells))))
    put("407-dates-to-come.csv", rows(row("N407-1", date="2099-01-01"), row("N407-2", date="2099年")))
    put("408-dates-before-all.csv", rows(row("N408-1", date="1999-12-31"), row("N408-2", date="2000-01-01")))
    put("409-month-and-year-only.csv", rows("N409-1,福州海关,2023年5月,研学,3,10", "N409-2,福州海关,2023,研学,,10",
                                            "N409-3,福州海关,202305,研学,1,10", head="活动编号,主办单位,活动日期,方式,场次,参加人次"))
    put("410-not-known.csv", rows(*(row(f"N410-{i}", count=c) for i, c in enumerate(["", "-", "无", "/", "N/A", "——"]))))
    put("411-more-people-than-visits.csv", rows("N411-1,福州海关,2023-05-06,研学,200,300", "N411-2,福州海关,2023-05-06,研学,200,200",
                                                head="活动编号,主办单位,活动日期,方式,参加人次,实到人数"))
    put("412-sessions.csv", rows("N412-1,福州海关,2023-05-06,研学,2场,200", "N412-2,福州海关,2023-05-06,研学,0,200",
                                 "N412-3,福州海关,2023-05-06,研学,1001,200", head="活动编号,主办单位,活动日期,方式,场次,参加人次"))
    put("413-times-and-pieces.csv", rows("N413-1,福州海关,2023-05-06,研学,1,9:30,90分钟,3件", "N413-2,福州海关,2023-05-06,研学,1,25:00,,",
                                         "N413-3,福州海关,2023-05-06,研学,1,,1441,", "N413-4,福州海关,2023-05-06,研学,1,,,100",
                                         head="活动编号,主办单位,活动日期,方式,参加人次,开始时间,时长,佐证件数"))
    cells = ["1.000", "12.500人次", "1.234.567", "1.0000", "0.000", "１．２００", '"1,200.000"']
    put("414-points-that-part-thousands.csv", rows(*(row(f"N414-{i}", count=c) for i, c in enumerate(cells))))
    cells = ["2023.1", "2023.10", "2023.01", "2023.2", "2023-1", "2023.1.6", "２０２３．１"]
    put("415-months-as-numbers.csv", rows(*(row(f"N415-{i}", date=c) for i, c in enumerate(cells))))


def names_and_words():
    put("501-organisations.csv", rows(row("W501-1", org="海关福州"), row("W501-2", org="某某协会"), row("W501-3", org="税务"),
                                      row("W501-4", org="hg"), row("W501-5", org="Fuzhou customs"), row("W501-6", org=" 福州海关　")))
    put("502-members.csv", rows("W502-1,福州海关,2023-05-06,研学,1,政治素养、党纪法规；政治素养", "W502-2,福州海关,2023-05-06,看书,1,政治",
                                "W502-3,福州海关,2023-05-06,研学,1,PL", head="活动编号,主办单位,活动日期,方式,参加人次,内容"))
    put("503-what-is-required.csv", rows(row("W503-1", mode=""), "W503-2,福州海关,,讲堂,研学,1", ",福州海关,2023-05-06,讲堂,,1"))
    put("504-co-hosts.csv", rows("W504-1,福州海关,2023-05-06,研学,1,中建海峡;税务、厦航福州分公司", "W504-2,福州海关,2023-05-06,研学,1,中建海侠",
                                 head="活动编号,主办单位,活动日期,方式,参加人次,协办单位"))
    put("505-methods.csv", rows("W505-1,福州海关,2023-05-06,研学,1,签到", "W505-2,福州海关,2023-05-06,研学,1,点人头",
                                "W505-3,福州海关,2023-05-06,研学,1,估算", "W505-4,福州海关,2023-05-06,研学,1,猜的",
                                head="活动编号,主办单位,活动日期,方式,参加人次,人次来源"))
    put("506-formulas-as-text.csv", rows(row("W506-1", name="=1+2"), row("W506-2", name="@SUM(A1)"),
                                         'W506-3,福州海关,2023-05-06,"=HYPERLINK(""http://127.0.0.1"")",研学,1'))
    put("507-long-texts.csv", rows("W507-1,福州海关,2023-05-06," + "长" * 120 + ",研学,1", "W507-2,福州海关,2023-05-06," + "长" * 121 + ",研学,1",
                                   "N" * 97 + ",福州海关,2023-05-06,讲堂,研学,1", "编" * 33 + ",福州海关,2023-05-06,讲堂,研学,1"))
    put("509-numbers-of-persons.csv", rows(
        "W509-1,福州海关,2023-05-06,清风讲堂（电话13800000000）,研学,1,", "W509-2,福州海关,2023-05-06,讲堂,研学,1,身份证00000019900101019X",
        "W509-3,福州海关,2023-05-06,讲堂,研学,1,电话 0591-83680000，文号 20230506001380", head=HEAD + ",备注"))
    put("508-hg-not-ours.csv", rows(row("W508-1"), row("W508-2", org="中建海峡")))


def totals():
    put("601-total-that-fits.csv", rows(row("T601-1"), row("T601-2", count="30"), "合计,2场,,,,150"))
    put("602-total-that-differs.csv", rows(row("T602-1"), row("T602-2", count="约30"), row("T602-3", count=""), "合计,4场,,,,200"))
    put("603-total-with-spaces.csv", rows(row("T603-1"), "合　 计：,,,,,121"))
    put("604-subtotals.csv", rows(row("T604-1"), row("T604-2"), "小计,2场,,,,240", row("T604-3"), "小计,1场,,,,121", "总计,3场,,,,361"))
    put("605-total-on-top.csv", rows("合计,2场,,,,150", row("T605-1"), row("T605-2", count="31")))
    put("606-rows-below-total.csv", rows(row("T606-1"), "合计,1场,,,,120", row("T606-2"), "制表：办公室,,审核：办公室,,,"))
    put("609-below-total-whatever-the-date.csv", rows(
        row("T609-1"), "合计,1场,,,,120", row("T609-2", date=""), row("T609-3", date="2023-02-30"), row("T609-4", date="5月初"),
        "累计,40场,,,,5210", "注1：人次为签到数,,,,,", "制表：办公室,,审核：办公室,,,"))
    put("607-running-total.csv", rows(row("T607-1"), "合计,1场,,,,120", "累计,40场,,,,5210"))
    put("608-total-of-another-page.csv", rows(row("T608-1"), "本页小计,,,,,120", row("T608-2"), "本页小计,,,,,120", "Total,,,,,240"))


def merged():
    put("701-merged-organisation.csv", rows(row("M701-1"), row("M701-2", org=""), row("M701-3", org=""), row("M701-4", org="税务部门"),
                                            row("M701-5", org="")))
    put("702-nothing-to-fill-with.csv", rows(row("M702-1", org=""), row("M702-2")))
    put("703-names-of-groups.csv", "序号," + HEAD.split(",", 2)[1] + ",活动编号,活动日期,方式,参加人次\n,福州海关,,,,\n1,,M703-1,2023-05-06,研学,1\n"
        ",税务部门,,,,\n1,,M703-2,2023-05-06,研学,2\n填表人：办公室,,,,,\n")
    put("704-merged-and-returned.csv", rows(row("M704-1"), row("M704-2", org="", count="约三十")))


def known_before():
    put("801-first.csv", rows(row("K801-1"), row("K801-2"), row("K801-3"), row("K801-4")))
    put("802-the-same-saved-anew.csv", b"\xef\xbb\xbf" + rows(row("K801-2", date="2023/5/6"), row("K801-1", count="１２０人次")).encode())
    put("803-changed-without-saying-so.csv", rows(row("K801-1", count="150"), row("K801-2")))
    head = "操作,活动编号,主办单位,活动日期,活动名称,方式,参加人次,更正原因,修改次数"
    put("804-corrections.csv", rows("更正,K801-1,福州海关,2023-05-06,清风讲堂,研学,150,漏签,", "修改,K801-2,福州海关,2023-05-07,清风讲堂,研学,120,日期,2",
                                    "撤回,K801-3,,,,,,重复,", "更正,K801-9,福州海关,2023-05-06,清风讲堂,研学,1,,", head=head))
    put("805-old-rows-again.csv", rows(row("K801-4"), row("K801-3"), row("K801-2"), row("K801-1")))
    put("806-withdrawn-and-sent-otherwise.csv", rows(row("K801-3", count="7")))
    put("807-stale-correction.csv", rows("更正,K801-2,福州海关,2023-05-08,清风讲堂,研学,120,日期,2", head=head))
    put("808-words-for-actions.csv", rows("删除,K808-1,福州海关,2023-05-06,清风讲堂,研学,1,,", "更正,,福州海关,2023-05-06,清风讲堂,研学,1,,",
                                          "撤回,,,,,,,,", head=head))
    put("809-same-number-twice.csv", rows(row("K809-1"), row("K809-1"), row("K809-1", count="7")))
    put("810-rows-without-number.csv", rows("福州海关,2023-05-06,研学,10", "福州海关,2023-05-06,研学,10", "福州海关,2023-05-07,研学,11", head=SHORT))
    put("811-the-same-rows-in-gbk.csv", rows("福州海关,2023年5月7日,研学,11人", "福州海关,2023/5/6,研学,１０", "福州海关,45052,研学,10.0",
                                             head=SHORT).encode("gbk"))
    put("813-numbers-in-powers-of-ten.csv", rows(row("2.02305E+11"), row("2.02305E+11", count="30"), row("3E+5-1"), row("3e+5"), row("E+11"),
                                                 row("202305060001")))
    put("814-such-a-number-corrected.csv", rows("撤回,2.02305E+11,,,,,,重复,", head="操作,活动编号,主办单位,活动日期,活动名称,方式,参加人次,更正原因,修改次数"))
    put("812-joint-activity-twice.csv", rows("D812-1,福州海关,2023-05-06,联合讲堂,研学,10,", "D812-2,税务部门,2023-05-06,联合讲堂,研学,10,",
                                             "D812-3,中建海峡,2023-05-06,开放日,研学,10,潮江楼", "D812-4,税务部门,2023-05-06,参观,研学,10,CJL",
                                             head=HEAD + ",地点"))


def other_kinds():
    head = "操作,直播编号,主办单位,开播时间,名称,平台,统计截至,观看人次,观看人数,最高在线,回放人次,备注"
    put("820-broadcasts.csv", "\ufeff" + rows(
        "新增,直播-01,福州海关,2023-05-06 19:30,微课堂,某平台,2023-05-07,\"10,240\",9000,3000,,", "新增,直播-02,福州海关,2023/5/13,微课堂,,,约1万,,,,",
        "新增,直播-03,福州海关,2023-05-20,微课堂,,,12506,13000,,,", "新增,直播-04,海关福州,2023-05-27,微课堂,,,1,,,,", "合计,,,,,,,99999,,,,",
        head=head))
    put("821-broadcast-column-missing.csv", rows("直播-05,福州海关,微课堂,10240", head="直播编号,主办单位,名称,观看人次"))
    head = "操作,研学点,单位,日期,批次,团组数,人次,备注"
    put("822-visits.csv", rows("新增,潮江楼,福州海关,2023-05-06,1,1,35,", "新增,潮江楼,,2023-05-06,2,2,70人次,", "新增,某处,福州海关,2023-05-06,1,1,35,",
                               "新增,潮江楼,福州海关,2023-05-07,,1,35,", "新增,潮江楼,福州海关,2023-05-08,1,201,20001,", head=head))
    put("826-visits-of-a-day.csv", rows("新增,潮江楼,福州海关,2023-06-06,,1,35,", "新增,潮江楼,福州海关,2023-06-06,,1,35,", "新增,潮江楼,福州海关,2023-06-06,,1,40,",
                                        "新增,潮江楼,福州海关,2023-06-06,1,1,35,", "新增,潮江楼,福州海关,2023-06-06,2,1,35,", "更正,潮江楼,福州海关,2023-06-06,,1,36,漏记", head=head))
    put("823-visits-spelt-otherwise.csv", rows("CJL,HG,45052,1,1,３５", "潮江楼廉政教育基地,HG,2023年5月6日,2,2,70", "CJL,HG,2023-05-06,2,2,71",
                                               head="地点,主办单位,参观日期,批次,批数,参观人次").encode("gbk"))
    put("824-visits-corrected.csv", rows("更正,潮江楼,福州海关,2023/5/6,1,1,36,", "撤回,潮江楼,福州海关,2023-05-06,2,,,", head=head))
    put("825-period-reports.csv", rows("福州海关,2023-05,3,360,否,是", "中建海峡,2023年5月,0,0,是,是", "税务部门,2023-05,三,360,也许,是",
                                       head="单位,月份,活动场次合计,人次合计,本月无活动,已报齐"))


# --- workbooks ---------------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAMES = HEAD.split(",")


def escaped(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;")


def text_cell(text, extra=""):
    return f'<c{extra} t="inlineStr"><is><t>{escaped(text)}</t></is></c>'


def number_cell(value, style=0, extra=""):
    return f'<c{extra} s="{style}"><v>{value}</v></c>'


def row_xml(cells, extra=""):
    """Cells: text, numbers, or XML that is one already."""
    made = [cell if isinstance(cell, str) and cell.startswith("<c") else
            text_cell(cell) if isinstance(cell, str) else number_cell(cell) for cell in cells]
    return f"<row{extra}>" + "".join(made) + "</row>"


def sheet_xml(lines, after="", namespace=MAIN):
    return f'{XML}<worksheet xmlns="{namespace}"><sheetData>' + "".join(lines) + f"</sheetData>{after}</worksheet>"


# Styles 1..: day, Chinese day (id 31), a format of one's own, with time, month, year, no year, time, people
FORMATS = ['yyyy"年"m"月"d"日"', "yyyy/m/d h:mm", 'yyyy"年"m"月"', "[$-804]yyyy", 'm"月"d"日";@', "h:mm", '#,##0"人次"', "0.00E+00"]
DAY, DAY_ZH, DAY_OWN, DAY_TIME, MONTH, YEAR, NO_YEAR, TIME, PEOPLE, SCIENCE, PERCENT = range(1, 12)  # the last: of those whose styles are told


def styles_xml(formats=tuple(FORMATS)):
    own = "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{escaped(code).replace(chr(34), "&quot;")}"/>' for i, code in enumerate(formats))
    ids = [0, 14, 31] + [164 + i for i in range(len(formats))]
    cells = "".join(f'<xf numFmtId="{i}"/>' for i in ids)
    return f'{XML}<styleSheet xmlns="{MAIN}"><numFmts>{own}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{cells}</cellXfs></styleSheet>'


def strings_xml(items):
    return f'{XML}<sst xmlns="{MAIN}">' + "".join(f"<si>{item}</si>" for item in items) + "</sst>"


def book(name, sheets, strings=None, properties="", sheet_names=None, states=None, styles=None, change=None, prefix="xl/", absolute=False):
    """A workbook of sheets (XML). change: part → its bytes instead, or None to leave it out."""
    parts = {"[Content_Types].xml": f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'}
    parts["_rels/.rels"] = (f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{REL}/officeDocument" '
                            f'Target="{prefix}workbook.xml"/></Relationships>')
    listed, related = "", ""
    for i, sheet in enumerate(sheets):
        title = (sheet_names or [f"表{k + 1}" for k in range(len(sheets))])[i]
        state = f' state="{states[i]}"' if states and states[i] else ""
        listed += f'<sheet name="{title}" sheetId="{i + 1}"{state} r:id="rId{i + 1}"/>'
        kind, path = ("chartsheet", f"chartsheets/sheet{i + 1}.xml") if sheet is None else ("worksheet", f"worksheets/sheet{i + 1}.xml")
        related += f'<Relationship Id="rId{i + 1}" Type="{REL}/{kind}" Target="{"/" + prefix if absolute else ""}{path}"/>'
        parts[prefix + path] = sheet or f'{XML}<chartsheet xmlns="{MAIN}"/>'
    related += f'<Relationship Id="rId98" Type="{REL}/styles" Target="styles.xml"/>'
    parts[prefix + "styles.xml"] = styles or styles_xml()
    if strings is not None:
        related += f'<Relationship Id="rId99" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>'
        parts[prefix + "sharedStrings.xml"] = strings_xml(strings)
    parts[prefix + "workbook.xml"] = f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{REL}">{properties}<sheets>{listed}</sheets></workbook>'
    parts[prefix + "_rels/workbook.xml.rels"] = f'{XML}<Relationships xmlns="{PACKAGE}">{related}</Relationships>'
    parts.update(change or {})
    path = os.path.join(FOLDER, name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            if data is not None:
                archive.writestr(zipfile.ZipInfo(part, (2023, 5, 6, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return path


def line(number, date=None, count=120, org="福州海关", name="清风讲堂", mode="研学"):
    return [number, org, number_cell(45052, DAY) if date is None else date, name, mode, count]


def one(name, *lines, after="", **how):
    return book(name, [sheet_xml([row_xml(NAMES), *(row_xml(cells) for cells in lines)], after)], **how)


def workbooks():
    one("901-workbook.xlsx", line("X901-1"), line("X901-2", count="约30"), ["合计", "", "", "", "", 150])
    dates = [number_cell(45052, DAY), number_cell(45052, DAY_ZH), number_cell(45052, DAY_OWN), number_cell(45052.8125, DAY_TIME),
             number_cell(45047, MONTH), number_cell(44927, YEAR), "2023年5月6日", number_cell(45052), number_cell(20230506),
             '<c t="d"><v>2023-05-06T00:00:00</v></c>', number_cell(45051.99999, DAY_TIME)]
    one("902-workbook-dates.xlsx", *(line(f"X902-{i}", date) for i, date in enumerate(dates)))
    one("903-workbook-day-without-year.xlsx", line("X903-1", number_cell(45418, NO_YEAR)))
    one("904-workbook-from-1904.xlsx", line("X904-1", number_cell(43590, DAY)), line("X904-2", number_cell(43590)), line("X904-3", ""),
        line("X904-4", number_cell(20230506)), line("X904-5", number_cell(43590, DAY), 43590), properties='<workbookPr date1904="1"/>',
        after='<mergeCells><mergeCell ref="C3:C4"/></mergeCells>')
    counts = [number_cell("120", PEOPLE), number_cell("1.2E2"), number_cell("120.00000000000001"), number_cell("120.5"), "120",
              number_cell("-5"), '<c t="b"><v>1</v></c>', number_cell("1200000", SCIENCE)]
    one("905-workbook-numbers.xlsx", *(line(f"X905-{i}", count=count) for i, count in enumerate(counts)))
    strings = ["<t>" + name + "</t>" for name in NAMES] + [
        "<r><t>清风</t></r><r><rPr><b/></rPr><t>讲堂</t></r><rPh sb=\"0\" eb=\"2\"><t>qīng fēng</t></rPh>", "<t>福州海关</t>", "<t>研学</t>",
        "<t>X906-1</t>", "<t xml:space=\"preserve\">  X906-2_x000D_ </t>", "<t/>"]
    shared = lambda i: f'<c t="s"><v>{i}</v></c>'
    book("906-workbook-shared-texts.xlsx", [sheet_xml([
        row_xml([shared(i) for i in range(6)]), row_xml([shared(9), shared(7), number_cell(45052, DAY), shared(6), shared(8), 120]),
        row_xml([shared(10), shared(7), number_cell(45052, DAY), shared(11), shared(8), 30])])], strings=strings)
    merges = '<mergeCells count="3"><mergeCell ref="A1:F1"/><mergeCell ref="B3:B5"/><mergeCell ref="C4:C5"/></mergeCells>'
    book("907-workbook-merged.xlsx", [sheet_xml([
        row_xml(["活动台账"]), row_xml(NAMES), row_xml(line("X907-1")), row_xml(["X907-2", "", number_cell(45053, DAY), "读书会", "研学", 30]),
        row_xml(["X907-3", "", "", "参观", "研学", "约7"]), row_xml(["X907-4", "", number_cell(45054, DAY), "参观", "研学", 9])], merges)])
    one("908-workbook-merged-counts.xlsx", line("X908-1", count=300), line("X908-2", count=""), line("X908-3", count=7),
        after='<mergeCells><mergeCell ref="F2:F3"/></mergeCells>')
    one("925-workbook-merged-numbers.xlsx", line("X925-1"), line("", number_cell(45053, DAY)), line("X925-2", count=7),
        after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')
    one("926-workbook-words-behind-numbers.xlsx", line("X926-1", count=number_cell(120, PERCENT)), styles=styles_xml((*FORMATS, 'General"人"')))
    hidden = sheet_xml([row_xml(NAMES + ["参加人数", "旧列"]), row_xml(line("X929-1", count=300) + [120, "x"])])
    book("929-workbook-hidden-columns.xlsx", [hidden.replace("<sheetData>", '<cols><col min="6" max="6" hidden="1"/><col min="8" max="9" hidden="1"/></cols><sheetData>')])
    two_lines = [f'<mergeCell ref="{column}{first}:{column}{first + 1}"/>' for column in "ABCDEF" for first in (2, 4)]
    one("928-workbook-two-lines-high.xlsx", line("X928-1"), [], line("X928-2", count=7), [], after=f'<mergeCells>{"".join(two_lines)}</mergeCells>')
    one("909-workbook-formulas.xlsx", line("X909-1", count="<c><f>60+60</f><v>120</v></c>"), line("X909-2", count="<c><f>60+1</f><v>61</v></c>"),
        line("X909-3", count="<c><f>1/0</f></c>"), line("X909-4", count='<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
        line("X909-5", name='<c t="str"><f>"清风"&amp;"讲堂"</f><v>清风讲堂</v></c>'))
    book("910-workbook-hidden-rows.xlsx", [sheet_xml([row_xml(NAMES), row_xml(line("X910-1")), row_xml(line("X910-2"), ' hidden="1"'),
                                                      row_xml(line("X910-3"), ' hidden="true"'), row_xml([], ' hidden="1"')])])
    first = sheet_xml([row_xml(NAMES), row_xml(line("X911-1"))])
    second = sheet_xml([row_xml(NAMES), row_xml(line("X911-2"))])
    book("911-workbook-more-sheets.xlsx", [first, second, sheet_xml([row_xml(["说明"])])], sheet_names=["一月", "二月", "说明"])
    book("927-workbook-remarks-first.xlsx", [sheet_xml([row_xml(["填表说明"])]), second.replace("X911", "X927")], sheet_names=["说明", "二月"])
    book("912-workbook-sheet-by-name.xlsx", [first.replace("X911", "X912"), second.replace("X911", "X912")], sheet_names=["一月", "二月"])
    book("913-workbook-sheet-by-place.xlsx", [first.replace("X911", "X913"), second.replace("X911", "X913")], sheet_names=["一月", "二月"])
    book("914-workbook-no-such-sheet.xlsx", [first.replace("X911", "X914")], sheet_names=["一月"])
    book("915-workbook-hidden-sheet-first.xlsx", [sheet_xml([row_xml(NAMES), row_xml(line("X915-0"))]), sheet_xml([row_xml(NAMES), row_xml(line("X915-1"))])],
         states=["hidden", ""])
    book("916-workbook-chart-first.xlsx", [None, sheet_xml([row_xml(NAMES), row_xml(line("X916-1"))])])
    prefixed = sheet_xml([row_xml(NAMES), row_xml(line("X917-1"))]).replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:") \
        .replace("<x:?xml", "<?xml").replace("xmlns=", "xmlns:x=")
    book("917-workbook-with-prefixes.xlsx", [prefixed])
    book("918-workbook-sparse.xlsx", [sheet_xml([
        '<row r="3">' + "".join(text_cell(name, f' r="{column}3"') for column, name in zip("BDFHJL", NAMES)) + "</row>",
        '<row r="7">' + text_cell("X918-1", ' r="B7"') + text_cell("海关福州", ' r="D7"') + '<c r="E7" s="1"/>' + number_cell(45052, DAY, ' r="F7"') +
        text_cell("研学", ' r="J7"') + number_cell(9, 0, ' r="L7"') + '<c r="XFD7" s="1"/></row>'])])
    book("919-workbook-elsewhere.xlsm", [sheet_xml([row_xml(NAMES), row_xml(line("X919-1"))])], prefix="book/", absolute=True)
    progress = ["举措", "单位", "填报日期", "完成百分比", "已完成"]
    book("922-workbook-percent.xlsx", [sheet_xml([row_xml(progress)] + [
        row_xml(["M01", org, number_cell(45052, DAY), percent, "否"]) for org, percent in (
            ("福州海关", number_cell(1, PERCENT)), ("税务部门", number_cell(0.5, PERCENT)), ("中建海峡", number_cell(1)),
            ("厦航福州分公司", "８０％"), ("福州海关", number_cell(0.125, PERCENT)))])], styles=styles_xml((*FORMATS, "0%")))
    empty = '<c t="str"><f>IF(G2="","",G2)</f><v></v></c>'
    one("923-workbook-empty-results.xlsx", line("X923-1", count=empty), line("X923-2", name=empty), line("X923-3", count="<c><f>1+1</f></c>"),
        line("X923-4", count="<c><f>1+1</f><v></v></c>"))
    one("924-workbook-months-as-numbers.xlsx", line("X924-1", number_cell("2023.1")), line("X924-2", "2023.10"), line("X924-3", number_cell("5.6")),
        line("X924-4", number_cell("2023")), line("X924-5", number_cell("45052.0")), line("X924-6", number_cell("2023.1")),
        line("X924-7", ""), line("X924-8", number_cell("2023.5")), after='<mergeCells><mergeCell ref="C7:C8"/></mergeCells>')
    one("920-workbook-texts-that-are-numbers.xlsx", ["X920-1", "福州海关", "45052", "00123", "研学", "００１２０"])
    breaks = "清风_x000A_讲堂"
    one("921-workbook-breaks.xlsx", line("X921-1", name=breaks), line("X921_x005F_2"))
    # Damaged, hostile, or something else.
    whole = open(book("931-damaged-cut.xlsx", [first.replace("X911", "X931")]), "rb").read()
    put("931-damaged-cut.xlsx", whole[:len(whole) // 2])
    path = book("932-damaged-checksum.xlsx", [first.replace("X911", "X932")])
    with open(path, "rb") as file:
        data = bytearray(file.read())
    at = data.index(zlib.crc32(first.replace("X911", "X932").encode()).to_bytes(4, "little"))
    for place in (at, data.index(bytes(data[at:at + 4]), at + 4)):
        data[place] ^= 1
    put("932-damaged-checksum.xlsx", bytes(data))
    one("933-damaged-text-index.xlsx", line("X933-1", name='<c t="s"><v>7</v></c>'), strings=["<t>a</t>"])
    book("934-damaged-xml.xlsx", ["<worksheet><sheetData><row>"])
    book("935-rows-backwards.xlsx", [sheet_xml([row_xml(NAMES, ' r="5"'), row_xml(line("X935-1"), ' r="2"')])])
    one("936-sheet-part-missing.xlsx", line("X936-1"), change={"xl/worksheets/sheet1.xml": None})
    book("941-entity-bomb.xlsx", ['<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
                                  f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'])
    book("942-zip-bomb.xlsx", [sheet_xml([row_xml(NAMES)]) + " " * (12 * 1024 * 1024)])
    one("943-cell-too-far.xlsx", line("X943-1"), change={"xl/worksheets/sheet1.xml": sheet_xml(
        [row_xml(NAMES), '<row r="4294967295">' + text_cell("X943-1") + "</row>"])})
    document = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}
    for name, parts in (("944-document.xlsx", document), ("945-opendocument.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                                                                                 "content.xml": "<office/>"})):
        with zipfile.ZipFile(os.path.join(FOLDER, name), "w") as archive:
            for part, text in parts.items():
                archive.writestr(zipfile.ZipInfo(part, (2023, 5, 6, 0, 0, 0)), text)


if __name__ == "__main__":
    for make in (encodings, lines_and_dividers, headers, numbers_and_dates, names_and_words, totals, merged, known_before, other_kinds, workbooks):
        make()
