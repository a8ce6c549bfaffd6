/* Why in one place: a slash that somebody wrote behind a directory's name puts what is to lie beside it into it. */
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int qf_path_beside(const char *directory, const char *suffix, char ret_path[PATH_MAX])
{
        size_t len = strlen(directory);
        while (len > 1 && directory[len - 1] == '/')
                len--;
        int printed = snprintf(ret_path, PATH_MAX, "%.*s%s", (int)len, directory, suffix);
        return printed < PATH_MAX ? 0 : -ENAMETOOLONG;
}
