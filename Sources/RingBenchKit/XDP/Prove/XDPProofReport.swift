import TokenRingXDP

/// What `ringbench xdp prove` saw.
public struct XDPProofReport: Encodable, Sendable {
    /// Three counts of written frames, the same packets each time.
    public struct Probes: Encodable, Sendable {
        /// In the mode that is to be proved, the socket not in the XSKMAP.
        public let wanted: DirtyFramesReport
        /// In copy mode, the socket not in the XSKMAP: nothing may be written.
        public let copy: DirtyFramesReport
        /// In copy mode, the socket in the XSKMAP: the count must see what is written.
        public let control: DirtyFramesReport
    }

    /// Always `kernel`.
    public let evidence = Evidence.kernel
    /// Which frames packets write.
    public let probes: Probes
    /// Packets received, checked and returned. Its rate means nothing in an emulated machine.
    public let traffic: XDPReport

    /// What is not as it must be for zero copy; empty if all is.
    public var findings: [String] {
        var findings: [String] = []
        for (name, probe) in [("", probes.wanted), (" in copy mode", probes.copy), (" in the control", probes.control)]
        {
            let arrived = probe.isRedirected ? probe.packetsRedirected : probe.packetsPassed
            if arrived != probe.packetsSent {
                findings.append(
                    "\(arrived) of \(probe.packetsSent) packets arrived\(name): connect the two interfaces, and send no more "
                        + "packets than the receive ring holds")
            }
        }
        if probes.wanted.mode.granted != CopyMode.Granted.zeroCopy.rawValue {
            findings.append("the mode is \(probes.wanted.mode.granted): \(probes.wanted.mode.reason)")
        } else if probes.wanted.framesHoldingPacket != probes.wanted.packetsSent {
            findings.append(
                "\(probes.wanted.packetsSent) packets that were not redirected left \(probes.wanted.framesHoldingPacket) in the "
                    + "UMEM, \(probes.wanted.framesWritten) frames written")
        }
        if probes.copy.framesWritten > 0 {
            findings.append("\(probes.copy.framesWritten) frames were written in copy mode, so writing proves nothing")
        }
        if probes.control.framesHoldingPacket != probes.control.packetsSent {
            findings.append(
                "the control found \(probes.control.framesHoldingPacket) of \(probes.control.packetsSent) packets")
        }
        return findings
    }

    /// Whether all is as it must be for zero copy. What `traffic` must be is checked before there is a report.
    public var isProved: Bool { findings.isEmpty }

    /// Writes what was seen and what it comes to.
    public func encode(to encoder: any Encoder) throws {
        try encoder.write([
            "evidence": evidence, "probes": probes, "traffic": traffic, "verdict": isProved ? "ok" : "fail",
            "findings": findings,
        ])
    }
}
