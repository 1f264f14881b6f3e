import TokenRing

/// Something that was asked of the host: the answer, or why there is none.
public enum Finding<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The host's answer.
    case known(Value)
    /// One clause that says why it cannot be known.
    case unknown(reason: String)

    /// What `ask` returns, or the error that it throws in words.
    public init(_ ask: () throws(SystemCallError) -> Value) {
        do throws(SystemCallError) { self = .known(try ask()) } catch { self = .unknown(reason: error.description) }
    }

    /// The answer turned into something else.
    public func map<Other>(_ turn: (Value) -> Other) -> Finding<Other> {
        switch self {
        case .known(let value): .known(turn(value))
        case .unknown(let reason): .unknown(reason: reason)
        }
    }

    /// The answer, or nil.
    public var value: Value? {
        guard case .known(let value) = self else { return nil }
        return value
    }

    /// Why there is no answer, or nil.
    public var reason: String? {
        guard case .unknown(let reason) = self else { return nil }
        return reason
    }
}

extension Finding: Encodable where Value: Encodable {
    private enum Key: String, CodingKey { case value, unknown }

    /// `{"value": ...}` or `{"unknown": "reason"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .known(let value): try container.encode(value, forKey: .value)
        case .unknown(let reason): try container.encode(reason, forKey: .unknown)
        }
    }
}
