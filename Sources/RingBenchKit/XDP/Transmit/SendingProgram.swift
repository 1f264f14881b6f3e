import Glibc
import TokenRing
import TokenRingXDP

/// The XDP program that a driver may want on an interface before it sends from a zero-copy socket: igb refuses the wakeup with
/// EINVAL otherwise (igb_xsk_wakeup). It has no socket, so packets go up the stack as before.
struct SendingProgram {
    private var program: RedirectProgram?
    /// How it is attached, if it was wanted.
    private(set) var mode: AttachMode?

    /// Attaches it if that may be why sending was refused with `error`. False if not, or if it is there already.
    mutating func helps(against error: CInt, on interface: NetworkInterface, _ copyMode: CopyMode) throws(Failure)
        -> Bool
    {
        guard error == EINVAL, copyMode.granted == .zeroCopy, program == nil else { return false }
        do throws(SystemCallError) {
            let passing = try RedirectProgram(queues: 1)
            mode = try passing.attach(to: interface, mode: .native)
            program = passing
        } catch {
            throw Failure(error)
        }
        // The driver may have taken the link down for it; a run ends with a sentence if it stays so.
        _ = interface.awaitCarrier()
        return true
    }
}
