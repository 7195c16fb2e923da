internal import CToyKernels

/// How a model's matrices are held in memory, whatever its file has.
public enum WeightFormat: String, Sendable, Hashable, CaseIterable {
    /// 4 bytes a parameter: the reference's numbers.
    case f32
    /// 2 bytes, IEEE 754 binary16.
    case f16
    /// 1 byte, symmetric, and a scale for every 32; activations are rounded to 8 bits likewise.
    case q8

    var kernels: toy_format {
        switch self {
        case .f32: TOY_F32
        case .f16: TOY_F16
        case .q8: TOY_Q8
        }
    }
}
