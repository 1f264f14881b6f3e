/*
 * Tokens go round: the kernel delivers fragments through one ring, the consumer gives them back through another. Both rings
 * overflow, and the consumer mixes the ring with the calls that take its place (flush, release).
 *
 * Memory is sequentially consistent here: order is the explorer's and relacy's business.
 *
 * Proved: no token is made that is not delivered, none comes back twice or is lost, the rings hold no more than their
 * size (assertions); everything that arrives is delivered and every buffer comes home (ltl, weak fairness).
 *
 *   -DTOKEN_BEFORE_ROOM    a token is made before there is room for it, as put_cmsg() did in RFC v3 (C5)   -> lost token
 *   -DNO_KICK              a full delivery ring asks for nothing                                           -> data stays
 *   -DNO_FALLBACK          a full return ring has no call as its slow path (R20)                           -> stuck
 *   -DROOM_MISCOUNTED      the return ring takes one entry more than it has slots                          -> lost token
 */
#define BUFFERS 2
#define FRAGMENTS 4
#define SLOTS 1

#define NOBODY 0        /* where a buffer is */
#define QUEUED 1        /* in the socket's queue */
#define DELIVERED 2     /* a token is in the delivery ring */
#define HELD 3          /* by the consumer */
#define RETURNING 4     /* in the return ring */
#define LOST 5

byte place[BUFFERS];
byte home = BUFFERS;
byte arrived, consumed;
bool asksForKick;       /* the producer's flags word of the delivery ring */

chan queue = [FRAGMENTS] of { byte };
chan delivery = [SLOTS] of { byte };
#ifdef ROOM_MISCOUNTED
/* The slot is written over: the older entry is gone. */
#define RETURN_ROOM true
#define PUT_RETURN(buffer) if :: full(returns) -> returns ? older; place[older] = LOST :: else -> skip fi; returns ! buffer
#else
#define RETURN_ROOM nfull(returns)
#define PUT_RETURN(buffer) returns ! buffer
#endif
chan returns = [SLOTS] of { byte };

/* Takes a token back: the buffer is free. */
inline takeBack(buffer)
{
    assert(place[buffer] == HELD || place[buffer] == RETURNING);
    place[buffer] = NOBODY;
    home++
}

/* In softirq, or in the consumer's kick: moves what is queued into the delivery ring. */
inline deliver(buffer)
{
    do
    :: empty(queue) -> asksForKick = false; break
    :: nempty(queue) && nfull(delivery) ->
        queue ? buffer;
        assert(place[buffer] == QUEUED);
        place[buffer] = DELIVERED;
        delivery ! buffer
#ifdef TOKEN_BEFORE_ROOM
    :: nempty(queue) && full(delivery) ->
        queue ? buffer;
        place[buffer] = LOST
#else
    :: nempty(queue) && full(delivery) ->
#ifndef NO_KICK
        asksForKick = true;
#endif
        break
#endif
    od
}

inline consumeReturns(buffer)
{
    do
    :: returns ? buffer -> takeBack(buffer)
    :: empty(returns) -> break
    od
}

active proctype softirq()
{
    byte buffer;
    do
    :: arrived == FRAGMENTS -> break
    :: arrived < FRAGMENTS && home > 0 ->
        atomic {
            buffer = 0;
            do
            :: place[buffer] == NOBODY -> break
            :: else -> buffer++
            od;
            home--;
            place[buffer] = QUEUED;
            queue ! buffer;
            arrived++;
            deliver(buffer)
        }
    :: arrived < FRAGMENTS && home == 0 && nempty(returns) ->
        /* Lazily: only when the page pool needs buffers. */
        atomic { consumeReturns(buffer) }
    od
}

active proctype consumer()
{
    byte buffer, older;
    do
    :: consumed == FRAGMENTS -> break
    :: delivery ? buffer ->
        assert(place[buffer] == DELIVERED);
        place[buffer] = HELD;
        consumed++;
        if
        :: asksForKick -> atomic { deliver(older) }       /* TOKEN_RING_KICK */
        :: !asksForKick -> skip
        fi;
        if
        :: atomic { RETURN_ROOM -> place[buffer] = RETURNING; PUT_RETURN(buffer) }
#ifdef NO_FALLBACK
#else
        :: atomic { takeBack(buffer) }                    /* TOKEN_RING_RELEASE, SO_DEVMEM_DONTNEED */
        :: atomic { full(returns) -> consumeReturns(older) }; takeBack(buffer)   /* TOKEN_RING_FLUSH */
#endif
        fi
    od;
#ifndef NO_FALLBACK
    atomic { consumeReturns(buffer) }                     /* a flush, or the ring set's close */
#endif
}

/* When nothing can move any more, all has been delivered and come home. */
active proctype settled()
{
    timeout -> assert(consumed == FRAGMENTS && home == BUFFERS)
}

ltl comesHome { <> [] (consumed == FRAGMENTS && home == BUFFERS) }
