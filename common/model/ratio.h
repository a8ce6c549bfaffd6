/* Printed figures come from integers and are rounded once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum qf_rounding { QF_HALF_UP, QF_HALF_EVEN };

/* (current - base) / base in percent with two decimals: "+50.92", "-3.10", "0.00"; "—" when base is 0. */
char *qf_ratio_growth(int64_t current, int64_t base, enum qf_rounding rounding, char *ret_text, size_t room);
/* part of whole in percent with so many decimals: "96.5"; "—" when whole is 0. */
char *qf_ratio_percent(int64_t part, int64_t whole, int decimals, enum qf_rounding rounding, char *ret_text,
                       size_t room);
char *qf_ratio_mean(int64_t sum, int64_t count, int decimals, enum qf_rounding rounding, char *ret_text,
                    size_t room);
bool qf_ratio_over(int64_t part, int64_t whole, int64_t percent); /* exactly: 100 part > percent whole */
/* 「9万余」 「9万」 「9,567」 and "over 90,000", "90,000": whole ten-thousands, exact when nothing is left over. */
char *qf_ratio_magnitude_zh(int64_t value, char *ret_text, size_t room);
char *qf_ratio_magnitude_en(int64_t value, char *ret_text, size_t room);
char *qf_ratio_grouped(int64_t value, char *ret_text, size_t room); /* 90,567 */
