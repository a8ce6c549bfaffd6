/* A programme file compiled to register events: in an order in which each can be
 * judged (what is referred to comes first), and judged here by the very rules
 * that ingest will apply, so that a file that loads is a file that is taken. */
#include "programme/programme_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "programme/programme.h"
#include "programme/programme_item.h"
#include "programme/registers.h"

enum { SETTINGS_MAX = 20, WHAT_BYTES = 160 };

struct qf_programme_file {
        struct qf_yaml_programme *yaml;
        struct qf_buffer text;
        struct qf_event *events;
        struct qf_register *registers;
        struct qf_item *items;
        uint32_t count, room;
        struct qf_view *lists; /* of views: aliases */
        struct qf_pair *pairs;
        struct qf_move *moves;
        uint32_t lists_count, pairs_count, moves_count;
        char *error; /* first fault */
};

struct qf_programme_file *qf_programme_file_free(struct qf_programme_file *file)
{
        if (!file)
                return NULL;
        file->yaml = qf_yaml_free(file->yaml);
        qf_buffer_deinit(&file->text);
        free(file->events);
        free(file->registers);
        free(file->items);
        free(file->lists);
        free(file->pairs);
        free(file->moves);
        free(file->error);
        free(file);
        return NULL;
}

static void cleanup_file(struct qf_programme_file **file)
{
        *file = qf_programme_file_free(*file);
}

const struct qf_event *qf_programme_file_events(const struct qf_programme_file *file, uint32_t *ret_count)
{
        *ret_count = file->count;
        return file->events;
}

/* Keeps the first fault. 1, or -ENOMEM. */
static int fault(struct qf_programme_file *file, const struct qf_item *item, const char *what,
                 struct qf_view got)
{
        return qf_item_fault(item, file->yaml, (const char *)file->text.at, what, got, &file->error);
}

/* --- collecting events -------------------------------------------------- */

static struct qf_register *add(struct qf_programme_file *file, enum qf_kind kind, struct qf_item item)
{
        QF_ASSERT(file->count < file->room);
        struct qf_register *told = &file->registers[file->count];
        file->items[file->count] = item;
        file->events[file->count++] =
                (struct qf_event){.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = told};
        return told;
}

static void add_setting(struct qf_programme_file *file, const char *name, const char *value,
                        const char *field)
{
        if (!value)
                return;
        struct qf_register *told = add(file, QF_KIND_SETTING, (struct qf_item){-1, -1, 0, field, false});
        told->code = qf_view_of(name);
        told->value = qf_view_of(value);
}

/* "2021-01-01" → "20210101" in place: the setting's own form. */
static char *plain_date(char *date)
{
        if (date && strlen(date) == 10 && date[4] == '-' && date[7] == '-') {
                memmove(date + 4, date + 5, 2);
                memmove(date + 6, date + 8, 3);
        }
        return date;
}

static void add_settings(struct qf_programme_file *file)
{
        const struct qf_yaml_programme *yaml = file->yaml;
        add_setting(file, "code", yaml->code, "code");
        add_setting(file, "title_zh", yaml->zh, "zh");
        add_setting(file, "title_en", yaml->en, "en");
        add_setting(file, "scope_zh", yaml->scope_zh, "scope_zh");
        add_setting(file, "goal_zh", yaml->goal_zh, "goal_zh");
        add_setting(file, "goal_en", yaml->goal_en, "goal_en");
        add_setting(file, "scope_en", yaml->scope_en, "scope_en");
        const struct qf_yaml_settings *settings = yaml->settings;
        if (!settings)
                return;
        add_setting(file, "time_zone", settings->time_zone, "time_zone");
        add_setting(file, "rounding", settings->rounding, "rounding");
        add_setting(file, "timely_days", settings->timely_days, "timely_days");
        add_setting(file, "attendances_max", settings->attendances_max, "attendances_max");
        add_setting(file, "sessions_max", settings->sessions_max, "sessions_max");
        add_setting(file, "first_date", plain_date(settings->first_date), "first_date");
        add_setting(file, "personal_numbers", settings->personal_numbers, "personal_numbers");
        add_setting(file, "kinds", settings->kinds, "kinds");
        add_setting(file, "sample", settings->sample, "sample");
}

static void add_counters(struct qf_programme_file *file)
{
        for (unsigned i = 0; i < file->yaml->counters_count; i++) {
                const struct qf_yaml_counter *counter = &file->yaml->counters[i];
                struct qf_register *told =
                        add(file, QF_KIND_COUNTER, (struct qf_item){-1, (int)i, 0, "counters", false});
                told->code = qf_view_of(counter->code);
                told->zh = qf_view_of(counter->zh);
                told->en = qf_view_of(counter->en);
                told->feeds = qf_view_of(counter->feeds);
                told->cap = counter->cap;
        }
}

static int add_dimension(struct qf_programme_file *file, unsigned i)
{
        const struct qf_yaml_dimension *dimension = &file->yaml->dimensions[i];
        const struct qf_item item = {(int)i, -1, 0, NULL, false};
        for (unsigned k = 0; k < i; k++)
                if (!strcmp(file->yaml->dimensions[k].code, dimension->code))
                        return fault(file, &item, "this dimension is there twice", QF_VIEW(""));
        struct qf_register *told = add(file, QF_KIND_DIMENSION, item);
        told->code = qf_view_of(dimension->code);
        told->zh = qf_view_of(dimension->zh);
        told->en = qf_view_of(dimension->en);
        told->dimension = qf_view_of(dimension->members_of);
        told->groups = qf_view_of(dimension->groups);
        told->multi = dimension->multi;
        told->required = dimension->required;
        told->closed = dimension->closed;
        told->apart = dimension->apart;
        told->most = dimension->most;
        told->order = i + 1;
        return 0;
}

/* Those with members of their own first: the others refer to them. */
static int add_dimensions(struct qf_programme_file *file)
{
        for (int refer = 0; refer < 2; refer++) {
                for (unsigned i = 0; i < file->yaml->dimensions_count; i++) {
                        const struct qf_yaml_dimension *dimension = &file->yaml->dimensions[i];
                        if ((dimension->members_of || dimension->groups) != refer)
                                continue;
                        int r = add_dimension(file, i);
                        if (r)
                                return r;
                }
        }
        return 0;
}

static int take_day(struct qf_programme_file *file, const struct qf_item *item, char *text, uint32_t *ret_day)
{
        uint64_t day;
        if (!text)
                return 0;
        if (!qf_text_number(qf_view_of(plain_date(text)), QF_DATE_LAST, &day) || day % 100 == 0 ||
            !qf_date_valid((uint32_t)day))
                return fault(file, item, "write dates as 2023-05-06; there is no day", qf_view_of(text));
        *ret_day = (uint32_t)day;
        return 0;
}

/* "DIMENSION=MEMBER"; of a move also "DIMENSION=", none any more. */
static int take_group(struct qf_programme_file *file, const struct qf_item *item, const char *text,
                      struct qf_pair *ret_pair)
{
        const char *equals = strchr(text, '=');
        if (!equals || equals == text || !(equals[1] || item->move))
                return fault(file, item, "write groups as DIMENSION=MEMBER, not as", qf_view_of(text));
        *ret_pair = (struct qf_pair){{text, (uint32_t)(equals - text)}, qf_view_of(equals + 1)};
        return 0;
}

static int take_groups(struct qf_programme_file *file, const struct qf_item *item,
                       const struct qf_yaml_texts *groups, struct qf_register *told)
{
        told->pairs = &file->pairs[file->pairs_count];
        for (unsigned i = 0; i < groups->count; i++) {
                int r = take_group(file, item, groups->at[i], &file->pairs[file->pairs_count]);
                if (r)
                        return r;
                file->pairs_count++;
                told->pairs_count++;
        }
        return 0;
}

/* Of each dimension there is one group: the one that a move names takes the place of the one before. */
static uint32_t set_group(struct qf_pair *pairs, uint32_t count, const struct qf_pair *pair)
{
        uint32_t at = 0;
        while (at < count && !qf_view_same(pairs[at].dimension, pair->dimension))
                at++;
        if (pair->member.len) {
                pairs[at] = *pair;
                return at < count ? count : count + 1;
        }
        if (at == count)
                return count;
        memmove(&pairs[at], &pairs[at + 1], (count - at - 1) * sizeof(*pairs));
        return count - 1;
}

static bool same_place(const struct qf_move *a, const struct qf_move *b)
{
        bool same = qf_view_same(a->parent, b->parent) && a->pairs_count == b->pairs_count &&
                    qf_view_same(a->zh, b->zh) && qf_view_same(a->en, b->en);
        for (uint32_t i = 0; same && i < a->pairs_count; i++)
                same = qf_view_same(a->pairs[i].dimension, b->pairs[i].dimension) &&
                       qf_view_same(a->pairs[i].member, b->pairs[i].member);
        return same;
}

/* What a move does not name stays as it was. */
static int take_place(struct qf_programme_file *file, const struct qf_item *item,
                      const struct qf_yaml_move *yaml, const struct qf_move *before, struct qf_move *ret_move)
{
        struct qf_pair *pairs = &file->pairs[file->pairs_count], pair = {0};
        uint32_t count = before->pairs_count;
        if (count)
                memcpy(pairs, before->pairs, count * sizeof(*pairs));
        for (unsigned i = 0; i < yaml->groups.count; i++) {
                int r = take_group(file, item, yaml->groups.at[i], &pair);
                for (unsigned k = 0; k < i && !r; k++)
                        if (!strncmp(yaml->groups.at[k], yaml->groups.at[i], pair.dimension.len + 1u))
                                r = fault(file, item, "it names two groups of", pair.dimension);
                if (r)
                        return r;
                count = set_group(pairs, count, &pair);
        }
        file->pairs_count += count;
        *ret_move = (struct qf_move){.from = ret_move->from,
                                     .parent = yaml->parent ? qf_view_of(yaml->parent) : before->parent,
                                     .pairs_count = count,
                                     .pairs = pairs,
                                     .zh = yaml->zh ? qf_view_of(yaml->zh) : before->zh,
                                     .en = yaml->en ? qf_view_of(yaml->en) : before->en};
        if (same_place(ret_move, before))
                return fault(file, item,
                             "it changes nothing: give another name, another parent or other groups",
                             QF_VIEW(""));
        return 0;
}

static int take_moves(struct qf_programme_file *file, struct qf_item item,
                      const struct qf_yaml_member *member, struct qf_register *told)
{
        struct qf_move before = qf_register_place(told, 0);
        before.from = told->valid_from;
        told->moves = &file->moves[file->moves_count];
        for (unsigned i = 0; i < member->moved_count; i++) {
                const struct qf_yaml_move *yaml = &member->moved[i];
                struct qf_move *move = &file->moves[file->moves_count++];
                item.move = (int)i + 1;
                int r = take_day(file, &item, yaml->from, &move->from);
                if (!r && move->from <= before.from)
                        r = fault(file, &item,
                                  "moves go by date, each after the one before and after valid_from; not",
                                  qf_view_of(yaml->from));
                if (!r && told->valid_to && move->from > told->valid_to)
                        r = fault(file, &item, "it moves after its valid_to:", qf_view_of(yaml->from));
                if (!r)
                        r = take_place(file, &item, yaml, &before, move);
                if (r)
                        return r;
                before = *move;
                told->moves_count++;
        }
        return 0;
}

static int add_member(struct qf_programme_file *file, struct qf_item item)
{
        const struct qf_yaml_dimension *dimension = &file->yaml->dimensions[item.dimension];
        const struct qf_yaml_member *member = &dimension->members[item.place];
        struct qf_register *told = add(file, QF_KIND_MEMBER, item);
        told->dimension = qf_view_of(dimension->code);
        told->code = qf_view_of(member->code);
        told->zh = qf_view_of(member->zh);
        told->en = qf_view_of(member->en);
        told->parent = qf_view_of(member->parent);
        told->at = qf_view_of(member->at);
        told->order = (uint32_t)item.place + 1;
        told->aliases = &file->lists[file->lists_count];
        told->aliases_count = member->aliases.count;
        for (unsigned i = 0; i < member->aliases.count; i++)
                file->lists[file->lists_count++] = qf_view_of(member->aliases.at[i]);
        int r = take_day(file, &item, member->valid_from, &told->valid_from);
        if (!r)
                r = take_day(file, &item, member->valid_to, &told->valid_to);
        if (!r)
                r = take_groups(file, &item, &member->groups, told);
        return r ? r : take_moves(file, item, member, told);
}

static int by_code(const void *a, const void *b)
{
        const struct qf_yaml_member *const *ma = a, *const *mb = b;
        const int order = strcmp((*ma)->code, (*mb)->code);
        return order ? order : (*ma > *mb) - (*ma < *mb);
}

static struct qf_yaml_member **find_member(struct qf_yaml_member **sorted, unsigned count, const char *code)
{
        for (unsigned from = 0, to = count; from < to;) {
                const unsigned middle = from + (to - from) / 2;
                const int order = strcmp(sorted[middle]->code, code);
                if (!order)
                        return &sorted[middle];
                if (order < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return NULL;
}

/* The parents that a member has one after the other: place 0 and its moves. NULL: none, or the one before. */
static const char *parent_of(const struct qf_yaml_member *member, unsigned place)
{
        const char *parent = place ? member->moved[place - 1].parent : member->parent;
        return place && parent && !*parent ? NULL : parent;
}

/* A plan of 18 initiatives that names 17 of them is not loaded; the missing one is named where codes are numbered as
 * the first one is. */
static int check_exactly(struct qf_programme_file *file, int dimension, struct qf_yaml_member **sorted)
{
        const struct qf_yaml_dimension *yaml = &file->yaml->dimensions[dimension];
        const struct qf_item item = {dimension, -1, 0, NULL, false};
        char what[WHAT_BYTES], missing[QF_CODE_BYTES_MAX + 1] = "";
        if (!yaml->exactly || yaml->members_count == yaml->exactly)
                return 0;
        const char *first = yaml->members_count ? sorted[0]->code : "";
        const size_t prefix = strcspn(first, "0123456789"), digits = strlen(first) - prefix;
        for (unsigned i = 1; digits && digits < 9 && i <= yaml->exactly && !*missing; i++) {
                (void)snprintf(missing, sizeof(missing), "%.*s%0*u", (int)prefix, first, (int)digits, i);
                if (find_member(sorted, yaml->members_count, missing))
                        missing[0] = 0;
        }
        (void)snprintf(what, sizeof(what), "it is to have %u members and has %u (应为%u项，文件里有%u项)%s",
                       yaml->exactly, yaml->members_count, yaml->exactly, yaml->members_count,
                       *missing ? "; missing (缺)" : "");
        return fault(file, &item, what, qf_view_of(missing));
}

static int check_members(struct qf_programme_file *file, int dimension, struct qf_yaml_member **sorted)
{
        const struct qf_yaml_dimension *yaml = &file->yaml->dimensions[dimension];
        for (unsigned i = 1; i < yaml->members_count; i++) {
                const struct qf_item item = {dimension, (int)(sorted[i] - yaml->members), 0, NULL, true};
                if (!strcmp(sorted[i]->code, sorted[i - 1]->code))
                        return fault(file, &item, "this code is there twice", QF_VIEW(""));
        }
        for (unsigned i = 0; i < yaml->members_count; i++) {
                for (unsigned place = 0; place <= yaml->members[i].moved_count; place++) {
                        const struct qf_item item = {dimension, (int)i, (int)place, NULL, false};
                        const char *parent = parent_of(&yaml->members[i], place);
                        if (parent && !find_member(sorted, yaml->members_count, parent))
                                return fault(file, &item, "there is no such parent in this dimension:",
                                             qf_view_of(parent));
                }
        }
        return 0;
}

static bool parents_are_added(const struct qf_yaml_dimension *yaml, const struct qf_yaml_member *member,
                              struct qf_yaml_member **sorted, const bool *added)
{
        for (unsigned place = 0; place <= member->moved_count; place++) {
                const char *parent = parent_of(member, place);
                if (parent && !added[*find_member(sorted, yaml->members_count, parent) - yaml->members])
                        return false;
        }
        return true;
}

/* Parents before children, by passes over those that are left; what is left at the end is a circle, be it of parents
 * at different times. */
static int add_in_order(struct qf_programme_file *file, int dimension, struct qf_yaml_member **sorted,
                        bool *added)
{
        const struct qf_yaml_dimension *yaml = &file->yaml->dimensions[dimension];
        unsigned left = yaml->members_count, before;
        do {
                before = left;
                for (unsigned i = 0; i < yaml->members_count; i++) {
                        if (added[i] || !parents_are_added(yaml, &yaml->members[i], sorted, added))
                                continue;
                        int r = add_member(file, (struct qf_item){dimension, (int)i, 0, NULL, false});
                        if (r)
                                return r;
                        added[i] = true;
                        left--;
                }
        } while (left && left < before);
        for (unsigned i = 0; left && i < yaml->members_count; i++) {
                const struct qf_item item = {dimension, (int)i, 0, NULL, false};
                if (!added[i])
                        return fault(file, &item, "its parents, of all times together, go round in a circle",
                                     QF_VIEW(""));
        }
        return 0;
}

static int add_members_of(struct qf_programme_file *file, int dimension)
{
        const struct qf_yaml_dimension *yaml = &file->yaml->dimensions[dimension];
        const unsigned count = yaml->members_count;
        if (!count)
                return 0;
        QF_CLEANUP(qf_cleanup_free)
        struct qf_yaml_member **sorted = calloc(count, sizeof(struct qf_yaml_member *));
        QF_CLEANUP(qf_cleanup_free) bool *added = calloc(count, sizeof(bool));
        if (!sorted || !added)
                return -ENOMEM;
        for (unsigned i = 0; i < count; i++)
                sorted[i] = &yaml->members[i];
        qsort(sorted, count, sizeof(struct qf_yaml_member *), by_code);
        int r = check_exactly(file, dimension, sorted);
        if (!r)
                r = check_members(file, dimension, sorted);
        return r ? r : add_in_order(file, dimension, sorted, added);
}

/* Members of grouping dimensions first: the others name their groups. */
static int add_members(struct qf_programme_file *file)
{
        for (int grouped = 0; grouped < 2; grouped++) {
                for (unsigned i = 0; i < file->yaml->dimensions_count; i++) {
                        if ((file->yaml->dimensions[i].groups == NULL) != (grouped == 1))
                                continue;
                        int r = add_members_of(file, (int)i);
                        if (r)
                                return r;
                }
        }
        return 0;
}

/* --- the whole ---------------------------------------------------------- */

/* At most: each move may name groups of its own and keeps those before. */
static size_t pairs_of(const struct qf_yaml_member *member)
{
        size_t groups = member->groups.count;
        for (unsigned i = 0; i < member->moved_count; i++)
                groups += member->moved[i].groups.count;
        return groups * (member->moved_count + 1);
}

static int make_room(struct qf_programme_file *file)
{
        const struct qf_yaml_programme *yaml = file->yaml;
        size_t events = SETTINGS_MAX + yaml->counters_count + yaml->dimensions_count;
        size_t lists = 1, pairs = 1, moves = 1;
        for (unsigned i = 0; i < yaml->dimensions_count; i++) {
                events += yaml->dimensions[i].members_count;
                for (unsigned k = 0; k < yaml->dimensions[i].members_count; k++) {
                        lists += yaml->dimensions[i].members[k].aliases.count;
                        moves += yaml->dimensions[i].members[k].moved_count;
                        pairs += pairs_of(&yaml->dimensions[i].members[k]);
                }
        }
        file->room = (uint32_t)events;
        file->events = calloc(events, sizeof(*file->events));
        file->registers = calloc(events, sizeof(*file->registers));
        file->items = calloc(events, sizeof(*file->items));
        file->lists = calloc(lists, sizeof(*file->lists));
        file->pairs = calloc(pairs, sizeof(*file->pairs));
        file->moves = calloc(moves, sizeof(*file->moves));
        return file->events && file->registers && file->items && file->lists && file->pairs && file->moves
                       ? 0
                       : -ENOMEM;
}

static void cleanup_programme(struct qf_programme **programme)
{
        *programme = qf_programme_free(*programme);
}

/* By the rules of ingest, against the file's own registers. */
static int judge(struct qf_programme_file *file)
{
        QF_CLEANUP(cleanup_programme) struct qf_programme *programme = NULL;
        char what[WHAT_BYTES];
        struct qf_view lacks;
        int r = qf_programme_new(&programme);
        for (uint32_t i = 0; !r && i < file->count; i++) {
                struct qf_detail detail = {0};
                const struct qf_verdict verdict =
                        qf_programme_check_register(programme, &file->events[i], &detail);
                if (verdict.class != QF_ACCEPTED) {
                        (void)snprintf(what, sizeof(what),
                                       "%s does not fit:", detail.field ? detail.field : "it");
                        return fault(file, &file->items[i], what, detail.got);
                }
                r = qf_programme_apply(programme, &file->events[i], i + 1);
        }
        const struct qf_kind_spec *spec = r ? NULL : qf_programme_named_without(programme, &lacks);
        if (!spec)
                return r;
        (void)snprintf(what, sizeof(what), "%s (%s) needs a dimension (缺维度):", spec->code, spec->zh);
        return fault(file, &(struct qf_item){-1, -1, 0, "kinds", false}, what, lacks);
}

static int compile(struct qf_programme_file *file)
{
        int r = make_room(file);
        if (r)
                return r;
        add_settings(file);
        add_counters(file);
        if ((r = add_dimensions(file)) || (r = add_members(file)))
                return r;
        return judge(file);
}

static int read_text(struct qf_programme_file *file, const char *path)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (fd < 0 || fstat(fd, &status))
                return -errno;
        if (!S_ISREG(status.st_mode) || status.st_size > QF_PROGRAMME_FILE_BYTES_MAX)
                return S_ISREG(status.st_mode) ? -EFBIG : -EINVAL;
        int r = qf_buffer_reserve(&file->text, (size_t)status.st_size + 1);
        while (!r) {
                const ssize_t got =
                        read(fd, file->text.at + file->text.len, file->text.room - file->text.len - 1);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (!got)
                        break;
                file->text.len += (size_t)got;
                if (file->text.len > QF_PROGRAMME_FILE_BYTES_MAX)
                        return -EFBIG;
                r = qf_buffer_reserve(&file->text, 4096);
        }
        if (!r)
                file->text.at[file->text.len] = 0;
        return r;
}

int qf_programme_file_load(const char *path, struct qf_programme_file **ret_file, char **ret_error)
{
        QF_CLEANUP(cleanup_file) struct qf_programme_file *file = calloc(1, sizeof(*file));
        char why[QF_YAML_WHY] = "";
        if (!file)
                return -ENOMEM;
        int r = read_text(file, path);
        if (r)
                return r;
        r = qf_yaml_load((struct qf_view){(const char *)file->text.at, (uint32_t)file->text.len}, &file->yaml,
                         why);
        if (r > 0) {
                *ret_error = strdup(why);
                return *ret_error ? 1 : -ENOMEM;
        }
        if (!r)
                r = compile(file);
        if (r > 0)
                *ret_error = QF_TAKE(file->error);
        if (!r)
                *ret_file = QF_TAKE(file);
        return r;
}
