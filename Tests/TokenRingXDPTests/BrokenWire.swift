import Glibc
import Testing
import TokenRing

@testable import RingBenchKit

/// A wire whose receiving end goes down for good while packets are on it.
enum BrokenWire {
    /// Runs `body` and takes the end down when it has received 1000 packets.
    ///
    /// - Returns: the failure that `body` must end with.
    static func failure(
        on wire: VethPair, _ body: () throws(Failure) -> some Any, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Failure? {
        let breaking = try PinnedThread {
            Result { () throws(Failure) in
                try wire.receiver.run { () throws(Failure) in
                    while (InterfaceArrivals.total(of: wire.receiverName) ?? 0) < 1000 { usleep(1000) }
                    try IPCommand.run("link", "set", "dev", wire.receiverName, "down")
                }
            }
        }
        let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
        try breaking.join().get()
        return failure
    }
}
