import ArgumentParser
import RingBenchKit
import TokenRing

@main
struct Ringbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringbench",
        abstract: "Puts the ways to hand receive buffers between kernel and user space side by side.",
        subcommands: [
            EvaluateCommand.self, CompareCommand.self, RingCommand.self, ConformanceCommand.self, XDPCommand.self,
            ZCRXCommand.self, ReportCommand.self, ExplainCommand.self, ProbeCommand.self, InspectCommand.self,
            ServeCommand.self, ConsumeRingsCommand.self, ConsumeFramesCommand.self, CountedCommand.self,
            RingSideCommand.self, RunProposalCommand.self, RingRoundCommand.self,
        ],
        defaultSubcommand: EvaluateCommand.self)
}

extension ParsableCommand {
    /// Runs a command's body and turns what it throws into one sentence on stderr and the right exit code.
    ///
    /// - Parameter runsUntilInterrupted: a signal is how the command ends, and not that it was cut short.
    func reportingFailures(runsUntilInterrupted: Bool = false, _ body: () throws -> Void) throws {
        Interrupt.install()
        do {
            try body()
        } catch let failure as Failure {
            try Self.end(failure)
        } catch let error as SystemCallError {
            try Self.end(Failure(error))
        }
        if Interrupt.isRequested, !runsUntilInterrupted {
            throw ArgumentParser.ExitCode(FailureKind.interrupted.rawValue)
        }
    }

    private static func end(_ failure: Failure) throws -> Never {
        Progress().note("ringbench: \(failure)")
        throw ArgumentParser.ExitCode(failure.kind.rawValue)
    }
}
