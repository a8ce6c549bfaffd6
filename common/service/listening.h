/* Listening sockets that systemd made and handed over (socket units): a restart
 * then refuses nobody, and a daemon needs no right to make sockets of its own.
 *
 * The configuration stays as it is: an endpoint is listened to on the socket that
 * systemd bound to the same address, when there is one. They belong to the process,
 * as its environment does, so what is noted here is the process's too. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* The descriptor of the socket bound to "tcp://ADDRESS:PORT" or "ipc://PATH"; 0: there is none, bind one. ADDRESS is an
 * IPv4 address, an IPv6 address in brackets, or "*". */
int qf_listening_find(const char *endpoint);

/* For a door whose key changes while it is open: what listens at an endpoint, twice where that can be (TCP), so that each
 * has a key: handed over by systemd (which listens twice with ReusePort=yes and the address on two lines), or made here.
 * Zeros: it is an endpoint that only libzmq can bind. *ret_removes: a file was made for it. 0 or -errno. */
QF_CHECK int qf_listening_twice(const char *endpoint, int ret_listening[2], bool *ret_removes);
/* A descriptor that listens at "tcp://ADDRESS:PORT", without blocking: the one that systemd handed over, or one made
 * here. The caller's to close. 0; -EINVAL: it is no such endpoint; -errno. */
QF_CHECK int qf_listening_open(const char *endpoint, int *ret_fd);
/* The same for a socket of files, which only this user can connect to. A file that a process left which was killed is
 * replaced. 0; -EADDRINUSE: another process answers there, or something else than a socket lies there; -errno. */
QF_CHECK int qf_listening_open_private(const char *path, int *ret_fd);
/* Whether "Host:" of HTTP names this machine itself: localhost, 127.0.0.1 or [::1], with any port. What a browser sends
 * for a name that somebody else lets point here does not. */
bool qf_listening_is_local_name(const char *host);
/* Whether only this machine can reach a TCP endpoint. */
bool qf_listening_is_local(const char *endpoint);

enum { QF_LISTENING_TEXT = 160 };
/* Whether a socket was handed over that nobody asked for: then unit and configuration disagree, and whoever connects
 * there would wait for ever. ret_address: which. */
bool qf_listening_unclaimed(char ret_address[QF_LISTENING_TEXT]);
