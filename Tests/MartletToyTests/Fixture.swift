import MartletTestSupport
import MartletToy

extension Fixture {
    /// The embedded model, loaded once.
    static let model: ToyModel = {
        do { return try ToyModel.embedded() } catch { preconditionFailure("\(error)") }
    }()
}
