/// An id that the vocabulary does not have.
package struct UnknownToken: Error, Equatable, CustomStringConvertible {
    package let id: Int

    package var description: String { "Token \(id) is not in the vocabulary." }
}
