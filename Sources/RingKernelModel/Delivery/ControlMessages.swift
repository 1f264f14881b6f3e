/// The control messages of recvmsg: one `SCM_DEVMEM_DMABUF` a fragment, `struct dmabuf_cmsg` in a `struct cmsghdr`.
public enum ControlMessages {
    /// `SOL_SOCKET` and `SCM_DEVMEM_DMABUF` of asm-generic/socket.h.
    static let level: Int32 = 1
    static let dmabufType: Int32 = 79
    /// `SCM_DEVMEM_LINEAR`.
    static let linearType: Int32 = 78
    /// `CMSG_SPACE(sizeof(struct dmabuf_cmsg))` on a 64-bit machine: header 16, payload 24.
    public static let space = 40

    /// `struct cmsghdr` and `struct dmabuf_cmsg` behind it, 40 bytes.
    struct Message: BitwiseCopyable {
        var length: UInt64
        var level: Int32
        var type: Int32
        var fragOffset: UInt64
        var fragSize: UInt32
        var fragToken: UInt32
        var dmabufID: UInt32
        var flags: UInt32
    }

    /// Kernel side: writes the message for a fragment, as `put_cmsg_notrunc` does; the caller has checked the room.
    @inline(__always)
    static func put(
        _ frag: Frag, token: UInt32, dmabufID: UInt32, into control: UnsafeMutableRawBufferPointer, at offset: Int
    ) {
        control.storeBytes(
            of: Message(
                length: UInt64(space), level: level, type: dmabufType, fragOffset: frag.dmabufOffset,
                fragSize: frag.size, fragToken: token, dmabufID: dmabufID, flags: 0),
            toByteOffset: offset, as: Message.self)
    }

    /// Kernel side: announces bytes that were copied; all but the size is 0.
    static func putLinear(size: UInt32, into control: UnsafeMutableRawBufferPointer, at offset: Int) {
        control.storeBytes(
            of: Message(
                length: UInt64(space), level: level, type: linearType, fragOffset: 0, fragSize: size, fragToken: 0,
                dmabufID: 0, flags: 0),
            toByteOffset: offset, as: Message.self)
    }

    /// User side: bytes that the linear messages of one recvmsg announce.
    public static func linearBytes(in control: UnsafeRawBufferPointer, length: Int) -> Int {
        var bytes = 0
        for offset in stride(from: 0, through: length - space, by: space)
        where control.load(fromByteOffset: offset + 12, as: Int32.self) == linearType {
            bytes += Int(control.load(fromByteOffset: offset + 24, as: UInt32.self))
        }
        return bytes
    }

    /// User side: `dmabuf_id` of the message at `index`; 0 of a linear one. There are `length / space` messages.
    public static func dmabufID(in control: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        control.load(fromByteOffset: index * space + 32, as: UInt32.self)
    }

    /// User side: walks the messages of one recvmsg as `CMSG_NXTHDR` does and hands out each fragment.
    ///
    /// - Parameter length: `msg_controllen` after the call.
    @inlinable @inline(__always)
    public static func forEach(
        in control: UnsafeRawBufferPointer, length: Int, _ body: (ReceivedFrag) -> Void
    ) {
        var offset = 0
        while offset + space <= length {
            let size = control.load(fromByteOffset: offset, as: UInt64.self)
            let type = control.load(fromByteOffset: offset + 12, as: Int32.self)
            guard size >= 16, size <= UInt64(length - offset) else { return }
            if type == 79 {
                body(
                    ReceivedFrag(
                        offset: control.load(fromByteOffset: offset + 16, as: UInt64.self),
                        size: control.load(fromByteOffset: offset + 24, as: UInt32.self),
                        token: control.load(fromByteOffset: offset + 28, as: UInt32.self)))
            }
            offset += (Int(size) + 7) & ~7
        }
    }
}

/// A fragment as user space learns of it, whichever way it was delivered.
@frozen
public struct ReceivedFrag: BitwiseCopyable, Sendable {
    /// Byte offset in the dmabuf.
    public var offset: UInt64
    /// Bytes of payload.
    public var size: UInt32
    /// What to return.
    public var token: UInt32
    /// A fragment.
    @inlinable @inline(__always)
    public init(offset: UInt64, size: UInt32, token: UInt32) {
        self.offset = offset
        self.size = size
        self.token = token
    }
}
