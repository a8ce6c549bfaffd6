/* ingest/redact and redaction: what goes is gone from the file, what is kept of it tells an honest resend from another,
 * and nobody else can take a text out unseen. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "ingest/audit.h"
#include "ingest/redact.h"
#include "ingest/redaction.h"
#include "ingest/restore.h"
#include "store/begun.h"
#include "store/directory.h"
#include "support/back_up.h"

static const char secret[] = "call 13812345678", other[] = "a hall", note[] = "held indoors";

struct found {
        unsigned count;
        struct qf_audit_finding first;
};

static void note_finding(void *ctx, const struct qf_audit_finding *finding)
{
        struct found *found = ctx;
        if (found->count++ == 0)
                found->first = *finding;
}

static struct found audit(struct ingest_fixture *fixture, const char *directory)
{
        struct found found = {0};
        struct qf_audit_report report;
        const struct qf_audit_calls calls = {.ctx = &found, .found = note_finding};
        char scratch[128];
        (void)temporary_in(&fixture->temporary, "scratch", scratch, sizeof scratch);
        assert_int_equal(qf_audit(directory, scratch, "", &calls, &report), 0);
        return found;
}

static void put_titled(struct ingest_fixture *fixture, enum qf_action action, const char *key,
                       const struct qf_words *words)
{
        const struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        const struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                       .action = (uint8_t)action,
                                       .key = qf_view_of(key),
                                       .date = 20230506,
                                       .sessions = 1,
                                       .words = words};
        put_event(fixture, &event, &value, 1);
}

/* Numbers from on .. 4: two with a text that is to go, one with another, one without. */
static struct qf_from_partner batch_from(struct ingest_fixture *fixture, uint64_t from, const char *title)
{
        const struct qf_words all = {.title = qf_view_of(title), .note = qf_view_of(note)};
        const struct qf_words plain = {.title = qf_view_of(other)}, said = {.reason = qf_view_of(title)};
        struct qf_from_partner send = send_of(1, from);
        if (from <= 1)
                put_titled(fixture, QF_CREATE, "A", &all);
        if (from <= 2)
                put_titled(fixture, QF_CREATE, "B", &plain);
        if (from <= 3)
                put_titled(fixture, QF_REPLACE, "A", &said);
        put_titled(fixture, QF_CREATE, "C", NULL);
        end_body(fixture, &send);
        return send;
}

static bool file_has(const char *directory, const char *text)
{
        char path[160];
        size_t len = strlen(text);
        bool found = false;
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_int_equal(fseek(file, 0, SEEK_END), 0);
        size_t size = (size_t)ftell(file);
        char *bytes = malloc(size);
        rewind(file);
        assert_int_equal(fread(bytes, 1, size, file), size);
        (void)fclose(file);
        found = memmem(bytes, size, text, len) != NULL;
        free(bytes);
        return found;
}

struct told {
        unsigned count;
        struct qf_redact_found last;
};

static void tell(void *ctx, const struct qf_redact_found *found)
{
        struct told *told = ctx;
        told->count++;
        told->last = *found;
}

static int redact(struct ingest_fixture *fixture, const struct qf_redact_wanted *wanted,
                  struct told *ret_told)
{
        struct qf_redact_about about;
        *ret_told = (struct told){0};
        return qf_redact(fixture->directory, wanted, fixture->now_ms, tell, ret_told, &about);
}

static struct qf_redact_wanted wanted_of_a(void)
{
        return (struct qf_redact_wanted){.key = QF_VIEW("A"),
                                         .words = 1 << QF_WORD_TITLE | 1 << QF_WORD_REASON,
                                         .reason = QF_VIEW("a number"),
                                         .by = QF_VIEW("test"),
                                         .write = true};
}

static int setup(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        struct qf_from_partner send = batch_from(fixture, 1, secret);
        assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
        *state = fixture;
        return 0;
}

static void close_and_redact(struct ingest_fixture *fixture)
{
        const struct qf_redact_wanted of_a = wanted_of_a();
        struct told told;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        assert_int_equal(told.count, 2);
}

static void text_is_gone_from_the_file_and_the_journal_is_sound(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_redact_wanted of_a = wanted_of_a();
        struct qf_redact_wanted look = of_a;
        struct told told;
        assert_int_equal(redact(fixture, &of_a, &told), QF_REDACT_IN_USE);
        uint8_t hash[QF_SHA256_BYTES];
        memcpy(hash, qf_group_committed(qf_ingest_group(fixture->ingest))->hash, sizeof hash);
        uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        look.write = false;
        assert_int_equal(redact(fixture, &look, &told), 0);
        assert_int_equal(told.count, 2);
        assert_true(file_has(fixture->directory, secret));
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        assert_int_equal(told.last.gone, 1 << QF_WORD_REASON);
        assert_false(file_has(fixture->directory, secret));
        assert_true(file_has(fixture->directory, other) && file_has(fixture->directory, note));
        assert_int_equal(audit(fixture, fixture->directory).count, 0);
        assert_int_equal(redact(fixture, &of_a, &told), QF_REDACT_NOTHING);
        /* One more of the same event: what was kept of it stays. */
        look = (struct qf_redact_wanted){
                .key = QF_VIEW("A"), .words = 1 << QF_WORD_NOTE, .at = {last, 1, 0}, .write = true};
        assert_int_equal(redact(fixture, &look, &told), 0);
        assert_int_equal(told.count, 1);
        assert_false(file_has(fixture->directory, note));
        assert_int_equal(audit(fixture, fixture->directory).count, 0);
        look.at.position = last + 9;
        assert_int_equal(redact(fixture, &look, &told), QF_REDACT_NOTHING);
        look.partner = QF_VIEW("ZZ");
        assert_int_equal(redact(fixture, &look, &told), QF_REDACT_PARTNER);
        fixture_open(fixture);
        struct qf_from_partner send = batch_from(fixture, 1, secret);
        assert_memory_equal(ask(fixture, "hx.a", &send)->hash, hash, sizeof hash); /* receipts agree */
}

static void resends_are_told_by_what_is_kept(void **state)
{
        struct ingest_fixture *fixture = *state;
        close_and_redact(fixture);
        fixture_open(fixture);
        for (uint64_t from = 1; from <= 4; from++) {
                struct qf_from_partner send = batch_from(fixture, from, secret);
                assert_int_equal(ask(fixture, "hx.a", &send)->known, 5 - from);
        }
        struct qf_from_partner send = batch_from(fixture, 1, "another");
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->why, QF_REFUSED_FORKED);
        assert_int_equal(answer->first, 1);
        send = batch_from(fixture, 2, "another");
        assert_int_equal(ask(fixture, "hx.a", &send)->first, 3);
        send = batch_from(fixture, 1, "");
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_FORKED);
}

/* A record whose text went, or came back, without anybody's word. */
static void hands_on_texts_are_found(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_environment_options how = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                   .map_bytes_max = 64 << 20};
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        struct qf_redactions redactions = {0};
        const struct qf_redaction one = {.position = last,
                                         .entry = 1, /* behind the one that names the outbox */
                                         .redacted = {.at = 1, .gone = 1, .words = {1}, .content = {1}}};
        struct qf_redacting *redacting = NULL;
        struct qf_buffer whole = {0};
        uint8_t key[8];
        qf_put_be64(key, last);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_redacting_new(&redacting), 0);
        assert_int_equal(qf_redactions_add(&redactions, &one), 0);
        for (int back = 0; back < 2; back++) {
                struct qf_environment *environment = NULL;
                struct qf_record_head head;
                struct qf_sha256 *sha = NULL;
                struct qf_txn *txn = NULL;
                struct qf_view record;
                if (back) {
                        fixture_open(fixture);
                        close_and_redact(fixture);
                }
                assert_int_equal(qf_sha256_new(&sha), 0);
                assert_int_equal(qf_environment_open(fixture->directory, &how, &environment), 0);
                assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
                assert_int_equal(qf_journal_get(txn, last, &record), 0);
                if (!back) {
                        assert_int_equal(qf_buffer_append(&whole, record.at, record.len), 0);
                        assert_int_equal(qf_record_open(record, sha, &head), 0);
                        assert_int_equal(qf_redacting_record(redacting, &redactions, &head, record, &record),
                                         0);
                } else {
                        record = (struct qf_view){(const char *)whole.at, (uint32_t)whole.len};
                }
                const struct qf_view at = {(const char *)key, sizeof key};
                assert_int_equal(qf_txn_put(txn, QF_TABLE_JOURNAL, at, record), 0);
                assert_int_equal(qf_txn_commit(&txn), 0);
                struct found found = audit(fixture, fixture->directory);
                assert_true(found.count > 0);
                assert_int_equal(found.first.position, last);
                assert_int_equal(found.first.what, QF_AUDIT_HASH);
                if (!back) { /* as it was, for the second round */
                        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
                        record = (struct qf_view){(const char *)whole.at, (uint32_t)whole.len};
                        assert_int_equal(qf_txn_put(txn, QF_TABLE_JOURNAL, at, record), 0);
                        assert_int_equal(qf_txn_commit(&txn), 0);
                }
                (void)qf_environment_close(environment);
                (void)qf_sha256_free(sha);
        }
        qf_redactions_deinit(&redactions);
        (void)qf_redacting_free(redacting);
        qf_buffer_deinit(&whole);
}

/* It has the record as it was, and what was said of it since: the text does not come back, and all else does. */
static void backup_from_before_is_restored_without_it(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_backup_options how = {.write = true};
        struct qf_backup *backup = NULL;
        struct qf_restore_about about;
        char directory[128], restored[128];
        (void)temporary_in(&fixture->temporary, "backup", directory, sizeof directory);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        const uint64_t before = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        assert_int_equal(qf_backup_open(directory, &how, &backup), 0);
        assert_int_equal(back_up(qf_ingest_group(fixture->ingest), backup, 1, before), 0);
        close_and_redact(fixture);
        fixture_open(fixture);
        const uint64_t last = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        assert_int_equal(last, before + 1);
        assert_int_equal(back_up(qf_ingest_group(fixture->ingest), backup, last, last), 0);
        assert_int_equal(qf_backup_sync(backup), 0);
        (void)qf_backup_close(backup);
        const struct qf_restore_from from = {.path = directory, .archive = ""};
        assert_int_equal(qf_restore(&from, restored, 0, "why", fixture->now_ms, &about), 0);
        assert_int_equal(about.last, last);
        assert_int_equal(about.differing, 0);
        assert_false(file_has(restored, secret));
        assert_true(file_has(restored, note));
        assert_int_equal(audit(fixture, restored).count, 0);
        assert_int_equal(qf_restore(&from, restored, before, "earlier", fixture->now_ms, &about), 0);
        assert_true(file_has(restored, secret)); /* then nobody had said so */
        /* Nor does anybody of one that is redacted already: that it was is behind the end. */
        const struct qf_restore_from redacted = {.path = fixture->directory, .archive = ""};
        assert_int_equal(qf_restore(&redacted, restored, before, "earlier", fixture->now_ms, &about), 0);
        assert_false(file_has(restored, secret));
        assert_int_equal(audit(fixture, restored).first.position, before);
        assert_int_equal(qf_restore(&redacted, restored, last, "all", fixture->now_ms, &about), 0);
        assert_int_equal(audit(fixture, restored).count, 0);
}

static void what_a_killed_redaction_left_is_removed(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_redact_wanted of_a = wanted_of_a();
        char left[160], aside[160];
        struct told told;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)snprintf(left, sizeof left, "%s.redacted", fixture->directory);
        (void)snprintf(aside, sizeof aside, "%s.set-aside", fixture->directory);
        assert_int_equal(mkdir(left, 0700), 0);
        assert_int_equal(qf_directory_forget(fixture->directory, QF_REDACT_LEFT), 0);
        assert_int_not_equal(access(left, F_OK), 0);
        assert_int_equal(qf_directory_forget(fixture->directory, QF_REDACT_LEFT), 0);
        assert_int_equal(mkdir(aside, 0700), 0);
        assert_int_equal(redact(fixture, &of_a, &told), QF_REDACT_SET_ASIDE);
        assert_int_equal(rmdir(aside), 0);
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        assert_int_not_equal(access(left, F_OK), 0);
        assert_int_not_equal(access(aside, F_OK), 0);
}

static void what_others_left_beside_it_is_removed(void **state)
{
        static const char *const left[] = {".redacted", ".trimmed", ".restored"};
        struct ingest_fixture *fixture = *state;
        char paths[3][160];
        fixture->ingest = qf_ingest_close(fixture->ingest);
        for (size_t i = 0; i < 3; i++) {
                (void)snprintf(paths[i], sizeof paths[i], "%s%s", fixture->directory, left[i]);
                assert_int_equal(mkdir(paths[i], 0700), 0);
        }
        struct qf_redact_wanted of_a = wanted_of_a();
        struct told told;
        of_a.write = false;
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(access(paths[i], F_OK), 0);
        of_a.write = true;
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        for (size_t i = 0; i < 3; i++)
                assert_int_not_equal(access(paths[i], F_OK), 0);
}

/* Where the journal is gone, one of them may be all there is. */
static void without_a_journal_nothing_is_removed(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_redact_wanted of_a = wanted_of_a();
        struct told told;
        char left[160];
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)snprintf(left, sizeof left, "%s.redacted", fixture->directory);
        assert_int_equal(rename(fixture->directory, left), 0);
        assert_int_equal(redact(fixture, &of_a, &told), QF_REDACT_MISSING);
        assert_true(file_has(left, secret));
        assert_true(qf_redact_unfinished(fixture->directory));
        assert_int_equal(rename(left, fixture->directory), 0);
        assert_false(qf_redact_unfinished(fixture->directory));
        /* Only a file system that can't exchange goes the other way, by setting aside. */
        assert_int_equal(qf_directory_exchange(fixture->directory, left), -ENOENT);
        assert_true(file_has(fixture->directory, secret));
}

static void without_room_nothing_is_left(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_redact_wanted of_a = wanted_of_a();
        struct rlimit before, little;
        struct told told;
        char left[160];
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)snprintf(left, sizeof left, "%s.redacted", fixture->directory);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        little = before;
        little.rlim_cur = 64 << 10;
        assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        const int result = redact(fixture, &of_a, &told);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_not_equal(result, 0);
        assert_int_not_equal(access(left, F_OK), 0);
        assert_true(file_has(fixture->directory, secret));
        assert_int_equal(redact(fixture, &of_a, &told), 0);
        assert_false(file_has(fixture->directory, secret));
}

/* More than goes into one commit of the copy: nothing may be lost between two of them. */
static void what_is_copied_in_several_commits_is_whole(void **state)
{
        enum { BATCHES = 50, EVENTS = 200, NOTE_BYTES = 450 };
        static uint8_t before[BATCHES * 4][QF_SHA256_BYTES];
        struct ingest_fixture *fixture = *state;
        char long_note[NOTE_BYTES + 1], key[32];
        uint8_t hash[QF_SHA256_BYTES];
        bool found = false;
        memset(long_note, 'n', NOTE_BYTES);
        long_note[NOTE_BYTES] = '\0';
        const struct qf_words words = {.note = qf_view_of(long_note)};
        for (unsigned number = 0; number < BATCHES * EVENTS;) {
                struct qf_from_partner send = send_of(3, number + 1);
                for (unsigned i = 0; i < EVENTS; i++) {
                        (void)snprintf(key, sizeof key, "L-%u", number++);
                        put_titled(fixture, QF_CREATE, key, &words);
                }
                end_body(fixture, &send);
                assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
        }
        struct qf_group *group = qf_ingest_group(fixture->ingest);
        const uint64_t last = qf_group_committed(group)->last;
        assert_in_range(last, BATCHES, BATCHES * 4 - 1);
        for (uint64_t position = 1; position <= last; position++)
                assert_int_equal(qf_group_hash_at(group, position, before[position], &found), 0);
        close_and_redact(fixture);
        assert_int_equal(audit(fixture, fixture->directory).count, 0);
        fixture_open(fixture);
        group = qf_ingest_group(fixture->ingest);
        for (uint64_t position = 1; position <= last; position++) {
                assert_int_equal(qf_group_hash_at(group, position, hash, &found), 0);
                assert_true(found);
                assert_memory_equal(hash, before[position], sizeof hash);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(text_is_gone_from_the_file_and_the_journal_is_sound),
                TEST(resends_are_told_by_what_is_kept),
                TEST(hands_on_texts_are_found),
                TEST(backup_from_before_is_restored_without_it),
                TEST(what_a_killed_redaction_left_is_removed),
                TEST(what_others_left_beside_it_is_removed),
                TEST(without_a_journal_nothing_is_removed),
                TEST(without_room_nothing_is_left),
                TEST(what_is_copied_in_several_commits_is_whole),
        };
        return cmocka_run_group_tests_name("ingest/redact", tests, NULL, NULL);
}
