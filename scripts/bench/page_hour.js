// An hour of conversation on the open call's data channel, sixty times as fast: each slice is a second at the peak.
async ([minutes, eventsPerMinute]) => {
  const WORDS = "Once upon a time there was a lighthouse and in it lived a man who never slept ".split(" ");
  let turn = 0;
  function* events() {
    for (;;) {
      turn += 1;
      const [person, agent, response] = [`item_p${turn}`, `item_a${turn}`, `resp_${turn}`];
      const ids = { response_id: response, item_id: agent, output_index: 0, content_index: 0 };
      const said = `This is what I say in turn ${turn}.`;
      const asked = { id: person, type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] };
      const answered = { id: agent, type: "message", role: "assistant", content: [] };
      yield { type: "input_audio_buffer.speech_started", item_id: person, audio_start_ms: turn * 1000 };
      yield { type: "input_audio_buffer.speech_stopped", item_id: person, audio_end_ms: turn * 1000 + 500 };
      yield { type: "input_audio_buffer.committed", item_id: person, previous_item_id: `item_a${turn - 1}` };
      yield { type: "conversation.item.added", previous_item_id: `item_a${turn - 1}`, item: asked };
      yield { type: "conversation.item.input_audio_transcription.completed", item_id: person, content_index: 0, transcript: said };
      yield { type: "response.created", response: { id: response, status: "in_progress", output: [] } };
      yield { type: "response.output_item.added", response_id: response, output_index: 0, item: answered };
      yield { type: "conversation.item.added", previous_item_id: person, item: answered };
      yield { type: "output_audio_buffer.started", response_id: response };
      const words = Array.from({ length: 90 }, (_, at) => WORDS[at % WORDS.length]);
      for (const word of words) yield { type: "response.output_audio_transcript.delta", ...ids, delta: `${word} ` };
      yield { type: "response.output_audio_transcript.done", ...ids, transcript: words.join(" ") };
      const usage = { total_tokens: 900, input_tokens: 600, output_tokens: 300, input_token_details: { text_tokens: 100, audio_tokens: 500, cached_tokens: 400 }, output_token_details: { text_tokens: 100, audio_tokens: 200 } };
      yield { type: "response.done", response: { id: response, status: "completed", output: [], usage } };
      yield { type: "output_audio_buffer.stopped", response_id: response };
    }
  }
  const source = events();
  const perSlice = Math.ceil(eventsPerMinute / 60);
  for (let slice = 0; slice < minutes * 60; slice += 1) {
    for (let at = 0; at < perSlice; at += 1) {
      const data = JSON.stringify({ event_id: `event_${slice}_${at}`, ...source.next().value });
      channel.dispatchEvent(new MessageEvent("message", { data }));
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 / 60));
  }
  return turn;
};
