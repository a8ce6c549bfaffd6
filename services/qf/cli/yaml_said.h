/* What libcyaml says of a file is English, with the place behind it. A Chinese reader is told what and where, and the
 * library's words as detail. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "service/config.h"

/* said: of qf_config_load without its path, or of qf_programme_file_load: libcyaml's words, or a sentence of our own, which
 * stays as it is. Gives ret_text: "第 20 行附近：不认识“dimensoins”（Unexpected key: …）" in Chinese, else said. */
const char *qf_yaml_said(bool chinese, const char *said, char ret_text[2 * QF_CONFIG_TEXT]);
