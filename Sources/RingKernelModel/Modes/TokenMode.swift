/// The two ways to remember tokens that the series of 2025 offers side by side.
public enum TokenMode: UInt8, Sendable, Codable {
    /// Off: counters in the net_iovs; the application must return what it got.
    case manual = 0
    /// On: an xarray a socket, released when the socket closes.
    case automatic = 1
}

/// Who decides which mode holds, and when it may change. One implementation a file.
public protocol ModeSelection: AnyObject, Sendable {
    /// An RX binding is about to be made with this attribute.
    ///
    /// - Returns: the mode that it gets, or why it may not be made.
    func bind(requested: TokenMode?) -> Result<TokenMode, BindRefusal>

    /// The binding that `bind` allowed was not made after all (B15).
    func abandon()

    /// An RX binding was freed: unbound, and every buffer home.
    func freed()

    /// `/proc/sys/net/core/devmem_autorelease`. 0 or -errno.
    func writeSystemControl(_ value: Int) -> Int

    /// Whether sockets choose for themselves (`SO_DEVMEM_AUTORELEASE`).
    var isPerSocket: Bool { get }
}

extension ModeSelection {
    /// Nothing to take back.
    public func abandon() {}
    /// Nothing to unlock.
    public func freed() {}
    /// There is no such file.
    public func writeSystemControl(_ value: Int) -> Int { -2 }
    /// They do not.
    public var isPerSocket: Bool { false }
}

/// A way to select the mode, by name. Each is declared in the file that implements it.
public struct ModeSelectionMechanism: Sendable {
    /// As it is listed.
    public let name: String
    let make: @Sendable () -> any ModeSelection
}
