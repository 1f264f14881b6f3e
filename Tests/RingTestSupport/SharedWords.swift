import TokenRing

extension Mapping {
    /// A shared word of the ring at `layout`, which must have it: to look at, or to lie with like a hostile peer.
    public func word(_ word: RingWord, of layout: RingLayout) -> SharedWord {
        let offset: UInt64? =
            switch word {
            case .producer: layout.producer
            case .consumer: layout.consumer
            case .producerFlags: layout.producerFlags
            case .consumerFlags: layout.consumerFlags
            }
        guard let offset else { fatalError("the ring has no \(word) word") }
        return SharedWord(at: base + Int(offset))
    }
}

extension RingRegion {
    /// A shared word of ring `number`, to look at or to lie with.
    public func word(_ word: RingWord, of number: Int = 0) -> SharedWord {
        mapping.word(word, of: rings[number].layout)
    }

    /// All words of ring `number` in one line, for a failure's message.
    public func dump(_ number: Int) -> String {
        RingWord.allCases.map { "\($0) \(word($0, of: number).loadAcquire())" }.joined(separator: ", ")
    }
}
