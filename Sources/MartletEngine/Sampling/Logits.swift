internal import MartletConstraint

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A model's scores for every token of its vocabulary, and the arithmetic that turns them into probabilities.
struct Logits {
    /// A token and its probability, up to a factor that all candidates share.
    struct Candidate: Equatable {
        let token: Int
        let weight: Double
    }

    /// [vocabulary]
    var values: [Float]

    /// The token with the largest logit, on a tie the lowest id.
    var largest: Int {
        let top = maximum
        return values.firstIndex(of: top) ?? 0
    }

    /// The largest logit. NaN is ignored.
    var maximum: Float {
        var tops = SIMD16<Float>(repeating: -.infinity)
        let whole = values.count / 16 * 16
        values.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: whole, by: 16) {
                let lane = bytes.loadUnaligned(fromByteOffset: start * 4, as: SIMD16<Float>.self)
                tops.replace(with: lane, where: lane .> tops)
            }
        }
        var top = tops.max()
        for value in values[whole...] where value > top { top = value }
        return top
    }

    /// e^((logit - largest) / temperature) for each token; 1 for the largest.
    func weights(temperature: Float) -> [Float] {
        let (top, scale) = (maximum, min(1 / temperature, 1e30))
        return [Float](unsafeUninitializedCapacity: values.count) { target, count in
            count = values.count
            let whole = values.count / 16 * 16
            let output = UnsafeMutableRawBufferPointer(target)
            values.withUnsafeBytes { bytes in
                for start in stride(from: 0, to: whole, by: 16) {
                    let lane = bytes.loadUnaligned(fromByteOffset: start * 4, as: SIMD16<Float>.self)
                    output.storeBytes(
                        of: Self.exponential((lane - top) * scale), toByteOffset: start * 4, as: SIMD16<Float>.self)
                }
            }
            for index in whole..<values.count {
                target[index] = Self.exponential(SIMD16(repeating: (values[index] - top) * scale))[0]
            }
        }
    }

    /// e^x for x up to 0, within 2 units in the last place; 0 below -87.
    private static func exponential(_ x: SIMD16<Float>) -> SIMD16<Float> {
        // 2^n * e^r: adding 1.5 * 2^23 rounds to a whole number; ln 2 is split into two parts.
        let least = SIMD16<Float>(repeating: -87)
        let clamped = x.replacing(with: least, where: .!(x .> least))
        let shifted = clamped * 1.44269504 + 12_582_912
        let n = shifted - 12_582_912
        let r = (clamped - n * 0.693359375) - n * -2.12194440e-4
        var p = r * 1.9875691500e-4 + 1.3981999507e-3
        p = p * r + 8.3334519073e-3
        p = p * r + 4.1665795894e-2
        p = p * r + 1.6666665459e-1
        p = p * r + 5.0000001201e-1
        p = p * r * r + r + 1
        // The whole number is in the lowest bits of `shifted`; shifted left by 23 it is an exponent.
        let exponent = unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< 23
        let power = unsafeBitCast(exponent &+ 0x3f80_0000, to: SIMD16<Float>.self)
        return (p * power).replacing(with: 0, where: .!(x .> least))
    }

    // MARK: Candidates

    /// The tokens to draw from: those with at least `minP` times the weight of the likeliest, of these the `topK`
    /// likeliest, of these the fewest that reach `topP` of the remaining weight. `minP` 0, `topK` 0 and `topP` 1 exclude
    /// nothing. In order of ids, or, below a `topP` of 1, the likeliest first and ties by id.
    func candidates(temperature: Float, topK: Int = 0, topP: Double = 1, minP: Double = 0) -> [Candidate] {
        let weights = weights(temperature: temperature)
        var threshold = Float(minP)
        if topK > 0, topK < weights.count { threshold = max(threshold, Self.smallest(ofLargest: topK, in: weights)) }
        // All tokens below this together weigh too little to be needed, so they are not sorted.
        if topP < 1 { threshold = max(threshold, Float(1 - topP) / Float(weights.count)) }
        var candidates: [Candidate] = []
        for (token, weight) in weights.enumerated() where weight >= threshold {
            candidates.append(Candidate(token: token, weight: Double(weight)))
        }
        guard topP < 1 else { return candidates }
        candidates.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
        let needed = topP * candidates.reduce(0) { $0 + $1.weight }
        var reached = 0.0
        let count = candidates.prefix { candidate in
            defer { reached += candidate.weight }
            return reached < needed
        }.count
        return Array(candidates.prefix(max(count, 1)))
    }

    /// The tokens with the largest logits, the largest first and ties by id.
    func top(_ count: Int) -> [Int] {
        let threshold = Self.smallest(ofLargest: count, in: values)
        let tokens = values.indices.filter { values[$0] >= threshold }
        return Array(tokens.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }.prefix(count))
    }

    /// The `count`th largest of `values`; -infinity if there are not more than `count`.
    static func smallest(ofLargest count: Int, in values: [Float]) -> Float {
        guard count > 0 else { return .infinity }
        guard count < values.count else { return -.infinity }
        // A heap of the largest so far with the smallest on top: most values are below it and are skipped.
        var heap: [Float] = []
        heap.reserveCapacity(count)
        for value in values.prefix(count) { heap.append(value.isNaN ? -.infinity : value) }
        heap.sort()
        for value in values.dropFirst(count) where value > heap[0] {
            var hole = 0
            while case let child = 2 * hole + 1, child < count {
                let least = child + 1 < count && heap[child + 1] < heap[child] ? child + 1 : child
                guard heap[least] < value else { break }
                heap[hole] = heap[least]
                hole = least
            }
            heap[hole] = value
        }
        return heap[0]
    }
}

// MARK: Masks

extension Logits {
    /// Makes all tokens impossible but those of the mask.
    mutating func exclude(allBut mask: TokenMask) {
        values.withUnsafeMutableBufferPointer { values in
            mask.words.withUnsafeBufferPointer { words in
                for start in stride(from: 0, to: values.count, by: 64) {
                    let word = start >> 6 < words.count ? words[start >> 6] : 0
                    if word == .max { continue }
                    for index in start..<min(start + 64, values.count) where word >> UInt64(index & 63) & 1 == 0 {
                        values[index] = -.infinity
                    }
                }
            }
        }
    }
}

// MARK: Log-probabilities

/// A token that was sampled, or one of a prompt that was scored.
struct SampledToken: Sendable {
    let token: Int
    /// Nil if it was not asked for or is undefined.
    var logprob: Float?
    /// The likeliest tokens at its position, the likeliest first, ties by id.
    var alternatives: [(token: Int, logprob: Float)] = []
}

extension Logits {
    /// A token with its log-probability in the model's own distribution and with the likeliest alternatives. Without
    /// either if `alternativeCount` is nil or no token is possible.
    func score(_ token: Int, among alternativeCount: Int?) -> SampledToken {
        let top = maximum
        guard let alternativeCount, top > -.infinity else { return SampledToken(token: token) }
        let normalizer = Double(top) + log(weights(temperature: 1).reduce(0.0) { $0 + Double($1) })
        func logprob(_ token: Int) -> Float { Float(Double(values[token]) - normalizer) }
        return SampledToken(
            token: token, logprob: logprob(token),
            alternatives: self.top(alternativeCount).map { ($0, logprob($0)) })
    }
}
