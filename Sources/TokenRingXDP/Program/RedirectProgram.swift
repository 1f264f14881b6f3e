import CXDP
import Glibc
import TokenRing

/// The XDP program that sends a queue's packets to the socket bound to it, and everything else up the stack.
///
/// It is attached through a BPF link: when the process ends, however it ends, the program is gone. It holds its sockets, so
/// that the program is detached before a socket closes. For set-up; one thread may hold it.
public final class RedirectProgram {
    /// The loaded program, for a test run. It belongs to this object.
    public let descriptor: CInt
    /// Where it looks its sockets up, by receive queue.
    public let map: SocketMap
    private var link: CInt = -1
    private var dispatcher: DispatchedProgram?
    private var sockets: [(handle: SocketHandle, key: UInt32)] = []

    /// Loads a program for sockets on queues `0 ..< queues`.
    ///
    /// - Parameters:
    ///   - queues: of the interface, as far as there will be sockets.
    ///   - multiBuffer: packets may have several frames (Linux 5.18). In native mode an interface whose MTU is larger than a
    ///     page holds takes no other program.
    ///   - stampsArrival: writes the time in front of each packet, for `ArrivalStamp` to read.
    /// - Throws: `SystemCallError`; EPERM without CAP_BPF and CAP_NET_ADMIN.
    public convenience init(
        queues: UInt32 = 64, multiBuffer: Bool = false, stampsArrival: Bool = false
    ) throws(SystemCallError) {
        let map = try SocketMap(capacity: queues)
        let file = map.file.descriptor.rawValue
        try self.init(
            code: stampsArrival ? .redirectWithStamp(through: file) : .redirect(through: file), map: map,
            multiBuffer: multiBuffer)
    }

    /// Loads another program that redirects through `map`.
    package init(code: ProgramCode, map: SocketMap, multiBuffer: Bool = false) throws(SystemCallError) {
        descriptor = try code.load(multiBuffer: multiBuffer)
        self.map = map
    }

    /// Sends the packets of the socket's queue to it from now on.
    ///
    /// - Throws: `SystemCallError`; E2BIG if the queue is beyond what the program was loaded for.
    public func redirect(to socket: borrowing XDPSocket) throws(SystemCallError) {
        try map.insert(socket)
        sockets.append((socket.handle, socket.queue))
    }

    /// Sends packets that the program redirects to `key` to a further socket of a queue.
    package func redirect(to socket: borrowing XDPQueueSocket, at key: UInt32) throws(SystemCallError) {
        try map.insert(socket, at: key)
        sockets.append((socket.handle, key))
    }

    /// Attaches the program to an interface, alone. Put the sockets in first: until then packets go up the stack.
    ///
    /// - Throws: `SystemCallError`; EBUSY if another program is attached, EOPNOTSUPP if the driver cannot do native mode,
    ///   ERANGE if it cannot at this MTU.
    public func attach(to interface: NetworkInterface, mode: AttachMode.Request) throws(SystemCallError) -> AttachMode {
        detach()
        switch mode {
        case .native:
            link = try check(create(interface, .native), .native, interface)
            return AttachMode(requested: mode, granted: .native, reason: "native mode was asked for")
        case .skb:
            link = try check(create(interface, .skb), .skb, interface)
            return AttachMode(requested: mode, granted: .skb, reason: "skb mode was asked for")
        case .auto:
            let result = create(interface, .native)
            if result >= 0 {
                link = result
                return AttachMode(
                    requested: mode, granted: .native, reason: "driver \(interface.driver) runs XDP programs itself")
            }
            if [EBUSY, EEXIST, EPERM].contains(-result) { try check(result, .native, interface) }
            link = try check(create(interface, .skb), .skb, interface)
            let refusal = SystemCallError("native", errno: result).errno
            return AttachMode(
                requested: mode, granted: .skb, reason: "driver \(interface.driver) refuses native mode: \(refusal)")
        }
    }

    /// Attaches beside other programs through libxdp's dispatcher, or alone where that does not work, and says which.
    ///
    /// Behind the dispatcher it is libxdp's own AF_XDP program that runs, with its own map, and it does not go with the
    /// process: after `kill -9` it stays until `LeftProgram` removes it.
    ///
    /// - Throws: `SystemCallError`, as `attach`.
    public func attachShared(
        to interface: NetworkInterface, mode: AttachMode.Request
    ) throws(SystemCallError) -> AttachMode {
        detach()
        do throws(SystemCallError) {
            let shared = try DispatchedProgram(on: interface, mode: mode == .skb ? .skb : .native)
            for socket in sockets { try shared.map.insert(socket.handle, at: socket.key) }
            dispatcher = shared
            return AttachMode(requested: mode, granted: shared.mode, reason: "behind libxdp's dispatcher")
        } catch {
            let alone = try attach(to: interface, mode: mode)
            return AttachMode(
                requested: mode, granted: alone.granted, reason: "alone, because the dispatcher does not work: \(error)"
            )
        }
    }

    private func create(_ interface: NetworkInterface, _ mode: AttachMode.Granted) -> CInt {
        var options = bpf_link_create_opts()
        options.sz = MemoryLayout<bpf_link_create_opts>.size
        options.flags = mode.flag
        return bpf_link_create(descriptor, CInt(interface.index), BPF_XDP, &options)
    }

    @discardableResult
    private func check(
        _ result: CInt, _ mode: AttachMode.Granted, _ interface: NetworkInterface
    ) throws(SystemCallError) -> CInt {
        let name = interface.name
        let hint =
            switch -result {
            case EBUSY, EEXIST:
                "another XDP program is on \(name) (`ip link show \(name)` names it); end its process, or "
                    + "`ringbench xdp cleanup -i \(name)` if that was killed"
            case ERANGE, EINVAL:
                "\(name)'s MTU is too large for a packet in one page: lower it, receive in several frames, or take skb mode"
            case EOPNOTSUPP: "driver \(interface.driver) cannot run it in \(mode.rawValue) mode; try skb mode"
            case ENODEV: "\(name) is gone"
            case EPERM: "attaching needs CAP_BPF and CAP_NET_ADMIN"
            default: ""
            }
        return try SystemCallError.check(result, "bpf_link_create(XDP \(mode.rawValue))", hint: hint)
    }

    /// Takes the program off the interface. Nothing happens if it is not attached.
    public func detach() {
        dispatcher = nil
        guard link >= 0 else { return }
        close(link)
        link = -1
    }

    deinit {
        detach()
        close(descriptor)
    }
}
