#include "sim/sim.h"

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK = 1 << 20, STILL_MOST = 100000, EVENTS_MOST = 2000000 };

/* ---- the heap of events ---- */

static bool is_before(const struct event *a, const struct event *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void event_put(struct sim *s, const struct event *e) {
    if (s->heap_count == s->heap_room) {
        s->heap_room = s->heap_room ? s->heap_room * 2 : 256;
        s->heap = realloc(s->heap, s->heap_room * sizeof(*s->heap));
        if (!s->heap)
            abort();
    }
    size_t i = s->heap_count++;
    for (; i && is_before(e, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = *e;
}

static struct event event_make(struct sim *s, instant at,
    void (*act)(struct sim *, void *, uint64_t), void *what, uint64_t number) {
    /* A script has nothing random in it: first come, first served. */
    uint64_t order = s->script ? ++s->script->events : roll(s);
    return (struct event){at > s->now ? at : s->now, order, act, what, number};
}

void event_add(struct sim *s, instant at, void (*act)(struct sim *, void *, uint64_t), void *what,
    uint64_t number) {
    struct event e = event_make(s, at, act, what, number);
    event_put(s, &e);
}

static struct event event_take(struct sim *s) {
    struct event first = s->heap[0];
    const struct event *last = &s->heap[--s->heap_count];
    size_t i = 0;
    for (size_t least; (least = 2 * i + 1) < s->heap_count; i = least) {
        if (least + 1 < s->heap_count && is_before(&s->heap[least + 1], &s->heap[least]))
            least++;
        if (!is_before(&s->heap[least], last))
            break;
        s->heap[i] = s->heap[least];
    }
    s->heap[i] = *last;
    return first;
}

static void event_begins(struct sim *s, const struct event *e) {
    s->still = e->at > s->now ? 0 : s->still + 1;
    s->now = e->at > s->now ? e->at : s->now;
    s->events++;
    s->totals->events++;
    trace_add(s, (uint64_t)s->now ^ e->number << 48);
}

/* L3: no event loop longer than 10^5 events without the virtual clock advancing. */
bool event_next(struct sim *s) {
    if (!s->heap_count || s->failed)
        return false;
    struct event e = event_take(s);
    event_begins(s, &e);
    if (s->still > STILL_MOST)
        violate(s, "L3", "%d events while the clock stood still", STILL_MOST);
    else if (s->events > EVENTS_MOST)
        violate(s, "L3", "the world does not come to rest");
    else
        e.act(s, e.what, e.number);
    return true;
}

/* ---- fibres ---- */

/* What a call must leave as it was goes onto the stack we leave, `*from` says where, and comes from
 * the stack we go to. swapcontext does the same with two system calls more. */
#if defined(__x86_64__)
void stack_switch(void **from, void *to);
__asm__(".text\n.globl stack_switch\n.type stack_switch, @function\nstack_switch:\n"
        "endbr64\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\n"
        "ret\n.size stack_switch, .-stack_switch\n");

/* As if fibre_main had just been called, by nobody. */
static void *stack_aim(char *stack, void (*first)(void)) {
    void **top = (void **)(void *)(stack + STACK) - 2;
    *top = (void *)first;
    memset(top - 6, 0, 6 * sizeof(*top));
    return top - 6;
}
#else
#include <ucontext.h>

/* The place is a ucontext at the foot of the stack; that of the main stack is its own. */
static void stack_switch(void **from, void *to) {
    ucontext_t here;
    *from = &here;
    swapcontext(&here, to);
}

static void *stack_aim(char *stack, void (*first)(void)) {
    ucontext_t *at = (ucontext_t *)(void *)stack;
    if (getcontext(at))
        abort();
    at->uc_stack.ss_sp = stack + sizeof(*at);
    at->uc_stack.ss_size = STACK - sizeof(*at);
    at->uc_link = NULL;
    makecontext(at, first, 0);
    return at;
}
#endif

static void to_main(struct sim *s) {
    struct fibre *f = s->current;
#if defined(__SANITIZE_ADDRESS__)
    void *fake = NULL;
    __sanitizer_start_switch_fiber(f->live ? &fake : NULL, NULL, 0);
#endif
    stack_switch(&f->at, s->main);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

static void to_fibre(struct sim *s, struct fibre *f) {
    s->current = f;
#if defined(__SANITIZE_ADDRESS__)
    void *fake = NULL;
    __sanitizer_start_switch_fiber(&fake, f->stack, STACK);
#endif
    stack_switch(&s->main, f->at);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
    s->current = NULL;
}

static struct sim *starting;

static void fibre_main(void) {
    struct sim *s = starting;
    struct fibre *f = s->current;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    f->run(f);
    f->live = false;
    to_main(s);
    abort();
}

void fibre_go(struct sim *s, struct fibre *f) {
    starting = s;
    to_fibre(s, f);
}

void fibre_wake(struct sim *s, void *what, uint64_t serial) {
    struct fibre *f = what;
    if (!f->live || f->serial != serial)
        return;
    if (f->process->paused_until > s->now) {
        event_add(s, f->process->paused_until, fibre_wake, f, serial);
        return;
    }
    fibre_go(s, f);
}

static void fibre_due(struct sim *s, struct fibre *f, instant at) {
    f->wake_at = at;
    event_add(s, at, fibre_wake, f, ++f->serial);
}

static void fibre_room(struct fibre *f) {
    if (f->stack) {
#if defined(__SANITIZE_ADDRESS__)
        __asan_unpoison_memory_region(f->stack, STACK);
#endif
        return;
    }
    f->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (f->stack == MAP_FAILED)
        abort();
    f->mem_desk = desk_new(512u << 10, 32u << 20);
    f->leased_desk = desk_new(128u << 10, 32u << 20);
    f->mem = f->mem_desk.mem;
    f->leased = f->leased_desk.mem;
}

void fibre_free(struct fibre *f) {
    if (!f->stack)
        return;
    munmap(f->stack, STACK);
    arena_free(f->mem);
    arena_free(f->leased);
}

/* Null when all are taken: then a request is not heard, as at a full server. */
struct fibre *fibre_start(struct sim *s, struct process *p, void (*run)(struct fibre *f)) {
    struct fibre *f = s->fibres;
    while (f < s->fibres + SIM_FIBRES && (f->live || f == s->current))
        f++;
    if (f == s->fibres + SIM_FIBRES)
        return NULL;
    if (f == s->fibres + s->fibre_top)
        s->fibre_top++;
    fibre_room(f);
    desk_clear(&f->mem_desk);
    desk_clear(&f->leased_desk);
    f->process = p;
    f->run = run;
    f->live = true;
    f->idle = false;
    f->ask = NULL;
    f->job = NULL;
    f->until = NULL;
    f->changes = NULL;
    f->lease = NULL;
    f->heard = 0;
    f->words[0] = S("");
    f->at = stack_aim(f->stack, fibre_main);
    fibre_due(s, f, s->now);
    return f;
}

/* Would this be the next event, and wake up its fibre? What keeps a world from running for ever is
 * looked at where events are taken. */
static bool is_next(const struct sim *s, const struct event *e) {
    return !s->script && !s->failed && (!s->heap_count || is_before(e, &s->heap[0]))
           && s->current->process->paused_until <= e->at && s->still < STILL_MOST
           && s->events < EVENTS_MOST;
}

/* While nobody else would have a turn it goes on as it is: the same as going to sleep and waking
 * up. */
void fibre_sleep(struct sim *s, int64_t ms) {
    struct fibre *f = s->current;
    f->wake_at = s->now + ms;
    struct event e = event_make(s, f->wake_at, fibre_wake, f, ++f->serial);
    if (is_next(s, &e)) {
        event_begins(s, &e);
        return;
    }
    event_put(s, &e);
    to_main(s);
}

void fibre_wait(struct sim *s) {
    struct fibre *f = s->current;
    f->serial++;
    f->wake_at = INT64_MAX;
    to_main(s);
}

void fibre_until(struct sim *s, const bool *done) {
    struct fibre *f = s->current;
    f->until = done;
    while (!*done)
        fibre_wait(s);
    f->until = NULL;
}

void fibre_done(struct sim *s, struct fibre *f) {
    fibre_due(s, f, s->now);
}

void fibres_drop(struct sim *s, const struct process *p) {
    for (int i = 0; i < s->fibre_top; i++)
        if (s->fibres[i].live && (!p || s->fibres[i].process == p))
            s->fibres[i].live = false;
    rest_drop(s);
    if (s->current && s->current->process == p)
        to_main(s);
}
