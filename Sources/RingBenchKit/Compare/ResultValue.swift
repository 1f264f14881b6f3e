/// A piece of JSON of which nothing is known beforehand.
enum ResultValue: Decodable, Equatable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([ResultValue])
    case object([String: ResultValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let list = try? value.decode([ResultValue].self) {
            self = .list(list)
        } else if value.decodeNil() {
            self = .null
        } else {
            self = .object(try value.decode([String: ResultValue].self))
        }
    }

    /// The member of an object.
    subscript(_ key: String) -> ResultValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// A list of nothing but numbers.
    var numbers: [Double]? {
        guard case .list(let list) = self else { return nil }
        let numbers = list.compactMap { value -> Double? in
            guard case .number(let number) = value else { return nil }
            return number
        }
        return numbers.count == list.count ? numbers : nil
    }

    /// As a person would write it.
    var described: String {
        switch self {
        case .null: "nothing"
        case .flag(let flag): "\(flag)"
        case .number(let number): number == number.rounded() ? number.text(0) : "\(number)"
        case .text(let text): text
        case .list(let list): "[\(list.map(\.described).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.described)" }.joined(separator: ", "))}"
        }
    }
}
