internal import MartletUV

/// The formats of JSON Schema's `format` (Validation §7.3) as regular expressions, each in the form that programs write.
enum StringFormat {
    /// The whole text, in ECMA-262; nil for a format that is not known.
    static func text(named name: String) -> String? { patterns[name] }

    /// The same, parsed.
    static func pattern(named name: String) -> Pattern? {
        parsed.withLock { parsed in
            if let known = parsed[name] { return known }
            guard let text = patterns[name], let syntax = try? RegexParser.parse(text) else { return nil }
            let pattern = Pattern(text: text, syntax: syntax)
            parsed[name] = pattern
            return pattern
        }
    }

    /// Those that have been asked for.
    private static let parsed = Locked<[String: Pattern]>([:])

    static let names = patterns.keys.sorted()

    private static let patterns: [String: String] = [
        "date": whole(date), "time": whole(time), "date-time": whole("\(date)T\(time)"), "duration": whole(duration),
        "email": whole("\(localPart)@\(hostName)"), "hostname": whole(hostName), "ipv4": whole(ipv4),
        "ipv6": whole(ipv6),
        "uuid": whole("\(hex){8}-\(hex){4}-\(hex){4}-\(hex){4}-\(hex){12}"),
        "uri": whole("\(scheme):\(hierarchy)\(queryAndFragment)"),
        "uri-reference": whole("(?:\(scheme):\(hierarchy)|\(relative))\(queryAndFragment)"),
        "json-pointer": whole("(?:/(?:[^~/]|~[01])*)*"),
    ]

    private static func whole(_ pattern: String) -> String { "^\(pattern)$" }

    private static let hex = "[0-9A-Fa-f]"

    // MARK: Times (RFC 3339 §5.6)

    /// A day that there is, in the years 0001 to 9999 of the Gregorian calendar.
    private static let date: String = {
        let year = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
        let ofCentury = "(?:0[48]|[2468][048]|[13579][26])"
        let leapYear = "(?:[0-9]{2}\(ofCentury)|\(ofCentury)00)"
        let long = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
        let short = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
        let february = "02-(?:0[1-9]|1[0-9]|2[0-8])"
        return "(?:\(year)-(?:\(long)|\(short)|\(february))|\(leapYear)-02-29)"
    }()

    /// Without leap seconds, which most libraries do not read.
    private static let time =
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"

    /// RFC 3339 appendix A.
    private static let duration: String = {
        let time = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
        let date = "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
        return "P(?:\(date)(?:\(time))?|\(time)|[0-9]+W)".replacing("[0-9]+", with: "[0-9]{1,16}")
    }()

    // MARK: Names and addresses

    /// A dot-string (RFC 5321 §4.1.2) of at most 64 characters.
    private static let localPart: String = {
        let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
        return "(?=[^@]{1,64}@)\(atom)+(?:\\.\(atom)+)*"
    }()

    /// RFC 1123 §2.1: labels of at most 63 characters, together at most 253.
    private static let hostName: String = {
        let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        return "(?=[^@]{1,253}$)\(label)(?:\\.\(label))*"
    }()

    private static let ipv4: String = {
        let byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
        return "(?:\(byte)\\.){3}\(byte)"
    }()

    /// The forms of RFC 3986 §3.2.2, by the number of groups before `::`.
    private static let ipv6: String = {
        let group = "\(hex){1,4}"
        let last = "(?:\(group):\(group)|\(ipv4))"
        var forms = ["(?:\(group):){6}\(last)", "::(?:\(group):){5}\(last)"]
        for rest in (0...4).reversed() {
            let before = "(?:(?:\(group):){0,\(4 - rest)}\(group))?"
            forms.append("\(before)::(?:\(group):){\(rest)}\(last)")
        }
        forms.append("(?:(?:\(group):){0,5}\(group))?::\(group)")
        forms.append("(?:(?:\(group):){0,6}\(group))?::")
        return "(?:\(forms.joined(separator: "|")))"
    }()

    // MARK: URIs (RFC 3986 appendix A)

    private static let scheme = "[A-Za-z][A-Za-z0-9+.-]*"
    private static let unreserved = "A-Za-z0-9\\-._~"
    private static let subDelimiters = "!$&'()*+,;="
    private static let encoded = "%\(hex){2}"
    private static let character = "(?:[\(unreserved)\(subDelimiters):@]|\(encoded))"
    private static let segments = "(?:/\(character)*)*"

    private static let authority: String = {
        let user = "(?:[\(unreserved)\(subDelimiters):]|\(encoded))*@"
        let name = "(?:[\(unreserved)\(subDelimiters)]|\(encoded))*"
        let literal = "\\[(?:\(ipv6)|v\(hex)+\\.[\(unreserved)\(subDelimiters):]+)\\]"
        return "//(?:\(user))?(?:\(literal)|\(name))(?::[0-9]*)?"
    }()

    private static let hierarchy =
        "(?:\(authority)\(segments)|/(?:\(character)+\(segments))?|\(character)+\(segments)|)"

    private static let relative: String = {
        // Without a colon, which would end a scheme.
        let first = "(?:[\(unreserved)\(subDelimiters)@]|\(encoded))+"
        return "(?:\(authority)\(segments)|/(?:\(character)+\(segments))?|\(first)\(segments)|)"
    }()

    private static let queryAndFragment = "(?:\\?(?:\(character)|[/?])*)?(?:#(?:\(character)|[/?])*)?"
}
