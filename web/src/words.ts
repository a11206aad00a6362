/** Every sentence of the page, in one place. */

import type { SignedOutReason } from "./access.ts";
import type { Mark, Speaker } from "./captions.ts";
import type { CallState } from "./call-state.ts";
import type { CallProblem, EndReason, ProblemCode } from "./problems.ts";

/** What went wrong or why the call is over, and what to do about it. */
export interface Notice {
  readonly title: string;
  readonly advice: string;
}

export const words = {
  start: "Start talking",
  invitation: "Tap, then just talk. You can interrupt at any time.",
  end: "End",
  mute: "Mute",
  send: "Send",
  message: "Message",
  messageHint: "Type instead of talking",
  transcript: "Transcript",
  activity: "Activity",
  clear: "Clear",
  elapsed: "Elapsed time",
  unblock: "Tap to hear",
  unsteady: "Weak connection…",
  tooLong: "This message is too long to send in one piece. Send it in parts.",
  noActivity: "Nothing has happened yet.",
  signedOut: "Signed out",
  forget: "End and forget",
  privacy: "The owner of this page keeps the text of conversations.",
} as const;

export const stateWords: Readonly<Record<CallState, string>> = {
  idle: "Ready",
  preparing: "Ready",
  connecting: "Connecting…",
  live: "Connected",
  ending: "Ending…",
  ended: "Call ended",
  failed: "No call",
};

export const speakerWords: Readonly<Record<Speaker, string>> = { person: "You", agent: "Assistant" };

export const markWords: Readonly<Record<Mark, string>> = {
  interrupted: "Interrupted",
  not_understood: "This could not be understood.",
  cut_short: "The answer was cut short.",
  failed: "The answer failed.",
};

const ALLOW_MICROPHONE =
  "Safari: tap the page menu beside the address, then Website Settings, Microphone, Allow. " +
  "Chrome: tap the symbol beside the address, then Permissions, Microphone. Then start again.";

const PROBLEMS: Readonly<Record<ProblemCode, Notice>> = {
  insecure_page: {
    title: "This address cannot use the microphone",
    advice: "Browsers allow it only on https:// addresses and on localhost. Open this page by its https:// address.",
  },
  browser_unsupported: {
    title: "This browser cannot make calls",
    advice: "Open the page in Safari 17.4 or newer, or in a current Chrome, Edge or Firefox.",
  },
  microphone_denied: { title: "The microphone is not allowed", advice: ALLOW_MICROPHONE },
  microphone_missing: { title: "No microphone was found", advice: "Connect one, then start again." },
  microphone_busy: {
    title: "The microphone could not be opened",
    advice: "Another app may be using it. Close that app, then start again.",
  },
  offline: { title: "There is no network", advice: "Check Wi-Fi or mobile data, then start again." },
  server_unreachable: { title: "The server could not be reached", advice: "Check the connection, then start again." },
  server_refused: { title: "The server refused the call", advice: "" },
  signed_out: { title: "You are not signed in", advice: "Ask the owner for a link, and open it on this device." },
  server_unclear: { title: "The server gave no usable answer", advice: "Start again in a moment." },
  openai_unreachable: {
    title: "OpenAI could not be reached",
    advice: "This network may block calls. Try another one, then start again.",
  },
  openai_refused: { title: "OpenAI refused the call", advice: "Start again in a moment." },
  openai_unclear: { title: "OpenAI gave no usable answer", advice: "Start again in a moment." },
  timed_out: { title: "Connecting took too long", advice: "The network may be slow or blocked. Start again." },
  unexpected: { title: "Something unexpected went wrong", advice: "Start again; reload the page if it stays so." },
};

const SIGNED_OUT: Readonly<Record<SignedOutReason, Notice>> = {
  no_invite: PROBLEMS.signed_out,
  invite_refused: {
    title: "This link does not work any more",
    advice: "Each link works once, for one day. Ask the owner for a new one.",
  },
  forgotten: {
    title: "You are signed out",
    advice: "Nothing of the conversation is left on this device. To come back, ask the owner for a new link.",
  },
};

const ENDINGS: Readonly<Record<Exclude<EndReason, "person" | "page_closed">, Notice>> = {
  hung_up: { title: "The other side hung up", advice: "Start again to go on talking." },
  dropped: { title: "The connection was lost", advice: "Check the network, then start again." },
  session_expired: { title: "The call reached the longest time there is", advice: "Start again to go on talking." },
  time_limit: { title: "The call reached its time limit", advice: "Start again to go on talking." },
  idle: { title: "The call ended because nobody spoke", advice: "Start again to go on talking." },
  microphone_lost: { title: "The microphone was taken away", advice: "Check that it is connected, then start again." },
};

export function problemNotice({ code, detail }: CallProblem): Notice {
  const { title, advice } = PROBLEMS[code];
  if (code === "server_refused") return { title, advice: detail }; // our functions say themselves what to do
  return { title, advice: detail === "" ? advice : `${sentence(detail)} ${advice}` };
}

export const notForgotten: Notice = {
  title: "You are still signed in",
  advice: "The server could not be reached. Check the network, then try again.",
};

export function signedOutNotice(reason: SignedOutReason): Notice {
  return SIGNED_OUT[reason];
}

/** The words for a call that is over; none when the person ended it. */
export function endNotice(reason: EndReason): Notice | undefined {
  return reason === "person" || reason === "page_closed" ? undefined : ENDINGS[reason];
}

/** Minutes and seconds, as a clock shows them. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function sentence(detail: string): string {
  return /[.!?…]$/.test(detail) ? detail : `${detail}.`;
}
