import Glibc

// One program, and the target that it fuzzes by the environment: each has a corpus of its own.
//
//   FUZZ_TARGET=region     a header that was tampered with is attached and, if it is accepted, used
//   FUZZ_TARGET=returns    the kernel side consumes a return ring while its entries and index change
//   FUZZ_TARGET=delivery   user space consumes a delivery ring of a hostile kernel or a broken file
//   FUZZ_TARGET=messages   netlink datagrams and control messages
//   FUZZ_TARGET=profile    profile files
//
// A target returns when all is well; a broken promise traps, and what AddressSanitizer sees ends the process.

private let targets: [String: @Sendable (inout FuzzInput) -> Void] = [
    "region": fuzzRegion, "returns": fuzzReturns, "delivery": fuzzDelivery, "messages": fuzzMessages,
    "profile": fuzzProfile,
]

private let target: @Sendable (inout FuzzInput) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        print("FUZZ_TARGET is \"\(name)\"; there are \(targets.keys.sorted().joined(separator: ", "))")
        exit(64)
    }
    return target
}()

/// libFuzzer's loop (FuzzerInterface.h); SwiftPM gives an executable a `main` of its own, so it is called as a library.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<CInt>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ fuzzOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
enum RingFuzz {
    static func main() {
        var count = CommandLine.argc
        var words = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &words) { data, size in
                var input = FuzzInput(UnsafeRawBufferPointer(start: data, count: size))
                target(&input)
                return 0
            })
    }
}
