import RingBenchKit
import RingTestSupport
import Testing
import TokenRingXDP

extension AFXDP {
    @Suite("The example")
    struct ExampleTests {
        @Test("ReceivePackets receives what is sent, says the mode, and leaves no program behind")
        func receivesPackets() throws {
            let wire = try VethPair()
            let program = PeerProcess.productsDirectory().appending("ReceivePackets").string
            let name = wire.receiverName
            // A child is in the namespace of the thread that starts it.
            let (run, left) = try wire.receiver.run { () throws(Failure) -> (Invocation.Result, Int) in
                do {
                    let receiver = try Invocation(program: program, [name, "200"])
                    try Receiver.awaitProgram(on: wire.receiver, name)
                    _ = try sendNumbered(200, on: wire, from: wire.senderName)
                    let run = receiver.finish()
                    return (run, try LeftProgram.attached(to: try NetworkInterface(named: name)).count)
                } catch {
                    throw Failure(.checkFailed, "\(error)")
                }
            }
            #expect(run.exitCode == 0 && left == 0, "\(run.errors)")
            #expect(run.output.hasPrefix("copy: ") && run.output.contains("200 packets, 12800 bytes"), "\(run.output)")
        }
    }
}
