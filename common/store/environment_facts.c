/* How full, for those who watch: asked once a second, and never a reason to stop. */
#include <string.h>
#include <sys/statvfs.h>

#include "store/environment_parts.h"

void qf_environment_facts(const struct qf_environment *environment, struct qf_environment_facts *ret_facts)
{
        uint64_t map = qf_environment_map(environment);
        struct statvfs disk;
        MDB_envinfo info;

        *ret_facts = (struct qf_environment_facts){
                .used_bytes = qf_environment_used(environment),
                .map_bytes = map > environment->map_bytes_max ? map : environment->map_bytes_max,
                .disk_floor_bytes = environment->disk_floor_bytes};
        if (mdb_env_info(environment->env, &info) == 0)
                ret_facts->readers = info.me_numreaders;
        if (fstatvfs(environment->data_fd, &disk) == 0)
                ret_facts->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
}
