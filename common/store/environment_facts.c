/* How full it is. */
#include <string.h>
#include <sys/statvfs.h>

#include "store/environment_parts.h"

uint64_t qf_environment_map(const struct qf_environment *environment)
{
        MDB_envinfo info;
        return mdb_env_info(environment->env, &info) == 0 ? info.me_mapsize : 0;
}

uint64_t qf_environment_used(const struct qf_environment *environment)
{
        MDB_envinfo info;
        MDB_stat about;
        if (mdb_env_info(environment->env, &info) != 0 || mdb_env_stat(environment->env, &about) != 0)
                return 0;
        return (info.me_last_pgno + 1) * (uint64_t)about.ms_psize;
}

/* For those who watch: asked once a second, and never a reason to stop. */
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
