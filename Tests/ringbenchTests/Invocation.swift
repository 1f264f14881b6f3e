import Foundation

/// One run of the ringbench program that lies beside the tests, to its end.
struct Invocation {
    let exitCode: Int32
    let output: String
    let errors: String

    /// Where the built program is.
    static var program: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "ringbench")
    }

    init(_ arguments: [String], interruptAfter delay: Duration? = nil) async throws {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        let folder = FileManager.default.temporaryDirectory.appending(path: "ringbench-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files, not pipes: what is printed may be larger than a pipe holds.
        let files = ["output", "errors"].map { folder.appending(path: $0) }
        for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        if let delay {
            try await Task.sleep(for: delay)
            process.interrupt()
        }
        process.waitUntilExit()
        exitCode = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        output = try String(contentsOf: files[0], encoding: .utf8)
        errors = try String(contentsOf: files[1], encoding: .utf8)
    }

    /// The JSON object on stdout.
    func json() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
    }
}
