// The token server of the guides: what their readers run today. Only the address of the API is made an option.
import express from "express";
import fetch from "node-fetch";

const app = express();

app.post("/token", async (_request, response) => {
  const upstream = await fetch(`${process.env.OPENAI_BASE_URL}/realtime/client_secrets`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ session: { type: "realtime", model: "gpt-realtime-2.1" } }),
  });
  response.json(await upstream.json());
});

app.listen(Number(process.env.PORT), "127.0.0.1");
