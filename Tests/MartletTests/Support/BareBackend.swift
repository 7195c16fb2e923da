import Martlet
import MartletOpenAI

/// The least that is a backend.
struct BareBackend: Backend {
    func listModels() -> [Model] { [] }
}
