import CTokenRing
import Glibc
import RingBenchKit
import Testing
import TokenRing
import TokenRingXDP

@Suite("host probe", .serialized)
struct ProbeHostTests {
    @Test("lo is found, with its driver and a number")
    func loopback() throws {
        let lo = try InterfaceCapabilities.query(name: "lo")
        #expect(lo.driver == .known("loopback"))
        #expect(lo.index > 0)
        #expect(!lo.offersZeroCopy)
        #expect(try InterfaceCapabilities.query(index: lo.index) == lo)
        #expect(try InterfaceCapabilities.all().contains(lo))
    }

    @Test("an interface that does not exist is an error, not an answer")
    func missing() {
        #expect(throws: SystemCallError.self) { _ = try InterfaceCapabilities.query(name: "no-such-if") }
        #expect(throws: SystemCallError.self) { _ = try InterfaceCapabilities.query(index: .max) }
    }

    @Test(
        "a veth in a namespace of its own has driver veth and redirects",
        .enabled("needs root and ip") { VethNamespace.isPossible })
    func veth() throws {
        let found = try #require(VethNamespace.capabilities(), "ip link add failed")
        #expect(found.driver == .known("veth"))
        if let features = found.features.value {
            #expect(features.isSuperset(of: [.basic, .redirect]))
            #expect(!features.contains(.xskZeroCopy))
        } else {
            #expect(found.features.reason?.isEmpty == false)
        }
    }

    @Test("features are named as the kernel names them, newer ones by their bit")
    func featureNames() {
        #expect(
            XDPFeatures(rawValue: 127).names == [
                "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg",
            ])
        #expect(XDPFeatures([.rxSG, XDPFeatures(rawValue: 1 << 63)]).names == ["rx-sg", "bit-63"])
        #expect(XDPFeatures(rawValue: 0).names.isEmpty)
    }

    @Test("every feature that can be required has a workload that says what lacks")
    func workloads() {
        let probe = HostProbe()
        #expect(probe.workloads.map(\.feature) == ProbeFeature.allCases)
        for workload in probe.workloads where !workload.runs {
            #expect(!workload.remarks.isEmpty, "\(workload.command)")
            let failure = #expect(throws: Failure.self) { try probe.require([workload.feature]) }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.description.contains(workload.feature.rawValue) == true)
        }
        #expect(throws: Never.self) { try probe.require(probe.workloads.filter(\.runs).map(\.feature)) }
    }

    @Test("every trial that failed says why")
    func trials() {
        let kernel = KernelProbe()
        #expect(kernel.trials.allSatisfy { $0.works == ($0.reason == nil) })
    }

    @Test("a list of features is read, and a word that is none is a usage error")
    func requirements() throws {
        #expect(try ProbeFeature.list("xdp, zc") == [.xdp, .zeroCopy])
        let failure = #expect(throws: Failure.self) { _ = try ProbeFeature.list("xdp,infiniband") }
        #expect(failure?.kind == .usage)
        #expect(failure?.description.contains("infiniband") == true)
    }

    @Test(
        "kernel lists of CPUs are read, and what is no list gives none",
        arguments: [
            ("0-3,8", [0, 1, 2, 3, 8]), ("5", [5]), ("", []), ("3-1", []), ("a-b", []), ("0-99999999999", []),
            ("1-", []), ("-1", []),
        ])
    func cpuLists(text: String, expected: [Int]) {
        #expect(ProcessorProbe.list(text) == expected)
    }

    @Test("the probe shows every interface and every workload, as text and as JSON under probe")
    func rendering() throws {
        let probe = HostProbe()
        let document = ResultDocument(
            command: "probe", options: [:], environment: probe.environment, interrupted: false,
            section: ["probe": probe])
        let json = try document.json()
        for interface in probe.interfaces {
            let name = interface.capabilities.name
            #expect(probe.text.contains("\n\(name) "), "a line of the table starts with it")
            #expect(json.contains("\"\(name)\""))
        }
        for workload in probe.workloads { #expect(probe.text.contains(workload.command)) }
        #expect(json.contains("\"probe\" : {") && json.contains("rlimit_memlock_bytes"))
    }
}

/// A thread that leaves for an empty network namespace, makes a veth pair there and asks about it. The namespace and the
/// pair end with the thread.
private enum VethNamespace {
    static var isPossible: Bool { geteuid() == 0 && ctr_try_unshare_network() == 0 && access("/sbin/ip", X_OK) == 0 }

    /// What the kernel says of one end; nil if it could not be made.
    static func capabilities() -> InterfaceCapabilities? {
        final class Box { var found: InterfaceCapabilities? }
        let box = Box()
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(box).toOpaque()
        let started = pthread_create(
            &thread, nil,
            { argument in
                let box = Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
                if ctr_unshare_network() == 0, VethNamespace.run(["ip", "link", "add", "tr0", "type", "veth"]) {
                    box.found = try? InterfaceCapabilities.query(name: "tr0")
                }
                return nil
            }, argument)
        guard started == 0 else { return nil }
        pthread_join(thread, nil)
        return box.found
    }

    private static func run(_ arguments: [String]) -> Bool {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child = pid_t()
        guard posix_spawn(&child, "/sbin/ip", nil, nil, &words, environ) == 0 else { return false }
        var status: CInt = 0
        return waitpid(child, &status, 0) == child && status == 0
    }
}
