import Glibc
import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

@Suite("Memory for packets")
struct PacketMemoryTests {
    @Test("huge pages are granted or, with a sentence that says how to have them, not")
    func hugePages() throws {
        let memory = try PacketMemory(.hugePages, byteCount: 3 << 20)
        if memory.granted == .hugePages {
            #expect(memory.mapping.byteCount == 4 << 20)
        } else {
            #expect(memory.granted == .anonymous)
            #expect(memory.reason.contains("2 of 2 MiB are needed; reserve them with vm.nr_hugepages"))
            #expect(memory.mapping.byteCount == 3 << 20)
        }
        #expect(memory.requested == .hugePages)
    }

    @Test("shared memory is the same bytes through its file, and cannot be cut")
    func shared() throws {
        let memory = try PacketMemory(.shared, byteCount: 8192)
        let file = try #require(memory.file)
        let other = try Mapping(of: file, byteCount: 8192)
        memory.mapping.base.storeBytes(of: 77, toByteOffset: 5000, as: UInt8.self)
        #expect(other.base.load(fromByteOffset: 5000, as: UInt8.self) == 77)
        #expect(ftruncate(file.descriptor.rawValue, 4096) == -1)
    }

    @Test("unaligned frames may have any size from 2048 to 4096, and addresses carry their offset above 48 bits")
    func unaligned() throws {
        let geometry = try FrameGeometry(chunkBytes: 3000, frameCount: 8, isUnaligned: true)
        let address = geometry.address(ofFrame: 5) | 256 << 48
        #expect(geometry.frameAddress(of: address) == 15000)
        #expect(geometry.byteOffset(of: address) == 15256)
        #expect(geometry.frameNumber(of: address) == 5)
        for bytes in [2047, 4097, 0] as [UInt32] {
            #expect(throws: XDPError.self) { try FrameGeometry(chunkBytes: bytes, isUnaligned: true) }
        }
    }
}
