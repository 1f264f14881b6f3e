/// Things that cannot be copied, in a row, which `Array` does not take. Room for a fixed number.
struct OwnedArray<Element: ~Copyable>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    private let capacity: Int
    /// How many there are.
    private(set) var count = 0

    /// None yet.
    init(capacity: Int) {
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// Adds one behind the last.
    mutating func append(_ element: consuming Element) {
        precondition(count < capacity)
        (base + count).initialize(to: element)
        count += 1
    }

    subscript(index: Int) -> Element {
        @inline(__always)
        _read {
            precondition(index < count)
            yield base[index]
        }
        @inline(__always)
        _modify {
            precondition(index < count)
            yield &base[index]
        }
    }

    /// Makes another thing of each.
    consuming func map<Other: ~Copyable>(_ make: (consuming Element, Int) -> Other) -> OwnedArray<Other> {
        var others = OwnedArray<Other>(capacity: count)
        for index in 0..<count { others.append(make((base + index).move(), index)) }
        base.deallocate()
        discard self
        return others
    }
}
