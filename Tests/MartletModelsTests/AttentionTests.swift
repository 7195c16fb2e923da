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
            (0..<rows * width).map { index in
                let (row, first) = (index / width, index % width / size * size)
                func value(_ part: Int, _ row: Int, _ i: Int) -> Double { Double(qkv[(row * 3 + part) * width + i]) }
                let scores = (0...row).map { t in
                    (first..<first + size).reduce(0) { $0 + value(0, row, $1) * value(1, t, $1) }
                        / Double(size).squareRoot()
                }
                let top = scores.max() ?? 0
                let weights = scores.map { exp($0 - top) }
                let sum = weights.enumerated().reduce(0) { $0 + $1.element * value(2, $1.offset, index % width) }
                return sum / weights.reduce(0, +)
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

    @Test func `other numbers are rounded to the nearest binary16`() {
        for shape in Self.shapes {
            let exact = Sequence(shape, rows: 20)
            var other = exact
            for i in other.qkv.indices where i / other.width % 3 > 0 { other.qkv[i] *= 1 + 0x0.7p-11 }
            for processor in Self.processors {
                let expected = exact.attended(.f16, processor, passes: [20])
                #expect(other.attended(.f16, processor, passes: [20]) == expected, "\(shape) as \(processor)")
                #expect(other.attended(.f32, processor, passes: [20]) != expected)
            }
        }
    }

    @Test func `keys and values beyond binary16 become its largest number`() {
        for shape in Self.shapes {
            var (huge, largest) = (Sequence(shape, rows: 5), Sequence(shape, rows: 5))
            for i in huge.qkv.indices where i / huge.width % 3 == 2 {
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
