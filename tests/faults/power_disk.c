/* See power_disk.h. */
#include "faults/power_disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, PAGE = 4096 };

static const uint32_t NO_FILE = UINT32_MAX;

static void must(bool done, const char *what)
{
        if (!done) {
                perror(what);
                exit(1);
        }
}

bool disk_log_next(struct qf_view log, size_t *offset, struct disk_log_record *ret_record)
{
        struct shim_record head;
        if (log.len - *offset < sizeof head)
                return false;
        memcpy(&head, log.at + *offset, sizeof head);
        must(log.len - *offset - sizeof head >= (size_t)head.name_len + head.bytes_len &&
                     head.name_len < SHIM_PATH,
             "the log is cut short");
        const char *at = log.at + *offset + sizeof head;
        ret_record->what = (enum shim_what)head.what;
        ret_record->at = head.at;
        memcpy(ret_record->name, at, head.name_len);
        ret_record->name[head.name_len] = '\0';
        ret_record->bytes = (struct qf_view){at + head.name_len, head.bytes_len};
        *offset += sizeof head + head.name_len + head.bytes_len;
        return true;
}

/* --- names -------------------------------------------------------------- */

static uint32_t find_name(const struct names *names, const char *path)
{
        for (uint32_t i = 0; i < names->count; i++)
                if (strcmp(names->path[i], path) == 0)
                        return i;
        return UINT32_MAX;
}

static void add_name(struct names *names, const char *path, bool folder, uint32_t file)
{
        must(names->count < DISK_FILES, "too many names");
        (void)snprintf(names->path[names->count], SHIM_PATH, "%s", path);
        names->folder[names->count] = folder;
        names->file[names->count++] = file;
}

static void remove_name(struct names *names, const char *path)
{
        uint32_t at = find_name(names, path);
        if (at == UINT32_MAX)
                return;
        uint32_t last = --names->count;
        memmove(names->path[at], names->path[last], SHIM_PATH);
        names->folder[at] = names->folder[last];
        names->file[at] = names->file[last];
}

/* A folder's name changes with all that is below it. */
static void change_name(struct names *names, const char *from, const char *to)
{
        size_t len = strlen(from);
        char changed[2 * SHIM_PATH];
        remove_name(names, to); /* an empty folder may be there */
        for (uint32_t i = 0; i < names->count; i++) {
                char *path = names->path[i];
                if (strncmp(path, from, len) != 0 || (path[len] != '\0' && path[len] != '/'))
                        continue;
                (void)snprintf(changed, sizeof changed, "%s%s", to, path + len);
                must(strlen(changed) < SHIM_PATH, "a path is too long");
                memcpy(path, changed, strlen(changed) + 1);
        }
}

static void names_after(const struct disk *disk, uint32_t changes, struct names *ret_names)
{
        ret_names->count = 0;
        for (uint32_t i = 0; i < changes; i++) {
                const struct name_change *change = &disk->changes[i];
                switch (change->what) {
                case SHIM_MKDIR: add_name(ret_names, change->from, true, NO_FILE); break;
                case SHIM_WRITE: add_name(ret_names, change->from, false, change->file); break;
                case SHIM_RENAME: change_name(ret_names, change->from, change->to); break;
                default: remove_name(ret_names, change->from); break;
                }
        }
}

static bool is_there(const struct disk *disk, const char *path)
{
        static struct names names;
        names_after(disk, disk->changes_count, &names);
        return find_name(&names, path) != UINT32_MAX;
}

static struct name_change *note_change(struct disk *disk, enum shim_what what, const char *path)
{
        must(disk->changes_count < DISK_NAMES, "too many changes of names");
        struct name_change *change = &disk->changes[disk->changes_count++];
        *change = (struct name_change){.what = what};
        (void)snprintf(change->from, sizeof change->from, "%s", path);
        return change;
}

/* --- files -------------------------------------------------------------- */

static struct disk_file *file_at(struct disk *disk, const char *path, bool make)
{
        static struct names names;
        names_after(disk, disk->changes_count, &names);
        uint32_t at = find_name(&names, path);
        if (at != UINT32_MAX && names.file[at] != NO_FILE)
                return &disk->files[names.file[at]];
        if (!make)
                return NULL;
        must(disk->files_count < DISK_FILES, "too many files");
        note_change(disk, SHIM_WRITE, path)->file = disk->files_count;
        return &disk->files[disk->files_count++];
}

static void apply_unit(struct qf_buffer *image, const struct unit *unit)
{
        static const uint8_t zeros[PAGE];
        while (image->len < unit->at + unit->len) {
                uint64_t lacks = unit->at + unit->len - image->len;
                must(qf_buffer_append(image, zeros, lacks < PAGE ? lacks : PAGE) == 0, "memory");
        }
        memcpy(image->at + unit->at, unit->bytes, unit->len);
}

static void add_write(struct disk *disk, const struct disk_log_record *record)
{
        struct disk_file *file = file_at(disk, record->name, true);
        uint64_t at = record->at, end = at + record->bytes.len;
        disk->turns++;
        while (at < end) {
                uint64_t next = at / SECTOR * SECTOR + SECTOR;
                if (file->units_count == file->units_room) {
                        file->units_room = file->units_room ? file->units_room * 2 : 256;
                        file->units = realloc(file->units, file->units_room * sizeof *file->units);
                        must(file->units != NULL, "memory");
                }
                next = next < end ? next : end;
                file->units[file->units_count++] =
                        (struct unit){.at = at,
                                      .len = (uint32_t)(next - at),
                                      .turn = disk->turns,
                                      .bytes = (const uint8_t *)record->bytes.at + (at - record->at)};
                at = next;
        }
}

/* Units of a turn, or of all (0), become durable. */
static void settle_units(struct disk_file *file, uint32_t turn)
{
        uint32_t kept = 0;
        for (uint32_t i = 0; i < file->units_count; i++) {
                if (turn == 0 || file->units[i].turn == turn)
                        apply_unit(&file->durable, &file->units[i]);
                else
                        file->units[kept++] = file->units[i];
        }
        file->units_count = kept;
}

/* --- what happens to it --------------------------------------------------- */

static bool is_inside(const struct disk *disk, const char *path)
{
        size_t len = strlen(disk->root);
        return strncmp(path, disk->root, len) == 0 && path[len] == '/';
}

bool disk_concerns(const struct disk *disk, const struct disk_log_record *record)
{
        switch (record->what) {
        case SHIM_ASKED:
        case SHIM_ANSWERED:
        case SHIM_TOLD: return false;
        case SHIM_TRUNCATE: must(false, "a truncation, which the model does not know"); return false;
        default: return strcmp(record->name, disk->root) == 0 || is_inside(disk, record->name);
        }
}

void disk_begin(struct disk *disk, const struct disk_log_record *record)
{
        struct name_change *change = NULL;
        switch (record->what) {
        case SHIM_WRITE:
        case SHIM_WRITE_SYNCED: add_write(disk, record); break;
        case SHIM_MKDIR: (void)note_change(disk, SHIM_MKDIR, record->name); break;
        case SHIM_RENAME:
                change = note_change(disk, SHIM_RENAME, record->name);
                (void)snprintf(change->to, sizeof change->to, "%.*s", (int)record->bytes.len,
                               record->bytes.at);
                break;
        case SHIM_REMOVE:
                if (is_there(disk, record->name))
                        (void)note_change(disk, SHIM_REMOVE, record->name);
                break;
        default: break;
        }
}

void disk_end(struct disk *disk, const struct disk_log_record *record)
{
        struct disk_file *file = NULL;
        if (record->what != SHIM_SYNC && record->what != SHIM_WRITE_SYNCED)
                return;
        file = file_at(disk, record->name, false);
        if (file)
                settle_units(file, record->what == SHIM_SYNC ? 0 : disk->turns);
        else /* a folder */
                disk->changes_durable = disk->changes_count;
}

/* --- crashes -------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

/* Whether a write that was not synced is in the place of its unit. For each unit one moment is chosen between the
 * last sync and now; what was written into it until then is there. In one crash of four all units have one moment:
 * writes are lost from some time on, in order. */
static bool survives(const struct crash *crash, const struct disk_file *file, const struct unit *unit)
{
        uint32_t oldest = file->units[0].turn, newest = file->units[file->units_count - 1].turn;
        uint64_t place = mix(crash->seed) % 4 == 0 ? 0 : unit->at / (crash->torn ? SECTOR : PAGE) + 1;
        uint64_t chance = mix(crash->seed ^ mix(place));
        if (crash->nothing || crash->everything)
                return crash->everything;
        if (chance % 4 < mix(crash->seed + 1) % 4) /* crashes differ in how much is there */
                return true;
        return unit->turn < oldest + (chance >> 8) % (newest - oldest + 2);
}

static uint64_t digest_of(uint64_t digest, const void *bytes, size_t len)
{
        const uint8_t *at = bytes;
        uint64_t word;
        for (; len >= sizeof word; at += sizeof word, len -= sizeof word) {
                memcpy(&word, at, sizeof word);
                digest = (digest ^ word) * UINT64_C(0x100000001b3);
                digest ^= digest >> 29;
        }
        for (; len > 0; at++, len--)
                digest = (digest ^ *at) * UINT64_C(0x100000001b3);
        return digest;
}

static void fill_image(const struct disk_file *file, const struct crash *crash, struct qf_buffer *image)
{
        image->len = 0;
        must(qf_buffer_append(image, file->durable.at, file->durable.len) == 0, "memory");
        for (uint32_t i = 0; i < file->units_count; i++)
                if (survives(crash, file, &file->units[i]))
                        apply_unit(image, &file->units[i]);
}

uint64_t disk_crash(const struct disk *disk, const struct crash *crash, struct disk_state *state)
{
        uint32_t changes = disk->changes_count, unsure = changes - disk->changes_durable;
        struct names *names = &state->names;
        uint64_t digest = 0;

        if (crash->nothing)
                changes = disk->changes_durable;
        else if (!crash->everything)
                changes -= (uint32_t)(mix(crash->seed ^ 0x5eed) % (unsure + 1));
        names_after(disk, changes, names);
        state->root = disk->root;
        for (uint32_t i = 0; i < names->count; i++) {
                digest = mix(digest_of(digest, names->path[i], strlen(names->path[i])));
                if (names->folder[i])
                        continue;
                fill_image(&disk->files[names->file[i]], crash, &state->images[i]);
                digest = mix(
                        digest_of(digest ^ state->images[i].len, state->images[i].at, state->images[i].len));
        }
        return digest;
}

void disk_store(const struct disk_state *state, const char *folder)
{
        const struct names *names = &state->names;
        char path[2 * SHIM_PATH];
        for (uint32_t i = 0; i < 2 * names->count; i++) { /* folders first */
                uint32_t at = i % names->count;
                if (names->folder[at] != (i < names->count))
                        continue;
                (void)snprintf(path, sizeof path, "%s%s", folder, names->path[at] + strlen(state->root));
                if (names->folder[at]) {
                        must(mkdir(path, 0700) == 0, path);
                        continue;
                }
                const struct qf_buffer *image = &state->images[at];
                int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                must(fd >= 0 && write(fd, image->at, image->len) == (ssize_t)image->len && close(fd) == 0,
                     path);
        }
}
