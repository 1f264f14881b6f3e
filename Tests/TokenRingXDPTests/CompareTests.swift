import RingTestSupport
import SystemPackage
import Testing

@testable import RingBenchKit

extension AFXDP {
    @Suite("The receivers side by side")
    struct CompareTests {
        @Test("a wire that breaks while packets are on it gives no figure", arguments: ReceiverKind.allCases)
        func brokenWire(kind: ReceiverKind) throws {
            let wire = try VethPair()
            let run = ReceiveRun(
                kind: kind,
                load: ReceiveLoad(
                    source: .wire, packetBytes: 64, batchSize: 64, coalescedMicroseconds: 0, frames: 1 << 40),
                cpus: XDPDemo.chosenCPUs(), clock: TickClock(),
                program: PeerProcess.productsDirectory().appending("ringbench").string)
            let failure = try BrokenWire.failure(on: wire) { () throws(Failure) in
                _ = try wire.receiver.run { () throws(Failure) in try run.run(on: wire) }
            }
            #expect(failure?.kind == .invariantBroken)
            #expect(failure?.description.contains("\(kind.rawValue): of ") == true, "\(failure?.description ?? "")")
        }

        @Test("every cell has each receiver with a figure for each repetition, and what it is evidence of")
        func cells() throws {
            var configuration = XDPCompareConfiguration()
            configuration.packetBytes = [64]
            configuration.batchSizes = [16, 256]
            (configuration.liveFrames, configuration.wireFrames) = (4096, 500)
            configuration.repetitions = 3
            configuration.place = .any
            configuration.program = PeerProcess.productsDirectory().appending("ringbench").string
            let report = try XDPCompare.run(configuration: configuration, progress: Progress(quiet: true))
            #expect(report.cells.map(\.source) == [.wire, .wire, .wire, .wire, .live, .live])
            #expect(report.cells.map(\.batchSize) == [16, 16, 256, 256, 16, 256])
            #expect(report.cells.map(\.coalescedMicroseconds) == [0, 200, 0, 200, 0, 0])
            for cell in report.cells {
                #expect(cell.rows.map(\.receiver) == ReceiverKind.allCases)
                for row in cell.rows {
                    #expect(row.receiveNanosecondsPerFrame.values.count == 3)
                    // A drain that takes long is left out, and in a debug build all may.
                    #expect(
                        row.receiveNanosecondsPerFrame.values.allSatisfy { $0 > 0 } || row.disturbedDrains > 0)
                    #expect(row.allDrainsNanosecondsPerFrame.values.allSatisfy { $0 > 0 })
                    if row.disturbedDrains == 0 {
                        #expect(row.allDrainsNanosecondsPerFrame.values == row.receiveNanosecondsPerFrame.values)
                    }
                    #expect(row.framesPerSecond.median > 0)
                    #expect(row.evidence == (row.receiver == .tokens ? .kernelAndModel : .kernel))
                }
                let (rx, library) = (cell.rows[0], cell.rows[1])
                let ratios = zip(rx.receiveNanosecondsPerFrame.values, library.receiveNanosecondsPerFrame.values)
                    .map { $0 / $1 }.sorted()
                guard ratios.allSatisfy({ !$0.isNaN }) else { continue }
                #expect(cell.swiftToLibrary.median == ratios[1])
                #expect(cell.swiftToLibrary.low <= ratios[1] && ratios[1] <= cell.swiftToLibrary.high)
            }
        }
    }
}
