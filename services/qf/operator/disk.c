/* Why measure: an acknowledgement is worth what fdatasync is, and the whole service is as fast as it. */
#include "qf/operator/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { WRITES = 11, WRITE_BYTES = 4096, NS_IN_US = 1000 };

static const struct {
        long magic;
        const char *name;
        bool far, fleeting;
} types[] = {
        {EXT4_SUPER_MAGIC, "ext4", false, false},
        {XFS_SUPER_MAGIC, "xfs", false, false},
        {BTRFS_SUPER_MAGIC, "btrfs", false, false},
        {F2FS_SUPER_MAGIC, "f2fs", false, false},
        {0x2fc12fc1, "zfs", false, false},
        {OVERLAYFS_SUPER_MAGIC, "overlay", false, false},
        {TMPFS_MAGIC, "tmpfs", false, true},
        {RAMFS_MAGIC, "ramfs", false, true},
        {NFS_SUPER_MAGIC, "nfs", true, false},
        {SMB_SUPER_MAGIC, "smb", true, false},
        {0xff534d42, "cifs", true, false},
        {0xfe534d42, "smb2", true, false},
        {V9FS_MAGIC, "9p", true, false},
        {CEPH_SUPER_MAGIC, "ceph", true, false},
        {FUSE_SUPER_MAGIC, "fuse", true, false},
        {MSDOS_SUPER_MAGIC, "vfat", false, false},
};

static int by_size(const void *a, const void *b)
{
        const int64_t na = *(const int64_t *)a, nb = *(const int64_t *)b;

        return (na > nb) - (na < nb);
}

/* -1: it cannot be written to. */
static int64_t measure(const char *path)
{
        static const char bytes[WRITE_BYTES];
        int64_t took_us[WRITES];
        char name[PATH_MAX];

        if (snprintf(name, sizeof name, "%s/.doctor-XXXXXX", path) >= (int)sizeof name)
                return -1;
        QF_CLEANUP(qf_cleanup_close) int fd = mkostemp(name, O_CLOEXEC);
        if (fd < 0)
                return -1;
        (void)unlink(name);
        for (int i = 0; i < WRITES; i++) {
                const int64_t began_ns = qf_clock_mono_ns();
                if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) < 0)
                        return -1;
                took_us[i] = (qf_clock_mono_ns() - began_ns) / NS_IN_US;
        }
        qsort(took_us, WRITES, sizeof took_us[0], by_size);
        return took_us[WRITES / 2];
}

int qf_disk_look(const char *path, struct qf_disk *ret_disk)
{
        struct qf_disk disk = {.type = "?"};
        struct statfs about;

        if (statfs(path, &about) < 0)
                return -errno;
        disk.free_bytes = (uint64_t)about.f_bavail * (uint64_t)about.f_bsize;
        disk.all_bytes = (uint64_t)about.f_blocks * (uint64_t)about.f_bsize;
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
                if ((uint32_t)types[i].magic != (uint32_t)about.f_type)
                        continue;
                disk.type = types[i].name;
                disk.far = types[i].far;
                disk.fleeting = types[i].fleeting;
        }
        disk.sync_us = measure(path);
        *ret_disk = disk;
        return 0;
}
