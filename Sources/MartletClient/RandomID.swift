/// Names that nobody else has.
enum RandomID {
    /// 32 hexadecimal digits.
    static func next() -> String {
        let digits = String(UInt128.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}
