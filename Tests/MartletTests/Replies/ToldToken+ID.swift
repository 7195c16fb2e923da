@testable import Martlet

/// A token of this id alone, as deltas carry it.
func told(_ id: Int) -> [ToldToken] { [ToldToken(token: Token(id: id), offset: 0)] }
