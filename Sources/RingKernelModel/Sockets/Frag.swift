/// One piece of an skb in a socket's receive queue.
public struct Frag: BitwiseCopyable, @unchecked Sendable {
    /// What it is made of.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// Payload in a net_iov, with one pool reference.
        case dmabuf
        /// The linear part of a devmem skb: bytes that header split left in the skb head.
        case linear
        /// A page that the CPU can read, in a devmem skb: recvmsg answers -ENODEV.
        case readable
        /// An skb without devmem, as when flow steering missed.
        case normal
    }

    /// The buffer, of a `dmabuf` fragment.
    var niov: NetIOVPointer?
    /// The bytes, of all other kinds.
    var bytes: UnsafeMutableRawPointer?
    /// Byte offset of the rest that was not received yet, in the buffer or the bytes.
    public var offset: UInt32
    /// Bytes of payload that were not received yet.
    public var size: UInt32
    /// What it is made of.
    public let kind: Kind

    init(niov: NetIOVPointer, offset: UInt32, size: UInt32) {
        self.niov = niov
        self.offset = offset
        self.size = size
        kind = .dmabuf
    }

    init(_ kind: Kind, bytes: UnsafeMutableRawPointer, size: UInt32) {
        self.bytes = bytes
        self.size = size
        self.kind = kind
        offset = 0
    }

    /// Byte offset in the dmabuf.
    @inline(__always)
    var dmabufOffset: UInt64 { niov.unsafelyUnwrapped.pointee.dmabufOffset &+ UInt64(offset) }

    /// Gives up what the skb held.
    @inline(__always)
    func free(inSoftirq: Bool) {
        niov?.drop(inSoftirq: inSoftirq)
        bytes?.deallocate()
    }

    /// The pool of a `dmabuf` fragment's binding.
    @inline(__always)
    var pool: Unmanaged<PagePool>? { niov?.pointee.pool }

    /// The binding of a `dmabuf` fragment.
    @inline(__always)
    var binding: Unmanaged<Binding>? {
        niov?.pointee.pool._withUnsafeGuaranteedRef { $0.table.pointee.binding }
    }
}
