import MartletUV

@testable import MartletGateway

/// Chats as gateways see them: few system prompts that many chats share, some far more often than others, several turns
/// that each repeat the conversation, and now and then a long document.
struct ChatLoad {
    /// One request of a chat.
    struct Turn {
        let chat: Int
        /// When it arrives, in seconds, if the previous turn has ended; for later turns the pause after that.
        let pause: Double
        let blocks: [UInt64]
        /// Of each block.
        let tokens: [Int]
        let replyTokens: Int

        var promptTokens: Int { tokens.reduce(0, +) }
    }

    /// The turns of each chat.
    let chats: [[Turn]]

    init(chatCount: Int, groupCount: Int, chatsPerSecond: Double, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let groups = (0..<groupCount).map { _ in
            var prompt = Prompt()
            prompt.add(byteCount: Int.random(in: 2_000...24_000, using: &random), using: &random)
            return prompt
        }
        var time = 0.0
        chats = (0..<chatCount).map { chat in
            time += .exponential(mean: 1 / chatsPerSecond, using: &random)
            var prompt = groups[Self.zipf(groupCount, using: &random)]
            if Int.random(in: 0..<8, using: &random) == 0 {
                prompt.add(byteCount: Int.random(in: 8_000...40_000, using: &random), using: &random)
            }
            return (0..<Int.random(in: 1...9, using: &random)).map { number in
                prompt.add(byteCount: Int.random(in: 40...800, using: &random), using: &random)
                let reply = Int.random(in: 30...500, using: &random)
                defer { prompt.add(byteCount: reply * 4, using: &random) }
                return Turn(
                    chat: chat, pause: number == 0 ? time : .exponential(mean: 8, using: &random),
                    blocks: prompt.hasher.blocks, tokens: prompt.tokens, replyTokens: reply)
            }
        }
    }

    /// A number below `count`, where 0 is twice as frequent as 1 and three times as frequent as 2.
    private static func zipf(_ count: Int, using random: inout SplitMix64) -> Int {
        var left = Double.random(in: 0..<(1...count).reduce(0) { $0 + 1 / Double($1) }, using: &random)
        return (0..<count).first {
            left -= 1 / Double($0 + 1)
            return left < 0
        } ?? 0
    }

    private struct Prompt {
        var hasher = PrefixHasher(model: "m")
        var tokens: [Int] = []

        mutating func add(byteCount: Int, using random: inout SplitMix64) {
            var message = [UInt8](repeating: 0, count: byteCount)
            for place in 0..<8 { message[place] = UInt8.random(in: 0...255, using: &random) }
            hasher.add(message)
            var rest = byteCount
            while rest > 0 {
                tokens.append(max(1, min(rest, PrefixHasher.blockBytes) / 4))
                rest -= PrefixHasher.blockBytes
            }
        }
    }
}

extension Double {
    static func exponential(mean: Double, using random: inout SplitMix64) -> Double {
        // The sum of twelve uniform numbers is nearly normal; two squares of normal numbers are exponential.
        func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }
        let (x, y) = (normal(), normal())
        return mean * (x * x + y * y) / 2
    }
}
