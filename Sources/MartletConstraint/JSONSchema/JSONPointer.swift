/// JSON Pointers (RFC 6901).
enum JSONPointer {
    /// The names and indices that lead to what a pointer points to.
    static func parts(of pointer: String) -> [String] {
        pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst().map { part in
            var bytes: [UInt8] = []
            var isEscaped = false
            for byte in part {
                if isEscaped {
                    bytes.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
                    if byte != UInt8(ascii: "0"), byte != UInt8(ascii: "1") { bytes.append(byte) }
                    isEscaped = false
                } else if byte == UInt8(ascii: "~") {
                    isEscaped = true
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension String {
    /// A JSON Pointer to a member or an element of what this one points to.
    func appendingPointer(_ name: String) -> String {
        var bytes = Array(utf8) + [UInt8(ascii: "/")]
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "~"): bytes += "~0".utf8
            case UInt8(ascii: "/"): bytes += "~1".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
