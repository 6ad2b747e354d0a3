/* Fail points: stands between a node and the system calls that make things durable.
 *
 * Loaded before the C library (LD_PRELOAD), so that Python's and LevelDB's calls both pass here.
 * Only what lies in `db/`, the folders beside it (`db-…`) and `journal/` of one node's folder is
 * touched; the rest passes unseen.
 * Every step is one line of a log, where there is one: number, operation, name, result, size, kept,
 * from. What it does is told by the environment, see `plan.py`. What a power cut takes is worked out from the log, see
 * `disk.py`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILLED = 137, SHORT = -1 };

static char folder[PATH_MAX], graves[PATH_MAX];
static size_t folder_size;
static int log_fd = -1;

/* Die at step `crash_step`: 'b'efore it, 'a'fter it, or with 'h'alf of a write done. */
static int crash_step;
static char crash_when;

/* Fail calls `fault_first`, and as many as `fault_count` in all (0: for ever), of one operation. */
static char fault_op[16], fault_pattern[PATH_MAX];
static int fault_first, fault_count, fault_error;

/* A file that others write while the node runs: how many ms an fsync takes longer, and the error of
 * every write; 0 for neither. */
enum { SLOWER_MS, WRITE_ERROR, DIALS };
static atomic_int *dial;

static atomic_int steps, matched;

struct step {
    int number; /* 0: a look that changes nothing. */
    const char *op;
    char name[PATH_MAX];
    char kept[64];    /* Under which name a power cut finds what was there before. */
    const char *from; /* Of a rename. */
    int error; /* What to fail with; 0: go on; SHORT: do half. */
};

/* Called when the library is loaded, and again in a process that was forked for one life. */
__attribute__((constructor)) void failpoints_begin(void) {
    const char *text = getenv("FAILPOINTS_FOLDER");
    if (text == NULL || realpath(text, folder) == NULL) {
        folder[0] = 0;
        return;
    }
    folder_size = strlen(folder);
    if ((text = getenv("FAILPOINTS_GRAVES")) != NULL) snprintf(graves, sizeof graves, "%s", text);
    if ((text = getenv("FAILPOINTS_LOG")) != NULL)
        log_fd = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                         0600);
    if ((text = getenv("FAILPOINTS_DIAL")) != NULL) {
        int fd = syscall(SYS_openat, AT_FDCWD, text, O_RDONLY | O_CLOEXEC);
        void *seen = mmap(NULL, DIALS * sizeof *dial, PROT_READ, MAP_SHARED, fd, 0);
        dial = seen == MAP_FAILED ? NULL : seen;
        syscall(SYS_close, fd);
    }
    if ((text = getenv("FAILPOINTS_CRASH")) != NULL)
        sscanf(text, "%d:%c", &crash_step, &crash_when);
    if ((text = getenv("FAILPOINTS_FAULT")) != NULL)
        sscanf(text, "%15[^:]:%4095[^:]:%d:%d:%d", fault_op, fault_pattern, &fault_first,
               &fault_count, &fault_error);
}

/* The part of `path` below the folder, where it is ours; NULL otherwise. */
static const char *ours(const char *path) {
    if (folder[0] == 0 || strncmp(path, folder, folder_size) != 0) return NULL;
    if (path[folder_size] == 0) return ".";
    if (path[folder_size] != '/') return NULL;
    path += folder_size + 1;
    const char *slash = strchr(path, '/');
    size_t first = slash ? (size_t)(slash - path) : strlen(path);
    if (first == 7 && strncmp(path, "journal", 7) == 0) return path;
    if (strncmp(path, "db", 2) != 0 || (first > 2 && path[2] != '-')) return NULL;
    /* LevelDB's diary for people is no part of what it keeps. */
    return slash && strncmp(slash, "/LOG", 4) == 0 ? NULL : path;
}

static void note(const struct step *step, long result, long size) {
    if (log_fd < 0) return;
    char line[2 * PATH_MAX + 160];
    int length = snprintf(line, sizeof line, "%d\t%s\t%s\t%ld\t%ld\t%s\t%s\n", step->number,
                          step->op, step->name, result, size, step->kept, step->from);
    syscall(SYS_write, log_fd, line, length);
}

static void die(struct step *step) {
    snprintf(step->kept, sizeof step->kept, "%s", step->op);
    step->op = "crash";
    note(step, 0, 0);
    syscall(SYS_exit_group, KILLED);
}

static int begins(struct step *step, const char *op, const char *path, int changes) {
    const char *name = ours(path);
    if (name == NULL) return 0;
    step->op = op;
    step->error = 0;
    step->kept[0] = 0;
    step->from = "";
    snprintf(step->name, sizeof step->name, "%s", name);
    step->number = changes ? atomic_fetch_add(&steps, 1) + 1 : 0;
    if (changes && step->number == crash_step && crash_when == 'b') die(step);
    if (strcmp(op, fault_op) == 0 && fnmatch(fault_pattern, name, 0) == 0) {
        int call = atomic_fetch_add(&matched, 1) + 1;
        if (call >= fault_first && (fault_count == 0 || call < fault_first + fault_count))
            step->error = fault_error;
    }
    if (dial != NULL && (op[0] == 'w' || op[0] == 'c') && dial[WRITE_ERROR] != 0)
        step->error = dial[WRITE_ERROR];
    if (changes && step->number == crash_step && crash_when == 'h') step->error = SHORT;
    return 1;
}

static int begins_at(struct step *step, const char *op, int fd, int changes) {
    char link[40], path[PATH_MAX];
    if (folder[0] == 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (size <= 0 || path[0] != '/') return 0;
    path[size] = 0;
    return begins(step, op, path, changes);
}

static long ends(struct step *step, long result, int fd) {
    int error = errno;
    struct stat stat = {0};
    if (fd >= 0 && fstat(fd, &stat) != 0) stat.st_size = 0;
    if (step->number) note(step, result < 0 ? -error : result, stat.st_size);
    if (step->number && step->number == crash_step && crash_when != 'b') die(step);
    errno = error;
    return result;
}

static long fails(struct step *step) {
    note(step, -step->error, 0);
    errno = step->error;
    return -1;
}

/* A second name for what is about to lose its own, so that a power cut can bring it back. */
static void bury(struct step *step, const char *path) {
    char grave[PATH_MAX + 64];
    if (graves[0] == 0) return;
    snprintf(step->kept, sizeof step->kept, "%d-%d", getpid(), step->number);
    snprintf(grave, sizeof grave, "%s/%s", graves, step->kept);
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, grave, 0) != 0) step->kept[0] = 0;
}

static int open_file(int at, const char *path, int flags, mode_t mode) {
    struct step step;
    int makes = flags & O_CREAT && syscall(SYS_faccessat, at, path, F_OK) != 0;
    const char *op = makes ? "create" : flags & O_TRUNC ? "truncate" : "open";
    if (!begins(&step, op, path, op[0] != 'o')) return syscall(SYS_openat, at, path, flags, mode);
    if (step.error > 0) return fails(&step);
    int fd = syscall(SYS_openat, at, path, flags, mode);
    return ends(&step, fd, -1);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t size) {
    struct step step;
    if (!begins_at(&step, "write", fd, 1)) return syscall(SYS_write, fd, data, size);
    if (step.error > 0) return fails(&step);
    if (step.error == SHORT && size > 1) size /= 2;
    return ends(&step, syscall(SYS_write, fd, data, size), fd);
}

ssize_t read(int fd, void *data, size_t size) {
    struct step step;
    if (begins_at(&step, "read", fd, 0) && step.error > 0) return fails(&step);
    return syscall(SYS_read, fd, data, size);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset) {
    struct step step;
    if (begins_at(&step, "read", fd, 0) && step.error > 0) return fails(&step);
    return syscall(SYS_pread64, fd, data, size, offset);
}

ssize_t pread64(int fd, void *data, size_t size, off_t offset) {
    return pread(fd, data, size, offset);
}

static int synced(const char *op, long call, int fd) {
    struct step step;
    if (!begins_at(&step, op, fd, 1)) return syscall(call, fd);
    if (step.error > 0) return fails(&step);
    if (dial != NULL && dial[SLOWER_MS] > 0) usleep(1000 * dial[SLOWER_MS]);
    return ends(&step, syscall(call, fd), fd);
}

int fsync(int fd) { return synced("fsync", SYS_fsync, fd); }

int fdatasync(int fd) { return synced("fsync", SYS_fdatasync, fd); }

int rename(const char *from, const char *to) {
    struct step step;
    if (!begins(&step, "rename", to, 1)) return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (step.error > 0) return fails(&step);
    step.from = ours(from) ? ours(from) : from;
    bury(&step, to);
    return ends(&step, syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to), -1);
}

int unlink(const char *path) {
    struct step step;
    if (!begins(&step, "unlink", path, 1)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (step.error > 0) return fails(&step);
    bury(&step, path);
    return ends(&step, syscall(SYS_unlinkat, AT_FDCWD, path, 0), -1);
}

int mkdir(const char *path, mode_t mode) {
    struct step step;
    if (!begins(&step, "mkdir", path, 1)) return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (step.error > 0) return fails(&step);
    return ends(&step, syscall(SYS_mkdirat, AT_FDCWD, path, mode), -1);
}
