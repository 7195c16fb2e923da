@testable import MartletGateway

extension Candidate {
    /// A candidate whose name follows from its id.
    init(id: Int, outstandingTokens: Int = 0, weight: Double = 1) {
        self.init(
            id: id, nameHash: StableHash.value(of: "upstream \(id)"), outstandingTokens: outstandingTokens,
            weight: weight)
    }
}
