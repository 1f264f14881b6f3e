import Foundation
import Glibc
import RingTestSupport
import Testing
import TokenRing

/// The other side ends by SIGKILL, at each of its steps and at random; who survives notices, looks, and goes on.
@Suite("Deaths", .serialized)
struct DeathTests {
    static let publications: [RingPublication] = [.index, .slot]
    /// Deaths of each of the four random runs; `make deaths` asks for more.
    static let randomDeaths = ProcessInfo.processInfo.environment["TOKEN_RING_DEATHS"].flatMap { Int($0) } ?? 250

    /// Four slots and batches of three, so that ten entries fill the ring, wrap round, and leave a batch half done.
    private func setting(_ publication: RingPublication, capacity: UInt32 = 4) throws -> SharedSetting {
        try SharedSetting(
            [RingSpecification(.delivery, capacity: capacity, publication: publication)], withEventfds: true)
    }

    private func isAsPublished(_ setting: SharedSetting) -> Bool { setting.region.inspect()[0].isConsistent }

    // MARK: the producer

    @Test(
        "a producer killed at any step leaves an exact prefix, and a successor goes on behind it",
        arguments: publications)
    func producerAtEachStep(_ publication: RingPublication) throws {
        for step in 1..<1000 {
            let setting = try setting(publication)
            let peer = try setting.start("RingTestPeer", ["die-producing", "\(step)", "3", "10"])
            let life = try PeerLife(of: peer.identifier)
            let received = try receive(from: setting, until: life, publication)
            #expect(isAsPublished(setting))
            let ending = peer.wait(deadline: .seconds(10))
            if ending == .exited(0) {
                #expect(received == 10)
                #expect(step > 20, "there are more steps than that")
                return
            }
            try #require(ending == .killed(signal: SIGKILL))
            // Nobody can come back: its claim is gone with it.
            let claim = try setting.region.claim(.producer, of: 0)
            let successor = try setting.start("RingTestPeer", ["stream", "1", "1"])
            #expect(successor.wait(deadline: .seconds(10)) == .exited(0))
            #expect(try take(from: setting, publication).first?.carries(sequence: 0) == true, "step \(step)")
            withExtendedLifetime(claim) {}
        }
        Issue.record("it never came to its end")
    }

    /// Takes the stream's next entries until the producer's end; how many came.
    private func receive(
        from setting: SharedSetting, until life: PeerLife, _ publication: RingPublication
    ) throws -> UInt64 {
        switch publication {
        case .index: try receive(setting.region.takeConsumer(of: 0), setting, life)
        case .slot: try receive(setting.region.takeSlotConsumer(of: 0), setting, life)
        }
    }

    private func receive<Memory: RingMemory>(
        _ ring: consuming ConsumerRing<Memory>, _ setting: SharedSetting, _ life: PeerLife
    ) throws -> UInt64 where Memory.Entry == FragDescriptor {
        var consumer = ring
        var received: UInt64 = 0
        while true {
            let outcome = consumer.wait(setting.doorbells(of: 0), timeout: .seconds(20), watching: life)
            guard outcome == .ready else {
                #expect(outcome == .peerHasEnded)
                return received
            }
            for entry in takeAll(from: &consumer, upTo: 2) {
                try #require(entry.carries(sequence: received), "entry \(received)")
                received += 1
            }
            consumer.wakeProducer(setting.doorbells(of: 0))
        }
    }

    /// What is in the ring, by a second attachment: this process has the consumer's role already.
    private func take(from setting: SharedSetting, _ publication: RingPublication) throws -> [FragDescriptor] {
        let again = try RingRegion.attach(OwnedDescriptor(try setting.region.descriptor.duplicate()))
        switch publication {
        case .index:
            var consumer = try again.takeConsumer(of: 0, entry: FragDescriptor.self)
            return takeAll(from: &consumer)
        case .slot:
            var consumer = try again.takeSlotConsumer(of: 0, entry: FragDescriptor.self)
            return takeAll(from: &consumer)
        }
    }

    // MARK: the consumer

    @Test(
        "a consumer killed at any step leaves what it did not release, and a successor gets it", arguments: publications
    )
    func consumerAtEachStep(_ publication: RingPublication) throws {
        for step in 1..<1000 {
            let setting = try setting(publication)
            let peer = try setting.start("RingTestPeer", ["die-consuming", "\(step)", "3", "10"])
            let life = try PeerLife(of: peer.identifier)
            switch publication {
            case .index: try send(setting.region.takeProducer(of: 0), setting, life)
            case .slot: try send(setting.region.takeSlotProducer(of: 0), setting, life)
            }
            #expect(isAsPublished(setting))
            let ending = peer.wait(deadline: .seconds(10))
            if ending == .exited(0) {
                #expect(step > 20, "there are more steps than that")
                return
            }
            try #require(ending == .killed(signal: SIGKILL))
            let look = setting.region.inspect()[0]
            let claim = try setting.region.claim(.consumer, of: 0)
            let rest = try take(from: setting, publication)
            #expect(rest.count == Int(look.used))
            for (offset, entry) in rest.enumerated() {
                #expect(entry.carries(sequence: UInt64(look.consumer) + UInt64(offset)), "step \(step)")
            }
            withExtendedLifetime(claim) {}
        }
        Issue.record("it never came to its end")
    }

    /// Sends ten entries, or as many as there is room for until the consumer's end.
    private func send<Memory: RingMemory>(
        _ ring: consuming ProducerRing<Memory>, _ setting: SharedSetting, _ life: PeerLife
    ) throws where Memory.Entry == FragDescriptor {
        var producer = ring
        var sent: UInt64 = 0
        while sent < 10 {
            sent += UInt64(submitAll([FragDescriptor(sequence: sent)], to: &producer))
            let outcome = producer.waitForRoom(setting.doorbells(of: 0), timeout: .seconds(20), watching: life)
            guard outcome == .ready else {
                #expect(outcome == .peerHasEnded)
                return
            }
        }
    }

    // MARK: at random

    @Test(
        "one stream goes through many producers that are killed at random, each entry once and in order",
        arguments: publications)
    func producersAtRandom(_ publication: RingPublication) throws {
        var random = SplitMix64(seed: 5)
        let setting = try setting(publication, capacity: 64)
        switch publication {
        case .index: try outlive(setting.region.takeConsumer(of: 0), setting, &random)
        case .slot: try outlive(setting.region.takeSlotConsumer(of: 0), setting, &random)
        }
    }

    private func outlive<Memory: RingMemory>(
        _ ring: consuming ConsumerRing<Memory>, _ setting: SharedSetting, _ random: inout SplitMix64
    ) throws where Memory.Entry == FragDescriptor {
        var consumer = ring
        var received: UInt64 = 0
        for death in 0..<Self.randomDeaths {
            let peer = try setting.start("RingTestPeer", ["die-producing", "0", "7", "\(UInt32.max)"])
            let life = try PeerLife(of: peer.identifier)
            let killAt = received + UInt64.random(in: 1...2000, using: &random)
            while true {
                let outcome = consumer.wait(setting.doorbells(of: 0), timeout: .seconds(20), watching: life)
                if outcome == .peerHasEnded { break }
                try #require(outcome == .ready)
                for entry in takeAll(from: &consumer, upTo: 16) {
                    try #require(entry.carries(sequence: received), "entry \(received) after \(death) deaths")
                    received += 1
                }
                consumer.wakeProducer(setting.doorbells(of: 0))
                if received >= killAt { kill(peer.identifier, SIGKILL) }
            }
            #expect(peer.poll() == .killed(signal: SIGKILL))
            #expect(isAsPublished(setting))
        }
        #expect(consumer.statistics.indexViolations == 0)
    }

    @Test("one stream goes to many consumers that are killed at random, and none finds a gap", arguments: publications)
    func consumersAtRandom(_ publication: RingPublication) throws {
        var random = SplitMix64(seed: 6)
        let setting = try setting(publication, capacity: 64)
        switch publication {
        case .index: try outlive(setting.region.takeProducer(of: 0), setting, &random)
        case .slot: try outlive(setting.region.takeSlotProducer(of: 0), setting, &random)
        }
    }

    private func outlive<Memory: RingMemory>(
        _ ring: consuming ProducerRing<Memory>, _ setting: SharedSetting, _ random: inout SplitMix64
    ) throws where Memory.Entry == FragDescriptor {
        var producer = ring
        var sent: UInt64 = 0
        for death in 0..<Self.randomDeaths {
            let peer = try setting.start("RingTestPeer", ["die-consuming", "0", "7", "\(UInt32.max)"])
            let life = try PeerLife(of: peer.identifier)
            let killAt = sent + 64 + UInt64.random(in: 1...2000, using: &random)
            while true {
                let outcome = producer.waitForRoom(setting.doorbells(of: 0), timeout: .seconds(20), watching: life)
                if outcome == .peerHasEnded { break }
                try #require(outcome == .ready)
                let entries = (0..<5).map { FragDescriptor(sequence: sent + $0) }
                sent += UInt64(submitAll(entries, to: &producer))
                if sent >= killAt { kill(peer.identifier, SIGKILL) }
            }
            // Exit 1: it was given an entry that was not the next.
            #expect(peer.poll() == .killed(signal: SIGKILL), "after \(death) deaths")
            #expect(isAsPublished(setting))
        }
        #expect(producer.statistics.indexViolations == 0)
    }

    // MARK: not dead

    @Test("a process that is paused is not taken for dead, and its role cannot be claimed", arguments: [true, false])
    func paused(withEventfds: Bool) throws {
        let setting = try SharedSetting(
            [RingSpecification(.delivery, capacity: 64)], withEventfds: withEventfds)
        let doorbells = setting.doorbells(of: 0)
        let peer = try setting.start("RingTestPeer", ["die-producing", "0", "7", "\(UInt32.max)"])
        let life = try PeerLife(of: peer.identifier)
        var consumer = try setting.region.takeConsumer(of: 0, entry: FragDescriptor.self)
        try #require(consumer.wait(doorbells, timeout: .seconds(20), watching: life) == .ready)
        peer.send(SIGSTOP)
        try #require(peer.waitUntilStopped())
        while takeAll(from: &consumer).count > 0 {}
        #expect(consumer.wait(doorbells, timeout: .milliseconds(200), watching: life) == .timedOut)
        #expect(!life.hasEnded)
        #expect(throws: RegionError.roleHeld(ring: 0, .producer)) { try setting.region.claim(.producer, of: 0) }
        #expect(setting.region.inspect()[0].producerIsClaimed == true)
        #expect(setting.region.inspect()[0].consumerIsClaimed == false)
        peer.send(SIGCONT)
        consumer.wakeProducer(doorbells)
        #expect(consumer.wait(doorbells, timeout: .seconds(20), watching: life) == .ready)
        peer.kill()
        while takeAll(from: &consumer).count > 0 {}
        #expect(consumer.wait(doorbells, timeout: .seconds(20), watching: life) == .peerHasEnded)
        #expect(setting.region.inspect()[0].producerIsClaimed == false)
    }

    @Test("a claim is given once, and again when its holder is gone; another ring's and role's are others")
    func claims() throws {
        let region = try RingRegion.create([
            RingSpecification(.delivery, capacity: 4), RingSpecification(.returning, capacity: 4),
        ])
        do {
            let claim = try region.claim(.producer, of: 1)
            #expect(throws: RegionError.roleHeld(ring: 1, .producer)) { try region.claim(.producer, of: 1) }
            _ = try region.claim(.consumer, of: 1)
            _ = try region.claim(.producer, of: 0)
            withExtendedLifetime(claim) {}
        }
        _ = try region.claim(.producer, of: 1)
        #expect(throws: RegionError.self) { try region.claim(.producer, of: 2) }
    }

    @Test("a process that does not exist cannot be watched, and the error says so")
    func nobody() throws {
        let error = #expect(throws: SystemCallError.self) { try PeerLife(of: 4_194_305) }
        #expect(error?.description.contains("4194305") == true)
    }

    @Test("the process behind a socket can be watched")
    func behindSocket() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let life = try PeerLife(behind: ours.descriptor)
        #expect(!life.hasEnded, "it is this process")
        withExtendedLifetime(theirs) {}
    }
}
