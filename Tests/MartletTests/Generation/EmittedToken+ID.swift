@testable import Martlet

/// An emitted token with only an id.
func emitted(_ id: Int) -> [EmittedToken] { [EmittedToken(token: Token(id: id), offset: 0)] }
