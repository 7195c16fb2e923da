extension Duration {
    /// Whole nanoseconds, rounded towards zero.
    package var nanoseconds: Int {
        // To divide 128 bits takes several times as long, and up to 9 s fit in 64.
        if let attoseconds = Int(exactly: attoseconds) { return attoseconds / 1_000_000_000 }
        return Int(clamping: attoseconds / 1_000_000_000)
    }
}
