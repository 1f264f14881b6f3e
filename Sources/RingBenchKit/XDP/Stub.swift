public struct XDPReport: Encodable, Sendable { var text: String { "" } }
enum XDPDemo {
    static func run(progress: Progress) throws(Failure) -> XDPReport { throw Failure(.unavailable, "not built yet") }
}
