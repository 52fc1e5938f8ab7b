// recvmmsg and SO_MEMINFO, which Swift's Glibc module does not show.
#define _GNU_SOURCE
#include "include/CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
// Indexes into SO_MEMINFO's array (linux/sock_diag.h).
#define MEMINFO_RMEM_ALLOC 0
#define MEMINFO_DROPS 8
#define MEMINFO_COUNT 9
#define MAX_SLOTS 256

static int make_address(const char *host, uint16_t port, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *four = (struct sockaddr_in *)address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
  if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
  }
  return -EINVAL;
}

int plimsoll_udp_open(
    const char *host, uint16_t port, int buffer_bytes, int timeout_milliseconds) {
  struct sockaddr_storage address;
  int length = make_address(host, port, &address);
  if (length < 0) return length;
  int descriptor = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  // FORCE passes net.core.rmem_max and needs CAP_NET_ADMIN; without it the limit holds.
  if (setsockopt(
          descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0) {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  }
  struct timeval wait = {
      .tv_sec = timeout_milliseconds / 1000, .tv_usec = (timeout_milliseconds % 1000) * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  if (bind(descriptor, (struct sockaddr *)&address, (socklen_t)length) != 0) {
    int reason = errno;
    close(descriptor);
    return -reason;
  }
  return descriptor;
}

int plimsoll_udp_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -errno;
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

// FNV-1a over address and port: senders must only be told apart.
static uint64_t key_of(const struct sockaddr_storage *address) {
  uint64_t key = 14695981039346656037ull;
  const uint8_t *bytes = (const uint8_t *)address;
  size_t length =
      address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  for (size_t i = 0; i < length; i++) key = (key ^ bytes[i]) * 1099511628211ull;
  return key;
}

int plimsoll_udp_receive(
    int descriptor, uint8_t *storage, int slots, int slot_bytes, int32_t *lengths,
    uint64_t *senders) {
  struct mmsghdr headers[MAX_SLOTS];
  struct iovec vectors[MAX_SLOTS];
  struct sockaddr_storage addresses[MAX_SLOTS];
  if (slots > MAX_SLOTS) slots = MAX_SLOTS;
  for (int i = 0; i < slots; i++) {
    vectors[i] = (struct iovec){storage + (size_t)i * (size_t)slot_bytes, (size_t)slot_bytes};
    memset(&headers[i], 0, sizeof headers[i]);
    memset(&addresses[i], 0, sizeof(struct sockaddr_in6));
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
    headers[i].msg_hdr.msg_name = &addresses[i];
    headers[i].msg_hdr.msg_namelen = sizeof addresses[i];
  }
  int count = recvmmsg(descriptor, headers, (unsigned)slots, MSG_WAITFORONE, NULL);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    lengths[i] = (int32_t)headers[i].msg_len;
    senders[i] = key_of(&addresses[i]);
  }
  return count;
}

static int64_t memory_of(int descriptor, int index) {
  uint32_t values[MEMINFO_COUNT] = {0};
  socklen_t length = sizeof values;
  if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, values, &length) != 0) return -errno;
  return values[index];
}

int64_t plimsoll_udp_drops(int descriptor) { return memory_of(descriptor, MEMINFO_DROPS); }

int64_t plimsoll_udp_queued(int descriptor) {
  return memory_of(descriptor, MEMINFO_RMEM_ALLOC);
}
