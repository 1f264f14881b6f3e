import RingTestSupport
import SystemPackage
import Testing

/// `token_ring.h` must serve any C or C++ program, not only this package's build: the compilers are asked directly.
@Suite("Header")
struct HeaderTests {
    private static let package = FilePath("\(#filePath)").removingLastComponent().removingLastComponent()
        .removingLastComponent()
    private static let include = package.appending("Sources/CTokenRing/include")
    private static let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", include.string]

    /// i386 headers are those of x86-64 on Debian, but GCC does not look there by itself.
    private static let for32Bits = ["-m32", "-I", "/usr/include/x86_64-linux-gnu"]

    private static func has(_ compiler: String, _ options: [String] = []) -> Bool {
        let arguments = options + ["-fsyntax-only", "-x", "c", "-include", "linux/ioctl.h", "/dev/null"]
        return (try? PeerProcess(compiler, arguments).wait(deadline: .seconds(20))) == .exited(0)
    }

    private func compile(_ compiler: String, _ arguments: [String]) throws -> PeerProcess.Ending {
        try PeerProcess(compiler, Self.strict + arguments).wait(deadline: .seconds(60))
    }

    @Test(
        "the header alone is valid C11 and C++17, without a warning",
        .enabled(if: has("gcc") && has("g++"), "needs gcc and g++"),
        arguments: [("gcc", "-std=c11", "c"), ("g++", "-std=c++17", "c++")])
    func headerAlone(compiler: String, standard: String, language: String) throws {
        let header = Self.include.appending("token_ring.h").string
        #expect(try compile(compiler, [standard, "-fsyntax-only", "-x", language, header]) == .exited(0))
    }

    @Test(
        "every size, offset and number is as specified, and no compiler pads",
        .enabled(if: has("gcc") && has("g++"), "needs gcc and g++"),
        arguments: [("gcc", "-std=c11", "c"), ("g++", "-std=c++17", "c++")])
    func layout(compiler: String, standard: String, language: String) throws {
        let source = Self.package.appending("Tests/HeaderLayout/layout.c").string
        let options = [standard, "-fsyntax-only", "-Wpadded", "-x", language]
        #expect(try compile(compiler, options + [source]) == .exited(0))
    }

    @Test(
        "a 32-bit program has the same layout, so that the kernel needs no compat handler",
        .enabled(if: has("gcc", for32Bits) && has("g++", for32Bits), "needs gcc -m32 and an x86-64 host's headers"),
        arguments: [("gcc", "-std=c11", "c"), ("g++", "-std=c++17", "c++")])
    func layoutFor32Bits(compiler: String, standard: String, language: String) throws {
        let source = Self.package.appending("Tests/HeaderLayout/layout.c").string
        let options = Self.for32Bits + [standard, "-fsyntax-only", "-Wpadded", "-x", language]
        #expect(try compile(compiler, options + [source]) == .exited(0))
    }

    @Test(
        "the C peer is strict C11, without a warning and without a feature macro",
        .enabled(if: has("gcc"), "needs gcc"))
    func peerIsStrict() throws {
        let source = Self.package.appending("Tests/CRingTestPeer/main.c").string
        #expect(try compile("gcc", ["-std=c11", "-O2", "-o", "/dev/null", source]) == .exited(0))
    }
}
