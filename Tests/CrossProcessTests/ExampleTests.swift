import Foundation
import RingTestSupport
import Testing

/// The programs of Examples/Swift, which the libraries' articles quote.
@Suite("Examples")
struct ExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("two processes: what one makes the other reads, all of it, and both end")
    func twoProcesses() throws {
        let program = PeerProcess.productsDirectory().appending("TwoProcesses").string
        let producer = try Invocation(program: program, [])
        try #require(producer.waitForOutput(containing: "\n"))
        let place = try #require(producer.outputSoFar.split(separator: "\n").first.map(String.init))
        let consumer = try Invocation(program: program, [place]).finish()
        #expect(consumer.exitCode == 0, "\(consumer.errors)")
        #expect(consumer.output == "1000000 tokens, their sum is 499999500000\n")
        #expect(producer.finish().exitCode == 0)
    }

    @Test(
        "an article's code is the program that the tests run, and as short as it says",
        arguments: [
            ("TokenRing", "TwoProcesses", 30), ("TokenRingXDP", "ReceivePackets", 40),
        ])
    func quoted(_ module: String, _ name: String, _ mostLines: Int) throws {
        let article = try String(
            contentsOf: Self.root.appending(path: "Sources/\(module)/\(module).docc/\(name).md"), encoding: .utf8)
        let program = try String(
            contentsOf: Self.root.appending(path: "Examples/Swift/\(name)/main.swift"), encoding: .utf8)
        #expect(article.contains("```swift\n\(program)```\n"))
        #expect(article.contains("in \(mostLines) lines"))
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= mostLines)
    }
}
