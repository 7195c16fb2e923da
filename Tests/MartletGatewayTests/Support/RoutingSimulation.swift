import MartletUV

@testable import MartletGateway

/// Upstreams with prefix caches that serve a load: what the caches contain and how long everything takes is simulated,
/// the choice is the code's.
struct RoutingSimulation {
    /// Chooses an upstream, or sees everything.
    enum Chooser {
        case policy(RoutingPolicy)
        case roundRobin
        /// Knows every cache, and nothing of loads beyond ties.
        case oracle
    }

    /// An engine that computes one prompt after the other, and decodes all replies at once.
    private struct Upstream {
        var prefillEnds = 0.0
        var outstanding = 0
        var served = 0
    }

    private static let (prefillRate, decodeRate) = (8_000.0, 50.0)
    /// What the gateway estimates of a reply.
    private static let estimatedReply = 256

    private(set) var promptTokens = 0
    private(set) var cachedTokens = 0
    private(set) var served: [Int]
    private(set) var waits: [Double] = []
    private var upstreams: [Upstream]
    private var caches: PrefixIndex
    private var router: Router
    private var random = SplitMix64(seed: 1)
    private var count = 0

    var hitRate: Double { Double(cachedTokens) / Double(promptTokens) }
    /// The most tokens that an upstream served, by the mean.
    var imbalance: Double { Double(served.max() ?? 0) * Double(served.count) / Double(served.reduce(0, +)) }

    init(_ chooser: Chooser, upstreamCount: Int, cacheBlocks: Int, load: ChatLoad) {
        upstreams = Array(repeating: Upstream(), count: upstreamCount)
        served = Array(repeating: 0, count: upstreamCount)
        caches = PrefixIndex(blocksPerUpstream: cacheBlocks)
        router =
            if case .policy(let policy) = chooser { Router(policy: policy) } else { Router(policy: .leastOutstanding) }
        run(load, chooser)
    }

    private mutating func run(_ load: ChatLoad, _ chooser: Chooser) {
        var events = EventQueue<(turn: ChatLoad.Turn, number: Int, endsAt: Int?)>()
        for chat in load.chats { events.add((chat[0], 0, nil), at: chat[0].pause) }
        while let (now, event) = events.next() {
            let turn = event.turn
            if let upstream = event.endsAt {
                upstreams[upstream].outstanding -= turn.promptTokens + Self.estimatedReply
                let chat = load.chats[turn.chat]
                if event.number + 1 < chat.count {
                    let next = chat[event.number + 1]
                    events.add((next, event.number + 1, nil), at: now + next.pause)
                }
            } else {
                let upstream = choose(turn, chooser)
                events.add((turn, event.number, upstream), at: serve(turn, on: upstream, at: now))
            }
        }
    }

    private mutating func choose(_ turn: ChatLoad.Turn, _ chooser: Chooser) -> Int {
        count += 1
        switch chooser {
        case .roundRobin: return count % upstreams.count
        case .oracle:
            return upstreams.indices.min {
                (-caches.matchLength(of: turn.blocks, upstream: $0), upstreams[$0].outstanding)
                    < (-caches.matchLength(of: turn.blocks, upstream: $1), upstreams[$1].outstanding)
            } ?? 0
        case .policy:
            let candidates = upstreams.indices.map {
                Candidate(id: $0, outstandingTokens: upstreams[$0].outstanding)
            }
            let key = RoutingKey(session: "\(turn.chat)", blocks: turn.blocks, promptTokens: turn.promptTokens)
            return router.choose(among: candidates, for: key, using: &random)?.id ?? 0
        }
    }

    /// Serves a request; returns when it ends.
    private mutating func serve(_ turn: ChatLoad.Turn, on upstream: Int, at now: Double) -> Double {
        let cached = turn.tokens.prefix(caches.matchLength(of: turn.blocks, upstream: upstream)).reduce(0, +)
        caches.insert(turn.blocks, upstream: upstream)
        promptTokens += turn.promptTokens
        cachedTokens += cached
        served[upstream] += turn.promptTokens + turn.replyTokens
        upstreams[upstream].outstanding += turn.promptTokens + Self.estimatedReply
        let start = max(now, upstreams[upstream].prefillEnds)
        let prefillEnd = start + Double(turn.promptTokens - cached) / Self.prefillRate
        upstreams[upstream].prefillEnds = prefillEnd
        waits.append(prefillEnd - now)
        return prefillEnd + Double(turn.replyTokens) / Self.decodeRate
    }
}

/// Events in the order of their times: a binary heap.
struct EventQueue<Event> {
    private var heap: [(time: Double, event: Event)] = []

    mutating func add(_ event: Event, at time: Double) {
        heap.append((time, event))
        var child = heap.count - 1
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Double, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
            if heap[parent].time <= heap[child].time { break }
            heap.swapAt(parent, child)
            parent = child
        }
        return first
    }
}
