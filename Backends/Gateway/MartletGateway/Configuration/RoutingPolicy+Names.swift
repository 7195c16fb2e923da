extension RoutingPolicy {
    private static let named: [(name: String, policy: RoutingPolicy)] = [
        ("least-outstanding", .leastOutstanding), ("power-of-two", .powerOfTwoChoices),
        ("consistent-hash", .consistentHashing), ("prefix-affinity", .prefixAffinity),
    ]

    /// The policies' names in configurations.
    public static let names = named.map(\.name)

    /// The policy, with its defaults, that a configuration names; nil for an unknown one.
    public init?(named name: String) {
        guard let policy = Self.named.first(where: { $0.name == name })?.policy else { return nil }
        self = policy
    }

    /// The policy's name in configurations.
    public var name: String {
        switch kind {
        case .leastOutstanding: "least-outstanding"
        case .powerOfTwoChoices: "power-of-two"
        case .consistentHashing: "consistent-hash"
        case .prefixAffinity: "prefix-affinity"
        }
    }
}
