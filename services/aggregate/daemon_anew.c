/* Why: counts that are damaged, of another life, behind a trimmed journal or asked
 * for anew all begin in one way: the old ones are set aside, what was ever shown
 * is remembered, and the journal is followed from where the new ones stand. */
#include "aggregate/daemon_parts.h"

#include <errno.h>

#include "base/log.h"
#include "service/service.h"
#include "store/directory.h"

enum {
        DISK_FLOOR_MIB = 64,
        CACHE_BYTES = 13 * 1024 * 1024, /* some 120,000 standings, the most of one commit */
};

struct qf_counting_options qf_aggregate_counting_options(const struct qf_aggregate *daemon)
{
        uint64_t floor_mib = daemon->config->disk_floor_mib ? daemon->config->disk_floor_mib : DISK_FLOOR_MIB;

        return (struct qf_counting_options){
                .directory = daemon->config->directory,
                .map_bytes = (uint64_t)daemon->config->map_mib << 20,
                .disk_floor_bytes = floor_mib << 20,
                .cache_bytes = CACHE_BYTES,
                .distrusted = daemon->distrusted,
                .check_rows = QF_CHECK_ROWS,
                .inside = qf_crash_note_doing(daemon->note),
                .goes_on = qf_service_goes_on,
        };
}

int qf_aggregate_open_counts(struct qf_aggregate *daemon)
{
        struct qf_counting_options options = qf_aggregate_counting_options(daemon);
        int r = qf_counting_open(&options, &daemon->counting);

        daemon->distrusted = false;
        if (r == QF_COUNTING_IN_USE) {
                qf_log(QF_LOG_ERROR, "another process has the counts directory=%s", options.directory);
                return QF_SERVICE_IN_USE;
        }
        if (r < 0)
                return r;
        if (daemon->counting->made_anew)
                qf_log(QF_LOG_WARNING, "the counts could not be used and are made anew directory=%s",
                       options.directory);
        qf_publish_bind(daemon->publish, daemon->counting);
        return 0;
}

int qf_aggregate_reopen_counts(struct qf_aggregate *daemon, enum qf_beginning beginning)
{
        const struct qf_counts_past past = daemon->counting->past;

        qf_publish_bind(daemon->publish, NULL);
        daemon->counting = qf_counting_close(daemon->counting);
        int r = beginning == QF_AS_ON_DISK ? 0 : qf_directory_set_aside(daemon->config->directory);
        if (r == 0 && beginning == QF_FROM_CHECKPOINT)
                r = qf_directory_copy(daemon->config->directory, ".checkpoint");
        if (r == 0)
                r = qf_aggregate_open_counts(daemon);
        if (r == 0 && beginning == QF_FROM_CHECKPOINT && past.lives_count != 0)
                daemon->counting->past.lives_count = 0; /* what was known since is more than it knows */
        if (r == 0)
                r = qf_counting_remember(daemon->counting, &past);
        if (r != 0)
                return r < 0 ? r : -EBUSY;
        struct qf_place place = qf_counting_place(daemon->counting);
        daemon->pace.events = 0;
        qf_follow_restart(daemon->follow, &place);
        daemon->attached_once = false;
        return 0;
}

enum qf_beginning qf_aggregate_from_nothing(const struct qf_aggregate *daemon)
{
        return daemon->counting->committed > 0 ? QF_FROM_NOTHING : QF_AS_ON_DISK;
}

int qf_aggregate_mend(struct qf_aggregate *daemon, int result)
{
        if (result != QF_STORE_DAMAGED)
                return result;
        qf_log(QF_LOG_ERROR, "the counts are damaged and are made anew directory=%s",
               daemon->config->directory);
        return qf_aggregate_reopen_counts(daemon, QF_FROM_NOTHING);
}

int qf_aggregate_rebuild_when_asked(struct qf_aggregate *daemon)
{
        int r = qf_directory_marked(daemon->config->directory, QF_AGGREGATE_REBUILD);

        if (r != QF_DIRECTORY_MARKED)
                return r;
        qf_log(QF_LOG_NOTICE, "the counts are made anew, as asked file=%s" QF_AGGREGATE_REBUILD,
               daemon->config->directory);
        r = qf_aggregate_reopen_counts(daemon, qf_aggregate_from_nothing(daemon));
        if (r == 0)
                r = qf_directory_unmark(daemon->config->directory, QF_AGGREGATE_REBUILD);
        daemon->stopped = daemon->full = daemon->checkpoint_tried = false;
        daemon->stop_before = 0;
        return r;
}
