/// The requests that wait for one model, in the order in which they will be served. A pure value: no clock, task or lock.
///
/// With one principal, requests are served in order of arrival. Several principals share the model by estimated cost
/// (start-time fair queuing): the next request belongs to the principal that has been served least, so that many or long
/// requests of one delay the others by its share only. A principal saves up no credit while it has nothing waiting.
package struct FairQueue<Element> {
    /// A waiting request.
    package struct Entry {
        package let element: Element
        /// Who sent it; requests without an identity share nil.
        package let principal: String?
        /// In a unit that is the same for all entries, such as tokens.
        package let cost: Int
        /// Identifies the entry. Lower numbers came earlier.
        package let arrival: UInt64
        /// When waiting becomes pointless.
        package let deadline: ContinuousClock.Instant?

        package init(
            _ element: Element, principal: String? = nil, cost: Int = 1, arrival: UInt64,
            deadline: ContinuousClock.Instant? = nil
        ) {
            self.element = element
            self.principal = principal
            self.cost = cost
            self.arrival = arrival
            self.deadline = deadline
        }
    }

    /// How much each principal has been served.
    private struct Account {
        /// The least start of the principals that waited when an entry was last served.
        private var time = 0
        /// The cost up to which each principal has been served, if that is beyond `time`.
        private var finish: [String?: Int] = [:]

        /// Where the service of a principal's next entry starts. The least is next.
        func start(of principal: String?) -> Int { max(time, finish[principal] ?? 0) }

        mutating func record(_ cost: Int, of principal: String?, waiting principals: [String?]) {
            let start = start(of: principal)
            time = max(time, principals.map { self.start(of: $0) }.min() ?? 0)
            finish[principal] = start &+ max(1, cost)
            finish = finish.filter { $0.value > time }
        }
    }

    /// By principal, in order of arrival. No line is empty.
    private var lines: [String?: [Entry]] = [:]
    private var account = Account()
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// All entries in order of arrival, which is not the order of service if there are several principals.
    package var entries: [Entry] { lines.values.joined().sorted { $0.arrival < $1.arrival } }

    /// The entry with this number, if it is waiting.
    package subscript(arrival: UInt64) -> Entry? {
        for line in lines.values {
            if let entry = line.first(where: { $0.arrival == arrival }) { return entry }
        }
        return nil
    }

    // MARK: Entering and leaving

    /// Adds an entry at its place among those of its principal. `arrival` must be new.
    package mutating func insert(_ entry: Entry) {
        let place = lines[entry.principal]?.lastIndex { $0.arrival < entry.arrival }.map { $0 + 1 } ?? 0
        lines[entry.principal, default: []].insert(entry, at: place)
        count += 1
    }

    /// Takes an entry out that is not served: its request was cancelled.
    @discardableResult
    package mutating func remove(_ arrival: UInt64) -> Entry? {
        for (principal, line) in lines {
            guard let place = line.firstIndex(where: { $0.arrival == arrival }) else { continue }
            // Nobody waits any more, so nobody owes anything to anybody.
            defer { if isEmpty { account = Account() } }
            return remove(at: place, of: principal)
        }
        return nil
    }

    /// Takes the entries out whose deadline has passed.
    package mutating func removeExpired(at now: ContinuousClock.Instant) -> [Entry] {
        func isExpired(_ entry: Entry) -> Bool { entry.deadline.map { $0 <= now } ?? false }
        // Asked often, and hardly ever true.
        guard lines.values.contains(where: { $0.contains(where: isExpired) }) else { return [] }
        let expired = entries.filter(isExpired)
        for entry in expired { remove(entry.arrival) }
        return expired
    }

    /// Takes an entry out to be served, and counts its cost for its principal. It need not be the first: a short request
    /// may overtake where that delays nobody.
    @discardableResult
    package mutating func serve(_ arrival: UInt64) -> Entry? {
        let principals = Array(lines.keys)
        guard let entry = remove(arrival) else { return nil }
        account.record(entry.cost, of: entry.principal, waiting: principals)
        if isEmpty { account = Account() }
        return entry
    }

    private mutating func remove(at place: Int, of principal: String?) -> Entry? {
        guard let entry = lines[principal]?.remove(at: place) else { return nil }
        if lines[principal]?.isEmpty == true { lines[principal] = nil }
        count -= 1
        return entry
    }

    // MARK: The order of service

    /// The entry to serve next.
    package var first: Entry? { next(1).first }

    /// The next entries to serve, up to `limit`, without those that `isPaused`.
    package func next(_ limit: Int, excluding isPaused: (Element) -> Bool = { _ in false }) -> [Entry] {
        var lines = lines.mapValues { $0[...] }
        var account = account
        var result: [Entry] = []
        while result.count < limit, !lines.isEmpty {
            let principals = Array(lines.keys)
            let next = principals.min { left, right in
                let (a, b) = (account.start(of: left), account.start(of: right))
                return a != b ? a < b : (lines[left]?.first?.arrival ?? 0) < (lines[right]?.first?.arrival ?? 0)
            }
            guard let next, let entry = lines[next]?.popFirst() else { break }
            if lines[next]?.isEmpty == true { lines[next] = nil }
            if isPaused(entry.element) { continue }
            account.record(entry.cost, of: next, waiting: principals)
            result.append(entry)
        }
        return result
    }
}

extension FairQueue: Sendable where Element: Sendable {}
extension FairQueue.Entry: Sendable where Element: Sendable {}
