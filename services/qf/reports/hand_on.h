/* Handing a report on: its form, its file, and the document that pages become. All
 * reports share it: --format, --output, --overwrite. */
#pragma once

#include "qf/reports/page.h"
#include "views/year_report.h"

struct qf_handing { /* as the command was asked */
        const char *format, *output;
        bool overwrite;
};

/* Rows of an option table; at: where its struct of options has the struct qf_handing. */
#define QF_HANDING_OPTIONS(at)                                                                                 \
        {"format",                                                                                             \
         QF_OPTION_TEXT,                                                                                       \
         (at) + offsetof(struct qf_handing, format),                                                           \
         "pdf|xlsx|html|md|csv|json|text",                                                                     \
         "哪种文件；默认 text",                                                                                \
         "the form; default text",                                                                             \
         0},                                                                                                   \
                {"output",                                                                                     \
                 QF_OPTION_TEXT,                                                                               \
                 (at) + offsetof(struct qf_handing, output),                                                   \
                 "FILE",                                                                                       \
                 "写到哪个文件；“-”是屏幕。pdf、xlsx、html 不写时自己取名",                                    \
                 "the file; \"-\": standard output. Without it pdf, xlsx and html are named by what they are", \
                 0},                                                                                           \
        {                                                                                                      \
                "overwrite", QF_OPTION_FLAG, (at) + offsetof(struct qf_handing, overwrite), NULL,              \
                        "文件已有也写，换掉它", "replace the file if there is one", 0                          \
        }

const char *qf_form_ending(enum qf_form form); /* "pdf" */
/* Of --format, --csv and --json. A form that qf is not linked for is handed over: the process goes on as qf-render with
 * the same words, so that this is asked before anything else is. 0 or 1. */
QF_CHECK int qf_handing_form(struct qf_cli *cli, const struct qf_handing *handing, bool csv,
                             enum qf_form *ret_form);
/* Writes the bytes to --output, or to a name of its own, or to standard output; a file is there as a whole or not at
 * all, and one that says something else stays unless --overwrite. name: without ending. Exit code. */
int qf_handing_give(struct qf_cli *cli, const struct qf_handing *handing, enum qf_form form, const char *name,
                    struct qf_view bytes);

/* Whether it goes into a file and not to standard output. */
bool qf_handing_is_file(const struct qf_handing *handing, enum qf_form form);
/* A page as text, JSON or CSV. Exit code. */
int qf_handing_page(struct qf_cli *cli, const struct qf_handing *handing, enum qf_form form,
                    struct qf_page *page);

enum { QF_HANDED_CARDS = 4, QF_HANDED_SOURCES = 12, QF_HANDED_BYTES = 256, QF_HANDED_PAGES = 32 };

struct qf_handed { /* what goes before and after the pages */
        const struct qf_programme *registers;
        struct qf_view programme; /* its name */
        char title[QF_HANDED_BYTES], whose[QF_HANDED_BYTES], period[QF_HANDED_BYTES],
                edition[QF_HANDED_BYTES];
        bool sample, training;
        int64_t made_s;
        uint32_t cards_count, sources_count, pages_count;
        struct {
                char label[QF_HANDED_BYTES], figure[QF_HANDED_BYTES], beside[QF_HANDED_BYTES];
        } cards[QF_HANDED_CARDS];
        struct {
                char name[QF_HANDED_BYTES], value[2 * QF_HANDED_BYTES];
        } sources[QF_HANDED_SOURCES];
        struct {
                struct qf_page *page; /* borrowed */
                char heading[QF_HANDED_BYTES];
        } pages[QF_HANDED_PAGES];
};

/* What every report says of itself: programme, sample, training. */
void qf_handed_init(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_programme *programme);
void qf_handed_source(struct qf_handed *handed, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* Of figures of now: by which key, of which position of the journal, narrowed how, and by what they were put on paper. */
void qf_handed_sources(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_list *where,
                       uint64_t version);
/* "2022-01-01 to 2023-12-31, compared with 2021". */
void qf_handed_years(struct qf_handed *handed, const struct qf_cli *cli, const struct qf_year_report *report,
                     uint32_t last_day);
void qf_handed_page(struct qf_handed *handed, struct qf_page *page, const char *heading);
/* 2023-05-06 → seconds since 1970; SOURCE_DATE_EPOCH where that is set. */
int64_t qf_handed_time(uint32_t day);
/* The document in a form that is none of text, JSON and CSV. 0 or 1. */
QF_CHECK int qf_handed_make(struct qf_cli *cli, struct qf_handed *handed, enum qf_form form,
                            struct qf_buffer *ret_bytes);
