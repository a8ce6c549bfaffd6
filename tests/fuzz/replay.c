/* Replays a corpus without libFuzzer: each file as it is, cut at every length, and
 * with every byte changed in three ways (or at every n-th byte, for targets that
 * take long). Deterministic, seconds, any compiler; what it guards against is that
 * a fault once found comes back. */
#include "fuzz/target.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { FILE_BYTES_MAX = 64 * 1024, CHANGED_MAX = 2048 };

/* The target gets memory of exactly the size, so that a sanitizer sees a step beyond it. */
static void give(const uint8_t *bytes, size_t len)
{
        QF_CLEANUP(qf_cleanup_free) uint8_t *exact = malloc(len ? len : 1);
        if (!exact)
                return;
        memcpy(exact, bytes, len);
        (void)LLVMFuzzerTestOneInput(exact, len);
}

static void give_all(uint8_t *bytes, size_t len, size_t step)
{
        static const uint8_t changes[] = {0x01, 0x80, 0xff};

        give(bytes, len);
        for (size_t cut = 0; cut < len && cut < CHANGED_MAX; cut += step)
                give(bytes, cut);
        for (size_t at = 0; at < len && at < CHANGED_MAX; at += step) {
                for (size_t i = 0; i < sizeof(changes); i++) {
                        bytes[at] ^= changes[i];
                        give(bytes, len);
                        bytes[at] ^= changes[i];
                }
        }
}

static bool give_file(const char *folder, const char *name, size_t step)
{
        static uint8_t bytes[FILE_BYTES_MAX];
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *file = fopen(path, "rb");
        if (!file)
                return false;
        size_t len = fread(bytes, 1, sizeof(bytes), file);
        (void)fclose(file);
        give_all(bytes, len, step);
        return true;
}

int main(int argc, char **argv)
{
        int files = 0;
        size_t step = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

        if (argc < 2 || argc > 3 || step == 0) {
                (void)fprintf(stderr, "usage: %s FOLDER [STEP]\n", argv[0]);
                return 64;
        }
        DIR *folder = opendir(argv[1]);
        if (!folder) {
                perror(argv[1]);
                return 1;
        }
        for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
                if (entry->d_name[0] != '.' && give_file(argv[1], entry->d_name, step))
                        files++;
        (void)closedir(folder);
        printf("%d files of %s replayed, each with its changes\n", files, argv[1]);
        return files > 0 ? 0 : 1;
}
