/// A JSON key that is a text: a figure's, or one of a table.
struct TextKey: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init(stringLiteral text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension Encoder {
    /// Writes one object: each value under its key, measured and derived ones side by side. What is nil is left out.
    func write(_ values: KeyValuePairs<String, (any Encodable)?>) throws {
        var container = container(keyedBy: TextKey.self)
        for (key, value) in values {
            if let value { try container.encode(value, forKey: TextKey(key)) }
        }
    }
}

/// What is written as null where it is missing, because that it is missing says something.
struct Nullable<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
