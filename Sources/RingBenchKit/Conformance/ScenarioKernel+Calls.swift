import RingKernelModel
import TokenRing

extension ScenarioKernel {
    /// SO_DEVMEM_DONTNEED on the first socket, whatever the proposal's own way is.
    ///
    /// - Returns: how many were taken back, or -errno.
    func dontNeed(_ ranges: [TokenRange]) -> Int {
        let result = ranges.withUnsafeBytes { kernel.dontNeed(on: kernel.sockets[0], $0) }
        did("SO_DEVMEM_DONTNEED: \(ErrnoName.text(of: result))")
        return result
    }
}
