/* A receipt names a position, a hash and the life that the journal had. In that
 * life the record must be there with that hash. Where the journal has another life
 * at the position, it was restored since, and the outbox sends again what it has
 * no newer receipt of. */
#include "qf/operator/receipts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void qf_receipts_deinit(struct qf_receipts *receipts)
{
        free(receipts->records);
        *receipts = (struct qf_receipts){0};
}

static bool read_hex(const json_t *line, const char *name, uint8_t *ret_bytes, size_t len)
{
        const char *text = json_string_value(json_object_get(line, name));
        return text && strlen(text) == 2 * len && qf_text_unhex(qf_view_of(text), ret_bytes, len);
}

int qf_receipts_add(struct qf_receipts *receipts, const json_t *line)
{
        uint64_t position = (uint64_t)json_integer_value(json_object_get(line, "record"));

        if (position == 0 || position > UINT32_MAX)
                return -EBADMSG;
        if (position > receipts->room) {
                uint64_t room = position * 2 > 4096 ? position * 2 : 4096;
                struct qf_receipt_record *grown = realloc(receipts->records, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                memset(grown + receipts->room, 0, (room - receipts->room) * sizeof *grown);
                receipts->records = grown;
                receipts->room = room;
        }
        if (receipts->first == 0)
                receipts->first = position;
        if (position > receipts->count)
                receipts->count = position;
        struct qf_receipt_record *record = &receipts->records[position - 1];
        return read_hex(line, "hash", record->hash, sizeof record->hash) &&
                               read_hex(line, "life", record->life, sizeof record->life)
                       ? 0
                       : -EBADMSG;
}

/* Whether the journal ever had this life. */
static bool has_life(const struct qf_receipts *receipts, const uint8_t life[QF_LIFE_BYTES])
{
        for (uint64_t i = receipts->count; i-- > 0;)
                if (memcmp(receipts->records[i].life, life, QF_LIFE_BYTES) == 0)
                        return true;
        return false;
}

static int take_receipt(void *ctx, const struct qf_receipt *receipt)
{
        struct qf_receipts *receipts = ctx;
        const struct qf_receipt_record *record =
                receipt->position != 0 && receipt->position <= receipts->count
                        ? &receipts->records[receipt->position - 1]
                        : NULL;
        const struct qf_receipt_record *last =
                receipts->count ? &receipts->records[receipts->count - 1] : NULL;

        if (receipt->position < receipts->first)
                return 0;
        receipts->compared++;
        if (record && memcmp(record->hash, receipt->hash, sizeof record->hash) == 0)
                return 0;
        const struct qf_receipt_record *there = record ? record : last;
        if (there && memcmp(there->life, receipt->life, sizeof there->life) != 0 &&
            has_life(receipts, receipt->life)) {
                receipts->restored++;
                return 0;
        }
        if (receipts->wrong++ == 0) {
                receipts->wrong_position = receipt->position;
                receipts->wrong_number = receipt->first;
        }
        return 0;
}

int qf_receipts_compare(struct qf_receipts *receipts, const char *outbox)
{
        receipts->compared = receipts->restored = receipts->wrong = 0;
        return qf_outbox_receipts(outbox, take_receipt, receipts);
}
