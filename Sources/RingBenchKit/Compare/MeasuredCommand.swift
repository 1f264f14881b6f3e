import CTokenRing
import Glibc
import SystemPackage
import TokenRing

/// A command line that prints a result, run in a process of its own each time.
struct MeasuredCommand: Sendable {
    /// As it was given.
    let text: String
    let words: [String]

    /// A command in one text: words between blanks, which quotes of either kind hold together. No shell reads it.
    ///
    /// - Throws: `Failure` of kind `.usage`: no word, or a quote that is not closed.
    init(_ text: String) throws(Failure) {
        self.text = text
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == " " || character == "\t" {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        guard quote == nil else { throw Failure(.usage, "--run \(text): a quote is not closed") }
        guard !words.isEmpty else { throw Failure(.usage, "--run names no program") }
        self.words = words
    }

    /// These words as they are.
    init(words: [String]) {
        self.words = words
        text = words.joined(separator: " ")
    }

    /// Runs it and reads what it printed.
    ///
    /// - Throws: `Failure`: its own if it ended with one, `.usage` if it printed no result, `.interrupted`.
    func run() throws(Failure) -> StoredResult {
        let (output, errors) = (try Self.unnamedFile(), try Self.unnamedFile())
        let child = try ChildProcess(words: words, output: output.descriptor, errors: errors.descriptor)
        let code = child.waitOrInterrupt()
        if Interrupt.isRequested { throw Failure(.interrupted, "interrupted") }
        guard code == 0 else {
            let said = Self.contents(errors).split(separator: "\n").last.map { ": \($0)" } ?? ""
            // 1 would be taken for a regression.
            let kind = code == FailureKind.checkFailed.rawValue ? nil : FailureKind(rawValue: code)
            throw Failure(kind ?? .systemCall, "\(text) ended with \(code)\(said)")
        }
        let printed = Self.contents(output)
        guard printed.first == "{" else {
            throw Failure(.usage, "\(text) printed no JSON: give it --json and no --output")
        }
        return try StoredResult(printed, from: text)
    }

    /// A file without a name: unlike a pipe it holds as much as is written.
    private static func unnamedFile() throws(Failure) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try OwnedDescriptor(ctr_memfd_create_sealable("result"), of: "memfd_create")
        } catch {
            throw Failure(error)
        }
    }

    private static func contents(_ file: OwnedDescriptor) -> String {
        withExtendedLifetime(file) { HostFile.text("/proc/self/fd/\(file.descriptor.rawValue)") ?? "" }
    }
}
