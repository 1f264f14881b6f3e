/* SPDX-License-Identifier: Apache-2.0 */
/* boost::lockfree::spsc_queue, sized at run time, its array in memory of ours. */
#include "common.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <new>

template <unsigned Bytes> struct entry {
	uint64_t words[Bytes / 8];
};

/* Gives the memory behind the queue, once; it is nobody's to free. */
template <typename Type> struct memory_behind {
	typedef Type value_type;
	typedef Type *pointer;
	typedef const Type *const_pointer;
	typedef Type &reference;
	typedef const Type &const_reference;
	typedef size_t size_type;
	typedef ptrdiff_t difference_type;
	template <typename Other> struct rebind { typedef memory_behind<Other> other; };

	void *start;

	explicit memory_behind(void *start) : start(start) {}
	template <typename Other> memory_behind(const memory_behind<Other> &other) : start(other.start) {}
	pointer allocate(size_t) { return static_cast<pointer>(start); }
	void deallocate(pointer, size_t) {}
};

template <unsigned Bytes>
using queue = boost::lockfree::spsc_queue<entry<Bytes>, boost::lockfree::allocator<memory_behind<entry<Bytes>>>>;

ALWAYS_INLINE uint32_t put(struct crb_ring ring, uint32_t bytes, const char *entries, uint32_t count)
{
	if (bytes == 8)
		return static_cast<queue<8> *>(ring.base)->push(reinterpret_cast<const entry<8> *>(entries), count);
	return static_cast<queue<16> *>(ring.base)->push(reinterpret_cast<const entry<16> *>(entries), count);
}

ALWAYS_INLINE uint32_t take(struct crb_ring ring, uint32_t bytes, char *entries, uint32_t most)
{
	if (bytes == 8)
		return static_cast<queue<8> *>(ring.base)->pop(reinterpret_cast<entry<8> *>(entries), most);
	return static_cast<queue<16> *>(ring.base)->pop(reinterpret_cast<entry<16> *>(entries), most);
}

#include "loops.h"

static uint64_t ring_bytes(uint32_t capacity, uint32_t entry_bytes)
{
	/* One slot more than it holds. */
	return CRB_HEADER_BYTES + ((uint64_t)capacity + 1) * entry_bytes;
}

template <unsigned Bytes> static void prepare_queue(struct crb_ring ring)
{
	static_assert(sizeof(queue<Bytes>) <= CRB_HEADER_BYTES, "the array lies behind it");
	new (ring.base) queue<Bytes>(
		ring.capacity, memory_behind<entry<Bytes>>(static_cast<char *>(ring.base) + CRB_HEADER_BYTES));
}

static void prepare(struct crb_ring ring)
{
	ring.entry_bytes == 8 ? prepare_queue<8>(ring) : prepare_queue<16>(ring);
}

extern "C" {
extern const struct crb_peer crb_peer;
const struct crb_peer crb_peer = {
	"push and pop of arrays", 0, ring_bytes, prepare, peer_produce, peer_consume, peer_ask, peer_answer,
};
}
