/// Why a model could not be loaded: one sentence that names the file and the fault, fit to be printed as it is.
public struct ToyModelError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
