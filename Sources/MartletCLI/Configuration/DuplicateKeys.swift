import Yams

/// Keys that a mapping of a YAML document has more than once.
///
/// The parser reports the first of equal keys and stops. So that one is given another name, of the same length, until
/// the document can be parsed: then every key knows its place.
enum DuplicateKeys {
    /// How many are found at most.
    private static let maximumCount = 32
    /// The first scalar for private use (Unicode 23.5): no key begins with it.
    private static let firstMarker: UInt32 = 0xE000

    /// The second of two equal keys, and each that follows; lines count from 1. Empty if the places cannot be found, as
    /// for keys with escapes.
    static func find(in text: String) -> [(key: String, line: Int)] {
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map {
            Array(String($0).unicodeScalars)
        }
        var renamed: [String: String] = [:]
        for number in 0..<maximumCount {
            let document = lines.map { line in String(String.UnicodeScalarView(line)) }.joined(separator: "\n")
            do {
                guard let root = try Parser(yaml: document, resolver: .basic).singleRoot() else { return [] }
                return duplicates(in: root, renamed)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let key = keys.first, let marker = UnicodeScalar(firstMarker + UInt32(number)),
                    let name = rename(key, at: context.mark, to: marker, in: &lines)
                else { return [] }
                renamed[name] = renamed[key] ?? key
            } catch {
                return []
            }
        }
        return []
    }

    /// Replaces the first character of a key. Returns its new name; nil if the key is not spelled like this there.
    private static func rename(
        _ key: String, at mark: Mark, to marker: UnicodeScalar, in lines: inout [[UnicodeScalar]]
    ) -> String? {
        let (row, start) = (mark.line - 1, mark.column - 1)
        guard lines.indices.contains(row), lines[row].indices.contains(start) else { return nil }
        let column = ["\"", "'"].contains(lines[row][start]) ? start + 1 : start
        let scalars = Array(key.unicodeScalars)
        guard !scalars.isEmpty, lines[row].dropFirst(column).starts(with: scalars) else { return nil }
        lines[row][column] = marker
        return String(String.UnicodeScalarView([marker] + scalars.dropFirst()))
    }

    private static func duplicates(in node: Node, _ renamed: [String: String]) -> [(key: String, line: Int)] {
        switch node {
        case .sequence(let sequence): return sequence.flatMap { duplicates(in: $0, renamed) }
        case .mapping(let mapping):
            var seen: Set<String> = []
            var found: [(key: String, line: Int)] = []
            for (key, value) in mapping {
                if let name = key.scalar?.string, let line = key.mark?.line {
                    let original = renamed[name] ?? name
                    if !seen.insert(original).inserted { found.append((original, line)) }
                }
                found += duplicates(in: value, renamed)
            }
            return found
        default: return []
        }
    }
}
