/// Makes the chained hashes of a prompt's blocks: two prompts have as many hashes in common as they have equal blocks at
/// their beginning.
///
/// A block is a message, or 1,024 bytes of a longer one, some 256 tokens: little is lost where a long document changes
/// within a block, and a prompt of 100 KB has 100 blocks to look up rather than the 1,600 of an engine's own block size.
/// Hashes are the same in every process, so that gateways agree. They are not secret: someone who forges a collision
/// sends a request to an upstream that does not have its prefix cached, and nothing else.
struct PrefixHasher: Sendable {
    static let blockBytes = 1_024
    /// What comes after this many blocks, 2 MiB of full ones, does not count; llm-d's bound.
    static let maximumBlocks = 2_048

    private(set) var blocks: [UInt64] = []
    private var last: StableHash

    /// - Parameter model: prompts for different models have no blocks in common.
    init(model: String) {
        last = StableHash()
        model.utf8.withBytes { last.add($0, tag: 1) }
    }

    /// Adds a message: its bytes as they come in the request, role included. Whatever precedes the messages in the prompt,
    /// such as the definitions of tools, is added first like a message.
    mutating func add(_ message: some Collection<UInt8>) { message.withBytes { add($0) } }

    private mutating func add(_ message: UnsafeRawBufferPointer) {
        for start in stride(from: 0, to: max(1, message.count), by: Self.blockBytes) {
            if blocks.count == Self.maximumBlocks { return }
            let end = min(start + Self.blockBytes, message.count)
            last.add(UnsafeRawBufferPointer(rebasing: message[start..<end]), tag: start == 0 ? 1 : 0)
            blocks.append(last.value)
        }
    }

    /// The hashes of a prompt's messages.
    static func blocks(of messages: some Sequence<some Collection<UInt8>>, model: String) -> [UInt64] {
        var hasher = PrefixHasher(model: model)
        for message in messages { hasher.add(message) }
        return hasher.blocks
    }
}
