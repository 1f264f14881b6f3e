import CTokenRing
import TokenRingXDP

/// A library that this program runs with: the file that was loaded, and which version that is.
public struct LibraryProbe: Encodable, Sendable {
    /// Such as "libxdp".
    public let name: String
    /// File name of what is mapped, such as "libxdp.so.1.3.0"; unknown if it is linked statically or not at all.
    public let file: Finding<String>
    /// What the library, or the package that the file belongs to, says. The number in a file's name is that of its
    /// interface: the libxdp.so.1.3.0 of Debian bookworm is libxdp 1.3.1.
    public let version: Finding<String>

    /// libbpf, which tells its version.
    public static var libbpf: LibraryProbe {
        LibraryProbe(name: "libbpf", file: file(of: "libbpf.so"), version: .known(XDPSupport.libbpfVersion))
    }

    /// libxdp, which does not: its version is that of the Debian package that owns the mapped file, if one does.
    public static var libxdp: LibraryProbe {
        let path = mappedPath(of: "libxdp.so")
        let version = path.flatMap { packageVersion("libxdp1", owning: $0) }
        return LibraryProbe(
            name: "libxdp", file: file(of: "libxdp.so"),
            version: version.map { .known($0) }
                ?? .unknown(reason: "libxdp does not tell, and no package owns the file"))
    }

    /// By name, without a look into the package manager's lists: the C library's version, libbpf's, and libxdp's file.
    static var versions: [String: String] {
        [
            "glibc": String(cString: ctr_libc_version()), "libbpf": XDPSupport.libbpfVersion,
            "libxdp": file(of: "libxdp.so").value ?? "none",
        ]
    }

    private static func file(of prefix: String) -> Finding<String> {
        guard let path = mappedPath(of: prefix), let name = path.split(separator: "/").last else {
            return .unknown(reason: "no \(prefix) is mapped: linked statically, or not used")
        }
        return .known(String(name))
    }

    private static func mappedPath(of prefix: String) -> String? {
        for line in (HostFile.text("/proc/self/maps") ?? "").split(separator: "\n") {
            guard let slash = line.firstIndex(of: "/"), let name = line.split(separator: "/").last else { continue }
            if name.hasPrefix(prefix) { return String(line[slash...]) }
        }
        return nil
    }

    private static func packageVersion(_ package: String, owning path: String) -> String? {
        let lists = HostFile.names(in: "/var/lib/dpkg/info").filter {
            $0 == "\(package).list" || ($0.hasPrefix("\(package):") && $0.hasSuffix(".list"))
        }
        let name = path.split(separator: "/").last ?? ""
        let owns = lists.contains { list in
            (HostFile.text("/var/lib/dpkg/info/\(list)") ?? "").split(separator: "\n").contains {
                $0.hasSuffix("/\(name)")
            }
        }
        guard owns, let status = HostFile.text("/var/lib/dpkg/status") else { return nil }
        var isInside = false
        for line in status.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Package: ") { isInside = line == "Package: \(package)" }
            if isInside, line.hasPrefix("Version: ") { return "\(line.dropFirst(9)) (package \(package))" }
        }
        return nil
    }
}
