import SystemPackage

/// The text of a stored result, as it is or as gzip packed it.
enum ResultText {
    /// The text; nil if the file cannot be read. What ends with `.gz` is unpacked.
    ///
    /// - Throws: `Failure`: `.unavailable` without gzip, `.usage` for what is no gzip file.
    static func read(_ path: String) throws(Failure) -> String? {
        path.hasSuffix(".gz") ? try unpacked(path) : HostFile.text(path)
    }

    private static func unpacked(_ path: String) throws(Failure) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        guard let result = try FilterProgram.run(["gzip", "-dc"], input: file) else {
            throw Failure(.unavailable, "there is no gzip to read \(path) with: install gzip")
        }
        guard result.exitCode == 0 else {
            throw Failure(.usage, "\(path) is no gzip file, or was cut off: compress the result again")
        }
        return result.output
    }
}
