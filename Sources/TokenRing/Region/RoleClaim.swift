import CTokenRing
import Glibc

/// The proof that nobody else plays a role of a ring: a lock on one byte of the region's file, which the kernel drops when its holder
/// has ended, by whatever end, and not before.
///
/// Both sides of a region must use it for it to prove anything: it keeps honest processes from playing one role twice, and a
/// successor from taking over from somebody who is merely slow. A hostile peer can hold it as long as it lives, to its own harm.
/// An open file description lock (fcntl_locking(2)): held by this object, not by the process.
public final class RoleClaim: Sendable {
    private let opening: OwnedDescriptor

    fileprivate init(_ opening: OwnedDescriptor) { self.opening = opening }
}

extension RingRegion {
    /// Claims a role for as long as the result lives. Set-up and recovery only: a few system calls.
    ///
    /// - Throws: `RegionError.roleHeld` while another claim on it lives, in whatever process; `.noSuchRing`; `.system`.
    public func claim(_ role: RingRole, of ring: Int) throws(RegionError) -> RoleClaim {
        let opening = try open(ring)
        let result = ctr_lock_byte(opening.descriptor.rawValue, Self.byte(of: role, ring))
        guard result != -EAGAIN else { throw .roleHeld(ring: ring, role) }
        do {
            try SystemCallError.check(result, "fcntl(F_OFD_SETLK)")
        } catch {
            throw .system(error)
        }
        return RoleClaim(opening)
    }

    /// Whether somebody, here or in another process, holds a claim on the role at this moment.
    ///
    /// - Throws: as `claim`.
    public func isClaimed(_ role: RingRole, of ring: Int) throws(RegionError) -> Bool {
        let opening = try open(ring)
        defer { withExtendedLifetime(opening) {} }
        do {
            return try SystemCallError.check(
                ctr_byte_is_locked(opening.descriptor.rawValue, Self.byte(of: role, ring)), "fcntl(F_OFD_GETLK)") == 1
        } catch {
            throw .system(error)
        }
    }

    /// The region's file, opened once more: a descriptor that was handed over shares its locks with its sender.
    private func open(_ ring: Int) throws(RegionError) -> OwnedDescriptor {
        guard rings.indices.contains(ring) else {
            throw .noSuchRing(ring, reason: "the region has \(rings.count) rings")
        }
        do {
            return try OwnedDescriptor(
                ctr_reopen(descriptor.rawValue), of: "open", hint: "/proc must be mounted to claim a role")
        } catch {
            throw .system(error)
        }
    }

    private static func byte(of role: RingRole, _ ring: Int) -> Int { 2 * ring + (role == .producer ? 0 : 1) }
}
