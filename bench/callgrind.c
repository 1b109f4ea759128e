/* Lets bench/instructions.py tell callgrind where a stage ends. Outside valgrind each call does nothing. */
#include <valgrind/callgrind.h>

void begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void forget(void) { CALLGRIND_ZERO_STATS; }
void ended(const char *stage) { CALLGRIND_DUMP_STATS_AT(stage); }
