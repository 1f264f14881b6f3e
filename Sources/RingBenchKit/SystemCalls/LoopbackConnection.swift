import CTokenRing
import Glibc
import TokenRing

/// A TCP connection over lo, both ends in this process. Closed with its last reference; used by one thread.
final class LoopbackConnection {
    /// The end that sends, without Nagle's delay and with a send timeout of a second.
    let sender: CInt
    /// The end that receives.
    let receiver: CInt

    /// Connects, asking for `receiveBytes` of buffer on both ends; without CAP_NET_ADMIN the kernel may grant less.
    init(receiveBytes: CInt) throws(SystemCallError) {
        var pair: [CInt] = [-1, -1]
        let result = ctr_tcp_pair(&pair, receiveBytes)
        let hint = result == -ENETUNREACH ? "lo is down in this network namespace: ip link set lo up" : ""
        try SystemCallError.check(result, "loopback TCP connection", hint: hint)
        (sender, receiver) = (pair[0], pair[1])
    }

    deinit {
        close(sender)
        close(receiver)
    }
}
