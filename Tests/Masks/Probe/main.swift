import MartletConstraint
import MartletJSON
import MartletUV

// Follows constraints for tests in other languages. Reads a request per line and answers each with a line, in JSON.
// Requests, by their first member:
//
//     {"vocabulary": [HEX, …], "end": [ID, …], "special": [ID, …]}  answers {"id": N}
//     {"compile": SCHEMA, "unlimited": BOOL}                        answers {"id": N, "ns": TIME}
//     {"start": COMPILED, "vocabulary": N}                          answers {"id": N, "mask": HEX}
//     {"advance": STARTED, "token": ID}                             answers {"mask": HEX}
//     {"follow": COMPILED, "texts": [HEX, …]}                       answers {"texts": [COUNT, BOOL, …]}
//     {"time": COMPILED, "vocabulary": N, "tokens": [ID, …]}        answers {"ns": [TIME, …]}
//     {"copy": STARTED}                                             answers {"id": N}
//     {"forget": STARTED}                                           answers {}
//
// A mask has the bits of 64 tokens in 16 digits. `follow` counts the bytes that can be written and says whether the text
// may end after the last. `time` writes a text. Times are in nanoseconds: of compiling, and of the mask before each token.
// Faults are {"error": SENTENCE, "kind": NAME, "pointer": JSON POINTER}.

var probe = Probe()
while let line = readLine() {
    StandardOutput.write("\(probe.answer(to: line))\n")
}
