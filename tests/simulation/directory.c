/* Why: what daemons and commands do with a directory as a whole (store/directory.h):
 * each step at one stroke, and between any two of them the process may be gone. */
#include "store/directory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "simulation/disk.h"

struct sim_directory *sim_directory_beside(const struct sim_directory *directory, const char *suffix)
{
        char name[sizeof(directory->name)];
        int len = snprintf(name, sizeof(name), "%s%s", directory->name, suffix);

        QF_ASSERT(len > 0 && (size_t)len < sizeof(name));
        struct sim_directory *beside = sim_directory_find(name);
        return beside ? beside : sim_directory_new(name, directory->machine);
}

static struct sim_directory *known(const char *name)
{
        struct sim_directory *directory = sim_directory_find(name);

        return directory ? directory : sim_directory_new(name, sim.running ? sim.running->machine : NULL);
}

static struct sim_directory *beside(const char *name, const char *suffix)
{
        return sim_directory_beside(sim_directory_find(name), suffix);
}

static void tell(struct sim_directory *directory)
{
        struct sim_process *process = sim_step_aside();

        if (directory->committed && directory->made)
                directory->committed(directory, directory->ctx);
        sim_step_back(process);
}

/* Nothing is in the first afterwards. */
static void move(struct sim_directory *from, struct sim_directory *to)
{
        QF_ASSERT(!from->open[SIM_OWNED].environment && !to->open[SIM_OWNED].environment);
        sim_tables_drop(to->tables);
        memcpy(to->tables, from->tables, sizeof(to->tables));
        memcpy(to->format, from->format, sizeof(to->format));
        memset(from->tables, 0, sizeof(from->tables));
        to->made = from->made;
        from->made = false;
        tell(to);
}

static void change_places(struct sim_directory *a, struct sim_directory *b)
{
        struct sim_directory kept = *a;

        QF_ASSERT(!a->open[SIM_OWNED].environment && !b->open[SIM_OWNED].environment && a->made && b->made);
        memcpy(a->tables, b->tables, sizeof(a->tables));
        memcpy(a->format, b->format, sizeof(a->format));
        memcpy(b->tables, kept.tables, sizeof(b->tables));
        memcpy(b->format, kept.format, sizeof(b->format));
        tell(a);
        tell(b);
}

static void empty(struct sim_directory *directory)
{
        QF_ASSERT(!directory->open[SIM_OWNED].environment);
        sim_tables_drop(directory->tables);
        directory->made = false;
}

int qf_directory_lock(const char *name, bool shared, int *ret_fd)
{
        (void)shared;
        *ret_fd = -1; /* whoever has it works to its end in one turn */
        return known(name)->open[SIM_OWNED].environment ? QF_DIRECTORY_IN_USE : 0;
}

int qf_directory_find(const char *name, int *ret_fd)
{
        const struct sim_directory *directory = sim_directory_find(name);

        *ret_fd = -1;
        return directory && directory->made ? 0 : QF_DIRECTORY_MISSING;
}

int qf_directory_create(const char *name, qf_directory_fill fill, const void *ctx, int *ret_outcome)
{
        (void)name;
        (void)fill;
        (void)ctx;
        *ret_outcome = 0;
        return -ENOSYS; /* environments are made by opening them */
}

int qf_directory_aside(const char *name, char ret_path[PATH_MAX])
{
        (void)snprintf(ret_path, PATH_MAX, "%s%s", name, QF_DIRECTORY_ASIDE);
        return 0;
}

int qf_directory_set_aside(const char *name)
{
        struct sim_directory *directory = sim_directory_find(name), *aside = beside(name, QF_DIRECTORY_ASIDE);

        sim_crash_point("before setting aside");
        if (!directory->made)
                return 0;
        SIM_PROBE("counts set aside");
        empty(aside); /* it is removed first */
        sim_crash_at("while setting aside", SIM_SELDOM);
        move(directory, aside);
        sim_crash_at("after setting aside", SIM_SELDOM);
        return 0;
}

int qf_directory_remove(const char *name)
{
        struct sim_directory *directory = sim_directory_find(name);

        if (directory && directory->made) {
                sim_crash_at("before removing a directory", SIM_SELDOM);
                empty(directory);
        }
        return 0;
}

int qf_directory_move(const char *made, const char *name)
{
        int r = qf_directory_remove(name);

        sim_crash_at("while a directory is moved", SIM_SELDOM);
        if (r == 0)
                move(sim_directory_find(made), known(name));
        return r;
}

int qf_directory_replace(const char *name, const char *made)
{
        struct sim_directory *directory = sim_directory_find(name), *from = sim_directory_find(made);

        sim_crash_at("before putting in place", SIM_SELDOM);
        if (!directory->made) {
                move(from, directory);
                return 0;
        }
        change_places(directory, from);
        sim_crash_at("after putting in place", SIM_SELDOM);
        empty(beside(name, QF_DIRECTORY_ASIDE));
        sim_crash_at("while putting in place", SIM_SELDOM);
        move(from, beside(name, QF_DIRECTORY_ASIDE));
        return 0;
}

int qf_directory_exchange(const char *name, const char *made)
{
        sim_crash_at("before changing places", SIM_SELDOM);
        change_places(sim_directory_find(name), sim_directory_find(made));
        sim_crash_at("after changing places", SIM_SELDOM);
        return 0;
}

int qf_directory_copy(const char *name, const char *suffix)
{
        struct sim_directory *directory = sim_directory_find(name), *from = beside(name, suffix);

        QF_ASSERT(!directory->open[SIM_OWNED].environment && !directory->made);
        if (!from->made)
                return 0;
        SIM_PROBE("counts begin with a checkpoint");
        sim_crash_at("before copying a directory", SIM_SELDOM);
        sim_tables_share(from->tables, directory->tables);
        memcpy(directory->format, from->format, sizeof(directory->format));
        directory->made = true;
        tell(directory);
        return 0;
}

int qf_directory_forget(const char *name, const char *suffix)
{
        return qf_directory_remove(beside(name, suffix)->name);
}

/* --- marks ---------------------------------------------------------------------------------- */

void sim_directory_mark(struct sim_directory *directory, const char *mark)
{
        int i = 0;

        while (i < SIM_MARKS && directory->marks[i][0])
                i++;
        QF_ASSERT(i < SIM_MARKS); /* each is set once */
        (void)snprintf(directory->marks[i], sizeof(directory->marks[i]), "%s", mark);
}

static char *find_mark(const char *name, const char *mark)
{
        struct sim_directory *directory = sim_directory_find(name);

        for (int i = 0; directory && i < SIM_MARKS; i++)
                if (strcmp(directory->marks[i], mark) == 0)
                        return directory->marks[i];
        return NULL;
}

/* A mark, or the path of a directory beside it or of its data file. */
int qf_directory_marked(const char *name, const char *mark)
{
        static const char data[] = "/data.mdb";
        char path[PATH_MAX];
        int len = snprintf(path, sizeof(path), "%s%s", name, mark);

        if (len > (int)sizeof(data) && strcmp(path + len - (sizeof(data) - 1), data) == 0)
                path[len - (int)(sizeof(data) - 1)] = '\0';
        const struct sim_directory *directory = sim_directory_find(path);
        return find_mark(name, mark) || (directory && directory->made) ? QF_DIRECTORY_MARKED : 0;
}

int qf_directory_mark(const char *name, const char *mark)
{
        if (!find_mark(name, mark))
                sim_directory_mark(sim_directory_find(name), mark);
        return 0;
}

int qf_directory_unmark(const char *name, const char *mark)
{
        char *found = find_mark(name, mark);

        if (found)
                found[0] = '\0';
        return 0;
}
