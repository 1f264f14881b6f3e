import CXDP
import Glibc
import RingBenchKit
import RingTestSupport
import Testing

extension AFXDP {
    @Suite("What a run leaves behind")
    struct CleanUpTests {
        @Test("nothing is left of a demo that was killed with SIGKILL, and the next one works")
        func killed() throws {
            let interfaces = interfaceNames()
            let process = try Invocation(["xdp", "demo", "--frames", "1000000000"])
            // Its progress says that packets flow.
            try #require(process.waitForErrors(containing: "packets"))
            #expect(loadedPrograms() > 0)
            process.kill()
            // The kernel takes links and namespaces down behind the process's back.
            for _ in 0..<500 where loadedPrograms() > 0 { usleep(10_000) }
            #expect(loadedPrograms() == 0)
            #expect(interfaceNames() == interfaces)
            var configuration = XDPDemoConfiguration()
            configuration.frames = 1000
            let report = try XDPDemo.run(configuration: configuration, progress: Progress(quiet: true))
            #expect(report.framesReceived == 1000)
        }

        private func interfaceNames() -> [String] {
            guard let list = if_nameindex() else { return [] }
            defer { if_freenameindex(list) }
            var names: [String] = []
            var entry = list
            while let name = entry.pointee.if_name {
                names.append(String(cString: name))
                entry += 1
            }
            return names
        }

        /// Programs of this package in the kernel.
        private func loadedPrograms() -> Int {
            var count = 0
            var id: UInt32 = 0
            while bpf_prog_get_next_id(id, &id) == 0 {
                let descriptor = bpf_prog_get_fd_by_id(id)
                guard descriptor >= 0 else { continue }
                defer { close(descriptor) }
                var info = bpf_prog_info()
                var length = UInt32(MemoryLayout<bpf_prog_info>.size)
                guard bpf_obj_get_info_by_fd(descriptor, &info, &length) == 0 else { continue }
                let name = withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                count += name == "tokenring_xsk" ? 1 : 0
            }
            return count
        }
    }
}
