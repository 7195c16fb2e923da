internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A numeric IPv4 or IPv6 address. An IPv4-mapped IPv6 address equals the IPv4 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// In network byte order, IPv4 as `::ffff:a.b.c.d`.
    fileprivate let bytes: [UInt8]

    /// Reads `192.0.2.1` or `2001:db8::1`, without brackets, port and zone; nil for other text.
    package init?(_ text: some StringProtocol) {
        var bytes = [UInt8](repeating: 0, count: 16)
        // libuv would read an address with a zone, and ignore the zone.
        let isNumeric = text.utf8.allSatisfy { $0 != UInt8(ascii: "%") && $0 != 0 }
        let text = String(text)
        if !isNumeric { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard uv_inet_pton(AF_INET6, text, &bytes) == 0 else { return nil }
        } else {
            var four = [UInt8](repeating: 0, count: 4)
            guard uv_inet_pton(AF_INET, text, &four) == 0 else { return nil }
            bytes[10...] = [0xFF, 0xFF] + four
        }
        self.bytes = bytes
    }

    /// Nil for an address of another family.
    init?(_ address: UnsafeMutablePointer<sockaddr>) {
        var text = [CChar](repeating: 0, count: 46)
        guard uv_ip_name(address, &text, text.count) == 0 else { return nil }
        self.init(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    package var isIPv4: Bool { bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF }

    package var description: String {
        if isIPv4 { return bytes[12...].map(String.init).joined(separator: ".") }
        var text = [CChar](repeating: 0, count: 46)
        guard uv_inet_ntop(AF_INET6, bytes, &text, text.count) == 0 else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The addresses with a common prefix (CIDR, RFC 4632).
package struct IPAddressRange: Hashable, Sendable {
    private let first: IPAddress
    /// Of the 128 bits of the address.
    private let prefixLength: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address; nil for other text.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = IPAddress(parts[0]) else { return nil }
        let width = parts[0].contains(":") ? 128 : 32
        var length = width
        if parts.count == 2 {
            let isNumber = !parts[1].isEmpty && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isNumber, let number = Int(parts[1]), number <= width else { return nil }
            length = number
        }
        self.first = first
        prefixLength = length + 128 - width
    }

    package func contains(_ address: IPAddress) -> Bool {
        let whole = prefixLength / 8
        guard first.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        return rest == 0 || (first.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0
    }
}
