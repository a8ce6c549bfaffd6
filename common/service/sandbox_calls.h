/* The calls that a daemon makes once it runs; all others are refused (EPERM). */
#pragma once

enum { QF_SANDBOX_CALLS_END = -1 };
extern const int qf_sandbox_calls[]; /* up to QF_SANDBOX_CALLS_END */
