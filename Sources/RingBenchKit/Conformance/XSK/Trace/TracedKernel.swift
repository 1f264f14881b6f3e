import RingKernelModel
import TokenRing
import TokenRingXDP

/// The rings that a trace is played on: of a receiver FILL and RX, of a sender TX and COMPLETION.
struct TracedRings {
    let fill: any RingMemory<UMEMAddress>
    let receive: any RingMemory<XDPDescriptor>
    let transmit: any RingMemory<XDPDescriptor>
    let completion: any RingMemory<UMEMAddress>
}

/// A kernel behind two sockets, the model or this one.
protocol TracedKernel: ~Copyable {
    /// As user space has them mapped.
    var rings: TracedRings { get }
    /// sendto on the sender; 0 or an errno.
    borrowing func send() -> CInt
    /// The receiver's and the sender's.
    borrowing func counters() throws(XSKEnding) -> (receiver: XSKCounters, sender: XSKCounters)
}

/// The model: what the sender sends, the receiver receives.
struct ModelledPair: TracedKernel {
    private let receiver: XSKModel
    private let sender: XSKModel

    init(_ mode: XSKMode) throws(XSKEnding) {
        func socket() throws -> XSKModel {
            try XSKModel(
                chunkBytes: TraceSizes.chunkBytes, frames: TraceSizes.frames, fillEntries: TraceSizes.fill,
                receiveEntries: TraceSizes.receive, transmitEntries: TraceSizes.transmit,
                completionEntries: TraceSizes.completion, path: mode.path == .skb ? .skb : .driver)
        }
        do { (receiver, sender) = (try socket(), try socket()) } catch { throw .fail("the model: \(error)") }
    }

    var rings: TracedRings {
        TracedRings(
            fill: receiver.rings.fill, receive: receiver.rings.receive, transmit: sender.rings.transmit,
            completion: sender.rings.completion)
    }

    func send() -> CInt {
        sender.send { length in
            guard length <= TraceSizes.longestOnWire else { return false }
            receiver.receive(length: length)
            return true
        }
    }

    func counters() -> (receiver: XSKCounters, sender: XSKCounters) { (receiver.counters, sender.counters) }
}

/// This kernel, with two sockets on a wire.
struct RealPair: ~Copyable, TracedKernel {
    private let receiver: XSKEnd
    private let sender: XSKEnd
    let rings: TracedRings

    init(_ bench: XSKBench) throws(XSKEnding) {
        var setup = EndSetup(frames: TraceSizes.frames, receiveEntries: TraceSizes.receive)
        setup.fillEntries = TraceSizes.fill
        let receiver = try bench.receiver(setup)
        var other = EndSetup(frames: TraceSizes.frames, transmitEntries: TraceSizes.transmit)
        other.completionEntries = TraceSizes.completion
        let sender = try bench.sender(other)
        // Any byte of the UMEM may be sent: each is part of a packet that is nobody's.
        for offset in stride(from: 0, to: Int(TraceSizes.umemBytes), by: 64) {
            let bytes = UnsafeMutableRawBufferPointer(start: sender.socket.memory.base + offset, count: 64)
            PacketPattern.write(0, to: bytes, from: 0)
        }
        guard let transmit = sender.transmitMemory else { throw .fail("the sender has no TX") }
        rings = TracedRings(
            fill: receiver.socket.fill.sharedMemory, receive: receiver.socket.receive.sharedMemory,
            transmit: transmit, completion: sender.socket.completion.sharedMemory)
        self.receiver = receiver
        self.sender = sender
    }

    borrowing func send() -> CInt { sender.socket.wakeTransmit() }

    borrowing func counters() throws(XSKEnding) -> (receiver: XSKCounters, sender: XSKCounters) {
        (XSKCounters(try receiver.statistics()), XSKCounters(try sender.statistics()))
    }
}

extension XSKEnd {
    /// The memory of TX, if there is one.
    var transmitMemory: SocketRingMemory<XDPDescriptor>? {
        switch socket.transmit {
        case .some(let ring): ring.sharedMemory
        case .none: nil
        }
    }
}

extension XSKCounters {
    /// The kernel's counters.
    init(_ statistics: XDPStatistics) {
        self.init()
        receiveDropped = statistics.receiveDropped
        receiveInvalid = statistics.receiveInvalidDescriptors
        transmitInvalid = statistics.transmitInvalidDescriptors
        receiveFull = statistics.receiveRingFull
        fillEmpty = statistics.receiveFillRingEmpty
        transmitEmpty = statistics.transmitRingEmpty
    }
}
