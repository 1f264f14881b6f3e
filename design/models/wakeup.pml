/*
 * The wakeup handshake of design/protocol.md: a producer and a consumer that sleep when they cannot go on.
 *
 * Stores go through a buffer a side, as on x86 (TSO), and reach memory whenever the machine likes. A full fence waits until the
 * own buffer is empty. Entries themselves are not modelled: the explorer and relacy have their order.
 *
 * Proved: nobody sleeps for ever (settled), and everything sent arrives (ltl, weak fairness).
 *
 *   -DNO_E   without the fence between publishing and looking at the peer's flag   -> lost wakeup
 *   -DNO_F   without the fence between setting the own flag and the last look      -> lost wakeup
 *   -DNO_LOOK   without the last look                                              -> lost wakeup
 *   -DNO_WAKE_WHEN_FULL   a full ring wakes nobody                                  -> both sleep
 */
#define SIZE 1          /* slots */
#define ENTRIES 3

#define PRODUCER 0      /* words */
#define CONSUMER 1
#define PRODUCER_FLAGS 2
#define CONSUMER_FLAGS 3

byte memory[4];
chan buffered[2] = [4] of { byte, byte };   /* by side: word, value */
byte arrived;                               /* entries that the consumer took */

/* Each side's doorbell is an eventfd: a count that is read empty. */
bool rung[2];

#define STORE(side, word, value) buffered[side] ! word, value
#define FENCE(side) (empty(buffered[side]))
#define RING(side) rung[side] = true
/* A system call is a fence, too. */
#define SLEEP(side) atomic { rung[side] && empty(buffered[side]) -> rung[side] = false }

active [2] proctype storeBuffer()
{
    byte word, value;
end:
    do
    :: atomic { buffered[_pid] ? word, value -> memory[word] = value }
    od
}

active proctype producer()
{
    byte published = 0, seen = 0, flag;

    do
    :: published == ENTRIES -> break
    :: else ->
        seen = memory[CONSUMER];
        if
        :: published - seen < SIZE ->
            published++;
            STORE(0, PRODUCER, published);
            goto wake
        :: else -> skip
        fi;
        /* Full. Wake the consumer: a full ring does not empty itself. */
#ifndef NO_WAKE_WHEN_FULL
#ifndef NO_E
        FENCE(0);
#endif
        flag = memory[CONSUMER_FLAGS];
        if
        :: flag -> RING(1)
        :: else -> skip
        fi;
#endif
        STORE(0, PRODUCER_FLAGS, 1);
#ifndef NO_F
        FENCE(0);
#endif
#ifndef NO_LOOK
        seen = memory[CONSUMER];
#endif
        if
        :: published - seen < SIZE -> skip
        :: else -> SLEEP(0)
        fi;
        STORE(0, PRODUCER_FLAGS, 0);
        goto again;
wake:
        /* It need not wake at each entry: only behind the last, and when the ring is full. */
        if
        :: published < ENTRIES -> goto again
        :: skip
        fi;
#ifndef NO_E
        FENCE(0);
#endif
        flag = memory[CONSUMER_FLAGS];
        if
        :: flag -> RING(1)
        :: else -> skip
        fi;
again:
        skip
    od
}

active proctype consumer()
{
    byte released = 0, seen = 0, flag;

    do
    :: released == ENTRIES -> break
    :: else ->
        seen = memory[PRODUCER];
        if
        :: seen != released ->
            released++;
            arrived++;
            STORE(1, CONSUMER, released);
#ifndef NO_E
            FENCE(1);
#endif
            flag = memory[PRODUCER_FLAGS];
            if
            :: flag -> RING(0)
            :: else -> skip
            fi
        :: else ->
            STORE(1, CONSUMER_FLAGS, 1);
#ifndef NO_F
            FENCE(1);
#endif
#ifndef NO_LOOK
            seen = memory[PRODUCER];
#endif
            if
            :: seen != released -> skip
            :: else -> SLEEP(1)
            fi;
            STORE(1, CONSUMER_FLAGS, 0)
        fi
    od
}

/* When nothing can move any more, all has arrived. */
active proctype settled()
{
    timeout -> assert(arrived == ENTRIES)
}

ltl arrives { <> (arrived == ENTRIES) }
