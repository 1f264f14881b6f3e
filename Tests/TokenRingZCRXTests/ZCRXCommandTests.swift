import RingTestSupport
import Testing
import TokenRingZCRX

/// `ringbench zcrx` on whatever kernel this is. Where zcrx needs a network card it says so; `make test-zerocopy` has one where it
/// does not.
@Suite("zcrx commands")
struct ZCRXCommandTests {
    private static let works = (try? ZCRXAbilities().worksWithoutDevice) ?? false

    @Test(
        "a command proves what the kernel can, or says in one sentence with the errno that it cannot",
        arguments: ["prove --bytes 8388608", "selftest"])
    func runs(line: String) throws {
        let run = try Invocation.run(["zcrx"] + line.split(separator: " ").map(String.init) + ["--quiet"])
        guard !Self.works else {
            #expect(run.exitCode == 0, "\(run.errors)")
            return
        }
        // 77: this is not root.
        #expect([69, 77].contains(run.exitCode), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(run.exitCode == 77 || run.errors.contains("errno"), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test(
        "a wrong option ends with 64 and names it",
        arguments: ["bytes 7", "bytes 0", "buffers 15", "ring-size 3", "ring-size 0", "ring-size 1024"])
    func refuses(option: String) throws {
        let words = option.split(separator: " ").map(String.init)
        let run = try Invocation.run(["zcrx", "prove", "--\(words[0])", words[1], "--quiet"])
        #expect(run.exitCode == 64, "\(run.errors)")
        #expect(run.errors.contains("--\(words[0])"), "\(run.errors)")
    }
}
