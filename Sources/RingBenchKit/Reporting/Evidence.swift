/// What a number is, said beside each one.
public enum Evidence: String, Codable, Sendable {
    /// This kernel did it.
    case kernel
    /// The model kernel, or user space alone, did it.
    case model
    /// A sum of both, or user code that crossed into this kernel around the model.
    case kernelAndModel = "kernel+model"
}
