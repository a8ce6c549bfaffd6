/* Each record is put together from its lines, and added only when it has the hash that it had where it comes from. */
#include "qf/operator/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"

struct import {
        const struct qf_so_far *so_far;
        FILE *stream;
        struct qf_backup *backup;
        struct qf_record_writer *writer;
        struct qf_sha256 *sha;
        struct qf_record_head head, previous; /* of the record whose entries come; of the last one */
        uint8_t hash[QF_SHA256_BYTES];        /* that it must have */
        struct qf_buffer bytes;               /* of the entry */
        struct qf_imported imported;
        bool begun, ended; /* the first line came; the last line did */
};

/* Positive 1: the line is not what it must be. */
static int wrong(struct import *import, const char *zh, const char *en)
{
        import->imported.zh = zh;
        import->imported.en = en;
        return 1;
}

static uint64_t number_of(const json_t *line, const char *name)
{
        return (uint64_t)json_integer_value(json_object_get(line, name));
}

/* --- fields -------------------------------------------------------------------- */

static struct qf_view text_of(const json_t *line, const char *name)
{
        const json_t *text = json_object_get(line, name);
        return (struct qf_view){json_string_value(text), (uint32_t)json_string_length(text)};
}

/* Bytes of exactly so many. */
static bool take_fixed(const json_t *line, const char *name, uint8_t *ret_bytes, size_t len)
{
        struct qf_view text = text_of(line, name);
        return text.at && qf_text_unhex(text, ret_bytes, len);
}

/* Adds the field's bytes to import->bytes; the view is made when all are there. */
static int take_bytes(struct import *import, const json_t *line, const char *name, size_t *ret_at,
                      uint32_t *ret_len)
{
        struct qf_view text = text_of(line, name);
        *ret_at = import->bytes.len;
        *ret_len = text.len / 2;
        if (text.len == 0)
                return 0;
        int r = qf_buffer_reserve(&import->bytes, text.len);
        if (r < 0)
                return r;
        if (!qf_text_unhex(text, import->bytes.at + *ret_at, *ret_len))
                return wrong(import, "字节不是十六进制", "bytes are not hex");
        import->bytes.len += *ret_len;
        return 0;
}

static int take_exceptions(struct import *import, const json_t *line, struct qf_exception **ret_exceptions,
                           uint32_t *ret_count)
{
        const json_t *array = json_object_get(line, "exceptions");
        size_t count = json_array_size(array);
        QF_CLEANUP(qf_cleanup_free) struct qf_exception *exceptions = calloc(count + 1, sizeof *exceptions);
        if (!exceptions)
                return -ENOMEM;
        if (count > UINT16_MAX)
                return wrong(import, "例外太多", "too many exceptions");
        for (size_t i = 0; i < count; i++) {
                json_int_t at, len, class, code;
                if (json_unpack(json_array_get(array, i), "[I, I, I, I!]", &at, &len, &class, &code) != 0)
                        return wrong(import, "例外不是 [at, len, class, code]",
                                     "an exception is not [at, len, class, code]");
                exceptions[i] = (struct qf_exception){
                        (uint32_t)at, (uint32_t)len, {(uint16_t) class, (uint16_t)code}};
        }
        *ret_count = (uint32_t)count;
        *ret_exceptions = QF_TAKE(exceptions);
        return 0;
}

/* --- entries and records ---------------------------------------------------------- */

/* The record's hash holds the digest of the texts, not themselves: a text that somebody changed in the lines would only be
 * found by who reads the backup. Redacted texts are not what the digest is of. */
static int check_texts(struct import *import, const struct qf_entry *entry)
{
        uint8_t hash[QF_SHA256_BYTES];
        if (entry->redacted)
                return entry->texts_length > 0
                               ? 0
                               : wrong(import, "texts_length 不是长度", "texts_length is no length");
        if (entry->texts.len == 0)
                return 0;
        qf_sha256_begin(import->sha);
        qf_sha256_add(import->sha, entry->texts.at, entry->texts.len);
        qf_sha256_end(import->sha, hash);
        return memcmp(hash, entry->texts_hash, sizeof hash) == 0
                       ? 0
                       : wrong(import, "文字与 texts_sha256 不符：有人改过",
                               "the texts are not those of texts_sha256: somebody changed them");
}

static int add_entry(struct import *import, const json_t *line)
{
        QF_CLEANUP(qf_cleanup_free) struct qf_exception *exceptions = NULL;
        struct qf_entry entry = {.kind = (uint8_t)number_of(line, "entry"),
                                 .flags = (uint8_t)number_of(line, "flags"),
                                 .count = (uint32_t)number_of(line, "count"),
                                 .skip = (uint32_t)number_of(line, "skip"),
                                 .first = number_of(line, "first"),
                                 .redacted = json_object_get(line, "texts_length") != NULL,
                                 .texts_length = (uint32_t)number_of(line, "texts_length"),
                                 .holder = number_of(line, "holder")};
        struct {
                const char *name;
                struct qf_view *to;
                size_t at;
        } parts[] = {{"facts", &entry.facts, 0}, {"texts", &entry.texts, 0}, {"cursor", &entry.cursor, 0}};
        json_int_t refs[3];
        if (json_unpack(json_object_get(line, "refs"), "[I, I, I!]", &refs[0], &refs[1], &refs[2]) != 0)
                return wrong(import, "有一项没有 refs", "an entry has no refs");
        entry.outbox = (uint32_t)refs[0], entry.source = (uint32_t)refs[1], entry.partner = (uint32_t)refs[2];
        int r = take_exceptions(import, line, &exceptions, &entry.exceptions_count);
        import->bytes.len = 0;
        for (size_t i = 0; r == 0 && i < sizeof parts / sizeof parts[0]; i++)
                r = take_bytes(import, line, parts[i].name, &parts[i].at, &parts[i].to->len);
        if (r != 0)
                return r;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
                parts[i].to->at = parts[i].to->len ? (const char *)import->bytes.at + parts[i].at : "";
        if (json_object_get(line, "texts_sha256") &&
            !take_fixed(line, "texts_sha256", entry.texts_hash, sizeof entry.texts_hash))
                return wrong(import, "texts_sha256 不是摘要", "texts_sha256 is no digest");
        r = check_texts(import, &entry);
        if (r != 0)
                return r;
        if (qf_record_size(import->writer) + import->bytes.len > QF_RECORD_BYTES_MAX)
                return wrong(import, "一条记录大过上限", "a record is larger than one may be");
        import->imported.entries++;
        return qf_record_add(import->writer, &entry, exceptions);
}

static int end_record(struct import *import)
{
        struct qf_view record;
        if (import->head.position == 0)
                return 0;
        if (qf_record_entries(import->writer) == 0)
                return wrong(import, "有一条记录是空的", "a record without an entry");
        memcpy(import->head.previous, import->previous.hash, sizeof import->head.previous);
        int r = qf_record_end(import->writer, import->sha, &import->head, &record);
        if (r == 0 && memcmp(import->head.hash, import->hash, sizeof import->hash) != 0)
                return wrong(import, "这条记录与原来的不同：前面有行缺了或被改过",
                             "the record is not what it was: lines before this one are missing or changed");
        if (r == 0)
                r = qf_backup_add(import->backup, &import->head, record);
        import->previous = import->head;
        import->head.position = 0;
        return r;
}

static int begin_record(struct import *import, const json_t *line)
{
        int r = end_record(import);
        if (r != 0)
                return r;
        import->head.position = number_of(line, "record");
        import->head.life_number = (uint32_t)number_of(line, "life");
        import->head.received_at_ms = (int64_t)number_of(line, "received_at");
        import->head.events_before = number_of(line, "events_before");
        if (import->head.position != import->previous.position + 1 ||
            !take_fixed(line, "hash", import->hash, sizeof import->hash))
                return wrong(import, "缺一条记录，或它没有 hash", "a record is missing, or has no hash");
        qf_record_begin(import->writer);
        return 0;
}

static int end_import(struct import *import, const json_t *line)
{
        int r = end_record(import);
        if (r != 0)
                return r;
        if (number_of(line, "end") != import->previous.position ||
            number_of(line, "entries") != import->imported.entries)
                return wrong(import, "结尾写的记录数或项数不符",
                             "the end names another number of records or entries");
        import->ended = true;
        return 0;
}

static int take_line(struct import *import, const json_t *line)
{
        if (!import->begun) {
                import->begun = true;
                return number_of(line, "qf_export") == 1 && take_fixed(line, "journal", import->head.writer,
                                                                       sizeof import->head.writer)
                               ? 0
                               : wrong(import, "这不是 qf export 导出的文件，或出自更新的版本",
                                       "this is no file of qf export, or of a later version");
        }
        if (import->ended)
                return wrong(import, "结尾之后还有内容", "something follows the end");
        if (json_object_get(line, "record"))
                return begin_record(import, line);
        if (json_object_get(line, "end"))
                return end_import(import, line);
        if (import->head.position == 0 || !json_object_get(line, "entry"))
                return wrong(import, "既不是记录，也不是它的一项",
                             "it is neither a record nor an entry of one");
        return add_entry(import, line);
}

static uint64_t size_of(FILE *stream)
{
        struct stat about;

        return fstat(fileno(stream), &about) == 0 && S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
}

static int take_lines(struct import *import)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        size_t room = 0;
        uint64_t done = 0;
        const uint64_t all = size_of(import->stream);
        int r = 0;
        for (ssize_t len; r == 0 && (len = getline(&text, &room, import->stream)) > 0;) {
                import->imported.line++;
                done += (uint64_t)len;
                qf_so_far_tell(import->so_far, done, all);
                json_t *line = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
                r = line ? take_line(import, line) : wrong(import, "不是 JSON", "it is no JSON");
                json_decref(line);
        }
        if (r == 0 && ferror(import->stream))
                return -EIO;
        if (r == 0 && import->imported.line == 0)
                return wrong(import, "文件是空的", "the file is empty");
        if (r == 0 && !import->ended)
                return wrong(import, "文件没有结尾，不完整", "the file ends before its end");
        return r == 0 ? qf_backup_sync(import->backup) : r;
}

int qf_import(FILE *stream, struct qf_backup *backup, const struct qf_so_far *so_far,
              struct qf_imported *ret_imported)
{
        struct import import = {
                .stream = stream, .backup = backup, .so_far = so_far, .imported = {.zh = "", .en = ""}};
        int r = qf_record_writer_new(&import.writer);

        if (r == 0)
                r = qf_sha256_new(&import.sha);
        if (r == 0)
                r = take_lines(&import);
        import.imported.position = import.previous.position;
        *ret_imported = import.imported;
        qf_record_writer_free(import.writer);
        qf_sha256_free(import.sha);
        qf_buffer_deinit(&import.bytes);
        return r;
}
