import Foundation
import Martlet
import MartletEngine
import Synchronization

/// Steps that a model may compute, as a test allows. It waits for them on its engine's own thread.
final class Pace: Sendable {
    private let left = Mutex(0)
    private let steps = Atomic(0)
    private let encoding = Atomic(0)
    private let most = Atomic(0)
    private let prompts = Mutex<[Int]>([])

    /// The steps that have begun.
    var stepCount: Int { steps.load(ordering: .acquiring) }
    /// The most texts that were encoded at once.
    var mostEncoding: Int { most.load(ordering: .acquiring) }

    /// The lengths of the prompts, in the order in which they were computed.
    var promptLengths: [Int] { prompts.withLock { $0 } }

    func allow(_ steps: Int) { left.withLock { $0 += steps } }

    func step(_ batch: ForwardBatch) {
        prompts.withLock { $0 += batch.segments.filter { $0.start == 0 }.map(\.tokens.count) }
        steps.add(1, ordering: .acquiringAndReleasing)
        while !takeOne() { Thread.sleep(forTimeInterval: 0.0005) }
    }

    func encode<Result>(_ body: () -> Result) -> Result {
        most.max(encoding.add(1, ordering: .acquiringAndReleasing).newValue, ordering: .acquiringAndReleasing)
        defer { encoding.subtract(1, ordering: .acquiringAndReleasing) }
        Thread.sleep(forTimeInterval: 0.005)
        return body()
    }

    private func takeOne() -> Bool {
        left.withLock { left in
            if left > 0 { left -= 1 } else { return false }
            return true
        }
    }
}

/// The letters of `MarkovModel`, at a pace.
struct PacedModel: LanguageModel {
    let letters = MarkovModel()
    let pace: Pace
    var configuration: LanguageModelConfiguration { letters.configuration }

    func forward(_ batch: ForwardBatch, cache: inout Void) -> ForwardOutput {
        pace.step(batch)
        return letters.forward(batch, cache: &cache)
    }

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        pace.encode { letters.encode(text, parsesSpecialTokens: parsesSpecialTokens) }
    }

    func bytes(of token: Int) -> [UInt8] { letters.bytes(of: token) }
}
