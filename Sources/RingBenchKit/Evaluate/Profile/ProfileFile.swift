import FoundationEssentials
import RingKernelModel

/// A profile in a JSON file: the keys of `Load`, and those that the profile adds; what is left out is as in `kperf`.
public enum ProfileFile {
    /// The keys that a profile has beside a load's.
    enum Key: String, CodingKey, CaseIterable {
        case name, runs, proposals
        case runMilliseconds = "run_ms"
        case idlePercent = "idle_percent"
        case tokensPerSecond = "tokens_per_s"
    }

    /// The built-in profile of that name, or the one in that file.
    ///
    /// - Throws: `Failure` of the kind `.usage`: one sentence that names the file and the key.
    public static func profile(_ nameOrPath: String) throws(Failure) -> Profile {
        if let builtIn = Profile.builtIn.first(where: { $0.name == nameOrPath }) { return builtIn }
        guard let text = HostFile.text(nameOrPath) else {
            let names = Profile.builtIn.map(\.name).joined(separator: ", ")
            throw Failure(
                .usage, "\(nameOrPath) is neither a built-in profile (\(names)) nor a file that can be read")
        }
        return try parse(text, from: nameOrPath)
    }

    /// The profile that `text` describes; `file` is for messages.
    static func parse(_ text: String, from file: String) throws(Failure) -> Profile {
        let profile: Profile
        do {
            profile = try JSONDecoder().decode(Contents.self, from: Data(text.utf8)).profile
        } catch let failure as Failure {
            throw Failure(failure.kind, "\(file): \(failure)")
        } catch {
            throw Failure(.usage, "\(file): it is not a JSON object of a profile: \(error)")
        }
        try profile.validate(.keys(of: file))
        for name in profile.proposals ?? [] where Composition.named(name) == nil {
            throw Failure(.usage, "\(file): there is no proposal \(name); ringbench evaluate --help lists them")
        }
        return profile
    }

    /// The file's one object.
    private struct Contents: Decodable {
        var profile = Profile(name: "unnamed")

        init(from decoder: any Decoder) throws {
            let known = Load.CodingKeys.allCases.map(\.rawValue) + Key.allCases.map(\.rawValue)
            for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
                throw Failure(
                    .usage,
                    "there is no key \"\(key.stringValue)\"; there are \(known.sorted().joined(separator: ", "))")
            }
            profile.load = Profile.kperf.load
            let load = try decoder.container(keyedBy: Load.CodingKeys.self)
            try profile.load.read(load)
            profile.tokens = try load.value(Int.self, .tokens, "a whole number")
            let own = try decoder.container(keyedBy: Key.self)
            profile.name = try own.value(String.self, .name, "a string") ?? profile.name
            profile.runs = try own.value(Int.self, .runs, "a whole number") ?? profile.runs
            profile.runMilliseconds =
                try own.value(Int.self, .runMilliseconds, "a whole number") ?? profile.runMilliseconds
            profile.idlePercent = try own.value(Double.self, .idlePercent, "a number") ?? profile.idlePercent
            profile.tokensPerSecond = try own.value(Double.self, .tokensPerSecond, "a number")
            profile.proposals = try own.value([String].self, .proposals, "an array of strings")
        }
    }

    /// Any key, to see all that there are.
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension KeyedDecodingContainer {
    /// The value of a key that may be missing.
    ///
    /// - Throws: `Failure` when it is there and is not `kind`.
    func value<Value: Decodable>(_ type: Value.Type, _ key: Key, _ kind: String) throws -> Value? {
        do {
            return try decodeIfPresent(type, forKey: key)
        } catch {
            throw Failure(.usage, "\"\(key.stringValue)\" must be \(kind)")
        }
    }
}
