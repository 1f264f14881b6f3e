import Glibc
import TokenRing

/// `NETDEV_CMD_BIND_RX` or `NETDEV_CMD_BIND_TX`: a dmabuf for the queues of a device.
public struct BindRequest: Sendable {
    /// Which way the data goes.
    public enum Direction: Sendable { case receive, transmit }

    /// Which way the data goes; a TX binding has no tokens.
    public var direction = Direction.receive
    /// Receive queues to bind to.
    public var queues = [0]
    /// Bytes of the dmabuf.
    public var dmabufBytes = 128 << 20
    /// The dmabuf, of at least so many bytes, where the caller has one; nil: one is made.
    public var dmabuf: SealedMemory?
    /// Bytes of a net_iov, `rx-page-size`: a power of two of at least a page.
    public var niovBytes = Binding.pageBytes
    /// `NETDEV_A_DMABUF_AUTORELEASE` (sources.md A11), where there is one; nil when it is not given.
    public var autorelease: UInt8?
    /// Overrides the clean-up policy, where it belongs to the binding (S15).
    public var cleanUp: CleanUpPolicy?
    /// Admin in the device's network namespace (R29).
    public var isPrivileged = true

    /// 128 MiB for queue 0.
    public init() {}

    /// The dmabuf that is bound.
    func payload() throws(SystemCallError) -> SealedMemory {
        if let dmabuf { return dmabuf }
        return try SealedMemory("dmabuf", byteCount: dmabufBytes)
    }

    /// Checks what does not depend on other bindings, in the kernel's order (net/core/netdev_rx_queue.c
    /// `__net_mp_open_rxq`, net/core/devmem.c).
    func validate(on device: NetDevice) -> BindRefusal? {
        guard isPrivileged else { return BindRefusal(EPERM, "CAP_NET_ADMIN is needed in the device's namespace") }
        guard direction == .receive else { return nil }
        guard !queues.isEmpty else { return BindRefusal(EINVAL, "no queue was named") }
        for number in queues {
            guard device.queues.indices.contains(number) else {
                return BindRefusal(ERANGE, "rx queue \(number) is out of range, there are \(device.queues.count)")
            }
            let queue = device.queues[number]
            guard device.splitsHeaders else { return BindRefusal(EINVAL, "tcp-data-split is disabled") }
            guard device.headerSplitThreshold == 0 else { return BindRefusal(EINVAL, "hds-thresh is not zero") }
            guard !device.hasXDPProgram else { return BindRefusal(EEXIST, "an XDP program is attached") }
            guard !queue.isLeased else { return BindRefusal(EBUSY, "rx queue \(number) is leased to another device") }
            guard !queue.hasProvider else {
                return BindRefusal(EEXIST, "rx queue \(number) already has a memory provider")
            }
            guard !queue.hasXDPPool else { return BindRefusal(EBUSY, "rx queue \(number) is in use by AF_XDP") }
        }
        guard niovBytes >= Binding.pageBytes, niovBytes.nonzeroBitCount == 1 else {
            return BindRefusal(
                EINVAL, "rx-page-size \(niovBytes) is not a power of two of at least \(Binding.pageBytes)")
        }
        guard dmabufBytes > 0, dmabufBytes % niovBytes == 0 else {
            return BindRefusal(EINVAL, "\(dmabufBytes) bytes do not consist of net_iovs of \(niovBytes)")
        }
        guard dmabufBytes <= dmabuf?.mapping.byteCount ?? dmabufBytes else {
            return BindRefusal(EINVAL, "the dmabuf has not \(dmabufBytes) bytes")
        }
        return nil
    }
}

/// Why a bind was refused: the errno, and the sentence that netlink's extended ack carries.
public struct BindRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Positive, as in errno.h.
    public let errno: Int32
    /// What is wrong.
    public let message: String

    init(_ errno: Int32, _ message: String) {
        self.errno = errno
        self.message = message
    }

    /// The sentence with the errno's name.
    public var description: String { "\(message) (\(String(cString: strerror(errno))))" }
}
