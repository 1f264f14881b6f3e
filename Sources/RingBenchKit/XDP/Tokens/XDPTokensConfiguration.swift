import RingKernelModel
import TokenRing
import TokenRingXDP

/// What `ringbench xdp tokens` does.
public struct XDPTokensConfiguration: Sendable {
    /// The interface's name; nil: a virtual wire of its own, with `traffic` on it.
    public var interface: String?
    /// The receive queue.
    public var queue: UInt32 = 0
    /// How long, in nanoseconds, on a given interface; 0: until Ctrl-C.
    public var durationNanoseconds: Int64 = 10_000_000_000
    /// On a given interface, ends after so many packets; nil: when the time is over.
    public var frames: UInt64?
    /// What is sent on the wire of its own. Its `options` are the receiver's.
    public var traffic = XDPDemoConfiguration()
    /// Consumer processes.
    public var consumers = 2
    /// Whether one of them is killed in the middle.
    public var killsOne = false
    /// Who the consumers become; 65534 is nobody.
    public var (userID, groupID): (UInt32, UInt32) = (65534, 65534)
    /// The rings of each consumer, and what becomes of a killed one's tokens.
    public var rings = ServeConfiguration(path: "")
    /// This program, which is also the consumers'.
    public var program = "/proc/self/exe"
    /// The CPU of the consumers; nil: where the kernel likes.
    public var consumerCPU: Int?

    /// The defaults: packets of 64 flows.
    public init() {
        traffic.flows = 64
        rings.cleanUp = .ringClose
    }

    /// - Throws: `Failure` of kind `.usage` that names the option and what would be right.
    public func check() throws(Failure) {
        try traffic.check()
        _ = try rings.composition()
        try rings.validate()
        guard !traffic.options.isUnaligned else {
            throw Failure(.usage, "--unaligned: a chunk is a net_iov here, and those are aligned; leave it out")
        }
        guard traffic.options.frameBytes == FrameConsumer.chunkBytes else {
            throw Failure(
                .usage,
                "--frame-size is \(traffic.options.frameBytes): a chunk is a net_iov here, and that is a page of "
                    + "\(FrameConsumer.chunkBytes) bytes")
        }
        guard (1...64).contains(consumers) else {
            throw Failure(.usage, "--consumers is \(consumers): it must be 1 to 64")
        }
        guard !killsOne || consumers > 1 else {
            throw Failure(.usage, "--kill-one needs --consumers 2 or more, so that others go on")
        }
        guard queue < 4096 else { throw Failure(.usage, "--queue is \(queue): it must be 0 to 4095") }
    }

    /// The effective options by their long names.
    public var described: [String: String] {
        var all = interface == nil ? traffic.described : traffic.options.described
        if let interface {
            all["interface"] = interface
            all["queue"] = "\(queue)"
            all["duration"] = "\(durationNanoseconds / 1_000_000)ms"
            if let frames { all["frames"] = "\(frames)" }
        }
        all["flows"] = "\(traffic.flows)"
        all["consumers"] = "\(consumers)"
        all["kill-one"] = "\(killsOne)"
        all["clean-up"] = rings.cleanUp.rawValue
        all["delivery-ring"] = "\(rings.deliveryEntries)"
        all["return-ring"] = "\(rings.returnEntries)"
        all["uid"] = "\(userID)"
        return all
    }

    /// Memory for the UMEM, which consumers map.
    func makeMemory() throws(Failure) -> PacketMemory {
        do throws(SystemCallError) {
            return try PacketMemory(traffic.options.hugePages ? .sharedHugePages : .shared, byteCount: umemBytes)
        } catch {
            throw Failure(error)
        }
    }

    private var umemBytes: Int { Int(traffic.options.umemFrames) * Int(traffic.options.frameBytes) }

    /// The model kernel, and the binding whose dmabuf is the UMEM.
    func makeKernel(over umem: PacketMemory) throws(Failure) -> (Kernel, Binding) {
        let kernel = Kernel(bare: try rings.composition(), rings.kernel)
        var request = BindRequest()
        (request.dmabufBytes, request.dmabuf) = (umemBytes, umem.shared)
        do { return (kernel, try kernel.bind(request).get()) } catch {
            throw Failure(.systemCall, "the UMEM cannot be had: \(error)")
        }
    }

    /// What each consumer's process is told.
    var assignment: FrameConsumer.Assignment {
        FrameConsumer.Assignment(
            flows: traffic.flows, copies: interface == nil ? traffic.copies : 1, startsAnywhere: interface != nil,
            batchSize: min(traffic.options.batchSize, rings.returnEntries), spins: traffic.options.wait == .spin,
            cpu: consumerCPU, userID: userID, groupID: groupID)
    }
}
