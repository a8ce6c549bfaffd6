/* Why: a report goes into a mail, a note or a repository as text that is read as it is. */
#include <string.h>

#include "qf/reports/document_forms.h"

const struct qf_document_words *qf_document_words(bool chinese)
{
        static const struct qf_document_words words[] = {
                {"Contents", "Definitions",
                 "What each figure means, and whether it may be added. Percentages are rounded once, from integers, and never averaged.",
                 "Figure", "What is counted", "May it be added", "Where it comes from",
                 "There is nothing to show here for this period.", "Edition",
                 "Figures of now, not a published edition"},
                {"目录", "指标口径", "每个数是什么意思、能不能相加。百分比由整数算出，只修约一次，从不平均。",
                 "指标", "怎么算", "能否相加", "数据出处", "这一时期没有可列的记录。", "版次",
                 "现时数，不是公布的一版"},
        };
        return &words[chinese];
}

/* Of outside text nothing is markup, and nothing breaks a row. */
static int escaped(struct qf_buffer *to, struct qf_view text)
{
        int r = 0;
        for (uint32_t i = 0; i < text.len && !r; i++) {
                const char c = text.at[i];
                if (strchr("\\`*_{}[]<>|#~", c) && c)
                        r = qf_buffer_append(to, "\\", 1);
                if (!r)
                        r = qf_buffer_append(to, c == '\n' ? " " : &c, 1);
        }
        return r;
}

static int lines(struct qf_buffer *to, const struct qf_document_lines *lines, const char *before,
                 const char *after)
{
        int r = 0;
        for (uint32_t i = 0; i < lines->count && !r; i++) {
                r = qf_buffer_print(to, "%s", before);
                if (!r)
                        r = escaped(to, lines->at[i]);
                if (!r)
                        r = qf_buffer_print(to, "%s", after);
        }
        return r || !lines->count ? r : qf_buffer_print(to, "\n");
}

static int table_row(struct qf_buffer *to, const struct qf_document_table *table, uint32_t row)
{
        int r = qf_buffer_print(to, "\n|");
        for (uint32_t i = 0; i < table->columns_count && !r; i++) {
                const struct qf_view text = qf_document_cell(table, row, i)->text;
                const char *mark = row == qf_document_rows(table) && text.len ? "**" : ""; /* the total */
                r = qf_buffer_print(to, " %s", mark);
                if (!r)
                        r = escaped(to, text);
                if (!r)
                        r = qf_buffer_print(to, "%s |", mark);
        }
        return r;
}

static int table(struct qf_buffer *to, const struct qf_document_table *table)
{
        int r = qf_buffer_print(to, "|");
        for (uint32_t i = 0; i < table->columns_count && !r; i++) {
                r = qf_buffer_print(to, " ");
                if (!r)
                        r = escaped(to, table->columns[i].label);
                if (!r)
                        r = qf_buffer_print(to, " |");
        }
        if (!r)
                r = qf_buffer_print(to, "\n|");
        for (uint32_t i = 0; i < table->columns_count && !r; i++)
                r = qf_buffer_print(to, table->columns[i].right ? " ---: |" : " --- |");
        for (uint32_t row = 0; row < table->rows_count && !r; row++)
                r = table_row(to, table, row);
        return r ? r : qf_buffer_print(to, "\n\n");
}

static int section(struct qf_buffer *to, const struct qf_document_section *section,
                   const struct qf_document_words *words)
{
        int r = qf_buffer_print(to, "## ");
        if (!r)
                r = escaped(to, section->heading);
        if (!r)
                r = qf_buffer_print(to, "\n\n");
        if (!r)
                r = lines(to, &section->lines, "", "\n\n");
        if (!r && section->table.rows_count)
                r = table(to, &section->table);
        else if (!r && section->table.columns_count)
                r = qf_buffer_print(to, "*%s*\n\n", words->nothing);
        return r ? r : lines(to, &section->notes, "- ", "\n");
}

static int front(struct qf_buffer *to, const struct qf_document *document)
{
        const struct qf_view said[] = {document->programme, document->whose, document->period,
                                       document->edition};
        int r = qf_buffer_print(to, "# ");
        if (!r)
                r = escaped(to, document->title);
        if (!r)
                r = qf_buffer_print(to, "\n\n");
        for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]) && !r; i++) {
                if (!said[i].len)
                        continue;
                r = escaped(to, said[i]);
                if (!r)
                        r = qf_buffer_print(to, "  \n");
        }
        if (!r && document->stamp.len)
                r = qf_buffer_print(to, "\n**%.*s**\n", (int)document->stamp.len, document->stamp.at);
        return r ? r : qf_buffer_print(to, "\n");
}

static int back(struct qf_buffer *to, const struct qf_document *document,
                const struct qf_document_words *words)
{
        int r = 0;
        if (document->definitions_count)
                r = qf_buffer_print(to, "## %s\n\n%s\n\n| %s | %s | %s |\n| --- | --- | --- |\n",
                                    words->definitions, words->definitions_lead, words->name, words->means,
                                    words->adds);
        for (uint32_t i = 0; i < document->definitions_count && !r; i++) {
                const struct qf_document_definition *definition = &document->definitions[i];
                r = qf_buffer_print(to, "| %.*s | %.*s | %.*s |\n", (int)definition->name.len,
                                    definition->name.at, (int)definition->means.len, definition->means.at,
                                    (int)definition->adds.len, definition->adds.at);
        }
        if (!r)
                r = qf_buffer_print(to, "\n## %s\n\n", words->sources);
        for (uint32_t i = 0; i < document->sources_count && !r; i++) {
                r = qf_buffer_print(to, "- %.*s: ", (int)document->sources[i].name.len,
                                    document->sources[i].name.at);
                if (!r)
                        r = escaped(to, document->sources[i].value);
                if (!r)
                        r = qf_buffer_print(to, "\n");
        }
        return r;
}

int qf_document_markdown(const struct qf_document *document, struct qf_buffer *ret_bytes,
                         struct qf_document_fault *ret_fault)
{
        const struct qf_document_words *words = qf_document_words(document->chinese);
        (void)ret_fault;
        int r = front(ret_bytes, document);
        for (uint32_t i = 0; i < document->sections_count && !r; i++)
                r = section(ret_bytes, &document->sections[i], words);
        return r ? r : back(ret_bytes, document, words);
}
