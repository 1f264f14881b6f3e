import CTokenRing
import Glibc
import Synchronization
import SystemPackage
import TokenRing

/// A dmabuf bound to receive queues (`struct net_devmem_dmabuf_binding`): its memory cut into net_iovs, and their pool.
///
/// The dmabuf is a memfd here, so that a consumer in another process can map the payload read-write as a device would
/// see it. Users are the receive queue it was bound to, sockets that received from it, and ring sets; when the last one
/// goes, tokens that are still out are taken back (sources.md A13, as in v10).
public final class Binding: Sendable {
    /// Bytes of one net_iov; tokens of the array mechanisms count these.
    public static let niovBytes = 4096

    /// Payload of all net_iovs.
    public let memory: Mapping
    /// The descriptor of that memory, for a consumer in another process.
    public let dmabuf: OwnedDescriptor
    /// Where free buffers are.
    public let pool: PagePool
    let niovs: NetIOVTable
    private let users = Atomic<Int>(1)
    private let isUnbound = Atomic<Bool>(false)

    /// Binds `niovCount` buffers of 4096 bytes.
    ///
    /// - Throws: `SystemCallError` when the memory cannot be had.
    public init(niovCount: Int) throws(SystemCallError) {
        let byteCount = niovCount * Self.niovBytes
        dmabuf = try OwnedDescriptor(ctr_memfd_create_sealable("dmabuf"), of: "memfd_create")
        guard ftruncate(dmabuf.descriptor.rawValue, byteCount) == 0 else {
            throw SystemCallError("ftruncate", errno: errno, hint: "\(byteCount) bytes are needed for the buffers")
        }
        try SystemCallError.check(ctr_seal_size(dmabuf.descriptor.rawValue), "fcntl(F_ADD_SEALS)")
        memory = try Mapping(of: dmabuf, byteCount: byteCount, populate: true)
        niovs = NetIOVTable(count: niovCount)
        pool = PagePool(niovs: niovs)
    }

    /// A socket or ring set joins. False once the last user is gone: the binding is dying (-ENODEV, B1).
    func join() -> Bool {
        var count = users.load(ordering: .relaxed)
        while count > 0 {
            let (exchanged, original) = users.compareExchange(
                expected: count, desired: count + 1, ordering: .acquiringAndReleasing)
            if exchanged { return true }
            count = original
        }
        return false
    }

    /// A user leaves; the last one takes back every token that is still out.
    func leave() {
        guard users.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        for index in 0..<NetIOVIndex(niovs.count) {
            if niovs[index].pointee.userReferences.exchange(0, ordering: .acquiringAndReleasing) > 0 {
                pool.drop(index, inSoftirq: false)
            }
        }
    }

    /// Unbinds from the receive queue, as closing the netlink socket does. Once; a second call does nothing.
    public func unbind() {
        if !isUnbound.exchange(true, ordering: .acquiringAndReleasing) { leave() }
    }
}
