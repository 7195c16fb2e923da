import CMartletKernels
import Testing

@testable import MartletModels

/// The kernels against plain loops, in every format, for every kind of processor that this machine can run.
struct KernelTests {
    private static let processors = [MARTLET_PORTABLE, MARTLET_AVX2, MARTLET_AVX512, MARTLET_AVX512_VNNI]
        .prefix { $0.rawValue <= Workspace(threads: 1).inTurn(martlet_pool_processor).rawValue }

    /// [inputs, outputs] weights, [rows, inputs] inputs, [outputs] bias.
    private struct Problem {
        let rows: Int
        let inputs: Int
        let outputs: Int
        let weights: [Float]
        let bias: [Float]
        let x: [Float]

        init(rows: Int, inputs: Int, outputs: Int) {
            (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
            weights = KernelTests.noise(inputs * outputs, seed: 1)
            bias = KernelTests.noise(outputs, seed: 2)
            x = KernelTests.noise(rows * inputs, seed: 3)
        }

        func product(_ format: WeightFormat, _ workspace: Workspace, rows: Range<Int>? = nil) throws -> [Float] {
            let rows = rows ?? 0..<self.rows
            let matrix = try PackedMatrix(
                weights, inputs: inputs, outputs: outputs, isTransposed: false, format: format)
            var y = [Float](repeating: .nan, count: rows.count * outputs)
            let part = Array(x[rows.lowerBound * inputs..<rows.upperBound * inputs])
            workspace.inTurn { matrix.apply(to: part, rows: rows.count, bias: bias, into: &y, MARTLET_STORE, $0) }
            return y
        }

        /// The same in double precision, of weights and inputs as they are.
        func reference() -> [Double] {
            (0..<rows * outputs).map { index in
                let (row, output) = (index / outputs, index % outputs)
                return (0..<inputs).reduce(Double(bias[output])) { sum, k in
                    sum + Double(x[row * inputs + k]) * Double(weights[k * outputs + output])
                }
            }
        }
    }

    /// Numbers between -1 and 1 that look random.
    private static func noise(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `products equal their definition, for odd shapes and any number of rows`(format: WeightFormat) throws {
        // What one term may be off by: rounding of F32, of 11 bits, of 8 bits in both factors.
        let error: Double = [.f32: 1e-6, .f16: 5e-4, .q8: 8e-3][format] ?? 0
        for (inputs, outputs) in [(1, 1), (3, 17), (31, 15), (32, 16), (33, 50), (65, 130), (96, 200), (200, 401)] {
            let problem = Problem(rows: 33, inputs: inputs, outputs: outputs)
            let reference = problem.reference()
            let bound = error * Double(inputs).squareRoot() * 4
            for processor in Self.processors {
                let workspace = Workspace(threads: 2)
                workspace.inTurn { martlet_pool_restrict($0, processor) }
                for rows in [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 33] {
                    let product = try problem.product(format, workspace, rows: 0..<rows)
                    let isRight = zip(product, reference).allSatisfy { abs(Double($0) - $1) <= bound }
                    #expect(isRight, "[\(rows), \(inputs)] x [\(inputs), \(outputs)] as \(processor)")
                }
            }
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `a row's bits depend neither on other rows nor on the threads`(format: WeightFormat) throws {
        let problem = Problem(rows: 70, inputs: 100, outputs: 270)
        for processor in Self.processors {
            let alone = Workspace(threads: 1)
            alone.inTurn { martlet_pool_restrict($0, processor) }
            let rows = try (0..<70).flatMap { try problem.product(format, alone, rows: $0..<$0 + 1) }
            for threads in 1...4 {
                let workspace = Workspace(threads: threads)
                workspace.inTurn { martlet_pool_restrict($0, processor) }
                #expect(try problem.product(format, workspace) == rows, "\(threads) threads as \(processor)")
                for count in 2...12 {
                    let some = try problem.product(format, workspace, rows: 5..<5 + count)
                    #expect(some == Array(rows[5 * 270..<(5 + count) * 270]), "\(count) rows as \(processor)")
                }
            }
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `all processors with fused multiply-add compute the same bits`(
        format: WeightFormat
    ) throws {
        let problem = Problem(rows: 13, inputs: 100, outputs: 100)
        var results: [[Float]] = []
        for processor in Self.processors.dropFirst() {
            let workspace = Workspace(threads: 1)
            workspace.inTurn { martlet_pool_restrict($0, processor) }
            results.append(try problem.product(format, workspace))
        }
        #expect(results.allSatisfy { $0 == results.first })
    }

    @Test func `F16 is exact for binary16 values, and rounds others to the nearest`() throws {
        let exact: [Float] = [0, 1, -1, 0.5, 65504, -65504, 0x1p-14, 0x1p-24, -0x3p-24, 0x3ffp-24, 1 + 0x1p-10, 2047]
        let rounded: [(Float, Float)] = [
            (1 + 0x1p-11, 1), (1 + 0x3p-11, 1 + 0x1p-9), (1e9, 65504), (-1e9, -65504), (0x1p-26, 0), (0x3p-25, 0x1p-23),
            (65519, 65504), (0x3ff8p-28, 0x1p-14),
        ]
        let weights = exact + rounded.map(\.0)
        let matrix = try PackedMatrix(
            weights, inputs: weights.count, outputs: 1, isTransposed: false, format: .f16)
        var column = [Float](repeating: .nan, count: weights.count)
        matrix.copyColumn(0, into: &column)
        #expect(column == exact + rounded.map(\.1))
    }

    @Test(arguments: WeightFormat.allCases)
    func `an embedding is read back from the head`(format: WeightFormat) throws {
        let weights = Self.noise(70 * 45, seed: 5)
        let matrix = try PackedMatrix(weights, inputs: 45, outputs: 70, isTransposed: true, format: format)
        let error: Float = [.f32: 0, .f16: 0x1p-11, .q8: 0x1p-8][format] ?? 0
        for index in [0, 1, 15, 16, 69] {
            var row = [Float](repeating: .nan, count: 45)
            matrix.copyColumn(index, into: &row)
            #expect(zip(row, weights[(index * 45)...]).allSatisfy { abs($0 - $1) <= error })
        }
    }

    @Test func `Q8 stores blocks of zeros, and neighbouring blocks of very different magnitude`() throws {
        var weights = [Float](repeating: 0, count: 128)
        for k in 32..<64 { weights[k] = Float(k) * 1e-30 }
        for k in 64..<96 { weights[k] = Float(k) * 1e30 }
        let matrix = try PackedMatrix(weights, inputs: 128, outputs: 1, isTransposed: false, format: .q8)
        var column = [Float](repeating: .nan, count: 128)
        matrix.copyColumn(0, into: &column)
        for block in 0..<4 {
            let range = block * 32..<(block + 1) * 32
            let largest = weights[range].max() ?? 0
            #expect(range.allSatisfy { abs(column[$0] - weights[$0]) <= largest / 250 })
        }
    }

    @Test func `many short jobs in a row are all done, by any number of threads`() throws {
        let problem = Problem(rows: 9, inputs: 300, outputs: 500)
        let expected = try problem.product(.f32, Workspace(threads: 1))
        for threads in [2, 3, 8] {
            let workspace = Workspace(threads: threads)
            for _ in 0..<300 { #expect(try problem.product(.f32, workspace) == expected) }
        }
    }
}
