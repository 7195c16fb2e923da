import Foundation

/// Decodes the base64 form of an embedding as a client does.
enum Base64Floats {
    static func decode(_ text: String) -> [Float] {
        let bytes = Array(Data(base64Encoded: text) ?? Data())
        return stride(from: 0, to: bytes.count - 3, by: 4).map { start in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            return Float(bitPattern: bits)
        }
    }
}
