/* Why: partners hand in what their office programs save. A workbook is a zip of XML
 * parts that name each other; this finds the one sheet that is wanted, and reads it
 * as data only: no formula is worked out, no link followed, no macro looked at. */
#include "qf/sheets/feed_xlsx.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/sheets/feed_xlsx_sheet.h"
#include "qf/sheets/feed_zip.h"

enum { PATH_ROOM = 256, ID_ROOM = 64, NAME_ROOM = 256, ENTRIES_MAX = 1024 };

struct relation { /* one part names another */
        char id[ID_ROOM], type[ID_ROOM], path[PATH_ROOM];
};

struct entry { /* a sheet in the workbook's list */
        char name[NAME_ROOM], id[ID_ROOM];
        bool hidden;
};

struct workbook {
        struct qf_zip *zip;
        struct qf_buffer part;
        struct qf_buffer relations, sheets; /* struct relation, struct entry */
        char folder[PATH_ROOM];             /* of the part whose relations are read: "xl/" */
        struct qf_xlsx_book book;
};

static void workbook_deinit(struct workbook *workbook)
{
        qf_zip_close(workbook->zip);
        qf_buffer_deinit(&workbook->part);
        qf_buffer_deinit(&workbook->relations);
        qf_buffer_deinit(&workbook->sheets);
        qf_xlsx_book_deinit(&workbook->book);
}

/* Zip outcomes, as this module's. */
static int zip_outcome(int result)
{
        switch (result) {
        case QF_ZIP_NONE: return QF_XLSX_OTHER;
        case QF_ZIP_DAMAGED: return QF_XLSX_DAMAGED;
        case QF_ZIP_TOO_LARGE: return QF_XLSX_TOO_LARGE;
        default: return result;
        }
}

static int load(struct workbook *workbook, const char *name, struct qf_view *ret_part)
{
        workbook->part.len = 0;
        int result = zip_outcome(qf_zip_read(workbook->zip, name, &workbook->part));
        *ret_part = (struct qf_view){(const char *)workbook->part.at, (uint32_t)workbook->part.len};
        return result;
}

static int read_xml(struct workbook *workbook, const char *name,
                    int (*begin)(void *ctx, const char *name, const char *const *attributes))
{
        struct qf_view part;
        int result = load(workbook, name, &part);
        if (result == 0)
                result = qf_xml_read(part, &(struct qf_xml_reader){workbook, begin, NULL, NULL});
        return result == QF_XML_DAMAGED ? QF_XLSX_DAMAGED : result;
}

/* --- which part is what -------------------------------------------------- */

static const struct relation *relation(const struct workbook *workbook, size_t i)
{
        return (const struct relation *)(const void *)workbook->relations.at + i;
}

static size_t relations(const struct workbook *workbook)
{
        return workbook->relations.len / sizeof(struct relation);
}

/* ".../relationships/worksheet" of the strict and of the usual schema alike. */
static const char *last_word(const char *type)
{
        const char *slash = strrchr(type, '/');
        return slash ? slash + 1 : type;
}

static bool keep(const char *text, char *room, size_t room_bytes)
{
        return text && (size_t)snprintf(room, room_bytes, "%s", text) < room_bytes;
}

static int relation_begins(void *ctx, const char *name, const char *const *attributes)
{
        struct workbook *workbook = ctx;
        struct relation found;
        const char *target = qf_xml_attribute(attributes, "Target");
        const char *type = qf_xml_attribute(attributes, "Type");
        char path[2 * PATH_ROOM];
        if (strcmp(name, "Relationship") != 0 || !target || !type)
                return 0;
        if (relations(workbook) >= ENTRIES_MAX)
                return QF_XLSX_TOO_LARGE;
        if (target[0] == '/')
                (void)snprintf(path, sizeof(path), "%s", target + 1);
        else
                (void)snprintf(path, sizeof(path), "%s%s", workbook->folder, target);
        if (!keep(qf_xml_attribute(attributes, "Id"), found.id, sizeof(found.id)) ||
            !keep(last_word(type), found.type, sizeof(found.type)) ||
            !keep(path, found.path, sizeof(found.path)))
                return 0; /* none that is asked for */
        return qf_buffer_append(&workbook->relations, &found, sizeof(found));
}

static const char *path_of_type(const struct workbook *workbook, const char *type)
{
        for (size_t i = 0; i < relations(workbook); i++)
                if (strcmp(relation(workbook, i)->type, type) == 0)
                        return relation(workbook, i)->path;
        return NULL;
}

static int sheet_begins(void *ctx, const char *name, const char *const *attributes)
{
        struct workbook *workbook = ctx;
        struct entry entry;
        if (strcmp(name, "workbookPr") == 0)
                workbook->book.epoch_1904 = qf_xml_is_true(qf_xml_attribute(attributes, "date1904"));
        if (strcmp(name, "sheet") != 0)
                return 0;
        if (workbook->sheets.len / sizeof(entry) >= ENTRIES_MAX)
                return QF_XLSX_TOO_LARGE;
        const char *state = qf_xml_attribute(attributes, "state");
        entry.hidden = state && strcmp(state, "visible") != 0;
        if (!keep(qf_xml_attribute(attributes, "name"), entry.name, sizeof(entry.name)) ||
            !keep(qf_xml_attribute(attributes, "id"), entry.id, sizeof(entry.id)))
                return QF_XLSX_DAMAGED;
        return qf_buffer_append(&workbook->sheets, &entry, sizeof(entry));
}

/* Of a part "xl/workbook.xml" the relations are in "xl/_rels/workbook.xml.rels". */
static int open_workbook(struct workbook *workbook)
{
        char path[PATH_ROOM], relations_path[2 * PATH_ROOM + 16];
        int result = read_xml(workbook, "_rels/.rels", relation_begins);
        const char *found = result == 0 ? path_of_type(workbook, "officeDocument") : NULL;
        if (result)
                return result;
        if (!keep(found, path, sizeof(path)))
                return QF_XLSX_OTHER;
        const char *slash = strrchr(path, '/');
        int folder = slash ? (int)(slash + 1 - path) : 0;
        (void)snprintf(workbook->folder, sizeof(workbook->folder), "%.*s", folder, path);
        (void)snprintf(relations_path, sizeof(relations_path), "%s_rels/%s.rels", workbook->folder,
                       path + folder);
        workbook->relations.len = 0;
        result = read_xml(workbook, relations_path, relation_begins);
        return result ? result : read_xml(workbook, path, sheet_begins);
}

/* --- which sheet --------------------------------------------------------- */

static const struct entry *entry(const struct workbook *workbook, size_t i)
{
        return (const struct entry *)(const void *)workbook->sheets.at + i;
}

/* Charts are listed as sheets too; their part is of another type. */
static const char *path_of_sheet(const struct workbook *workbook, size_t i)
{
        for (size_t k = 0; k < relations(workbook); k++)
                if (strcmp(relation(workbook, k)->id, entry(workbook, i)->id) == 0)
                        return strcmp(relation(workbook, k)->type, "worksheet") == 0
                                       ? relation(workbook, k)->path
                                       : NULL;
        return NULL;
}

static bool is_wanted(const struct workbook *workbook, const char *sheet, size_t i)
{
        return sheet ? strcmp(entry(workbook, i)->name, sheet) == 0 : !entry(workbook, i)->hidden;
}

static const char *find_sheet(const struct workbook *workbook, const char *sheet, size_t *ret_i)
{
        size_t count = workbook->sheets.len / sizeof(struct entry);
        uint64_t place = 0;
        for (*ret_i = 0; *ret_i < count; (*ret_i)++)
                if (is_wanted(workbook, sheet, *ret_i) && path_of_sheet(workbook, *ret_i))
                        return path_of_sheet(workbook, *ret_i);
        if (!sheet || !qf_text_number(qf_view_of(sheet), count, &place) || place == 0)
                return NULL;
        *ret_i = (size_t)place - 1;
        return path_of_sheet(workbook, *ret_i);
}

static int name_others(const struct workbook *workbook, size_t read, struct qf_buffer *ret_others)
{
        int result = 0;
        for (size_t i = 0; i < workbook->sheets.len / sizeof(struct entry) && result == 0; i++)
                if (i != read && !entry(workbook, i)->hidden && path_of_sheet(workbook, i))
                        result = qf_buffer_print(ret_others, "%s%s", ret_others->len > 0 ? "、" : "",
                                                 entry(workbook, i)->name);
        return result;
}

/* --- reading ------------------------------------------------------------- */

static int read_optional(struct workbook *workbook, const char *type,
                         int (*read)(struct qf_xlsx_book *book, struct qf_view part))
{
        const char *path = path_of_type(workbook, type);
        struct qf_view part;
        int result = path ? load(workbook, path, &part) : QF_XLSX_OTHER;
        if (result == QF_XLSX_OTHER)
                return 0; /* a workbook may do without */
        return result ? result : read(&workbook->book, part);
}

static int read_sheet(struct workbook *workbook, const char *sheet, struct qf_grid **ret_grid,
                      struct qf_buffer *ret_others)
{
        struct qf_grid *grid = NULL;
        struct qf_view part;
        size_t at = 0;
        const char *path = find_sheet(workbook, sheet, &at);
        int result = name_others(workbook, path ? at : SIZE_MAX, ret_others);
        if (result == 0 && !path)
                return QF_XLSX_NO_SHEET;
        if (result == 0)
                result = read_optional(workbook, "sharedStrings", qf_xlsx_strings_read);
        if (result == 0)
                result = read_optional(workbook, "styles", qf_xlsx_styles_read);
        if (result == 0)
                result = load(workbook, path, &part);
        if (result == QF_XLSX_OTHER)
                return QF_XLSX_DAMAGED; /* listed, and not there */
        if (result == 0)
                result = qf_grid_new(&grid);
        if (result == 0)
                result = qf_xlsx_sheet_read(&workbook->book, part, grid);
        if (result) {
                qf_grid_free(grid);
                return result;
        }
        *ret_grid = grid;
        return 0;
}

int qf_xlsx_read(struct qf_view bytes, const char *sheet, struct qf_grid **ret_grid,
                 struct qf_buffer *ret_others)
{
        QF_CLEANUP(workbook_deinit) struct workbook workbook = {0};
        int result = zip_outcome(qf_zip_open(bytes, &workbook.zip));
        if (result == 0)
                result = open_workbook(&workbook);
        return result ? result : read_sheet(&workbook, sheet, ret_grid, ret_others);
}
