import Glibc
import RingTestSupport
import SystemPackage
import TokenRing

// The other process of the cross-process tests. It receives a region (and eventfds) over the socket that is its
// descriptor 3 and plays one role:
//
//   RingTestPeer stream BATCH                      fragments into ring 0, for ever
//   RingTestPeer stream BATCH COUNT                so many of them
//   RingTestPeer ping COUNT POLLS                  into ring 0, and back from ring 1, one at a time
//   RingTestPeer pong COUNT POLLS                  from ring 0 into ring 1
//   RingTestPeer produce COUNT POLLS               ranges into ring 0, one at a time
//   RingTestPeer consume COUNT POLLS               ranges from ring 0, one at a time
//   RingTestPeer die-producing STEP BATCH COUNT    fragments into ring 0, killed at that access (0: from outside)
//   RingTestPeer die-consuming STEP BATCH COUNT    fragments from ring 0, the same
//
// Each takes its rings as the region publishes them, by the index or in the slot.
//
// Exit status: 0; 1 with a message on stderr; 2 for another usage.

func stop(_ message: String, status: CInt = 1) -> Never {
    _ = try? FileDescriptor.standardError.writeAll("RingTestPeer: \(message)\n".utf8)
    exit(status)
}

alarm(120)  // never outlive a test that was killed

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { UInt32($0) }
guard let role = arguments.first, numbers.count == arguments.count - 1, let first = numbers.first else {
    stop("usage: RingTestPeer ROLE NUMBER...", status: 2)
}

do {
    let channel = DescriptorChannel(OwnedDescriptor(FileDescriptor(rawValue: PeerProcess.socketNumber)))
    let setting = try SharedSetting(receivingFrom: channel)
    let polls = numbers.count > 1 ? Int(numbers[1]) : 1
    switch role {
    case "stream": try streamFragments(setting, batch: first, count: numbers.count > 1 ? UInt64(numbers[1]) : .max)
    case "ping": try ping(setting, count: first, polls: polls)
    case "pong": try pong(setting, count: first, polls: polls)
    case "produce": try produceRanges(setting, count: first, polls: polls)
    case "consume": try consumeRanges(setting, count: first, polls: polls)
    case "die-producing" where numbers.count == 3:
        try produceMortally(setting, step: Int(first), batch: numbers[1], count: numbers[2])
    case "die-consuming" where numbers.count == 3:
        try consumeMortally(setting, step: Int(first), batch: numbers[1], count: numbers[2])
    default: stop("unknown role \(role)", status: 2)
    }
} catch {
    stop("\(error)")
}
