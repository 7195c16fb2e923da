/// The chat page.
enum ChatPage {
    static let html = """
        <!doctype html><meta charset="utf-8"><title>Chatbot</title>
        <style>
          body { font: 16px/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
          .user { color: #456; font-weight: 600 } .assistant { white-space: pre-wrap } .error { color: #a00 }
          form { display: flex; gap: .5rem } input { flex: 1; font: inherit; padding: .4rem }
        </style>
        <h1>Chatbot</h1><div id="log" aria-live="polite"></div>
        <form><input name="text" autocomplete="off" autofocus aria-label="Message"><button>Send</button></form>
        <script>
          const log = document.querySelector("#log")
          const show = (role, text) => {
            const line = document.createElement("p"); line.className = role; line.textContent = text
            log.append(line); return line
          }
          fetch("/api/messages").then(r => r.json()).then(all => all.forEach(m => show(m.role, m.content)))
          document.querySelector("form").onsubmit = async event => {
            event.preventDefault()
            const text = event.target.text.value; event.target.reset(); show("user", text)
            const line = show("assistant", "")
            const reader = (await fetch("/api/stream", { method: "POST", body: text })).body
              .pipeThrough(new TextDecoderStream()).getReader()
            for (let rest = "", piece; !(piece = await reader.read()).done;) {
              const events = (rest + piece.value).split("\\n\\n"); rest = events.pop()
              for (const data of events.map(e => e.slice(6)).filter(d => d !== "[DONE]")) {
                const event = JSON.parse(data)
                if (event.error) show("error", event.error.message); else line.textContent += event.content
              }
            }
          }
        </script>
        """
}
