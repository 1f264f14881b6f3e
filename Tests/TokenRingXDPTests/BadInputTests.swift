import CXDP
import Glibc
import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    @Suite("What goes wrong around a run")
    struct BadInputTests {
        /// The commands that hold an interface, for as long as it is there.
        enum Command: String, CaseIterable, Sendable {
            case rx, tx, forward, tokens

            func run(on name: String) throws(Failure) {
                var options = XDPOptions()
                options.intervalNanoseconds = 20_000_000
                switch self {
                case .rx:
                    var configuration = XDPReceiveConfiguration(interface: name)
                    (configuration.limit.durationNanoseconds, configuration.options) = (0, options)
                    _ = try XDPReceive.run(configuration: configuration, progress: Progress(quiet: true))
                case .tx:
                    var configuration = XDPTransmitConfiguration(interface: name)
                    (configuration.limit.durationNanoseconds, configuration.options) = (0, options)
                    configuration.packetsPerSecond = 1000
                    _ = try XDPTransmit.run(configuration: configuration, progress: Progress(quiet: true))
                case .forward:
                    var configuration = XDPForwardConfiguration(interface: name)
                    (configuration.limit.durationNanoseconds, configuration.options) = (0, options)
                    _ = try XDPForward.run(configuration: configuration, progress: Progress(quiet: true))
                case .tokens:
                    var configuration = XDPTokensConfiguration()
                    configuration.interface = name
                    (configuration.durationNanoseconds, configuration.traffic.options) = (0, options)
                    configuration.program = PeerProcess.productsDirectory().appending("ringbench").string
                    _ = try XDPTokens.run(configuration: configuration, progress: Progress(quiet: true))
                }
            }
        }

        @Test(
            "an interface that goes away or down in the middle ends the run with one sentence",
            arguments: Command.allCases)
        func interfaceGone(command: Command) throws {
            for (change, words) in [("delete", "went away"), ("down", "went down")] {
                let wire = try VethPair()
                let name = wire.receiverName
                let thread = try PinnedThread<Failure?> {
                    do throws(Failure) {
                        try wire.receiver.run { () throws(Failure) in try command.run(on: name) }
                        return nil
                    } catch {
                        return error
                    }
                }
                if command == .tx { usleep(300_000) } else { try Receiver.awaitProgram(on: wire.receiver, name) }
                let line = change == "delete" ? ["link", "delete", name] : ["link", "set", name, "down"]
                let said = try wire.receiver.run { () throws(Failure) in
                    do throws(SystemCallError) { return try Invocation(program: "ip", line).finish().errors } catch {
                        throw Failure(error)
                    }
                }
                #expect(said == "")
                let failure = thread.join()
                #expect(failure?.kind == .unavailable)
                #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "it went on")")
            }
        }

        @Test(
            "a second program on the interface is refused with one sentence that says so",
            arguments: Command.allCases.filter { $0 != .tx })
        func secondProgram(command: Command) throws {
            let wire = try VethPair()
            let name = wire.receiverName
            let failure = try wire.receiver.run { () throws(Failure) -> Failure? in
                let program: RedirectProgram
                do {
                    program = try RedirectProgram()
                    _ = try program.attach(to: try NetworkInterface(named: name), mode: .native)
                } catch {
                    throw Failure(.systemCall, "\(error)")
                }
                defer { program.detach() }
                do throws(Failure) {
                    try command.run(on: name)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(failure?.kind == .systemCall)
            #expect(failure?.description.contains("program") == true, "\(failure?.description ?? "it ran")")
        }

        @Test("cleanup removes what a killed program left, says so, and the next run works")
        func cleanUp() throws {
            let wire = try VethPair()
            let name = wire.receiverName
            let (found, again) = try wire.receiver.run { () throws(Failure) in
                do {
                    // Attached over netlink, and then nobody has it: the state that SIGKILL leaves.
                    let program = try RedirectProgram()
                    let index = CInt(try NetworkInterface(named: name).index)
                    let nativeMode: UInt32 = 1 << 2
                    let result = bpf_xdp_attach(index, program.descriptor, nativeMode, nil)
                    guard result == 0 else { throw SystemCallError("bpf_xdp_attach", errno: result) }
                } catch {
                    throw Failure(.systemCall, "\(error)")
                }
                let found = try XDPCleanUp.run(interface: name)
                return (found, try XDPCleanUp.run(interface: name))
            }
            #expect(found.count == 1)
            #expect(found.first?.isRemoved == true && found.first?.name == "tokenring_xsk")
            #expect(found.first?.sentence.contains("removed tokenring_xsk") == true)
            #expect(again.isEmpty)
            var configuration = XDPDemoConfiguration()
            configuration.frames = 1000
            let report = try XDPDemo.run(configuration: configuration, on: wire, progress: Progress(quiet: true))
            #expect(report.framesReceived == 1000)
        }

        @Test("cleanup leaves a program that a living process holds, and finds nothing behind a killed ringbench")
        func cleanUpOfTheLiving() throws {
            let wire = try VethPair()
            let name = wire.receiverName
            let (during, after) = try wire.receiver.run { () throws(Failure) in
                do {
                    let process = try Invocation(["xdp", "rx", "-i", name, "-d", "0"])
                    try Receiver.awaitProgram(on: wire.receiver, name)
                    let during = try XDPCleanUp.run(interface: name)
                    process.kill()
                    for _ in 0..<500 where !(try XDPCleanUp.run(interface: name)).isEmpty { usleep(10_000) }
                    return (during, try XDPCleanUp.run(interface: name))
                } catch let failure as Failure {
                    throw failure
                } catch {
                    throw Failure(.systemCall, "\(error)")
                }
            }
            #expect(during.count == 1 && during.first?.isRemoved == false)
            #expect(during.first?.sentence.contains("left tokenring_xsk") == true)
            #expect(after.isEmpty)
        }
    }
}
