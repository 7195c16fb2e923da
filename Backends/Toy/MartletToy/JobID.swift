/// What an engine calls one of its generations or embedding jobs.
package struct JobID: Hashable, Sendable {
    let number: UInt64
}
