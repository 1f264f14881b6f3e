import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// What the cases register: an area of 132 pages with forbidden ones around it, and a refill ring of 128 entries.
struct ZCRXFixture {
    static let areaPages = 132
    static let entries: UInt32 = 128
    /// The refill ring that is soon full.
    static let fewEntries: UInt32 = 16

    private let ring: Mapping
    private let area: GuardedPages
    /// What is registered; cases change it first.
    var registration: ZCRXRegistration

    init() throws(SystemCallError) {
        let headerBytes = try ZCRXAbilities().headerBytes
        ring = try Mapping(anonymous: ZCRXRegistration.ringBytes(entries: Self.entries, headerBytes: headerBytes))
        area = try GuardedPages(Self.areaPages)
        registration = ZCRXRegistration(area: area.mapping, ring: ring, entries: Self.entries)
    }

    /// Registers, as `change` left it, with an io_uring of its own, which is then closed.
    ///
    /// - Returns: 0 or -errno, and what the kernel answered.
    static func register(
        _ change: (inout ZCRXRegistration) -> Void = { _ in }
    ) throws(SystemCallError) -> (result: CInt, answer: ZCRXRegistration) {
        var fixture = try ZCRXFixture()
        change(&fixture.registration)
        let uring = try CompletionRing(entries: 64)
        let result = fixture.registration.register(with: uring.descriptor)
        // The kernel has pinned the memory; it may go after the ring.
        withExtendedLifetime(fixture) {}
        return (result, fixture.registration)
    }

    /// A receiver on the usual area.
    static func receiver(entries: UInt32 = entries) throws(SystemCallError) -> ZCRXReceiver {
        try ZCRXReceiver(buffers: areaPages, refillEntries: entries)
    }
}

/// Pages with a forbidden one on both sides.
final class GuardedPages {
    /// The pages that may be used.
    let mapping: Mapping
    private let outer: UnsafeMutableRawPointer
    private let outerBytes: Int

    init(_ pages: Int, protection: CInt = PROT_READ | PROT_WRITE) throws(SystemCallError) {
        outerBytes = (pages + 2) * 4096
        let address = mmap(nil, outerBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else { throw SystemCallError("mmap", errno: errno) }
        outer = address
        mapping = Mapping(borrowing: address + 4096, byteCount: pages * 4096)
        guard mprotect(mapping.base, mapping.byteCount, protection) == 0 else {
            let error = SystemCallError("mprotect", errno: errno)
            munmap(address, outerBytes)
            throw error
        }
    }

    /// Forbids writing.
    func makeReadOnly() { mprotect(mapping.base, mapping.byteCount, PROT_READ) }

    deinit { munmap(outer, outerBytes) }
}

/// A value where the kernel may read it and not write.
final class ReadOnlyValue<Value: BitwiseCopyable> {
    private let page: GuardedPages

    init(_ value: Value) throws(SystemCallError) {
        page = try GuardedPages(1)
        page.mapping.base.storeBytes(of: value, as: Value.self)
        page.makeReadOnly()
    }

    /// `io_uring_register(2)` with the value as its argument.
    func register(_ operation: ctr_zcrx_operation, with descriptor: CInt, count: UInt32) -> CInt {
        ctr_zcrx_register(descriptor, operation.rawValue, page.mapping.base, count)
    }
}
