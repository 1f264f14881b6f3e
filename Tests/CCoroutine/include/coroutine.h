#ifndef TOKEN_RING_COROUTINE_H
#define TOKEN_RING_COROUTINE_H

#include <stdbool.h>

// A function that can stop in the middle and go on later, on a stack of its own: how the explorer of interleavings runs
// several threads of a program in one. All calls for one on one operating system thread.

struct coroutine;

// A coroutine without a body, or NULL when there is no memory. Its stack ends at a guard page.
struct coroutine *coroutine_make(void);

// Gives it a body, which the next resume begins. A body that has not returned is forgotten with all it holds.
void coroutine_start(struct coroutine *coroutine, void (*body)(void *), void *argument);

// Runs it up to its next yield (true) or its end (false).
bool coroutine_resume(struct coroutine *coroutine);

// Called by the body: back to whoever resumed it.
void coroutine_yield(struct coroutine *coroutine);

void coroutine_free(struct coroutine *coroutine);

#endif
