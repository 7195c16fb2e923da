import CMartletKernels
import Foundation
import MartletUV
import Testing

@testable import MartletEngine
@testable import MartletModels

/// Attention against its definition, in both formats of keys and values, for every kind of processor that this machine
/// can run.
struct AttentionTests {
    private static let processors = [MARTLET_PORTABLE, MARTLET_AVX2, MARTLET_AVX512]
        .prefix { $0.rawValue <= Workspace(threads: 1).inTurn(martlet_pool_processor).rawValue }
    private static let shapes = [(heads: 1, size: 1), (2, 8), (3, 17), (2, 32), (1, 50), (2, 64), (1, 117)]

    /// Queries, keys and values [rows, 3 * heads * size] of one sequence.
    private struct Sequence {
        let heads: Int
        let size: Int
        var qkv: [Float]
        var width: Int { heads * size }
        var rows: Int { qkv.count / (3 * width) }

        /// Multiples of 1/64 below 1, which binary16 expresses exactly.
        init(_ shape: (heads: Int, size: Int), rows: Int) {
            (heads, size) = shape
            var generator = SplitMix64(seed: 4)
            qkv = (0..<rows * 3 * heads * size).map { _ in Float(Int(generator.next() % 127) - 63) / 64 }
        }

        /// The last of two layers, in passes of so many rows.
        func attended(_ weights: WeightFormat, _ processor: martlet_processor, passes: [Int]) -> [Float] {
            let workspace = Workspace(threads: 2)
            let shape = KVCache.Shape(layerCount: 2, headCount: heads, headWidth: size, weights: weights)
            let blocks = Array((0..<(rows + 15) / 16).reversed())
            let cache = KVCache(shape, blockCount: blocks.count)
            var result: [Float] = []
            var start = 0
            workspace.inTurn { pool in
                defer { withExtendedLifetime(cache) {} }
                let pages = cache.pages(of: blocks)
                martlet_pool_restrict(pool, processor)
                for count in passes {
                    let part = Array(qkv[start * 3 * width..<(start + count) * 3 * width])
                    var y = [Float](repeating: .nan, count: count * width)
                    pages.withUnsafeBufferPointer { pages in
                        guard let pages = pages.baseAddress else { return }
                        var segment = martlet_segment(first: 0, rows: count, start: start, pages: pages)
                        martlet_attention(pool, &y, part, &segment, 1, shape.format, 1, heads, size)
                    }
                    result += y
                    start += count
                }
            }
            return result
        }

        /// The definition in double precision.
        func reference() -> [Double] {
            let numbers = qkv.map(Double.init)
            func part(_ index: Int, _ row: Int, _ head: Int) -> ArraySlice<Double> {
                numbers[((row * 3 + index) * heads + head) * size..<((row * 3 + index) * heads + head + 1) * size]
            }
            return (0..<rows * heads).flatMap { index in
                let (row, head) = (index / heads, index % heads)
                let scores = (0...row).map { t in
                    zip(part(0, row, head), part(1, t, head)).reduce(0) { $0 + $1.0 * $1.1 } / Double(size).squareRoot()
                }
                let top = scores.max() ?? 0
                let weights = scores.map { exp($0 - top) }
                var sums = [Double](repeating: 0, count: size)
                for (t, weight) in weights.enumerated() {
                    for (i, value) in part(2, t, head).enumerated() { sums[i] += weight * value }
                }
                return sums.map { $0 / weights.reduce(0, +) }
            }
        }
    }

    @Test(arguments: [WeightFormat.f32, .f16, .q8])
    func `attention equals its definition, for odd sizes of heads`(weights: WeightFormat) {
        for shape in Self.shapes {
            let sequence = Sequence(shape, rows: 39)
            let expected = sequence.reference()
            for processor in Self.processors {
                let actual = sequence.attended(weights, processor, passes: [39])
                let isRight = zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }
                #expect(isRight && actual.count == expected.count, "\(shape) as \(processor)")
            }
        }
    }

    @Test func `what binary16 expresses is attended to with the bits of F32, however the rows are cut`() {
        for shape in Self.shapes {
            let sequence = Sequence(shape, rows: 39)
            for processor in Self.processors {
                let whole = sequence.attended(.f32, processor, passes: [39])
                for passes in [[39], [1, 38], [16, 20, 3], Array(repeating: 3, count: 13)] {
                    #expect(sequence.attended(.f16, processor, passes: passes) == whole, "\(shape) as \(processor)")
                }
            }
        }
    }

    @Test(arguments: [1 + 0x0.7p-11, 1 - 0x0.7p-11] as [Float])
    func `other numbers are rounded to the nearest binary16`(factor: Float) {
        for shape in Self.shapes {
            let exact = Sequence(shape, rows: 20)
            var other = exact
            for i in other.qkv.indices where i / other.width % 3 > 0 { other.qkv[i] *= factor }
            for processor in Self.processors {
                let expected = exact.attended(.f16, processor, passes: [20])
                #expect(other.attended(.f16, processor, passes: [20]) == expected, "\(shape) as \(processor)")
                #expect(other.attended(.f32, processor, passes: [20]) != expected)
            }
        }
    }

    @Test(
        arguments: [
            (0x1p-24, 0x1p-24), (0x0.7p-24, 0), (0x1.7p-24, 0x1p-24), (0x1.9p-24, 0x2p-24), (-0x3ff.9p-24, -0x1p-14),
            (1 + 0x1p-11, 1), (-1 - 0x3p-11, -1 - 0x1p-9), (65519, 65504), (65520, 65504), (-1e30, -65504),
        ] as [(Float, Float)])
    func `each value is the nearest binary16, ties to even, and the largest at most`(value: Float, nearest: Float) {
        for shape in Self.shapes {
            var sequence = Sequence(shape, rows: 1)
            for i in sequence.qkv.indices.dropFirst(2 * sequence.width) { sequence.qkv[i] = value }
            for processor in Self.processors {
                let result = sequence.attended(.f16, processor, passes: [1])
                #expect(result.allSatisfy { $0 == nearest }, "\(shape) as \(processor)")
            }
        }
    }

    @Test func `all processors with fused multiply-add attend with the same bits`() {
        for shape in Self.shapes {
            let sequence = Sequence(shape, rows: 39)
            for weights in [WeightFormat.f32, .f16] {
                let results = Self.processors.dropFirst().map { sequence.attended(weights, $0, passes: [39]) }
                #expect(results.allSatisfy { $0 == results.first }, "\(shape) beside \(weights)")
            }
        }
    }

    @Test func `keys and values beyond binary16 become its largest number`() {
        for shape in Self.shapes {
            var (huge, largest) = (Sequence(shape, rows: 5), Sequence(shape, rows: 5))
            for i in huge.qkv.indices where i / huge.width % 3 > 0 {
                huge.qkv[i] = i % 2 == 0 ? 1e30 : -70000
                largest.qkv[i] = i % 2 == 0 ? 65504 : -65504
            }
            for processor in Self.processors {
                let result = huge.attended(.f16, processor, passes: [5])
                #expect(result == largest.attended(.f16, processor, passes: [5]), "\(shape) as \(processor)")
                #expect(result.allSatisfy { $0.isFinite })
            }
        }
    }
}
