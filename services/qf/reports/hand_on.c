/* Why: whatever a report is of, it is made into a file in one way: by forms that
 * stand in one table, under a name that tells what it is, whole, and never over
 * another one unasked. */
#include "qf/reports/hand_on.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/cli/asking.h"
#include "qf/operator/up_child.h"
#include "qf/reports/document_chart.h"
#include "qf/reports/document_forms.h"
#include "qf/reports/indicators.h"
#include "store/directory.h"

enum { ARGUMENTS_MAX = 512, COMMAND_BYTES = 65536, DEFINITIONS_MAX = 64 };

static const char *const endings[QF_FORMS] = {"text", "json", "csv", "md", "html", "xlsx", "pdf"};

const char *qf_form_ending(enum qf_form form)
{
        return endings[form];
}

/* --- the form -------------------------------------------------------------------- */

static int become_render(struct qf_cli *cli)
{
        QF_CLEANUP(qf_cleanup_free) char *words = calloc(1, COMMAND_BYTES + 1);
        QF_CLEANUP(qf_cleanup_close) int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
        char *argv[ARGUMENTS_MAX + 1] = {NULL}, path[PATH_MAX];
        ssize_t len = fd >= 0 && words ? read(fd, words, COMMAND_BYTES) : -1;
        size_t count = 0;
        for (char *at = words; len > 0 && at < words + len && count < ARGUMENTS_MAX; at += strlen(at) + 1)
                argv[count++] = at;
        if (!count || count == ARGUMENTS_MAX || len == COMMAND_BYTES)
                return qf_cli_broke(cli, -E2BIG, "qf-render");
        qf_up_find_program("qf-render", path, sizeof(path));
        argv[0] = path;
        (void)execvp(path, argv);
        return qf_cli_fail(
                cli, QF_EXIT_OTHER,
                "PDF 和工作簿由 qf-render 来做，这台机器上没有它。\n安装：apt-get install qingfeng-report；不装也能用 "
                "--format html、md、csv。",
                "PDF and workbooks are made by qf-render, which is not on this machine.\nInstall it: apt-get install "
                "qingfeng-report; or use --format html, md or csv, which need it not.");
}

int qf_handing_form(struct qf_cli *cli, const struct qf_handing *handing, bool csv, enum qf_form *ret_form)
{
        enum qf_form form = csv ? QF_FORM_CSV : cli->json ? QF_FORM_JSON : QF_FORM_TEXT;
        if (handing->format) {
                for (form = 0; form < QF_FORMS && strcmp(handing->format, endings[form]) != 0;)
                        form++;
                if (form == QF_FORMS || (csv && form != QF_FORM_CSV) || (cli->json && form != QF_FORM_JSON))
                        return qf_cli_misused(
                                cli,
                                "--format 是 pdf、xlsx、html、md、csv、json、text 中的一个，而不是“%s”；也不能和另一种一起用。",
                                "--format is one of pdf, xlsx, html, md, csv, json, text, not \"%s\"; and only one of them.",
                                handing->format);
        }
        if ((form == QF_FORM_PDF || form == QF_FORM_XLSX) && !cli->renderers)
                return become_render(cli);
        *ret_form = form;
        return 0;
}

/* --- the file --------------------------------------------------------------------- */

/* Whether the file says the same already. */
static bool is_same(const char *path, struct qf_view bytes)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        QF_CLEANUP(qf_cleanup_free) char *there = malloc((size_t)bytes.len + 1);
        size_t len = 0;
        ssize_t n = 1;
        while (fd >= 0 && there && n > 0 && len <= bytes.len) {
                n = read(fd, there + len, bytes.len + 1 - len);
                len += n > 0 ? (size_t)n : 0;
        }
        return fd >= 0 && there && n == 0 && len == bytes.len && !memcmp(there, bytes.at, len);
}

static int write_part(const char *path, struct qf_view bytes)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0)
                return -errno;
        for (uint32_t at = 0; at < bytes.len;) {
                const ssize_t n = write(fd, bytes.at + at, bytes.len - at);
                if (n < 0 && errno != EINTR)
                        return -errno;
                at += n > 0 ? (uint32_t)n : 0;
        }
        return fsync(fd) < 0 ? -errno : 0;
}

/* link() does not replace; where a file system has no links (FAT, SMB), a rename that does not; where it has none either,
 * who looks first is asked to be alone. */
static int give_name(const char *part, const char *path)
{
        if (!link(part, path))
                return 0;
        if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
                return -errno;
        if (!renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE))
                return 0;
        if (errno != EINVAL && errno != ENOSYS)
                return -errno;
        if (!access(path, F_OK))
                return -EEXIST;
        return rename(part, path) < 0 ? -errno : 0;
}

/* Under another name first; its own is on disk before this returns. A directory that we may only write to cannot be
 * synced. */
static int write_whole(const char *path, struct qf_view bytes, bool overwrite)
{
        char part[PATH_MAX];
        const int len = snprintf(part, sizeof(part), "%s.%ld.part", path, (long)getpid());
        if (len < 0 || (size_t)len >= sizeof(part))
                return -ENAMETOOLONG;
        int r = write_part(part, bytes);
        if (!r)
                r = !overwrite ? give_name(part, path) : rename(part, path) < 0 ? -errno : 0;
        (void)unlink(part); /* gone where it was renamed */
        if (r)
                return r;
        r = qf_directory_sync_parent(path);
        return r == -EACCES ? 0 : r;
}

bool qf_handing_is_file(const struct qf_handing *handing, enum qf_form form)
{
        return handing->output ? strcmp(handing->output, "-") != 0 : form >= QF_FORM_HTML;
}

int qf_handing_give(struct qf_cli *cli, const struct qf_handing *handing, enum qf_form form, const char *name,
                    struct qf_view bytes)
{
        char own[PATH_MAX];
        const char *path = handing->output;
        (void)snprintf(own, sizeof(own), "%s.%s", name, endings[form]);
        if (!path)
                path = own;
        if (!qf_handing_is_file(handing, form)) {
                if (fwrite(bytes.at, 1, bytes.len, stdout) != bytes.len || fflush(stdout) != 0)
                        return qf_cli_broke(cli, errno ? -errno : -EIO, name);
                return QF_EXIT_DONE;
        }
        int r = is_same(path, bytes) ? 0 : write_whole(path, bytes, handing->overwrite);
        if (r == -EEXIST)
                return qf_cli_fail(
                        cli, QF_EXIT_CONFLICT,
                        "%s 已经有了，内容不同；没有动它。\n换个名字：--output 文件；或换掉它：--overwrite",
                        "%s is there and says something else; it was left as it is.\nAnother name: --output FILE; or "
                        "replace it: --overwrite",
                        path);
        if (r < 0)
                return qf_cli_broke(cli, r, path);
        if (!handing->output)
                puts(path);
        return QF_EXIT_DONE;
}

int qf_handing_page(struct qf_cli *cli, const struct qf_handing *handing, enum qf_form form,
                    struct qf_page *page)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);
        if (!to)
                return qf_cli_broke(cli, -ENOMEM, page->report);
        page->to = to;
        int exit_code = qf_page_print(page, form);
        if (fclose(to) != 0)
                return qf_cli_broke(cli, -ENOMEM, page->report);
        return exit_code ? exit_code
                         : qf_handing_give(cli, handing, form, page->report,
                                           (struct qf_view){text, (uint32_t)len});
}

/* --- the document ------------------------------------------------------------------- */

void qf_handed_init(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_programme *programme)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        const struct qf_view title = cli->chinese ? settings->title_zh : settings->title_en;
        *handed = (struct qf_handed){.registers = programme,
                                     .programme = title.len ? title : settings->code,
                                     .sample = settings->sample,
                                     .training = settings->training};
}

void qf_handed_source(struct qf_handed *handed, const char *name, const char *format, ...)
{
        va_list args;
        QF_ASSERT(handed->sources_count < QF_HANDED_SOURCES);
        va_start(args, format);
        (void)snprintf(handed->sources[handed->sources_count].name, QF_HANDED_BYTES, "%s", name);
        (void)vsnprintf(handed->sources[handed->sources_count].value, 2 * QF_HANDED_BYTES, format, args);
        va_end(args);
        (void)qf_text_whole(handed->sources[handed->sources_count].value);
        handed->sources_count++;
}

/* "channel in-person (channel=offline)": as people call it, and as it was asked. */
static int say_narrowed(const struct qf_handed *handed, const struct qf_cli *cli, struct qf_view where,
                        char *room, size_t room_bytes)
{
        const char *equals = memchr(where.at, '=', where.len);
        const uint32_t len = equals ? (uint32_t)(equals - where.at) : where.len;
        const struct qf_view code = {where.at, len},
                             member = {where.at + len + !!equals, where.len - len - !!equals},
                             dimension = qf_asking_dimension_label(cli, handed->registers, code),
                             label = qf_asking_member_label(cli, handed->registers, code, member, NULL, 0);
        return snprintf(room, room_bytes, qf_cli_say(cli, "%.*s：%.*s（%.*s）", "%.*s: %.*s (%.*s)"),
                        (int)dimension.len, dimension.at, (int)label.len, label.at, (int)where.len, where.at);
}

void qf_handed_sources(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_list *where,
                       uint64_t version)
{
        char narrowed[2 * QF_HANDED_BYTES] = "";
        for (uint32_t i = 0, len = 0; i < where->count && len < sizeof(narrowed); i++) {
                if (i)
                        len += (uint32_t)snprintf(narrowed + len, sizeof(narrowed) - len, "%s",
                                                  qf_cli_say(cli, "；", "; "));
                if (len < sizeof(narrowed))
                        len += (uint32_t)say_narrowed(handed, cli, where->at[i], narrowed + len,
                                                      sizeof(narrowed) - len);
        }
        (void)qf_text_whole(narrowed);
        qf_handed_source(handed, qf_cli_say(cli, "数据", "Data"),
                         qf_cli_say(cli, "日志位置 %llu 为止的全部记录",
                                    "all records up to position %llu of the journal"),
                         (unsigned long long)version);
        qf_handed_source(handed, qf_cli_say(cli, "只算", "Only of"), "%s",
                         *narrowed ? narrowed : qf_cli_say(cli, "不筛选", "everything"));
        qf_handed_source(handed, qf_cli_say(cli, "用谁的密钥", "Asked with the key of"), "%s", cli->source);
        qf_handed_source(handed, qf_cli_say(cli, "制作", "Made by"), "qf %s", QF_VERSION);
}

void qf_handed_years(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_year_report *report,
                     uint32_t last_day)
{
        (void)snprintf(handed->period, sizeof(handed->period),
                       qf_cli_say(cli, "统计区间：%u-01-01 至 %u-%02u-%02u；与 %u 年比较",
                                  "Period: %u-01-01 to %u-%02u-%02u; compared with %u"),
                       report->from, report->year, last_day / 100 % 100, last_day % 100, report->base);
}

void qf_handed_page(struct qf_handed *handed, struct qf_page *page, const char *heading)
{
        QF_ASSERT(handed->pages_count < QF_HANDED_PAGES);
        handed->pages[handed->pages_count].page = page;
        (void)snprintf(handed->pages[handed->pages_count].heading, QF_HANDED_BYTES, "%s", heading);
        (void)qf_text_whole(handed->pages[handed->pages_count].heading);
        handed->pages_count++;
}

int64_t qf_handed_time(uint32_t day)
{
        const char *epoch = getenv("SOURCE_DATE_EPOCH");
        struct tm tm = {.tm_year = (int)(day / 10000) - 1900,
                        .tm_mon = (int)(day / 100 % 100) - 1,
                        .tm_mday = (int)(day % 100)};
        uint64_t said;
        if (epoch && qf_text_number(qf_view_of(epoch), INT32_MAX, &said))
                return (int64_t)said;
        return (int64_t)timegm(&tm);
}

struct made { /* what the views of a document look at */
        struct qf_document_card cards[QF_HANDED_CARDS];
        struct qf_document_source sources[QF_HANDED_SOURCES];
        struct qf_document_section sections[QF_HANDED_PAGES];
        struct qf_document_definition definitions[DEFINITIONS_MAX];
        struct qf_indicator_words words[DEFINITIONS_MAX];
        const char *codes[DEFINITIONS_MAX];
};

/* Each indicator once, in the order in which the sections show them. */
static void define(struct made *made, struct qf_document *document, const char *code)
{
        const struct qf_indicator *indicator = qf_indicator(code);
        uint32_t at = 0;
        while (at < document->definitions_count && strcmp(made->codes[at], code) != 0)
                at++;
        if (at < document->definitions_count || at == DEFINITIONS_MAX || !indicator)
                return;
        struct qf_indicator_words *words = &made->words[at];
        qf_indicator_say(document->chinese, indicator, words);
        made->codes[at] = code;
        made->definitions[at] = (struct qf_document_definition){
                qf_view_of(words->name), qf_view_of(words->means), qf_view_of(words->adds)};
        document->definitions_count++;
}

/* "一、", "十二、", "1. " */
static void number_heading(const struct qf_cli *cli, struct qf_handed *handed, uint32_t at)
{
        static const char *const digits[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
        char plain[QF_HANDED_BYTES], *heading = handed->pages[at].heading;
        const uint32_t number = at + 1;
        (void)snprintf(plain, sizeof(plain), "%s", heading);
        if (cli->chinese)
                (void)snprintf(heading, QF_HANDED_BYTES, "%s%s%s、%.240s",
                               number >= 20 ? digits[number / 10] : "", number >= 10 ? "十" : "",
                               digits[number % 10], plain);
        else
                (void)snprintf(heading, QF_HANDED_BYTES, "%u. %.240s", number, plain);
        (void)qf_text_whole(heading);
}

/* Charts that have something to show, as figures 1, 2, … of the document. */
static void number_charts(const struct qf_cli *cli, struct qf_page *page, struct qf_document_section *section,
                          unsigned *figures)
{
        uint32_t kept = 0;
        for (uint32_t i = 0; i < section->charts_count; i++) {
                char plain[QF_PAGE_LABEL_BYTES];
                if (!(qf_chart_height(&section->table, &section->charts[i], 400) > 0))
                        continue;
                (void)snprintf(plain, sizeof(plain), "%s", page->charts_titles[i]);
                (void)snprintf(page->charts_titles[i], QF_PAGE_LABEL_BYTES,
                               qf_cli_say(cli, "图%u  %.80s", "Figure %u  %.80s"), ++*figures, plain);
                (void)qf_text_whole(page->charts_titles[i]);
                section->charts[kept] = section->charts[i];
                section->charts[kept++].title = qf_view_of(page->charts_titles[i]);
        }
        section->charts_count = kept;
}

static int make(const struct qf_cli *cli, struct qf_handed *handed, struct made *made,
                struct qf_document *document)
{
        const char *stamp =
                handed->training ? qf_cli_say(cli, "演练：这里的数字都不是真实数字",
                                              "Training: none of these figures are real")
                : handed->sample ? qf_cli_say(cli, "示例数据，不是真实数字", "Sample data: invented figures")
                                 : "";
        *document = (struct qf_document){.chinese = cli->chinese,
                                         .programme = handed->programme,
                                         .title = qf_view_of(handed->title),
                                         .whose = qf_view_of(qf_text_whole(handed->whose)),
                                         .period = qf_view_of(handed->period),
                                         .stamp = qf_view_of(stamp),
                                         .edition = qf_view_of(handed->edition),
                                         .made_s = handed->made_s,
                                         .cards_count = handed->cards_count,
                                         .sections_count = handed->pages_count,
                                         .sources_count = handed->sources_count,
                                         .cards = made->cards,
                                         .sections = made->sections,
                                         .definitions = made->definitions,
                                         .sources = made->sources};
        unsigned figures = 0;
        for (uint32_t i = 0; i < handed->cards_count; i++)
                made->cards[i] = (struct qf_document_card){qf_view_of(handed->cards[i].label),
                                                           qf_view_of(handed->cards[i].figure),
                                                           qf_view_of(handed->cards[i].beside)};
        for (uint32_t i = 0; i < handed->sources_count; i++)
                made->sources[i] = (struct qf_document_source){qf_view_of(handed->sources[i].name),
                                                               qf_view_of(handed->sources[i].value)};
        for (uint32_t i = 0; i < handed->pages_count; i++) {
                struct qf_page *page = handed->pages[i].page;
                if (handed->pages_count > 1)
                        number_heading(cli, handed, i);
                int r = qf_page_section(page, qf_view_of(handed->pages[i].heading), &made->sections[i]);
                if (r)
                        return r;
                number_charts(cli, page, &made->sections[i], &figures);
                for (const char *const *code = page->indicators; code && *code; code++)
                        define(made, document, *code);
        }
        return 0;
}

int qf_handed_make(struct qf_cli *cli, struct qf_handed *handed, enum qf_form form,
                   struct qf_buffer *ret_bytes)
{
        const qf_document_form forms[QF_FORMS] = {
                [QF_FORM_MARKDOWN] = qf_document_markdown,
                [QF_FORM_HTML] = qf_document_html,
                [QF_FORM_XLSX] = cli->renderers ? cli->renderers->xlsx : NULL,
                [QF_FORM_PDF] = cli->renderers ? cli->renderers->pdf : NULL};
        QF_CLEANUP(qf_cleanup_free) struct made *made = calloc(1, sizeof(*made));
        struct qf_document_fault fault = {""};
        struct qf_document document;
        QF_ASSERT(forms[form]);
        int r = made ? make(cli, handed, made, &document) : -ENOMEM;
        if (!r)
                r = forms[form](&document, ret_bytes, &fault);
        if (r > 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "%s", "%s", fault.what);
        return r ? qf_cli_broke(cli, r, handed->title) : 0;
}
