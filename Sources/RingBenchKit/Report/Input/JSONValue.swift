/// Any JSON. A result is read key by key, so that keys which another version added do no harm.
enum JSONValue: Decodable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode([String: JSONValue].self) {
            self = .object(value)
        } else if let value = try? single.decode([JSONValue].self) {
            self = .array(value)
        } else if let value = try? single.decode(String.self) {
            self = .string(value)
        } else if let value = try? single.decode(Double.self) {
            self = .number(value)
        } else {
            self = .flag(try single.decode(Bool.self))
        }
    }

    /// The value behind a key; `null` if there is none.
    subscript(_ key: String) -> JSONValue {
        guard case .object(let values) = self else { return .null }
        return values[key] ?? .null
    }

    /// The number, or nil.
    var number: Double? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    /// The text, or nil.
    var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The elements; none if it is no array.
    var elements: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    /// The numbers of an array; none if it is no array.
    var numbers: [Double] { elements.compactMap(\.number) }

    /// The values by key; none if it is no object.
    var members: [String: JSONValue] {
        guard case .object(let values) = self else { return [:] }
        return values
    }

    /// Whether nothing is there.
    var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// As a cell of a table shows it: whole numbers without a point, lists with spaces.
    var text: String {
        switch self {
        case .null: "-"
        case .flag(let value): value ? "yes" : "no"
        case .number(let value):
            value == value.rounded() ? value.text(0) : "\(value)".count < 8 ? "\(value)" : value.text(3)
        case .string(let value): value
        case .array(let values): values.map(\.text).joined(separator: " ")
        case .object(let values):
            values.sorted { $0.key < $1.key }
                .map { "\($0.key.replacing("_", with: " ")) \($0.value.text)" }.joined(separator: ", ")
        }
    }
}
