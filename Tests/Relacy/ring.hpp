// The rings of Sources/TokenRing/Ring in C++ on relacy's atomics, word for word as far as the languages go: names, order of
// accesses and barriers are those of ProducerRing.swift, ConsumerRing.swift, RingMemory.swift, SlotPublishedMemory.swift and
// RingWaiting.swift. A barrier can be left out by its letter.
#pragma once

#include <relacy/relacy.hpp>

// Behind relacy.hpp: its semaphore.
#include <relacy/stdlib/pthread.hpp>

enum class Publication { index, slot };

// What is searched now: how entries are published, and the barrier that is missing, '-' for none. The same in all of the
// executions of one search.
extern Publication publication;
extern char missing;

constexpr unsigned capacity = 1;

struct Memory {
    enum { phase_bit = 1u << 31 };

    rl::atomic<unsigned> producer, consumer, producer_flags, consumer_flags;
    rl::atomic<unsigned> phase[capacity];
    rl::var<unsigned> slot[capacity];

    static rl::memory_order acquire(char barrier) { return barrier == missing ? rl::mo_relaxed : rl::mo_acquire; }
    static rl::memory_order release(char barrier) { return barrier == missing ? rl::mo_relaxed : rl::mo_release; }

    static unsigned published_phase(unsigned index) { return (index & capacity) == 0 ? phase_bit : 0; }
    static unsigned unpublished_phase(unsigned index) { return published_phase(index) ^ phase_bit; }

    void set_up(unsigned start)
    {
        producer($).store(start, rl::mo_relaxed);
        consumer($).store(start, rl::mo_relaxed);
        producer_flags($).store(0, rl::mo_relaxed);
        consumer_flags($).store(0, rl::mo_relaxed);
        for (unsigned offset = 0; offset != capacity; offset++) {
            unsigned index = start + offset;
            phase[index % capacity]($).store(unpublished_phase(index), rl::mo_relaxed);
            slot[index % capacity]($) = 0xdead;
        }
    }

    void store_entry(unsigned entry, unsigned index)
    {
        slot[index % capacity]($) = entry;
        if (publication == Publication::slot)
            phase[index % capacity]($).store(unpublished_phase(index), rl::mo_relaxed);
    }

    unsigned load_entry(unsigned index) { return slot[index % capacity]($); }

    void publish(unsigned first, unsigned end)
    {
        if (publication == Publication::slot) {
            for (unsigned index = first; index != end; index++) {
                unsigned word = phase[index % capacity]($).load(rl::mo_relaxed) & ~phase_bit;
                phase[index % capacity]($).store(word | published_phase(index), release('B'));
            }
            producer($).store(end, rl::mo_release);
        } else {
            producer($).store(end, release('B'));
        }
    }

    unsigned published_end(unsigned known, unsigned wanted, unsigned limit)
    {
        if (publication == Publication::index)
            return producer($).load(acquire('C'));
        unsigned end = known + (wanted < limit ? wanted : limit);
        unsigned index = known;
        while (index != end) {
            unsigned word = phase[index % capacity]($).load(acquire('C'));
            if ((word & phase_bit) != published_phase(index))
                break;
            index++;
        }
        return index;
    }
};

struct ProducerRing {
    Memory &memory;
    unsigned reserved, published, free_end;
    unsigned violations = 0;

    explicit ProducerRing(Memory &words) : memory(words)
    {
        unsigned recorded = memory.producer($).load(rl::mo_relaxed);
        reserved = published = free_end = memory.published_end(recorded, capacity, capacity);
    }

    unsigned free_slots(unsigned wanted)
    {
        unsigned known = free_end - reserved;
        return known >= wanted ? known : refresh_free();
    }

    unsigned refresh_free()
    {
        unsigned consumer = memory.consumer($).load(Memory::acquire('A'));
        unsigned last_seen = free_end - capacity;
        if (consumer - last_seen > published - last_seen) {
            violations++;
            return 0;
        }
        free_end = consumer + capacity;
        return free_end - reserved;
    }

    bool reserve_one(unsigned &index)
    {
        if (free_slots(1) < 1)
            return false;
        index = reserved++;
        return true;
    }

    void submit()
    {
        unsigned first = published;
        published = reserved;
        memory.publish(first, published);
    }

    bool needs_wakeup()
    {
        if (missing != 'E')
            rl::atomic_thread_fence(rl::mo_seq_cst, $);
        return memory.consumer_flags($).load(rl::mo_relaxed) != 0;
    }

    bool prepare_to_sleep()
    {
        memory.producer_flags($).store(1, rl::mo_release);
        if (missing != 'F')
            rl::atomic_thread_fence(rl::mo_seq_cst, $);
        if (free_slots(1) == 0)
            return true;
        finish_sleep();
        return false;
    }

    void finish_sleep() { memory.producer_flags($).store(0, rl::mo_release); }

    void wait(rl::rl_sem_t &room)
    {
        while (free_slots(1) == 0) {
            if (!prepare_to_sleep())
                continue;
            rl::rl_sem_wait(&room, $);
            finish_sleep();
        }
    }
};

struct ConsumerRing {
    Memory &memory;
    unsigned peeked, released, available_end;
    unsigned violations = 0;

    explicit ConsumerRing(Memory &words) : memory(words)
    {
        peeked = released = available_end = memory.consumer($).load(rl::mo_relaxed);
    }

    unsigned refresh_available(unsigned wanted)
    {
        unsigned most_new = released + capacity - available_end;
        unsigned producer = memory.published_end(available_end, wanted, most_new);
        if (producer - available_end > most_new) {
            violations++;
            producer = released + capacity;
        }
        available_end = producer;
        return available_end - peeked;
    }

    bool peek_one(unsigned &index)
    {
        unsigned available = available_end - peeked;
        if (available == 0)
            available = refresh_available(1);
        if (available == 0)
            return false;
        index = peeked++;
        return true;
    }

    void release()
    {
        released = peeked;
        memory.consumer($).store(released, Memory::release('D'));
    }

    bool needs_wakeup()
    {
        if (missing != 'E')
            rl::atomic_thread_fence(rl::mo_seq_cst, $);
        return memory.producer_flags($).load(rl::mo_relaxed) != 0;
    }

    bool prepare_to_sleep()
    {
        memory.consumer_flags($).store(1, rl::mo_release);
        if (missing != 'F')
            rl::atomic_thread_fence(rl::mo_seq_cst, $);
        unsigned available = available_end - peeked;
        if (available == 0)
            available = refresh_available(capacity);
        if (available == 0)
            return true;
        finish_sleep();
        return false;
    }

    void finish_sleep() { memory.consumer_flags($).store(0, rl::mo_release); }

    void wait(rl::rl_sem_t &entries)
    {
        while (available_end == peeked && refresh_available(capacity) == 0) {
            if (!prepare_to_sleep())
                continue;
            rl::rl_sem_wait(&entries, $);
            finish_sleep();
        }
    }
};
