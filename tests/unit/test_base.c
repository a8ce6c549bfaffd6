/* base/: bytes, arena, digests and text, by their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/rate.h"
#include "base/text.h"

static void arena_above_its_cap_gives_null(void **state)
{
        (void)state;
        struct qf_arena *arena = NULL;
        assert_int_equal(qf_arena_new(100, &arena), 0);
        assert_non_null(qf_arena_take(arena, 60));
        assert_non_null(qf_arena_take(arena, 30));
        assert_null(qf_arena_take(arena, 30));
        assert_null(qf_arena_zero(arena, SIZE_MAX / 2, 4));
        qf_arena_reset(arena);
        assert_non_null(qf_arena_take(arena, 100));
        assert_null(qf_arena_take(arena, 1));
        (void)qf_arena_free(arena);
}

static void rate_is_of_the_time_since_it_was_asked(void **state)
{
        (void)state;
        struct qf_rate rate = {0};
        assert_int_equal(qf_rate_next(&rate, 1000, 5000), 0);
        assert_int_equal(qf_rate_next(&rate, 11000, 10000), 2000);
        assert_int_equal(qf_rate_next(&rate, 11010, 10000), 0);
        assert_int_equal(qf_rate_next(&rate, 11020, 10500), 20);
        assert_int_equal(qf_rate_next(&rate, 20, 11500), 0); /* another journal */
        assert_int_equal(qf_rate_next(&rate, 30, 12500), 10);
}

static void keys_order_as_their_numbers(void **state)
{
        (void)state;
        uint8_t a[8], b[8];
        qf_put_be64(a, 255);
        qf_put_be64(b, 256);
        assert_true(memcmp(a, b, 8) < 0);
        assert_int_equal(qf_get_be64(b), 256);
        qf_put_be32(a, 0x01020304);
        assert_int_equal(a[0], 1);
        assert_int_equal(qf_get_be32(a), 0x01020304);
}

static void views_order_shorter_first(void **state)
{
        (void)state;
        assert_true(qf_view_order(QF_VIEW("ab"), QF_VIEW("abc")) < 0);
        assert_true(qf_view_order(QF_VIEW("b"), QF_VIEW("abc")) > 0);
        assert_true(qf_view_same(qf_view_of(NULL), QF_VIEW("")));
}

static void buffer_grows_and_prints(void **state)
{
        (void)state;
        struct qf_buffer buffer = {0};
        for (int i = 0; i < 1000; i++)
                assert_int_equal(qf_buffer_print(&buffer, "%d,", i), 0);
        assert_int_equal(buffer.len, 3890);
        assert_memory_equal(buffer.at, "0,1,2,", 6);
        qf_buffer_deinit(&buffer);
}

/* Published check values: CRC-32C of "123456789"; SHA-256 of "abc"; SipHash-2-4-128 reference vector 15. */
static void digests_give_the_published_values(void **state)
{
        (void)state;
        assert_int_equal(qf_crc32c("123456789", 9), 0xe3069283u);
        struct qf_sha256 *sha = NULL;
        uint8_t hash[32];
        char hex[65];
        assert_int_equal(qf_sha256_new(&sha), 0);
        qf_sha256_begin(sha);
        qf_sha256_add(sha, "abc", 3);
        qf_sha256_end(sha, hash);
        qf_text_hex(hash, 32, hex);
        assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        (void)qf_sha256_free(sha);
        uint8_t key[16], message[15], digest[16];
        for (uint8_t i = 0; i < 16; i++)
                key[i] = i;
        for (uint8_t i = 0; i < 15; i++)
                message[i] = i;
        qf_content_digest(key, message, 15, digest);
        qf_text_hex(digest, 16, hex);
        assert_string_equal(hex, "5493e99933b0a8117e08ec0f97cfc3d9");
}

static void text_that_could_mislead_is_refused(void **state)
{
        (void)state;
        const struct { /* not static: a compound literal is no constant in C11 */
                struct qf_view text;
                bool valid;
        } rows[] = {
                {QF_VIEW(""), true},
                {QF_VIEW("福州海关 plain enough text"), true},
                {QF_VIEW("\xf0\x9f\x8c\x8a"), true},
                {QF_VIEW("nul \0 inside"), false},
                {QF_VIEW("long enough\x1b for the fast path"), false},
                {QF_VIEW("12345678\x7f"), false},
                {QF_VIEW("\xc0\x80"), false},         /* overlong NUL */
                {QF_VIEW("\xed\xa0\x80"), false},     /* surrogate */
                {QF_VIEW("\xf4\x90\x80\x80"), false}, /* beyond Unicode */
                {QF_VIEW("\xe6\xb5"), false},         /* cut */
                {QF_VIEW("\xff"), false},
                {QF_VIEW("a\xe2\x80\xae z"), false}, /* right-to-left override */
                {QF_VIEW("\xef\xbb\xbf"), false},    /* byte order mark */
                {QF_VIEW("two\nlines"), false},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
                assert_int_equal(qf_text_valid(rows[i].text, false), rows[i].valid);
        for (uint32_t len = 1; len <= 20; len++) { /* whatever is read at once */
                char text[20];
                memset(text, 'x', sizeof text);
                assert_true(qf_text_valid((struct qf_view){text, len}, false));
                for (uint32_t at = 0; at < len; at++) {
                        for (unsigned byte = 0; byte < 0x100; byte++) {
                                text[at] = (char)byte;
                                assert_int_equal(qf_text_valid((struct qf_view){text, len}, false),
                                                 byte >= 0x20 && byte < 0x7f);
                        }
                        text[at] = 'x';
                }
        }
        assert_true(qf_text_valid(QF_VIEW("two\nlines"), true));
        assert_int_equal(qf_text_characters(QF_VIEW("福州abc")), 5);
}

static void cut_text_ends_with_a_whole_character(void **state)
{
        (void)state;
        static const char text[] = "a福é\xf0\x9f\x8c\x8a";
        static const size_t whole[] = {0, 1, 1, 1, 4, 4, 6, 6, 6, 6, 10};
        for (size_t room = 1; room <= sizeof text; room++) {
                char cut[sizeof text];
                (void)snprintf(cut, room, "%s", text);
                assert_ptr_equal(qf_text_whole(cut), cut);
                assert_int_equal(strlen(cut), whole[room - 1]);
                assert_memory_equal(cut, text, whole[room - 1]);
        }
}

static void numbers_have_digits_only(void **state)
{
        (void)state;
        uint64_t value = 7;
        assert_true(qf_text_number(QF_VIEW("100000"), 100000, &value));
        assert_int_equal(value, 100000);
        assert_false(qf_text_number(QF_VIEW("100001"), 100000, &value));
        assert_false(qf_text_number(QF_VIEW(""), 10, &value));
        assert_false(qf_text_number(QF_VIEW("+1"), 10, &value));
        assert_false(qf_text_number(QF_VIEW("99999999999999999999999"), UINT64_MAX, &value));
        assert_int_equal(value, 100000);
}

static void escaped_text_is_one_line(void **state)
{
        (void)state;
        char text[32];
        assert_string_equal(qf_text_escape(QF_VIEW("a\nb\"c"), text, sizeof text), "a\\x0ab\\x22c");
        assert_string_equal(qf_text_escape(QF_VIEW("\n\n\n"), text, 8), "\\x0a");
        for (size_t room = 4; room <= 6; room++) /* never a part of a character */
                assert_string_equal(qf_text_escape(QF_VIEW("重办"), text, room), "重");
        uint8_t bytes[2];
        assert_true(qf_text_unhex(QF_VIEW("0aFF"), bytes, 2));
        assert_int_equal(bytes[1], 255);
        assert_false(qf_text_unhex(QF_VIEW("0aF"), bytes, 2));
        assert_false(qf_text_unhex(QF_VIEW("0aFg"), bytes, 2));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(arena_above_its_cap_gives_null),
                cmocka_unit_test(rate_is_of_the_time_since_it_was_asked),
                cmocka_unit_test(keys_order_as_their_numbers),
                cmocka_unit_test(views_order_shorter_first),
                cmocka_unit_test(buffer_grows_and_prints),
                cmocka_unit_test(digests_give_the_published_values),
                cmocka_unit_test(text_that_could_mislead_is_refused),
                cmocka_unit_test(cut_text_ends_with_a_whole_character),
                cmocka_unit_test(numbers_have_digits_only),
                cmocka_unit_test(escaped_text_is_one_line),
        };
        return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
