import CXDP
import TokenRing

/// A 32-bit number that a program and its loader share: a map of one entry.
package final class ProgramValue: Sendable {
    private let file: OwnedDescriptor

    /// The map, for `ProgramCode.value(of:in:)`.
    package var descriptor: CInt { file.descriptor.rawValue }

    /// A number that is 0.
    package init() throws(SystemCallError) {
        LibraryLog.silenced
        file = try OwnedDescriptor(
            bpf_map_create(BPF_MAP_TYPE_ARRAY, "tokenring_value", 4, 4, 1, nil), of: "bpf_map_create(ARRAY)",
            hint: "it needs CAP_BPF")
    }

    /// The number now.
    package func read() throws(SystemCallError) -> Int32 {
        var (key, value) = (UInt32(0), Int32(0))
        try SystemCallError.check(bpf_map_lookup_elem(descriptor, &key, &value), "bpf_map_lookup_elem")
        return value
    }
}
