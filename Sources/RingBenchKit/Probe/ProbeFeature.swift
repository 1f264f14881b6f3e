/// Something that `ringbench probe --require` can ask for. The raw value is what the user types.
public enum ProbeFeature: String, CaseIterable, Encodable, Sendable {
    /// `ringbench ring`, its two sides on two CPUs.
    case ring
    /// `ringbench evaluate`; it leaves out what the kernel refuses.
    case evaluate
    /// `ringbench xdp demo`: AF_XDP over a veth pair in a namespace of its own.
    case xdp
    /// `ringbench xdp rx` in copy mode on an interface of this host.
    case xdpCopy = "xdp-copy"
    /// `ringbench xdp rx` in zero-copy mode on an interface of this host.
    case zeroCopy = "zc"
    /// Loading BPF programs.
    case bpf
    /// Making network namespaces.
    case netns
    /// `io_uring_setup`.
    case ioUring = "io-uring"
    /// `SO_DEVMEM_DONTNEED` is known to the kernel.
    case dontneed
    /// A free huge page.
    case hugepages

    /// The features of a list such as "xdp,zc"; white space is allowed.
    ///
    /// - Throws: `Failure` of kind `usage`, naming the word that is none.
    public static func list(_ text: String) throws(Failure) -> [ProbeFeature] {
        var features: [ProbeFeature] = []
        for word in text.split(separator: ",") {
            let name = word.filter { !$0.isWhitespace }
            guard let feature = ProbeFeature(rawValue: name) else {
                let all = allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(.usage, "--require knows no feature \"\(name)\"; choose from \(all)")
            }
            features.append(feature)
        }
        return features
    }
}
