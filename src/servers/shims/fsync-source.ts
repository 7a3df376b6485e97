/**
 * The fsync shim, in C: a library preloaded into a server that notes how much of each file has been synced to disk, in a
 * table of shared memory that survives the server. The size is taken before the sync, for the sync is bound to cover only
 * what was written until then; the time of it tells a file from an earlier one that had the same inode. No lock: a fork
 * of the server writes here, too, and may be killed anywhere. `sync_file_range` is not among the calls, for it promises
 * nothing after a power failure.
 */
export const fsyncFileVariable = 'LOCKBENCH_FSYNC_FILE';

/** Regular files synced by one server. Many more than it has at a time: what it deletes keeps its slot. */
export const fsyncSlots = 256;

export const fsyncShimSource = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef __LP64__
#error "written for 64 bits"
#endif

struct slot { uint64_t inode, device, size, synced_at_ns; };
struct table { uint64_t pid; uint64_t overflow; struct slot slots[${fsyncSlots}]; };

static struct table *table;

__attribute__((constructor)) static void map_table(void) {
  const char *path = getenv("${fsyncFileVariable}");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct table *found = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (found == MAP_FAILED) return;
  __atomic_store_n(&found->pid, (uint64_t)getpid(), __ATOMIC_RELAXED);
  table = found;
}

/* A slot belongs to the first who puts an inode into it, for good. */
static struct slot *slot_of(uint64_t device, uint64_t inode) {
  for (int i = 0; i < ${fsyncSlots}; i += 1) {
    struct slot *slot = &table->slots[i];
    uint64_t owner = 0;
    if (__atomic_compare_exchange_n(&slot->inode, &owner, inode, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      __atomic_store_n(&slot->device, device, __ATOMIC_RELEASE);
      return slot;
    }
    uint64_t where = __atomic_load_n(&slot->device, __ATOMIC_ACQUIRE);
    if (owner == inode && (where == device || where == 0)) return slot;
  }
  __atomic_fetch_add(&table->overflow, 1, __ATOMIC_RELAXED);
  return NULL;
}

static int synced(long call, int fd) {
  struct stat before;
  struct timespec at;
  int known = table != NULL && fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
  int failed = (int)syscall(call, fd);
  if (failed != 0 || !known) return failed;
  struct slot *slot = slot_of(before.st_dev, before.st_ino);
  if (slot == NULL) return failed;
  /* Not by clock_gettime, which may be the clock shim's. */
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &at);
  __atomic_store_n(&slot->size, (uint64_t)before.st_size, __ATOMIC_RELAXED);
  __atomic_store_n(&slot->synced_at_ns, (uint64_t)at.tv_sec * 1000000000 + at.tv_nsec, __ATOMIC_RELEASE);
  return failed;
}

int fsync(int fd) { return synced(SYS_fsync, fd); }

int fdatasync(int fd) { return synced(SYS_fdatasync, fd); }
`;
