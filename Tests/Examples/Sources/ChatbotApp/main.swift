import Chatbot
import Martlet

// CHAT_BACKEND=http://localhost:11434 CHAT_MODEL=llama3.2 swift run ChatbotApp
let bot = try Chatbot(ChatbotSettings())
try await serve(
    NoModels(), configuration: ServerConfiguration(port: 8090), configure: { try bot.addRoutes(to: &$0) },
    onReady: { print("\($0.url)/chat") })
