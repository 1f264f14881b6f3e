#define _GNU_SOURCE
#include "coroutine.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { GUARD_BYTES = 4096, STACK_BYTES = 256 * 1024 };

// A context is made once with makecontext and entered by _longjmp from then on: swapcontext makes a system call each time.
struct coroutine {
    jmp_buf here;
    jmp_buf resumer;
    ucontext_t context;
    bool has_begun;
    void (*body)(void *);
    void *argument;
    char *memory;
    bool has_ended;
};

// makecontext passes nothing wider than an int.
static _Thread_local struct coroutine *starting;

static void enter(void)
{
    struct coroutine *coroutine = starting;
    coroutine->body(coroutine->argument);
    coroutine->has_ended = true;
    _longjmp(coroutine->resumer, 1);
}

struct coroutine *coroutine_make(void)
{
    struct coroutine *coroutine = calloc(1, sizeof *coroutine);
    if (!coroutine)
        return NULL;
    char *memory = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        free(coroutine);
        return NULL;
    }
    mprotect(memory, GUARD_BYTES, PROT_NONE);
    coroutine->memory = memory;
    coroutine->has_ended = true;
    getcontext(&coroutine->context);
    return coroutine;
}

void coroutine_start(struct coroutine *coroutine, void (*body)(void *), void *argument)
{
    coroutine->body = body;
    coroutine->argument = argument;
    coroutine->has_begun = false;
    coroutine->has_ended = false;
}

bool coroutine_resume(struct coroutine *coroutine)
{
    if (coroutine->has_ended)
        return false;
    if (_setjmp(coroutine->resumer) == 0) {
        if (coroutine->has_begun)
            _longjmp(coroutine->here, 1);
        coroutine->has_begun = true;
        coroutine->context.uc_link = NULL;
        coroutine->context.uc_stack.ss_sp = coroutine->memory + GUARD_BYTES;
        coroutine->context.uc_stack.ss_size = STACK_BYTES;
        makecontext(&coroutine->context, enter, 0);
        starting = coroutine;
        setcontext(&coroutine->context);
    }
    return !coroutine->has_ended;
}

void coroutine_yield(struct coroutine *coroutine)
{
    if (_setjmp(coroutine->here) == 0)
        _longjmp(coroutine->resumer, 1);
}

void coroutine_free(struct coroutine *coroutine)
{
    if (!coroutine)
        return;
    munmap(coroutine->memory, GUARD_BYTES + STACK_BYTES);
    free(coroutine);
}
