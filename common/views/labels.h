/* Names behind codes, in the reader's language; the code where there is none. Pure. */
#pragma once

#include "programme/programme.h"

struct qf_view qf_label_dimension(bool chinese, const struct qf_programme *programme,
                                  struct qf_view dimension);
/* The same of a list's columns, which have date, partner and key beside the dimensions. */
struct qf_view qf_label_column(bool chinese, const struct qf_programme *programme, struct qf_view column);
/* "" is "not stated"; of day, month and year the period in its usual form, which is written into room. */
struct qf_view qf_label_member(bool chinese, const struct qf_programme *programme, struct qf_view dimension,
                               struct qf_view member, char *room, size_t room_bytes);
/* As it was called on a day, the last of a report's range; 0: its last name. */
struct qf_view qf_label_member_on(uint32_t day, bool chinese, const struct qf_programme *programme,
                                  struct qf_view dimension, struct qf_view member, char *room,
                                  size_t room_bytes);
/* "20230506", "202305", "20230500" → "2023-05-06", "2023-05"; anything else as it is. Written into room. */
struct qf_view qf_label_period(struct qf_view member, char *room, size_t room_bytes);
