@testable import Martlet

/// A token of this id alone, as deltas carry it.
func told(_ id: Int) -> [EmittedToken] { [EmittedToken(token: Token(id: id), offset: 0)] }
