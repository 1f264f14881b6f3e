// The explorer's smallest programs again, on another tool with its own idea of the C11 memory model: what must not happen is
// asserted, and relacy searches all schedules. Prints a line a program: its name, "found" or "none", and what was found or
// how many executions there were, separated by tabs.
#include "ring.hpp"

#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

Publication publication;
char missing;

// MARK: litmus tests

enum Kind { store, store_release, load, load_acquire, fence };

// One instruction: a location 0 to 2, and a value to store or a register 0 to 3 to load into.
struct Instruction {
    Kind kind;
    int location;
    int operand;
};

struct Test {
    const char *name;
    std::vector<std::vector<Instruction>> threads;
    // What the test is about: the values of all registers, and of the locations at the end where they matter (-1: no matter).
    std::vector<int> registers;
    std::vector<int> last;
};

static const Test *test;

template <unsigned threads> struct Litmus : rl::test_suite<Litmus<threads>, threads> {
    rl::atomic<int> locations[3];
    int registers[4];

    void before()
    {
        for (auto &location : locations)
            location($).store(0, rl::mo_relaxed);
        for (auto &value : registers)
            value = 0;
    }

    void thread(unsigned number)
    {
        for (const Instruction &instruction : test->threads[number]) {
            rl::atomic<int> &location = locations[instruction.location];
            switch (instruction.kind) {
            case store: location($).store(instruction.operand, rl::mo_relaxed); break;
            case store_release: location($).store(instruction.operand, rl::mo_release); break;
            case load: registers[instruction.operand] = location($).load(rl::mo_relaxed); break;
            case load_acquire: registers[instruction.operand] = location($).load(rl::mo_acquire); break;
            case fence: rl::atomic_thread_fence(rl::mo_seq_cst, $); break;
            }
        }
    }

    void after()
    {
        bool exists = true;
        for (size_t number = 0; number != test->registers.size(); number++)
            exists = exists && registers[number] == test->registers[number];
        for (size_t number = 0; number != test->last.size(); number++)
            if (test->last[number] >= 0)
                exists = exists && locations[number]($).load(rl::mo_relaxed) == test->last[number];
        RL_ASSERT(!exists);
    }
};

enum { x, y, z };

static const std::vector<Test> tests = {
    {"MP+poonceonces", {{{store, x, 1}, {store, y, 1}}, {{load, y, 0}, {load, x, 1}}}, {1, 0}, {}},
    {"MP+pooncerelease+poonceonce", {{{store, x, 1}, {store_release, y, 1}}, {{load, y, 0}, {load, x, 1}}}, {1, 0}, {}},
    {"MP+poonceonce+poacquireonce", {{{store, x, 1}, {store, y, 1}}, {{load_acquire, y, 0}, {load, x, 1}}}, {1, 0}, {}},
    {"MP+pooncerelease+poacquireonce",
     {{{store, x, 1}, {store_release, y, 1}}, {{load_acquire, y, 0}, {load, x, 1}}},
     {1, 0},
     {}},
    {"SB+poonceonces", {{{store, x, 1}, {load, y, 0}}, {{store, y, 1}, {load, x, 1}}}, {0, 0}, {}},
    {"SB+rel-acq",
     {{{store_release, x, 1}, {load_acquire, y, 0}}, {{store_release, y, 1}, {load_acquire, x, 1}}},
     {0, 0},
     {}},
    {"SB+fencembonceonce+poonceonce",
     {{{store, x, 1}, {fence, x, 0}, {load, y, 0}}, {{store, y, 1}, {load, x, 1}}},
     {0, 0},
     {}},
    {"SB+fencembonceonces",
     {{{store, x, 1}, {fence, x, 0}, {load, y, 0}}, {{store, y, 1}, {fence, x, 0}, {load, x, 1}}},
     {0, 0},
     {}},
    {"LB+poonceonces", {{{load, x, 0}, {store, y, 1}}, {{load, y, 1}, {store, x, 1}}}, {1, 1}, {}},
    {"LB+poacquireonce+pooncerelease",
     {{{load_acquire, x, 0}, {store_release, y, 1}}, {{load_acquire, y, 1}, {store_release, x, 1}}},
     {1, 1},
     {}},
    {"S+poonceonces", {{{store, x, 2}, {store, y, 1}}, {{load, y, 0}, {store, x, 1}}}, {1}, {2}},
    {"S+pooncerelease+poacquireonce",
     {{{store, x, 2}, {store_release, y, 1}}, {{load_acquire, y, 0}, {store, x, 1}}},
     {1},
     {2}},
    {"R+poonceonces", {{{store, x, 1}, {store, y, 1}}, {{store, y, 2}, {load, x, 0}}}, {0}, {-1, 2}},
    {"R+fencembonceonces",
     {{{store, x, 1}, {fence, x, 0}, {store, y, 1}}, {{store, y, 2}, {fence, x, 0}, {load, x, 0}}},
     {0},
     {-1, 2}},
    {"2+2W+poonceonces", {{{store, x, 1}, {store, y, 2}}, {{store, y, 1}, {store, x, 2}}}, {}, {1, 1}},
    {"2+2W+fencembonceonces",
     {{{store, x, 1}, {fence, x, 0}, {store, y, 2}}, {{store, y, 1}, {fence, x, 0}, {store, x, 2}}},
     {},
     {1, 1}},
    {"CoRR+poonceonce+Once", {{{store, x, 1}}, {{load, x, 0}, {load, x, 1}}}, {1, 0}, {}},
    {"ISA2+poonceonces",
     {{{store, x, 1}, {store, y, 1}}, {{load, y, 0}, {store, z, 1}}, {{load, z, 1}, {load, x, 2}}},
     {1, 1, 0},
     {}},
    {"ISA2+pooncerelease+poacquirerelease+poacquireonce",
     {{{store, x, 1}, {store_release, y, 1}},
      {{load_acquire, y, 0}, {store_release, z, 1}},
      {{load_acquire, z, 1}, {load, x, 2}}},
     {1, 1, 0},
     {}},
    {"IRIW+poacquireonces+OnceOnce",
     {{{store_release, x, 1}},
      {{load_acquire, x, 0}, {load_acquire, y, 1}},
      {{store_release, y, 1}},
      {{load_acquire, y, 2}, {load_acquire, x, 3}}},
     {1, 0, 1, 0},
     {}},
    {"IRIW+fencembonceonces+OnceOnce",
     {{{store, x, 1}},
      {{load, x, 0}, {fence, x, 0}, {load, y, 1}},
      {{store, y, 1}},
      {{load, y, 2}, {fence, x, 0}, {load, x, 3}}},
     {1, 0, 1, 0},
     {}},
};

// MARK: rings

// Entries go through the ring, neither side waits.
template <unsigned submissions, unsigned looks> struct Transfer : rl::test_suite<Transfer<submissions, looks>, 2> {
    Memory memory;

    void before() { memory.set_up(0); }

    void thread(unsigned number)
    {
        unsigned index;
        if (number == 0) {
            ProducerRing ring(memory);
            unsigned sent = 0;
            for (unsigned attempt = 0; attempt != submissions; attempt++) {
                if (!ring.reserve_one(index))
                    continue;
                memory.store_entry(sent++, index);
                ring.submit();
            }
            RL_ASSERT(ring.violations == 0);
        } else {
            ConsumerRing ring(memory);
            unsigned taken = 0;
            for (unsigned attempt = 0; attempt != looks; attempt++) {
                if (!ring.peek_one(index))
                    continue;
                unsigned entry = memory.load_entry(index);
                RL_ASSERT(entry == taken);
                taken++;
                ring.release();
            }
            RL_ASSERT(ring.violations == 0);
        }
    }
};

// One entry, and a consumer that sleeps on an eventfd: a deadlock is a lost wakeup.
struct Wakeup : rl::test_suite<Wakeup, 2> {
    Memory memory;
    rl::rl_sem_t arrived;

    void before()
    {
        memory.set_up(0);
        rl::rl_sem_init(&arrived, 0, 0, $);
    }

    void after() { rl::rl_sem_destroy(&arrived, $); }

    void thread(unsigned number)
    {
        unsigned index;
        if (number == 0) {
            ProducerRing ring(memory);
            if (!ring.reserve_one(index))
                return;
            memory.store_entry(0, index);
            ring.submit();
            if (ring.needs_wakeup())
                rl::rl_sem_post(&arrived, $);
        } else {
            ConsumerRing ring(memory);
            ring.wait(arrived);
            bool found = ring.peek_one(index);
            RL_ASSERT(found);
            unsigned entry = memory.load_entry(index);
            RL_ASSERT(entry == 0);
            ring.release();
        }
    }
};

// All schedules, or those with so many switches that no thread was forced to make.
enum { ALL = 0, SWITCHES = 3 };

template <typename Suite> static void search(const std::string &name, unsigned switches = ALL)
{
    // Nowhere: relacy takes the program's memory over, so a stream must not grow while it searches.
    std::ostream output(nullptr);
    rl::test_params params;
    params.search_type = switches == ALL ? rl::sched_full : rl::sched_bound;
    params.context_bound = switches;
    params.output_stream = &output;
    params.progress_stream = &output;
    rl::simulate<Suite>(params);
    bool found = params.test_result != rl::test_result_success;
    std::printf("%s\t%s\t%s\n", name.c_str(), found ? "found" : "none",
                found ? rl::test_result_str(params.test_result) : std::to_string(params.stop_iteration).c_str());
    std::fflush(stdout);
}

int main()
{
    for (const Test &next : tests) {
        test = &next;
        switch (next.threads.size()) {
        case 2: search<Litmus<2>>(next.name); break;
        case 3: search<Litmus<3>>(next.name); break;
        default: search<Litmus<4>>(next.name);
        }
    }
    for (Publication next : {Publication::index, Publication::slot}) {
        publication = next;
        for (char letter : std::string("-ABCDEF")) {
            missing = letter;
            std::string prefix = next == Publication::index ? "by index, " : "in slot, ";
            std::string suffix = letter == '-' ? "" : std::string(" without ") + letter;
            if (letter == '-' || letter == 'A' || letter == 'D')
                search<Transfer<2, 1>>(prefix + "2 submissions, 1 look" + suffix);
            if (letter == '-' || letter == 'B' || letter == 'C')
                search<Transfer<1, 1>>(prefix + "1 submission, 1 look" + suffix);
            if (letter == '-' || letter == 'E' || letter == 'F')
                search<Wakeup>(prefix + "1 entry, sleep and wake" + suffix, SWITCHES);
        }
    }
    return 0;
}
