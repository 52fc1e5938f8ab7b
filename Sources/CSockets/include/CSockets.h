#ifndef PLIMSOLL_SOCKETS_H
#define PLIMSOLL_SOCKETS_H
#include <stddef.h>
#include <stdint.h>

/// Opens a UDP socket bound to `host` (a numeric IPv4 or IPv6 address) and `port` (0 picks a free
/// one), asks for a receive buffer of `buffer_bytes`, and gives reads a time-out of
/// `timeout_milliseconds`. Returns the descriptor, or -errno.
int plimsoll_udp_open(
    const char *_Nonnull host, uint16_t port, int buffer_bytes, int timeout_milliseconds);

/// The port a socket is bound to, or -errno.
int plimsoll_udp_port(int descriptor);

/// Receives up to `slots` datagrams into `storage`, each into its own `slot_bytes`. Waits for the
/// first one until the socket's time-out. Writes each length and a key that tells senders apart.
/// Returns how many came (0 on time-out), or -errno.
int plimsoll_udp_receive(
    int descriptor, uint8_t *_Nonnull storage, int slots, int slot_bytes,
    int32_t *_Nonnull lengths, uint64_t *_Nonnull senders);

/// Datagrams the kernel dropped at this socket since it was opened (SO_MEMINFO), or -errno.
int64_t plimsoll_udp_drops(int descriptor);

/// Bytes that wait in the socket's receive queue (SO_MEMINFO), or -errno.
int64_t plimsoll_udp_queued(int descriptor);

#endif
