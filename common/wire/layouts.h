/* All layouts of whole messages, for the test that compares them with the
 * descriptors. Internal to common/wire. */
#pragma once

#include "wire/layout.h"

extern const struct qf_layout qf_body_layout;
extern const struct qf_layout qf_texts_layout;
extern const struct qf_layout qf_redacted_layout; /* of struct qf_redacted */
extern const struct qf_layout qf_event_layout;
extern const struct qf_layout qf_from_partner_layout;
extern const struct qf_layout qf_to_partner_layout;
extern const struct qf_layout qf_from_consumer_layout;
extern const struct qf_layout qf_to_consumer_layout;
extern const struct qf_layout qf_control_layout;
extern const struct qf_layout qf_from_reader_layout;
extern const struct qf_layout qf_to_reader_layout;
extern const struct qf_layout qf_metrics_layout;
