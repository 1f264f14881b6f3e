import Foundation
import RingBenchKit
import RingTestSupport
import Testing
import TokenRing
import TokenRingXDP

extension AFXDP {
    /// What results say of the interfaces that they were measured on, and what commands tell while they measure.
    @Suite("Interfaces and events")
    struct Surroundings {
        @Test(
            "settings are the kernel's and the driver's; a veth has a NAPI instance as long as a program is attached"
        )
        func settings() throws {
            let wire = try VethPair()
            let name = wire.receiverName
            let seen = try wire.inReceiver { () throws(XDPError) -> [InterfaceSettings] in
                let interface = try NetworkInterface(named: name)
                do throws(SystemCallError) {
                    let before = try InterfaceSettings.query(name: name)
                    let program = try RedirectProgram(queues: 1)
                    _ = try program.attach(to: interface, mode: .native)
                    let during = try InterfaceSettings.query(name: name)
                    program.detach()
                    return [before, during, try InterfaceSettings.query(name: name)]
                } catch {
                    throw .system(error)
                }
            }.get()
            #expect(seen.map { $0.napis.value?.count } == [0, 1, 0])
            let settings = seen[1]
            #expect(settings.driver.value?.name == "veth" && settings.capabilities.driver.value == "veth")
            let active = try #require(settings.activeFeatures.value)
            #expect(active.isSuperset(of: ["rx-checksum", "tx-checksum-ip-generic"]) && !active.contains("rx-lro"))
            #expect(settings.channels.value?.receive == 1 && settings.channels.value?.transmit == 1)
            #expect(settings.napis.value?.first?.deferHardIRQs == 0)
            // A veth has no rings of its own, and no table to spread packets by.
            #expect(settings.rings.reason?.contains("the driver does not tell") == true)
            #expect(settings.tcpDataSplit.reason != nil && settings.spreadQueues.reason != nil)
        }

        @Test(
            "each interval is an event, the end has the interfaces with their drivers and what disturbed the run",
            arguments: ["rx", "tx", "forward", "tokens"])
        func events(command: String) throws {
            let wire = try VethPair()
            let sends = command == "tx"
            let name = sends ? wire.senderName : wire.receiverName
            let words = ["xdp", command, "--json-stream", "--interval", "1ms"]
            let place = command == "tokens" ? ["--frames", "20000"] : ["-i", name, "-d", "300ms"]
            let run = try (sends ? wire.sender : wire.receiver).run { () throws(Failure) in
                do throws(SystemCallError) { return try Invocation.run(words + place) } catch { throw Failure(error) }
            }
            #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
            let events = try run.output.split(separator: "\n").map { line in
                let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                return (try #require(object["event"] as? String), try #require(object["data"] as? [String: Any]))
            }
            #expect(events.first?.0 == "start" && events.first?.1["command"] as? String == "xdp \(command)")
            #expect(events.dropFirst().dropLast().allSatisfy { $0.0 == "interval" || $0.0 == "warning" })
            let intervals = events.filter { $0.0 == "interval" }.map(\.1)
            let packets = intervals.compactMap { $0["packets"] as? Int }
            #expect(!packets.isEmpty && packets.count == intervals.count && packets == packets.sorted())
            #expect(intervals.allSatisfy { $0["packets_per_s"] is Double && $0["drops"] is [String: Int] })
            let (last, end) = try #require(events.last)
            #expect(last == "end" && end["interrupted"] as? Bool == false && end["xdp"] is [String: Any])
            let conditions = try #require(end["conditions"] as? [String: Any])
            let window = try #require((conditions["disturbances"] as? [String: Any])?["window_s"] as? Double)
            let duration = try #require((end["xdp"] as? [String: Any])?["duration_s"] as? Double)
            #expect(window >= duration, "the window holds all that was measured")
            let interfaces = try #require((end["environment"] as? [String: Any])?["interfaces"] as? [String: Any])
            #expect(Array(interfaces.keys) == [name])
            let interface = try #require(interfaces[name] as? [String: [String: Any]])
            #expect(interface["driver"]?["value"] as? String == "veth" && interface["rings"]?["unknown"] is String)
            #expect((interface["channels"]?["value"] as? [String: Int])?["rx"] == 1)
        }
    }
}
