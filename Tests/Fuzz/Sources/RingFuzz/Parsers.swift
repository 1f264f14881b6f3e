import CTokenRing
import Glibc
import RingBenchKit
import RingKernelModel
import TokenRingXDP

/// A netlink datagram from nobody knows whom, and the control messages of one.
func fuzzMessages(_ input: inout FuzzInput) {
    let isNetlink = input.next(UInt8.self) & 1 == 0
    let bytes = input.bytes
    if isNetlink {
        for message in NetlinkMessage.parse(bytes) {
            _ = message.errorNumber
            for attribute in message.attributes {
                _ = attribute.unsigned
                _ = NetlinkAttribute.parse(attribute.payload).count
            }
        }
    } else {
        // A copy of exactly that size, so that a byte behind it is seen.
        let control = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        defer { control.deallocate() }
        control.copyMemory(from: bytes)
        var sum: UInt64 = 0
        ControlMessages.forEach(in: UnsafeRawBufferPointer(control), length: bytes.count) {
            sum &+= $0.offset &+ UInt64($0.token)
        }
        withExtendedLifetime(sum) {}
    }
}

/// A profile's text: a profile that can be run, or one sentence.
func fuzzProfile(_ input: inout FuzzInput) {
    let bytes = input.bytes
    let file = ctr_memfd_create_sealable("profile")
    guard file >= 0 else { return }
    defer { close(file) }
    guard write(file, bytes.baseAddress, bytes.count) == bytes.count else { return }
    do throws(Failure) {
        _ = try ProfileFile.profile("/proc/self/fd/\(file)")
    } catch {
        precondition(error.kind == .usage, "\(error)")
    }
}
