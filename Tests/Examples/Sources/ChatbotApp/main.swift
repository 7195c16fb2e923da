import Chatbot
import Martlet

// CHAT_BACKEND=http://localhost:11434 CHAT_MODEL=llama3.2 swift run ChatbotApp
let bot = try Chatbot(ChatbotSettings())
try await withServer(NoModels(), configuration: ServerConfiguration(port: 8090)) { server in
    try bot.addRoutes(to: &server)
    print("http://127.0.0.1:\(server.port)/chat")
    // Until the process is ended.
    while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
}
