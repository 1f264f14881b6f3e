import RingKernelModel
import TokenRing

/// What `ringbench serve` is asked for.
public struct ServeConfiguration: Sendable {
    /// When tokens of a ring set that is gone are taken back, `enum token_ring_cleanup`.
    public enum CleanUp: String, Sendable, CaseIterable {
        /// With the binding's last user.
        case lastUser = "last-user"
        /// With the ring set that they were delivered to.
        case ringClose = "ring-close"

        var policy: CleanUpPolicy { self == .lastUser ? .lastUser : .ringClose }
    }

    /// Where the Unix socket is made.
    public var path: String
    /// The composition's name; nil takes this project's for the clean-up mode.
    public var proposal: String?
    /// When tokens of a ring set that is gone are taken back.
    public var cleanUp = CleanUp.lastUser
    /// Sockets that a ring set delivers for, when its consumer does not say.
    public var flows = 4
    /// Fragments per second that come in over all sockets; 0: as fast as they are taken.
    public var fragmentsPerSecond: UInt64 = 0
    /// Fragments that each ring set is given in all; 0: there is no end.
    public var tokens: UInt64 = 0
    /// Entries of a delivery ring.
    public var deliveryEntries: UInt32 = 1024
    /// Entries of a return ring.
    public var returnEntries: UInt32 = 4096
    /// Buffers in the binding.
    public var niovs = 32768
    /// Decides the content of the streams.
    public var seed: UInt64 = 1

    /// The defaults, on the socket at `path`.
    public init(path: String) { self.path = path }

    /// Most sockets of a ring set, `TOKEN_RING_SERVE_MAX_SOCKETS`.
    public static let mostFlows = 64

    /// The composition that fits.
    ///
    /// - Throws: `Failure` with `.usage`, naming the option that does not fit and what would.
    public func composition() throws(Failure) -> Composition {
        let rings = Composition.all.filter { $0.hasDeliveryRing && $0.returning == .mappedRing }
        guard let proposal else {
            let ours = rings.first { $0.standing == .ours && $0.cleanUp == cleanUp.policy }
            guard let ours else { throw Failure(.usage, "no proposal has --clean-up \(cleanUp.rawValue)") }
            return ours
        }
        let names = rings.map(\.name).joined(separator: ", ")
        guard let named = rings.first(where: { $0.name == proposal }) else {
            throw Failure(.usage, "--proposal is \(proposal): the ones that can be served are \(names)")
        }
        guard named.cleanUp == cleanUp.policy else {
            throw Failure(
                .usage,
                "--proposal \(proposal) takes tokens back with: \(named.cleanUp.rawValue); --clean-up "
                    + "\(cleanUp.rawValue) needs a bookkeeping that can do it")
        }
        return named
    }

    /// Refuses what cannot be run, naming the option.
    public func validate() throws(Failure) {
        _ = try composition()
        func require(_ holds: Bool, _ sentence: String) throws(Failure) {
            if !holds { throw Failure(.usage, sentence) }
        }
        try require(
            (1...Self.mostFlows).contains(flows), "--flows is \(flows): a ring set has 1 to \(Self.mostFlows) sockets")
        try require(
            (64...1 << 20).contains(niovs), "--niovs is \(niovs): it must be between 64 and 1048576 (4 GiB of buffers)")
        try require(
            fragmentsPerSecond <= 1_000_000_000, "--rate is \(fragmentsPerSecond): at most 1000000000, 0 for no limit")
        for (option, entries) in [("--delivery-ring", deliveryEntries), ("--return-ring", returnEntries)] {
            try require(
                entries.nonzeroBitCount == 1 && entries <= RingLayout.mostEntries,
                "\(option) is \(entries): it must be a power of two up to \(RingLayout.mostEntries)")
        }
    }

    /// Options by their long names, as the result shows them.
    public var described: [String: String] {
        [
            "socket": path, "proposal": proposal ?? "", "clean-up": cleanUp.rawValue, "flows": "\(flows)",
            "rate": "\(fragmentsPerSecond)", "tokens": "\(tokens)", "delivery-ring": "\(deliveryEntries)",
            "return-ring": "\(returnEntries)", "niovs": "\(niovs)", "seed": "\(seed)",
        ]
    }

    var kernel: Kernel.Configuration {
        var kernel = Kernel.Configuration()
        kernel.niovs = niovs
        kernel.seed = seed
        kernel.depth = .everyByte
        return kernel
    }

    var ringSetRequest: RingSet.Request {
        var request = RingSet.Request()
        request.deliveryEntries = deliveryEntries
        request.returnEntries = returnEntries
        return request
    }
}
