/* An input as a list of frames: each a byte that says something of it, its length (u16 le), and its bytes. */
#pragma once

#include "base/bytes.h"

struct frames {
        const uint8_t *at;
        size_t left;
};

/* False: there is no more. What is cut short comes as it is. */
static inline bool frames_next(struct frames *frames, uint8_t *ret_about, struct qf_view *ret_frame)
{
        if (frames->left < 3)
                return false;
        size_t len = qf_get_le16(frames->at + 1), most = frames->left - 3;

        len = len < most ? len : most;
        *ret_about = frames->at[0];
        *ret_frame = (struct qf_view){(const char *)frames->at + 3, (uint32_t)len};
        frames->at += 3 + len;
        frames->left = most - len;
        return true;
}
