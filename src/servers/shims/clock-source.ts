/**
 * The clock shim, in C: a library preloaded into a server that moves what it takes for the wall clock. Monotonic clocks
 * are left alone, as a step of a real wall clock leaves them. The harness writes a page of shared memory that the shim
 * reads on every call: two readings and a sequence whose lowest bit says which is complete, so a reader never waits for
 * the writer and never sees half of a reading. jemalloc asks for the time while the linker is still at work, when
 * looking up the real function would recurse: until the shim's constructor has done so, time comes by a bare system call,
 * with which alone a server would answer half as many pipelined commands.
 */
export const clockFileVariable = 'LOCKBENCH_CLOCK_FILE';

export const clockShimSource = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef __LP64__
#error "written for 64 bits"
#endif

struct reading { int64_t offset_ns; double rate; int64_t origin_ns; };
struct page { uint64_t sequence; uint64_t pid; struct reading readings[2]; };

static struct page *page;
typedef int gettime_function(clockid_t, struct timespec *);
static gettime_function *libc_gettime;

__attribute__((constructor)) static void map_page(void) {
  __atomic_store_n(&libc_gettime, (gettime_function *)dlsym(RTLD_NEXT, "clock_gettime"), __ATOMIC_RELEASE);
  const char *path = getenv("${clockFileVariable}");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct page *found = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (found == MAP_FAILED) return;
  __atomic_store_n(&found->pid, (uint64_t)getpid(), __ATOMIC_RELAXED);
  __atomic_store_n(&page, found, __ATOMIC_RELEASE);
}

static int true_time(clockid_t clock, struct timespec *at) {
  gettime_function *gettime = __atomic_load_n(&libc_gettime, __ATOMIC_ACQUIRE);
  return gettime == NULL ? (int)syscall(SYS_clock_gettime, clock, at) : gettime(clock, at);
}

static void shift(struct timespec *at) {
  struct page *from = __atomic_load_n(&page, __ATOMIC_ACQUIRE);
  if (from == NULL) return;
  struct reading now;
  uint64_t sequence;
  do {
    sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);
    now = *(volatile struct reading *)&from->readings[sequence & 1];
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  } while (sequence != __atomic_load_n(&from->sequence, __ATOMIC_RELAXED));
  int64_t ns = (int64_t)at->tv_sec * 1000000000 + at->tv_nsec;
  ns += now.offset_ns + (int64_t)((now.rate - 1.0) * (double)(ns - now.origin_ns));
  at->tv_sec = ns / 1000000000;
  at->tv_nsec = ns % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int failed = true_time(clock, at);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(at);
  return failed;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  struct timespec at;
  /* Obsolete, and NULL everywhere. */
  (void)zone;
  if (true_time(CLOCK_REALTIME, &at) != 0) return -1;
  shift(&at);
  tv->tv_sec = at.tv_sec;
  tv->tv_usec = at.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec at;
  if (true_time(CLOCK_REALTIME, &at) != 0) return (time_t)-1;
  shift(&at);
  if (seconds != NULL) *seconds = at.tv_sec;
  return at.tv_sec;
}
`;
