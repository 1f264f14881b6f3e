import RingBenchKit
import RingTestSupport
import SystemPackage
import Testing

extension AFXDP {
    @Suite("The receivers side by side")
    struct CompareTests {
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
