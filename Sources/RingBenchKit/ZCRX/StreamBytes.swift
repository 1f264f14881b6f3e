import RingKernelModel

/// A stream whose every byte follows from its position, cut anywhere: TCP's pieces are not whole words.
struct StreamBytes: Sendable {
    private let content = StreamContent(seed: 0x5A43_5258, flow: 0)

    /// Writes the bytes of the stream from `position`, a multiple of 8; so is the count.
    func write(at position: UInt64, to bytes: UnsafeMutableRawBufferPointer) {
        content.write(at: position, to: bytes, depth: .everyByte)
    }

    /// How many of `bytes` are not what the stream has from `position` on.
    func wrong(at position: UInt64, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        let head = min(Int((8 - position % 8) % 8), bytes.count)
        let middle = (bytes.count - head) & ~7
        let aligned = UnsafeRawBufferPointer(rebasing: bytes[head..<head + middle])
        var wrong: UInt64 = 0
        let isRight = content.matches(at: position + UInt64(head), aligned, depth: .everyByte)
        for index in bytes.indices where index < head || index >= head + middle || !isRight {
            let place = position + UInt64(index)
            let expected = withUnsafeBytes(of: content.word(place / 8)) { $0[Int(place % 8)] }
            wrong += bytes[index] == expected ? 0 : 1
        }
        return wrong
    }
}
