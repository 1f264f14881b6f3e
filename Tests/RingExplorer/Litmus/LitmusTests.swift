extension Litmus {
    /// The suite. Verdicts are those of C11 as repaired by RC11, which forbids what depends on itself; for all of these but
    /// LB the Linux kernel memory model says the same.
    public static let all: [Litmus] = [
        // Message passing: what the ring's B and C, D and A are.
        Litmus(
            "MP+poonceonces", [.store("x", 1), .store("y", 1)], [.load("y"), .load("x")],
            exists: "r0=1 r1=0", .sometimes),
        Litmus(
            "MP+pooncerelease+poonceonce", [.store("x", 1), .store("y", 1, .release)], [.load("y"), .load("x")],
            exists: "r0=1 r1=0", .sometimes),
        Litmus(
            "MP+poonceonce+poacquireonce", [.store("x", 1), .store("y", 1)], [.load("y", .acquire), .load("x")],
            exists: "r0=1 r1=0", .sometimes),
        Litmus(
            "MP+pooncerelease+poacquireonce", [.store("x", 1), .store("y", 1, .release)],
            [.load("y", .acquire), .load("x")], exists: "r0=1 r1=0", .never),
        Litmus(
            "MP+fencewmbonceonce+fencermbonceonce", [.store("x", 1), .releaseFence, .store("y", 1)],
            [.load("y"), .acquireFence, .load("x")], exists: "r0=1 r1=0", .never),
        Litmus(
            "MP+fencembonceonce+poonceonce", [.store("x", 1), .fullFence, .store("y", 1)], [.load("y"), .load("x")],
            exists: "r0=1 r1=0", .sometimes),
        Litmus(
            "MP+fencembonceonces", [.store("x", 1), .fullFence, .store("y", 1)],
            [.load("y"), .fullFence, .load("x")], exists: "r0=1 r1=0", .never),
        // A later relaxed store of the same thread is not part of a release sequence (since C++20).
        Litmus(
            "MP+pooncerelease-once+poacquireonce", [.store("x", 1), .store("y", 1, .release), .store("y", 2)],
            [.load("y", .acquire), .load("x")], exists: "r0=2 r1=0", .sometimes, forbidden: ["r0=1 r1=0"]),

        // Store buffering: what the ring's E and F are.
        Litmus(
            "SB+poonceonces", [.store("x", 1), .load("y")], [.store("y", 1), .load("x")],
            exists: "r0=0 r1=0", .sometimes),
        Litmus(
            "SB+rel-acq", [.store("x", 1, .release), .load("y", .acquire)],
            [.store("y", 1, .release), .load("x", .acquire)], exists: "r0=0 r1=0", .sometimes),
        Litmus(
            "SB+fencembonceonce+poonceonce", [.store("x", 1), .fullFence, .load("y")], [.store("y", 1), .load("x")],
            exists: "r0=0 r1=0", .sometimes),
        Litmus(
            "SB+fencembonceonces", [.store("x", 1), .fullFence, .load("y")],
            [.store("y", 1), .fullFence, .load("x")], exists: "r0=0 r1=0", .never),

        // Load buffering: C11 allows it when relaxed, RC11 and this machine do not.
        Litmus(
            "LB+poonceonces", [.load("x"), .store("y", 1)], [.load("y"), .store("x", 1)],
            exists: "r0=1 r1=1", .beyond),
        Litmus(
            "LB+poacquireonce+pooncerelease", [.load("x", .acquire), .store("y", 1, .release)],
            [.load("y", .acquire), .store("x", 1, .release)], exists: "r0=1 r1=1", .never),

        Litmus(
            "S+poonceonces", [.store("x", 2), .store("y", 1)], [.load("y"), .store("x", 1)], final: ["x"],
            exists: "r0=1 x=2", .sometimes),
        Litmus(
            "S+pooncerelease+poacquireonce", [.store("x", 2), .store("y", 1, .release)],
            [.load("y", .acquire), .store("x", 1)], final: ["x"], exists: "r0=1 x=2", .never),
        Litmus(
            "S+fencewmbonceonce+poacquireonce", [.store("x", 2), .releaseFence, .store("y", 1)],
            [.load("y", .acquire), .store("x", 1)], final: ["x"], exists: "r0=1 x=2", .never),

        Litmus(
            "R+poonceonces", [.store("x", 1), .store("y", 1)], [.store("y", 2), .load("x")], final: ["y"],
            exists: "r0=0 y=2", .sometimes),
        Litmus(
            "R+fencembonceonce+poonceonce", [.store("x", 1), .fullFence, .store("y", 1)],
            [.store("y", 2), .load("x")], final: ["y"], exists: "r0=0 y=2", .sometimes),
        Litmus(
            "R+fencembonceonces", [.store("x", 1), .fullFence, .store("y", 1)],
            [.store("y", 2), .fullFence, .load("x")], final: ["y"], exists: "r0=0 y=2", .never),

        Litmus(
            "2+2W+poonceonces", [.store("x", 1), .store("y", 2)], [.store("y", 1), .store("x", 2)],
            final: ["x", "y"], exists: "x=1 y=1", .sometimes),
        Litmus(
            "2+2W+pooncereleases", [.store("x", 1), .store("y", 2, .release)],
            [.store("y", 1), .store("x", 2, .release)], final: ["x", "y"], exists: "x=1 y=1", .sometimes),
        Litmus(
            "2+2W+fencembonceonces", [.store("x", 1), .fullFence, .store("y", 2)],
            [.store("y", 1), .fullFence, .store("x", 2)], final: ["x", "y"], exists: "x=1 y=1", .never),

        // Coherence: one location.
        Litmus(
            "CoRR+poonceonce+Once", [.store("x", 1)], [.load("x"), .load("x")], exists: "r0=1 r1=0", .never),
        Litmus(
            "CoRW+poonceonce+Once", [.load("x"), .store("x", 1)], [.store("x", 2)], final: ["x"],
            exists: "r0=2 x=2", .never, forbidden: ["r0=1 x=1", "r0=1 x=2"]),
        Litmus(
            "CoWR+poonceonce+Once", [.store("x", 1), .load("x")], [.store("x", 2)], final: ["x"],
            exists: "r0=2 x=1", .never, forbidden: ["r0=0 x=1", "r0=0 x=2"]),
        Litmus("CoWW+poonceonce", [.store("x", 1), .store("x", 2)], final: ["x"], exists: "x=1", .never),

        // Three and four threads.
        Litmus(
            "WRC+poonceonces+Once", [.store("x", 1)], [.load("x"), .store("y", 1)], [.load("y"), .load("x")],
            exists: "r0=1 r1=1 r2=0", .sometimes),
        Litmus(
            "WRC+pooncerelease+poacquireonce+Once", [.store("x", 1)], [.load("x"), .store("y", 1, .release)],
            [.load("y", .acquire), .load("x")], exists: "r0=1 r1=1 r2=0", .never),
        Litmus(
            "ISA2+poonceonces", [.store("x", 1), .store("y", 1)], [.load("y"), .store("z", 1)],
            [.load("z"), .load("x")], exists: "r0=1 r1=1 r2=0", .sometimes),
        Litmus(
            "ISA2+pooncerelease+poacquirerelease+poacquireonce", [.store("x", 1), .store("y", 1, .release)],
            [.load("y", .acquire), .store("z", 1, .release)], [.load("z", .acquire), .load("x")],
            exists: "r0=1 r1=1 r2=0", .never),
        Litmus(
            "Z6.0+pooncerelease+poacquirerelease+fencembonceonce", [.store("x", 1), .store("y", 1, .release)],
            [.load("y", .acquire), .store("z", 1, .release)], [.store("z", 2), .fullFence, .load("x")],
            final: ["z"], exists: "r0=1 r1=0 z=2", .sometimes),
        Litmus(
            "IRIW+poonceonces+OnceOnce", [.store("x", 1)], [.load("x"), .load("y")], [.store("y", 1)],
            [.load("y"), .load("x")], exists: "r0=1 r1=0 r2=1 r3=0", .sometimes),
        Litmus(
            "IRIW+poacquireonces+OnceOnce", [.store("x", 1, .release)], [.load("x", .acquire), .load("y", .acquire)],
            [.store("y", 1, .release)], [.load("y", .acquire), .load("x", .acquire)],
            exists: "r0=1 r1=0 r2=1 r3=0", .sometimes),
        Litmus(
            "IRIW+fencembonceonces+OnceOnce", [.store("x", 1)], [.load("x"), .fullFence, .load("y")],
            [.store("y", 1)], [.load("y"), .fullFence, .load("x")], exists: "r0=1 r1=0 r2=1 r3=0", .never),
    ]
}
