@testable import MartletConstraint

extension Constraint {
    func accepts(_ text: String) throws -> Bool { try matchingPrefix(of: text.utf8).isComplete }
}
