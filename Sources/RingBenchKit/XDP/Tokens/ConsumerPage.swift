import CTokenRing
import Glibc
import TokenRing

/// What one consumer says of itself, on a page that it shares with the receiver: words while it runs, books at its end. The
/// page outlives the process, however that ends.
final class ConsumerPage: Sendable {
    /// How far a consumer's process is.
    enum State: UInt32 {
        case starting
        /// It has given up its privileges and mapped its rings and the UMEM.
        case ready
        /// It has read its stream to the end; the books are complete.
        case done
    }

    /// For the other process.
    let file: OwnedDescriptor
    /// Numbered packets that it read; wraps at 2^32. Written by the consumer, as all of the page.
    let received: SharedWord
    private let stateWord: SharedWord
    private let mapping: Mapping
    private static let bytes = 4096
    private static let booksOffset = 256

    /// A new page, all zero.
    convenience init() throws(SystemCallError) {
        let file = try OwnedDescriptor(ctr_memfd_create_sealable("consumer"), of: "memfd_create")
        guard ftruncate(file.descriptor.rawValue, off_t(Self.bytes)) == 0 else {
            throw SystemCallError("ftruncate", errno: errno)
        }
        try self.init(file)
    }

    /// The page behind a descriptor that was handed over.
    init(_ file: OwnedDescriptor) throws(SystemCallError) {
        self.file = file
        mapping = try Mapping(of: file, byteCount: Self.bytes, populate: true)
        received = SharedWord(at: mapping.base)
        stateWord = SharedWord(at: mapping.base + 128)
    }

    var state: State { State(rawValue: stateWord.loadAcquire()) ?? .starting }

    /// What it has written down: who it is when it is ready, all of it when it is done.
    var books: ConsumerBooks { mapping.base.load(fromByteOffset: Self.booksOffset, as: ConsumerBooks.self) }

    /// Writes the books down, and then the state.
    func publish(_ books: ConsumerBooks, _ state: State) {
        mapping.base.storeBytes(of: books, toByteOffset: Self.booksOffset, as: ConsumerBooks.self)
        stateWord.storeRelease(state.rawValue)
    }
}

/// What a consumer counted.
struct ConsumerBooks: BitwiseCopyable, Sendable {
    /// Who it is, after it gave up its privileges; the effective capabilities, a bit each.
    var (userID, groupID): (UInt32, UInt32) = (0, 0)
    var capabilities: UInt64 = 0
    /// Where it has mapped the UMEM.
    var payloadAddress: UInt64 = 0
    /// Packets read.
    var received: UInt64 = 0
    /// Packets that were not read in the chunk that their token names, or came as bytes to copy.
    var misplaced: UInt64 = 0
    /// Where each packet was read, in order.
    var addresses = AddressDigest()
    /// What the packets' numbers say.
    var order = FlowBooks()
    /// Calls on the ring set's descriptor, and times that it slept.
    var (kicks, flushes, sleeps): (UInt64, UInt64, UInt64) = (0, 0, 0)
}

/// UMEM addresses in order, folded as Fletcher's checksum folds bytes: equal digests mean the same addresses in the same
/// order. An addition each, so that it costs the receiving core next to nothing.
struct AddressDigest: BitwiseCopyable, Sendable, Equatable {
    private var sum: UInt64 = 0
    private var sumOfSums: UInt64 = 0

    @inline(__always)
    mutating func add(_ address: UInt64) {
        sum &+= address
        sumOfSums &+= sum
    }
}
