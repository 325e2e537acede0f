// LD_PRELOAD for tests in front of libfaketime: the addon is loaded with RTLD_DEEPBIND (src/native/load.ts) and would not see
// the clock that the preloaded library makes up. What the addon loads itself keeps the flag.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

static int is_addon(const char *file)
{
	static const char name[] = "/weir.node";
	size_t length = file ? strlen(file) : 0;

	return length >= sizeof(name) - 1 && strcmp(file + length - (sizeof(name) - 1), name) == 0;
}

void *dlopen(const char *file, int flags)
{
	void *(*original)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	return original(file, is_addon(file) ? flags & ~RTLD_DEEPBIND : flags);
}
