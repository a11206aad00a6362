/** The sentences of the sheets that lie over the page, in English. */

import type { TurnMode } from "../../controls/controls.ts";
import type { RecordingProblem } from "../../page/recorder.ts";
import type { Notice } from "./english.ts";

export const english = {
  // The microphone and turns
  turns: "Taking turns",
  turnModes: {
    hands_free: { title: "Hands-free", advice: "The assistant answers when you pause." },
    push_to_talk: { title: "Push to talk", advice: "The assistant hears you only while you hold the button or the space bar." },
    on_request: { title: "When I ask", advice: "The assistant listens, and answers when you tap Answer now." },
  } satisfies Record<TurnMode, Notice>,
  sound: "Sound",
  microphone: "Microphone",
  loudspeaker: "Loudspeaker",
  systemChoice: "System default",
  unnamed: (number: number) => `Device ${number}`,
  echoCancellation: "Cancel echo",
  noiseSuppression: "Reduce noise",
  autoGainControl: "Even out loudness",

  // Pictures
  pictureEvery: "Send a picture",
  onDemand: "Only when I tap or type",
  everySeconds: (seconds: number) => `Every ${seconds} s, if it has changed`,

  // Options
  agent: "Assistant",
  voice: "Voice",
  agentVoice: (name: string) => `Default (${name})`,
  fromNextCall: "Takes effect with the next call.",
  language: "Language",
  theme: "Appearance",
  themes: { system: "Same as the device", light: "Light", dark: "Dark" },
  save: "Save",
  conversation: "The conversation",
  asText: "Text",
  asMarkdown: "Markdown",
  asJson: "JSON",
  eventLog: "Event log",
  nothingToSave: "There is no conversation yet.",
  record: "Record the sound of calls",
  recordConsent: "Everyone who can be heard must agree. The recording stays on this device. Save it before you leave the page.",
  recordingProblems: {
    refused: { title: "Not recording", advice: "This browser does not let the page record the sound of the call. The call goes on without a recording." },
    waiting: { title: "Not recording yet", advice: "The browser holds the sound back. Tap the page once." },
  } satisfies Record<RecordingProblem, Notice>,
  saveSound: (kind: string) => `Sound, ${kind}`,
  makingWav: "Making the WAV file…",
  noWav: (kind: string) => `The WAV file could not be made. The ${kind} file has the same sound.`,
  tooLongForWav: (minutes: number, kind: string) =>
    `A recording of more than ${minutes} minutes is too long for a WAV file. The ${kind} file has the whole recording.`,

  // Details
  thisCall: "This call",
  lastTurn: "Last turn",
  minutesLeft: (count: string) => `Minutes left this month: ${count}`,
  turnsTitle: "Turns",
  modality: "Kind",
  modalities: { text: "Text", audio: "Sound", image: "Pictures" },
  input: "Input",
  cached: "Cached",
  output: "Output",
  money: "Cost",
  transcription: "Transcription",
  total: "Total",
  pricesOf: (date: string) => `This is an estimate with the prices of ${date}. OpenAI's bill is what counts.`,
  noPrice: (model: string) => `The price table has no price for ${model}.`,
  connection: "Connection",
  status: "Status",
  callId: "Call id",
  route: "Route",
  roundTrip: "Round trip",
  jitter: "Jitter",
  lost: "Packets lost",
  microphoneState: "Microphone",
  latency: "Waiting time",
  firstSound: "Tap to first sound",
  answerTime: "End of speech to first sound",
  ofTurns: (count: number) => `Last ${count} turns`,

  // Events
  events: "Events",
  direction: "Show",
  directions: { all: "All", client: "Sent", server: "Received", page: "Page", errors: "Errors" },
  search: "Search",
  noEvents: "Nothing has happened yet.",
  noMatch: "No event matches.",
  olderDropped: (count: string) => `${count} older events are no longer kept here.`,
  clear: "Clear",
  copy: "Copy",
  copied: "Copied",
  sendEvent: "Send an event",
  eventJson: "Event as JSON",
  notAnEvent: 'Enter a JSON object that has a "type".',
  notSent: "The event was not sent. Either no call is open, or the event is too large.",

  // Keyboard
  shortcutsOn: "Use keyboard shortcuts",
  keys: {
    mute: "Mute or unmute",
    stop: "Stop the answer",
    hold: "Hold to talk, in push-to-talk mode",
    message: "Type a message",
    options: "Options",
    details: "Details",
    help: "Show this list",
  },
  space: "Space",

  // A link, before it is used
  continueAs: (name: string) => (name === "" ? "Continue" : `Continue as ${name}`),
  signedInAs: (name: string) => `You are signed in as ${name}.`,
  askToContinueAs: (name: string) => (name === "" ? "Continue with this link?" : `Continue as ${name}?`),
  stay: (name: string) => `Stay signed in as ${name}`,
  linkNotUsed: {
    title: "The link could not be used yet",
    advice: "The server could not be reached. Check the network, then try again.",
  },
};

export type SheetWords = typeof english;
