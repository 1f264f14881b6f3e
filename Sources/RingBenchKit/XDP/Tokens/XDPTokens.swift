import CTokenRing
import Glibc
import RingKernelModel
import TokenRing
import TokenRingXDP

/// The whole chain over real packets: NIC, UMEM, delivery ring, a consumer's process without privileges, return ring, FILL
/// ring, NIC. The model kernel does the bookkeeping, this kernel the rest; only offsets move.
public enum XDPTokens {
    /// Runs until the traffic or the time is over, or Ctrl-C.
    ///
    /// - Throws: `Failure`: `.usage` for an option; `.privilege` naming the capability; `.unavailable` for what this host or
    ///   interface lacks; `.invariantBroken` if a packet was not read where the driver wrote it, a token or chunk is missing,
    ///   or a consumer that lived lost a packet that no counter names; `.systemCall` otherwise.
    public static func run(
        configuration: XDPTokensConfiguration, progress: Progress
    ) throws(Failure) -> XDPTokensReport {
        try configuration.check()
        guard let interface = configuration.interface else {
            try Capability.require([.netAdmin, .netRaw, .sysAdmin, .bpf], for: "xdp tokens")
            progress.step("xdp tokens: making two network namespaces with a wire between them")
            let wire = try VethPair()
            return try wire.receiver.run { () throws(Failure) in
                try run(configuration, on: wire.receiverName, wire: wire, progress: progress)
            }
        }
        try Capability.require([.netAdmin, .netRaw, .bpf], for: "xdp tokens")
        return try run(configuration, on: interface, wire: nil, progress: progress)
    }

    /// Runs in the calling thread's network namespace, with traffic of its own if there is a wire.
    static func run(
        _ configuration: XDPTokensConfiguration, on interface: String, wire: VethPair?, progress: Progress
    ) throws(Failure) -> XDPTokensReport {
        let memory = try configuration.makeMemory()
        let (kernel, binding) = try configuration.makeKernel(over: memory)
        let consumers = try TokenConsumers(configuration, kernel: kernel, binding: binding)
        defer { consumers.end() }
        var chain = try TokenReceiver(
            interface: interface, queue: configuration.queue, options: configuration.traffic.options, kernel: kernel,
            binding: binding, sockets: consumers.all.map(\.socket))
        try consumers.awaitReady()
        let sharedPages = consumers.all.map { PageMap.sharedPages(of: $0, with: binding) }
        let window = XDPWindow(on: interface)
        var run = try TokensRun(configuration, consumers, progress)
        var source: PinnedThread<Result<SourceResult, Failure>>?
        if let wire {
            let cpus = XDPDemo.chosenCPUs()
            // Not pinned is slower, not wrong.
            _ = ctr_pin_thread(CInt(cpus[1]))
            source = try XDPDemo.startSource(
                configuration.traffic, on: wire, receiver: chain.receiver, cpu: cpus[0], pace: run.pace)
        }
        let end: Failure?
        do throws(Failure) {
            try run.receiveAll(with: &chain)
            end = nil
        } catch {
            end = error
        }
        run.pace.stop.storeRelease(1)
        let sent = try source?.join().get()
        if let error = end ?? sent?.error.map({ Failure($0) }) { throw error }
        // The program goes first: from here on nothing arrives, and the books are exact.
        chain.receiver.program.detach()
        while chain.drain() > 0 {}
        consumers.finish()
        chain.takeBack()
        return try run.report(
            &chain, sent: sent?.sentFrames, sharedPages: sharedPages, kernel: kernel, binding: binding, memory,
            window.end(progress))
    }
}

extension PageMap {
    /// Pages of a consumer's mapping that are the UMEM's own.
    fileprivate static func sharedPages(of consumer: TokenConsumer, with binding: Binding) -> Int? {
        sharedPages(
            (consumer.processID, consumer.page.books.payloadAddress),
            (getpid(), UInt64(UInt(bitPattern: binding.memory.base))), count: binding.memory.byteCount / 4096)
    }
}
