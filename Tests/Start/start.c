#include "start.h"

// Before any test runs: what clients of the suite receive is to be watched from the first response on.
__attribute__((constructor)) static void start(void) { martlet_watch_responses(); }
