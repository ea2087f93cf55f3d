#pragma once
#include <libpq-fe.h>
#include <spawn.h>

#if defined(__linux__)
/* glibc has them since 2.34 and 2.29; its header shows them only to _GNU_SOURCE or _DEFAULT_SOURCE, which the module
   that Swift imports as Glibc does not set. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
#endif
