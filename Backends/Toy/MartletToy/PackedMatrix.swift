import CToyKernels

/// A weight matrix [inputs, outputs], packed once for `toy_linear`.
final class PackedMatrix {
    let matrix: toy_matrix

    /// - Parameter weights: [inputs, outputs], or [outputs, inputs] if `isTransposed`.
    init(
        _ weights: UnsafePointer<Float>, inputs: Int, outputs: Int, isTransposed: Bool, format: WeightFormat
    ) throws(ToyModelError) {
        let size = toy_matrix_size(format.kernels, inputs, outputs)
        guard let panels = toy_allocate(size) else {
            throw ToyModelError("there are no \(size >> 20) MiB of memory for a matrix of \(inputs) x \(outputs)")
        }
        matrix = toy_matrix(format: format.kernels, in: inputs, out: outputs, panels: panels)
        withUnsafePointer(to: matrix) { toy_pack($0, weights, isTransposed ? 1 : 0) }
    }

    deinit {
        toy_free(matrix.panels)
    }

    /// y [rows, outputs] <- x [rows, inputs] through the matrix, plus `bias` [outputs].
    func apply(
        to x: UnsafePointer<Float>, rows: Int, bias: [Float]?, into y: UnsafeMutablePointer<Float>,
        _ result: toy_result, _ pool: OpaquePointer
    ) {
        withUnsafePointer(to: matrix) { matrix in
            guard let bias else { return toy_linear(pool, y, x, matrix, nil, rows, result) }
            toy_linear(pool, y, x, matrix, bias, rows, result)
        }
    }

    /// y [inputs] <- what the matrix has for one of its outputs.
    func copyColumn(_ index: Int, into y: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: matrix) { toy_matrix_column(y, $0, index) }
    }
}

// Nothing is written after `init`, and the memory is the object's own.
extension PackedMatrix: @unchecked Sendable {}
