/* A fuzz target: one decoder, any bytes. With the preset `fuzz` libFuzzer calls
 * it; otherwise replay.c does, with the corpus and small changes of it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
