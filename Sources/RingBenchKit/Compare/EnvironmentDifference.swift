/// One key in which two results' environments differ.
struct EnvironmentDifference: Encodable, Sendable, Equatable {
    /// With dots where objects are nested.
    let key: String
    let first: String
    let second: String

    /// Differs from run to run on one machine.
    private static let varying: Set = ["arguments", "load_average", "started_unix_s"]

    /// All that differ, in order.
    static func all(_ first: StoredResult, _ second: StoredResult) -> [EnvironmentDifference] {
        let (one, other) = (leaves(.object(first.environment)), leaves(.object(second.environment)))
        return Set(one.keys).union(other.keys).subtracting(varying).sorted().compactMap { key in
            let (left, right) = (one[key] ?? "missing", other[key] ?? "missing")
            return left == right ? nil : EnvironmentDifference(key: key, first: left, second: right)
        }
    }

    /// Throws if there are any, naming them, unless it was said that they do not matter.
    ///
    /// - Throws: `Failure` of kind `.usage`.
    static func refuse(_ differences: [EnvironmentDifference], force: Bool) throws(Failure) {
        guard !differences.isEmpty, !force else { return }
        let named = differences.map { "\($0.key) (\($0.first.clipped) / \($0.second.clipped))" }
        throw Failure(
            .usage,
            "the environments differ in \(named.joined(separator: ", ")): measure both in one, or compare with --force")
    }

    private static func leaves(_ value: JSONValue, at path: String = "") -> [String: String] {
        guard case .object(let members) = value else { return [path: value.text] }
        return members.reduce(into: [:]) { all, member in
            let place = path.isEmpty ? member.key : "\(path).\(member.key)"
            all.merge(leaves(member.value, at: place)) { one, _ in one }
        }
    }
}

extension String {
    /// Short enough for a sentence.
    fileprivate var clipped: String { count <= 40 ? self : "\(prefix(37))..." }
}
