import Synchronization

/// Who has each frame of a UMEM, booked by the rings themselves in debug builds.
///
/// AF_XDP does not check this: a frame that is posted while the kernel has it silently corrupts packets. Here the second post
/// is a violation, told with the frame's number and where it was. Nothing stops on one: a test may break the rules on purpose.
public final class FrameOwnership: Sendable {
    /// Where a frame is.
    public enum Place: UInt8, Sendable {
        /// The application's.
        case application
        /// Posted in FILL and not yet received from RX.
        case fill
        /// Queued in TX and not yet back through COMPLETION.
        case transmit
    }

    private struct Books: Sendable {
        var places: [Place]
        var violations: UInt64 = 0
        var first: [String] = []

        mutating func record(_ sentence: String) {
            violations += 1
            if first.count < 16 { first.append(sentence) }
        }
    }

    private let geometry: FrameGeometry
    private let books: Mutex<Books>

    init(geometry: FrameGeometry) {
        self.geometry = geometry
        books = Mutex(Books(places: Array(repeating: .application, count: Int(geometry.frameCount))))
    }

    /// Times that a frame went where it could not go.
    public var violations: UInt64 { books.withLock { $0.violations } }

    /// The first of them, a sentence each.
    public var firstViolations: [String] { books.withLock { $0.first } }

    /// Frames that are there.
    public func count(in place: Place) -> UInt32 {
        books.withLock { books in books.places.reduce(0) { $0 + ($1 == place ? 1 : 0) } }
    }

    /// Where the frame that `address` lies in is; nil outside the UMEM.
    public func place(of address: UInt64) -> Place? {
        let number = geometry.frameNumber(of: address)
        return number < UInt64(geometry.frameCount) ? books.withLock { $0.places[Int(number)] } : nil
    }

    /// A frame moves through `ring`.
    func move(_ address: UInt64, from origin: Place, to destination: Place, through ring: KernelRing) {
        let number = geometry.frameNumber(of: address)
        books.withLock { books in
            guard number < UInt64(geometry.frameCount) else {
                // In FILL nobody else would say so: the kernel skips it and its counter stays 0.
                return books.record("\(ring.name) was given address \(address), which is outside the UMEM")
            }
            let place = books.places[Int(number)]
            books.places[Int(number)] = destination
            guard place != origin else { return }
            books.record("frame \(number) went through \(ring.name) although it was in \(place), not in \(origin)")
        }
    }
}
