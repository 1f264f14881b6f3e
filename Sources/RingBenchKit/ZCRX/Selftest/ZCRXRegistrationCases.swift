import CTokenRing
import Glibc
import TokenRing
import TokenRingZCRX

/// What may be registered and what not: L1 to L5, L8, L9.
extension ZCRXSelftest {
    static let registrationCases = [
        ZCRXSelftestCase(1, "register", registers), ZCRXSelftestCase(2, "refill rings that cannot be", refusesRings),
        ZCRXSelftestCase(3, "areas that cannot be", refusesAreas),
        ZCRXSelftestCase(4, "parameters that cannot be written", refusesReadOnlyParameters),
        ZCRXSelftestCase(5, "buffer lengths that cannot be", refusesBufferLengths),
        ZCRXSelftestCase(8, "exports and imports that cannot be", refusesClones),
        ZCRXSelftestCase(9, "export from one ring, import into another", clones),
    ]

    private static let badAddress = [EINVAL, EFAULT]

    @Sendable
    private static func registers(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        checks.expect(try ZCRXFixture.register().result == 0, "an area of \(ZCRXFixture.areaPages) pages is refused")
        let bytes = 4 << 20
        let huge = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0)
        guard let huge, huge != MAP_FAILED else {
            checks.leaveOut("an area of huge pages, mmap(MAP_HUGETLB): \(ErrnoName.text(of: -Int(errno)))")
            return
        }
        defer { munmap(huge, bytes) }
        let result = try ZCRXFixture.register { registration in
            registration.area.address = UInt64(UInt(bitPattern: huge))
            registration.area.length = UInt64(bytes)
        }.result
        checks.expect(result == 0, "an area of huge pages: \(ErrnoName.text(of: Int(result)))")
    }

    @Sendable
    private static func refusesRings(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        func expectRefused(
            _ what: String, _ change: (inout ZCRXRegistration) -> Void
        ) throws(SystemCallError) {
            checks.expect(try ZCRXFixture.register(change).result, oneOf: badAddress, what)
        }
        try expectRefused("no region") { $0.hasRegion = false }
        try expectRefused("a region at address 0") { $0.region.address = 0 }
        try expectRefused("a region of 0 bytes") { $0.region.size = 0 }
        try expectRefused("no entries") { $0.queue.entries = 0 }
        try expectRefused("2^32 - 1 entries") { $0.queue.entries = .max }
        try expectRefused("more entries than the region has room for") { $0.queue.entries += 4096 / 16 }
        let odd = try ZCRXFixture.register { $0.queue.entries -= 1 }
        checks.expect(
            odd.result == -EINVAL || (odd.result == 0 && odd.answer.queue.entries == ZCRXFixture.entries),
            "127 entries: \(ErrnoName.text(of: Int(odd.result))), \(odd.answer.queue.entries) granted")
    }

    @Sendable
    private static func refusesAreas(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        func expectRefused(
            _ what: String, _ errnos: [CInt] = badAddress, _ change: (inout ZCRXRegistration) -> Void
        ) throws(SystemCallError) {
            checks.expect(try ZCRXFixture.register(change).result, oneOf: errnos, what)
        }
        try expectRefused("no area") { $0.hasArea = false }
        try expectRefused("an area of 0 bytes") { $0.area.length = 0 }
        try expectRefused("an area at address 0") { $0.area.address = 0 }
        try expectRefused("an area that begins before its memory", [EFAULT]) { $0.area.address -= 4096 }
        try expectRefused("an area that ends behind its memory", [EFAULT]) { $0.area.length += 4096 }
        try expectRefused("an area of half a page more or less") { $0.area.length -= 2048 }
        try expectRefused("an area that begins within a page") { registration in
            registration.area.address += 2048
            registration.area.length /= 2
        }
        let readOnly = try GuardedPages(ZCRXFixture.areaPages, protection: PROT_READ)
        try expectRefused("an area that cannot be written", [EFAULT]) { registration in
            registration.area.address = UInt64(UInt(bitPattern: readOnly.mapping.base))
        }
    }

    @Sendable
    private static func refusesReadOnlyParameters(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        var fixture = try ZCRXFixture()
        let uring = try CompletionRing(entries: 64)
        let result = try withUnsafeMutablePointer(to: &fixture.registration.area) { area throws(SystemCallError) in
            try withUnsafeMutablePointer(to: &fixture.registration.region) { region throws(SystemCallError) in
                var queue = ctr_zcrx_registration()
                queue.flags = CTR_ZCRX_NODEV.rawValue
                queue.entries = ZCRXFixture.entries
                queue.area = UInt64(UInt(bitPattern: area))
                queue.region = UInt64(UInt(bitPattern: region))
                return try ReadOnlyValue(queue).register(CTR_ZCRX_REGISTER_IFQ, with: uring.descriptor, count: 1)
            }
        }
        checks.expect(result, oneOf: [EFAULT], "parameters that the kernel cannot write its answer to")
    }

    @Sendable
    private static func refusesBufferLengths(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        guard try ZCRXAbilities().takesBufferLength else {
            checks.leaveOut("this kernel's zcrx takes no buffer length")
            return
        }
        for length: UInt32 in [.max, 1 << 31] {
            let result = try ZCRXFixture.register { $0.queue.buffer_length = length }.result
            checks.expect(result, oneOf: [EINVAL, ERANGE, EOVERFLOW, EOPNOTSUPP], "buffers of \(length) bytes")
        }
    }

    @Sendable
    private static func refusesClones(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        guard try canClone(&checks) else { return }
        var fixture = try ZCRXFixture()
        let uring = try CompletionRing(entries: 64)
        checks.expect(ZCRXQueue.control(CTR_ZCRX_EXPORT, of: 0, in: -1).result < 0, "exported without a ring")
        checks.expect(
            ZCRXQueue.control(CTR_ZCRX_EXPORT, of: 0, in: uring.descriptor).result < 0,
            "exported what is not registered")
        var nothing = ZCRXRegistration(importing: -1)
        checks.expect(nothing.register(with: uring.descriptor) < 0, "imported descriptor -1")
        try SystemCallError.check(fixture.registration.register(with: uring.descriptor), "IORING_REGISTER_ZCRX_IFQ")
        let identifier = fixture.registration.queue.id
        var control = ctr_zcrx_control()
        control.id = identifier
        control.operation = CTR_ZCRX_EXPORT.rawValue
        checks.expect(
            try ReadOnlyValue(control).register(CTR_ZCRX_CONTROL, with: uring.descriptor, count: 0) < 0,
            "exported into parameters that cannot be written")
        let export = ZCRXQueue.control(CTR_ZCRX_EXPORT, of: identifier, in: uring.descriptor)
        try SystemCallError.check(export.result, "ZCRX_CTRL_EXPORT")
        defer { close(export.descriptor) }
        var lost = ZCRXRegistration(importing: export.descriptor)
        checks.expect(lost.register(with: -1) < 0, "imported without a ring")
    }

    @Sendable
    private static func clones(_ checks: inout ZCRXChecks) throws(SystemCallError) {
        guard try canClone(&checks) else { return }
        var fixture = try ZCRXFixture()
        let first = try CompletionRing(entries: 64)
        let second = try CompletionRing(entries: 64)
        try SystemCallError.check(fixture.registration.register(with: first.descriptor), "IORING_REGISTER_ZCRX_IFQ")
        let export = ZCRXQueue.control(CTR_ZCRX_EXPORT, of: fixture.registration.queue.id, in: first.descriptor)
        checks.expect(export.result == 0, "export: \(ErrnoName.text(of: Int(export.result)))")
        guard export.result == 0 else { return }
        defer { close(export.descriptor) }
        var imported = ZCRXRegistration(importing: export.descriptor)
        let result = imported.register(with: second.descriptor)
        checks.expect(result == 0, "import: \(ErrnoName.text(of: Int(result)))")
    }

    /// Whether registrations can be handed on; if not it is left out.
    static func canClone(_ checks: inout ZCRXChecks) throws(SystemCallError) -> Bool {
        let can = try ZCRXAbilities().canImport
        if !can { checks.leaveOut("this kernel's zcrx cannot be exported and imported") }
        return can
    }
}
