/// The bytes of one run, taken from the front; zeros when there are no more.
struct FuzzInput {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// Whether anything is left.
    var isEmpty: Bool { rest.isEmpty }

    /// All that is left.
    var bytes: UnsafeRawBufferPointer { rest }

    /// The next number.
    mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) -> Value {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else {
            rest = UnsafeRawBufferPointer(rebasing: rest.suffix(0))
            return 0
        }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(size)) }
        return rest.loadUnaligned(as: type)
    }
}
