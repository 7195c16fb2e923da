import Martlet
import MartletOpenAI

/// A minimal backend, without models and refinements.
struct BareBackend: Backend {
    func listModels() -> [Model] { [] }
}
