import CTokenRing
import FoundationEssentials
import SystemPackage
import TokenRing

/// A measurement in a process of its own. Where its code, stack and memory happen to lie is drawn anew each time, and nothing is left over
/// from the one before: what such luck is worth shows in the spread.
///
/// The question is the child's one argument, the answer is in an unnamed file that it is handed; both are JSON.
enum MeasuringProcess {
    /// What the child has to say.
    private enum Answer<Value: Codable>: Codable {
        case measured(Value)
        case failed(FailureKind, String)
    }

    /// Starts `program subcommand QUESTION` and waits for its answer.
    ///
    /// - Throws: the child's `Failure`; `.invariantBroken` if it ended without an answer, `.interrupted`.
    static func ask<Question: Encodable, Value: Codable>(
        _ question: Question, of subcommand: String, in program: String
    ) throws(Failure) -> Value {
        let answer: Answer<Value>
        do {
            let argument = String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
            let file = try OwnedDescriptor(ctr_memfd_create_sealable("answer"), of: "memfd_create")
            let child = try ChildProcess(
                program: program, arguments: [subcommand, argument], handing: file.descriptor)
            let status = child.waitOrInterrupt()
            if Interrupt.isRequested { throw Failure(.interrupted, "interrupted") }
            guard status == 0 else {
                throw Failure(.invariantBroken, "the process of a repetition ended with \(status); no number is valid")
            }
            let text = HostFile.text("/proc/self/fd/\(file.descriptor.rawValue)") ?? ""
            answer = try withExtendedLifetime(file) {
                try JSONDecoder().decode(Answer<Value>.self, from: Data(text.utf8))
            }
        } catch let failure as Failure {
            throw failure
        } catch let error as SystemCallError {
            throw Failure(error)
        } catch {
            throw Failure(.invariantBroken, "the process of a repetition cannot be understood: \(error)")
        }
        switch answer {
        case .measured(let value): return value
        case .failed(let kind, let sentence): throw Failure(kind, sentence)
        }
    }

    /// What the child measures: `work`, where it has a place for its two CPUs only while they lie there, and what disturbed it.
    static func measure<Value>(
        in place: CPUPlace?, patience: Int64, _ work: () throws(Failure) -> Value
    ) throws(Failure) -> (Value, ProcessDisturbances) {
        func once() throws(Failure) -> (Value, ProcessDisturbances) {
            let window = MeasuringWindow()
            let value = try work()
            return (value, window.endOfWork())
        }
        guard let place else { return try once() }
        var (measured, visits) = try place.measure(patience: patience, once)
        measured.1.places = visits
        return measured
    }

    /// What the child does: `work` on the question, and its result or failure into the file.
    static func answer<Question: Decodable, Value: Codable>(
        _ argument: String, to subcommand: String, _ work: (Question) throws(Failure) -> Value
    ) throws(Failure) {
        do {
            let question = try JSONDecoder().decode(Question.self, from: Data(argument.utf8))
            let answer: Answer<Value>
            do throws(Failure) {
                answer = .measured(try work(question))
            } catch {
                answer = .failed(error.kind, error.description)
            }
            try ChildProcess.handedDescriptor.writeAll(try JSONEncoder().encode(answer))
        } catch {
            throw Failure(.usage, "\(subcommand) is for ringbench itself: \(error)")
        }
    }
}
