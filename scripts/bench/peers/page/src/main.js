// What the guides show, done right: a token at the click, then the Agents SDK connects, then the greeting is asked for.
import { RealtimeAgent, RealtimeSession } from "@openai/agents-realtime";

async function start() {
  const answer = await fetch("/api/client-secrets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ agent: "assistant" }),
  });
  const { value, calls_url, model } = await answer.json();
  const agent = new RealtimeAgent({ name: "Assistant", instructions: "You are a kind and clear voice assistant." });
  const session = new RealtimeSession(agent, { model, tracingDisabled: true });
  await session.connect({ apiKey: value, url: calls_url });
  session.transport.sendEvent({ type: "response.create" });
}

document.querySelector("button").addEventListener("click", start);
