// LD_PRELOAD for tests in front of libfaketime: the addon is loaded with RTLD_DEEPBIND and would not see the clock that the
// preloaded library makes up. Only where neither librdkafka nor libndpi is loaded, which need it.
#define _GNU_SOURCE
#include <dlfcn.h>

void *dlopen(const char *file, int flags)
{
	void *(*original)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	return original(file, flags & ~RTLD_DEEPBIND);
}
