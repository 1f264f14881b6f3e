import Glibc
import SystemPackage
import TokenRing

// A consumer of `ringbench serve` for the tests:
//
//   ServePeer consume SOCKET             every stream to its end
//   ServePeer pause SOCKET COUNT         so many fragments, then SIGSTOP to itself; when it goes on, the rest
//   ServePeer hoard SOCKET COUNT         so many fragments, returns none, and waits to be killed
//   ServePeer starve SOCKET COUNT        the same, and does not say so before the kernel has no buffer any more
//
// Exit status: 0; 1 with a message on stderr; 2 for another usage.

func say(_ text: String, to stream: FileDescriptor = .standardOutput) { _ = try? stream.writeAll("\(text)\n".utf8) }

alarm(180)  // never outlive a test that was killed

let arguments = CommandLine.arguments
guard arguments.count == 3 || arguments.count == 4, let count = UInt64(arguments.count == 4 ? arguments[3] : "0") else {
    say("usage: ServePeer consume|pause|hoard|starve SOCKET [COUNT]", to: .standardError)
    exit(2)
}
do {
    var consumer = try Consumer(path: arguments[2])
    if arguments[1] == "hoard" {
        try consumer.run(most: count, givesBack: false)
        say("holding \(consumer.received), \(consumer.wrong) wrong")
        while true { pause() }
    }
    if arguments[1] == "starve" {
        try consumer.run(most: count, givesBack: false)
        while !consumer.isStarved { usleep(1000) }
        say("holding \(consumer.received), \(consumer.wrong) wrong, the pool is empty")
        while true { pause() }
    }
    if arguments[1] == "pause" {
        try consumer.run(most: count, givesBack: true)
        say("stopping at \(consumer.received)")
        raise(SIGSTOP)
    }
    try consumer.run(most: .max, givesBack: true)
    let counters = try consumer.counters()
    say(
        "\(consumer.received) fragments, \(consumer.wrong) wrong, \(consumer.sleeps) sleeps; kernel: "
            + "\(counters.delivered) delivered, \(counters.returned) returned")
    exit(consumer.wrong == 0 && counters.returned == consumer.received ? 0 : 1)
} catch {
    say("ServePeer: \(error)", to: .standardError)
    exit(1)
}
