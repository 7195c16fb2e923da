/// Request bytes that came while a response was under way: the client's next requests.
///
/// Reading pauses above a mark, so that a client that pipelines faster than it is answered has to wait. While reading
/// is paused the end of the connection cannot be seen, so the mark rises step by step as long as one answer takes,
/// until the end was read or the connection has sent too much.
struct Backlog {
    /// Bytes by which the mark rises each time.
    private static let step = 256 * 1024

    private(set) var bytes: [UInt8] = []
    private var mark = ResponseStream.highWater

    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }
    /// Whether reading is to pause.
    var isFull: Bool { bytes.count > mark }

    mutating func append(_ more: borrowing Span<UInt8>) {
        more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Makes room for one more step.
    mutating func raiseMark() { mark = bytes.count + Self.step }

    /// All bytes, which leaves none and the mark where it was in the beginning.
    mutating func take() -> [UInt8] {
        defer { self = Backlog() }
        return bytes
    }
}
