import Glibc

/// What a call of the kernel returned, as its sources write it.
enum ErrnoName {
    private static let names: [Int: String] = [
        Int(EPERM): "EPERM", Int(ENOENT): "ENOENT", Int(EBADF): "EBADF", Int(EAGAIN): "EAGAIN",
        Int(ENOMEM): "ENOMEM", Int(EFAULT): "EFAULT", Int(EBUSY): "EBUSY", Int(EEXIST): "EEXIST",
        Int(ENODEV): "ENODEV", Int(EINVAL): "EINVAL", Int(ERANGE): "ERANGE", Int(ENOPROTOOPT): "ENOPROTOOPT",
        Int(EOPNOTSUPP): "EOPNOTSUPP", 525: "ETOOSMALL",
    ]

    /// `ret 3` or `-EINVAL`.
    static func text(of result: Int) -> String {
        result >= 0 ? "ret \(result)" : "-\(names[-result] ?? "errno \(-result)")"
    }
}
