public import Instrumentation
public import Martlet

/// Reads the context of a trace from the fields of a request, such as W3C's `traceparent` and `tracestate`.
public struct FieldExtractor: Extractor {
    /// An extractor without state.
    public init() {}

    /// The value of a field; several of one name are one list (RFC 9110 §5.3).
    public func extract(key: String, from fields: HTTPFields) -> String? {
        let values = fields.values(of: key)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

/// Writes the context of a trace into the fields of a request that a backend sends.
///
/// ```swift
/// var fields = HTTPFields()
/// if let context = ServiceContext.current {
///     InstrumentationSystem.instrument.inject(context, into: &fields, using: FieldInjector())
/// }
/// ```
public struct FieldInjector: Injector {
    /// An injector without state.
    public init() {}

    /// Replaces the fields of a name. Control bytes of the value become spaces.
    public func inject(_ value: String, forKey key: String, into fields: inout HTTPFields) {
        fields.remove(key)
        fields.append(key, value)
    }
}
