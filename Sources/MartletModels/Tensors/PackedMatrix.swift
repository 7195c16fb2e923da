internal import CMartletKernels

/// How a model's matrices are stored in memory, independent of the format in its file.
public enum WeightFormat: String, Sendable, Hashable, CaseIterable {
    /// 4 bytes a parameter: the reference's numbers.
    case f32
    /// 2 bytes, IEEE 754 binary16.
    case f16
    /// 1 byte, symmetric, with a scale for every 32. Activations are rounded to 8 bits in the same way.
    case q8

    var kernels: martlet_format {
        switch self {
        case .f32: MARTLET_F32
        case .f16: MARTLET_F16
        case .q8: MARTLET_Q8
        }
    }
}

/// A weight matrix [inputs, outputs], packed once for `martlet_linear`.
final class PackedMatrix {
    let matrix: martlet_matrix

    /// - Parameter weights: [inputs, outputs], or [outputs, inputs] if `isTransposed`.
    init(
        _ weights: UnsafePointer<Float>, inputs: Int, outputs: Int, isTransposed: Bool, format: WeightFormat
    ) throws(ModelLoadError) {
        let size = martlet_matrix_size(format.kernels, inputs, outputs)
        guard let panels = martlet_allocate(size) else {
            throw ModelLoadError("there are no \(size >> 20) MiB of memory for a matrix of \(inputs) x \(outputs)")
        }
        matrix = martlet_matrix(format: format.kernels, in: inputs, out: outputs, panels: panels)
        withUnsafePointer(to: matrix) { martlet_pack($0, weights, isTransposed ? 1 : 0) }
    }

    deinit {
        martlet_free(matrix.panels)
    }

    /// y [rows, outputs] <- x [rows, inputs] through the matrix, plus `bias` [outputs].
    func apply(
        to x: UnsafePointer<Float>, rows: Int, bias: [Float]?, into y: UnsafeMutablePointer<Float>,
        _ result: martlet_result, _ pool: OpaquePointer
    ) {
        withUnsafePointer(to: matrix) { matrix in
            guard let bias else { return martlet_linear(pool, y, x, matrix, nil, rows, result) }
            martlet_linear(pool, y, x, matrix, bias, rows, result)
        }
    }

    /// y [inputs] <- the weights of one output.
    func copyColumn(_ index: Int, into y: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: matrix) { martlet_matrix_column(y, $0, index) }
    }
}

// The memory belongs to the object and is not written after `init`.
extension PackedMatrix: @unchecked Sendable {}
