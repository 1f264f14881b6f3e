import Testing
import TokenRingXDP

@Suite("Frames of a UMEM")
struct FrameTests {
    @Test(
        "a frame size that the kernel refuses is refused here",
        arguments: [0, 1, 1024, 2047, 3000, 8192, UInt32.max])
    func badChunk(bytes: UInt32) {
        #expect(throws: XDPError.self) { try FrameGeometry(chunkBytes: bytes) }
    }

    @Test("a headroom that leaves no byte for the packet is refused", arguments: [1792, 2048, UInt32.max])
    func badHeadroom(bytes: UInt32) {
        #expect(throws: XDPError.self) { try FrameGeometry(chunkBytes: 2048, headroomBytes: bytes) }
    }

    @Test("the frame of an RX address is found under the headroom", arguments: [UInt32(2048), 4096])
    func frameOfAddress(chunkBytes: UInt32) throws {
        let geometry = try FrameGeometry(chunkBytes: chunkBytes, frameCount: 8, headroomBytes: 64)
        let address = geometry.address(ofFrame: 5) + 256 + 64
        #expect(geometry.frameAddress(of: address) == geometry.address(ofFrame: 5))
        #expect(geometry.frameNumber(of: address) == 5)
        #expect(geometry.mostPacketBytes == chunkBytes - 320)
    }

    @Test("a frame is given once, taken once, and never from outside the UMEM")
    func ledger() {
        let ledger = FrameLedger(frameCount: 4)
        let outcomes = [
            ledger.take(1), ledger.give(1), ledger.give(1), ledger.take(1), ledger.take(1), ledger.give(4),
            ledger.take(.max),
        ]
        #expect(outcomes == [false, true, false, true, false, false, false])
        _ = ledger.give(3)
        let held = ledger.kernelFrames()
        #expect(held == 1)
    }
}
