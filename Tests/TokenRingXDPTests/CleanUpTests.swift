import CXDP
import Glibc
import RingBenchKit
import Testing

extension AFXDP {
    @Suite("What a run leaves behind")
    struct CleanUpTests {
        @Test("nothing is left of a demo that was killed with SIGKILL, and the next one works")
        func killed() throws {
            let interfaces = interfaceNames()
            let process = try Running(["xdp", "demo", "--frames", "1000000000"])
            // Its progress says that packets flow.
            try #require(process.waitForStderr(containing: "packets"))
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

/// The ringbench that was built beside this test, running.
private final class Running {
    private let process: pid_t
    private let stderr: CInt

    init(_ arguments: [String]) throws {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let test = String(decoding: path.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let program = test.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/ringbench"
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let words = ([program] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        var process = pid_t()
        let result = posix_spawn(&process, program, &actions, nil, words + [nil], environ)
        close(ends[1])
        stderr = ends[0]
        self.process = process
        try #require(result == 0, "\(program) cannot be started: errno \(result)")
    }

    func waitForStderr(containing text: String) -> Bool {
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains(text) {
            let count = read(stderr, &buffer, buffer.count)
            guard count > 0 else { return false }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return true
    }

    func kill() {
        Glibc.kill(process, SIGKILL)
        var status = CInt(0)
        waitpid(process, &status, 0)
    }

    deinit { close(stderr) }
}
