/// Request bodies; `more` adds members, such as `"stream":true`.
enum RequestText {
    static func chat(_ more: String = "") -> String {
        body(#""model":"scripted","messages":[{"role":"user","content":"Hi"}]"#, more)
    }

    static func completion(_ more: String = "") -> String {
        body(#""model":"scripted","prompt":[1,2,3]"#, more)
    }

    static func embedding(_ input: String, _ more: String = "") -> String {
        body(#""model":"scripted","input":\#(input)"#, more)
    }

    private static func body(_ members: String, _ more: String) -> String {
        more.isEmpty ? "{\(members)}" : "{\(members),\(more)}"
    }
}
