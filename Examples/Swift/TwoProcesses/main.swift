import Glibc
import SystemPackage
import TokenRing

let doorbells = RingDoorbells(entries: .futex, room: .futex)
let count: UInt32 = 1_000_000
if CommandLine.arguments.count == 1 {
    let region = try RingRegion.create([RingSpecification(.returning, capacity: 1024)])
    var producer = try region.takeProducer(of: 0, entry: TokenRange.self)
    print("/proc/\(getpid())/fd/\(region.descriptor.rawValue)")
    fflush(nil)
    var next: UInt32 = 0
    while next < count {
        let slots = producer.reserve(upTo: min(64, count - next))
        producer.write(slots) { TokenRange(token_start: next + $0, token_count: 1) }
        producer.submit(slots.count)
        next += slots.count
        if slots.isEmpty { _ = producer.waitForRoom(doorbells) } else { producer.wakeConsumer(doorbells) }
    }
} else {
    let file = try FileDescriptor.open(FilePath(CommandLine.arguments[1]), .readWrite)
    var consumer = try RingRegion.attach(OwnedDescriptor(file)).takeConsumer(of: 0, entry: TokenRange.self)
    var (received, sum): (UInt32, UInt64) = (0, 0)
    while received < count {
        received += consumer.consume(upTo: 64) { sum += UInt64($0.token_start) }
        consumer.wakeProducer(doorbells)
        if received < count { _ = consumer.wait(doorbells) }
    }
    print("\(received) tokens, their sum is \(sum)")
}
