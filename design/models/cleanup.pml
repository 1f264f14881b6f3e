/*
 * The life of a token's buffer: pool references, the counter of user references, the binding's users; against unbind, close,
 * and a consumer that is killed. What is atomic here is one instruction or is under a lock in the kernel.
 *
 * Proved: no reference is dropped that nobody has, no buffer enters the pool twice, none is in the pool while an honest
 * consumer holds a token of it (assertions); after unbind and close every buffer comes home, so the binding dies (ltl).
 *
 * As it is here it is what this project proposes. Defects that were posted, one macro each:
 *
 *   -DDECREMENT_AS_POSTED   a return decrements without a test, v10 (0.3a): a stray return underflows   with -DSTRAY
 *   -DPUT_AT_UNBIND         urefs are put once, at unbind, v3 to v9 (A14): recvmsg takes one afterwards
 *   -DCHECK_THEN_DECREMENT  test and decrement are two steps, zcrx before 003049b1c4fb, against teardown
 *   -DCOUNT_BEFORE_HOLD     the counter goes up before the pool reference is taken                      with -DSTRANGER
 *
 * And who else is there:
 *
 *   -DSTRAY      the consumer returns twice what it held once
 *   -DSTRANGER   another thread returns tokens that it was never given, at any time
 */
#define BUFFERS 1
#define RECEIVES 3

short poolReferences[BUFFERS];
short userReferences[BUFFERS];
bool inPool[BUFFERS] = true;
byte held[BUFFERS];             /* tokens that the consumer has and that were not reclaimed */
byte users = 1;                 /* the bound queue, and the socket once it received */
bool bound = true;
bool closed = false;
bool isMember = false;
chan queue = [2] of { byte };   /* the socket's receive queue; each skb has a pool reference */
chan returns = [2] of { byte }; /* the return ring */

inline drop(buffer)
{
    atomic {
        poolReferences[buffer]--;
        assert(poolReferences[buffer] >= 0);
        if
        :: poolReferences[buffer] == 0 ->
            assert(!inPool[buffer]);
#ifndef STRANGER
            assert(held[buffer] == 0);
#endif
            inPool[buffer] = true
        :: else -> skip
        fi
    }
}

/* One token more. */
inline issue(buffer, isFirst)
{
#ifdef COUNT_BEFORE_HOLD
    atomic { userReferences[buffer]++; isFirst = (userReferences[buffer] == 1) };
    if
    :: isFirst -> poolReferences[buffer]++
    :: else -> skip
    fi
#else
#ifdef DECREMENT_AS_POSTED
    /* As posted, the counter is first here too; the order is not what is shown. */
    atomic {
        userReferences[buffer]++;
        isFirst = (userReferences[buffer] == 1);
        if
        :: isFirst -> poolReferences[buffer]++
        :: else -> skip
        fi
    }
#else
    poolReferences[buffer]++;
    atomic { userReferences[buffer]++; isFirst = (userReferences[buffer] == 1) };
    if
    :: isFirst -> skip
    :: else -> drop(buffer)
    fi
#endif
#endif
}

/* One token less. */
inline release(buffer, isLast)
{
    isLast = false;
#ifdef DECREMENT_AS_POSTED
    atomic { userReferences[buffer]--; isLast = (userReferences[buffer] == 0) };
#else
#ifdef CHECK_THEN_DECREMENT
    if
    :: userReferences[buffer] > 0 ->
        atomic { userReferences[buffer]--; isLast = (userReferences[buffer] == 0 || userReferences[buffer] == -1) }
    :: else -> skip
    fi;
#else
    atomic {
        if
        :: userReferences[buffer] > 0 -> userReferences[buffer]--; isLast = (userReferences[buffer] == 0)
        :: else -> skip
        fi
    };
#endif
#endif
    if
    :: isLast -> drop(buffer)
    :: else -> skip
    fi
}

/* net_devmem_dmabuf_binding_put_urefs(). Tokens that are still out mean nothing any more. */
inline putUserReferences(buffer, isLast)
{
    buffer = 0;
    do
    :: buffer == BUFFERS -> break
    :: else ->
        atomic { isLast = (userReferences[buffer] > 0); userReferences[buffer] = 0; held[buffer] = 0 };
        if
        :: isLast -> drop(buffer)
        :: else -> skip
        fi;
        buffer++
    od
}

inline leave(buffer, isLast)
{
    atomic { users--; isLast = (users == 0) };
#ifndef PUT_AT_UNBIND
    if
    :: isLast -> putUserReferences(buffer, isLast)
    :: else -> skip
    fi
#endif
}

/* The NIC's queue: receives while it is bound, and takes tokens back from the return ring when the pool is short. */
active proctype softirq()
{
    byte buffer;
    bool isLast;
    do
    :: atomic { bound && inPool[0] && !closed && nfull(queue) ->
            inPool[0] = false;
            poolReferences[0] = 1;
            queue ! 0
        }
    :: returns ? buffer -> release(buffer, isLast)
    :: !bound && closed && empty(returns) -> break
    od
}

/* The consumer, one system call after the other; it may be killed between any two, which closes its socket. */
active proctype consumer()
{
    byte buffer, received = 0;
    bool isFirst, isLast;
    do
    :: received < RECEIVES && nempty(queue) ->
        /* recvmsg: joins the binding, or -ENODEV once its last user is gone. */
#ifdef PUT_AT_UNBIND
        isMember = true;
#else
        atomic {
            if
            :: !isMember && users > 0 -> users++; isMember = true
            :: else -> skip
            fi
        };
#endif
        if
        :: isMember ->
            atomic { queue ? buffer; received++ };
            issue(buffer, isFirst);
            atomic { held[buffer]++ };
            drop(buffer)            /* the skb is eaten */
        :: else -> break
        fi
    :: atomic { held[0] > 0 -> held[0]-- };     /* returns by a call */
        release(0, isLast);
#ifdef STRAY
        if
        :: release(0, isLast)       /* and once more */
        :: skip
        fi
#endif
    :: atomic { held[0] > 0 && nfull(returns) -> held[0]--; returns ! 0 }
    :: break                        /* closes, or is killed */
    od;
    /* What was never read is freed with its skb; no token was made of it. */
    do
    :: atomic { queue ? buffer -> skip }; drop(buffer)
    :: atomic { empty(queue) -> closed = true; break }
    od;
    if
    :: isMember -> leave(buffer, isLast)
    :: else -> skip
    fi
}

/* The opener of the netlink socket unbinds, or dies, at any time. */
active proctype opener()
{
    byte buffer;
    bool isLast;
    bound = false;
#ifdef PUT_AT_UNBIND
    putUserReferences(buffer, isLast);
#endif
    leave(buffer, isLast)
}

#ifdef STRANGER
active proctype stranger()
{
    bool isLast;
    byte times = 0;
    do
    :: times < 2 -> times++; release(0, isLast)
    :: break
    od
}
#endif

/* When nothing can move any more, the buffer is home. */
active proctype settled()
{
    timeout -> assert(inPool[0])
}

/* The binding dies: nothing of it is out once nobody uses it. */
ltl dies { <> [] (inPool[0]) }
