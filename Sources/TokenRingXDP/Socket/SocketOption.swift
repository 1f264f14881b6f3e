import CXDP
import Glibc
import TokenRing

/// Options of an AF_XDP socket, one call each.
enum SocketOption {
    /// - Throws: `XDPError.system`.
    static func set<Value: BitwiseCopyable>(
        _ option: CInt, level: CInt = SOL_XDP, of socket: OwnedDescriptor, to value: Value, _ name: String,
        hint: String = ""
    ) throws(XDPError) {
        let result = withUnsafeBytes(of: value) { bytes in
            setsockopt(socket.descriptor.rawValue, level, option, bytes.baseAddress, socklen_t(bytes.count))
        }
        guard result == 0 else {
            throw .system(SystemCallError("setsockopt(\(name))", errno: errno, hint: hint))
        }
    }

    /// - Returns: the value and how many bytes of it the kernel knows.
    /// - Throws: `XDPError.system`.
    static func get<Value: BitwiseCopyable>(
        _ option: CInt, of socket: OwnedDescriptor, _ initial: Value
    ) throws(XDPError) -> (Value, Int) {
        var value = initial
        var length = socklen_t(MemoryLayout<Value>.size)
        guard getsockopt(socket.descriptor.rawValue, SOL_XDP, option, &value, &length) == 0 else {
            throw .system(SystemCallError("getsockopt(SOL_XDP, \(option))", errno: errno))
        }
        return (value, Int(length))
    }
}
