/** Every sentence of the page, in English. The other languages have the same keys: the compiler checks that. */

import type { SignedOutReason } from "../../page/access.ts";
import type { Mark } from "../../readings/caption.ts";
import type { CallState } from "../../call/call-state.ts";
import type { MicrophoneState, ViewProblem } from "../../controls/controls.ts";
import type { EndReason, ProblemCode } from "../../protocol/problems.ts";

/** What went wrong or why the call is over, and what to do about it. */
export interface Notice {
  readonly title: string;
  readonly advice: string;
}

const again = "Start again to keep talking.";
const noInvite: Notice = {
  title: "You are not signed in",
  advice: "Ask the owner for a link, then open it on this device.",
};

export const english = {
  // The page
  start: "Start talking",
  invitation: "Tap, then just talk. You can interrupt at any time.",
  end: "End",
  mute: "Mute",
  send: "Send",
  stop: "Stop the answer",
  message: "Message",
  messageHint: "Type instead of talking",
  tooLong: "This message is too long to send in one piece. Send it in parts.",
  transcript: "Transcript",
  earlier: "Show earlier",
  elapsed: "Elapsed time",
  blocked: "The browser needs a tap before it can play sound.",
  unblock: "Tap to hear",
  unsteady: "Weak connection…",
  signedOut: "Signed out",
  forget: "End and forget",
  privacy: "The owner of this page keeps the text of conversations.",
  close: "Close",
  you: "You",
  states: {
    idle: "Ready",
    preparing: "Ready",
    connecting: "Connecting…",
    live: "Connected",
    reconnecting: "Reconnecting…",
    handing_off: "Handing off…",
    ending: "Ending…",
    ended: "Call ended",
    failed: "No call",
  } satisfies Record<CallState, string>,
  marks: {
    interrupted: "Interrupted",
    not_understood: "This could not be understood.",
    cut_short: "The answer was cut short.",
    too_long: "The answer was cut short: it was too long.",
    filtered: "A content filter stopped the answer.",
    failed: "The answer failed.",
  } satisfies Record<Mark, string>,
  usedTool: (name: string) => `Used ${name}`,
  handedOff: (name: string) => `Handed off to ${name}`,
  pictureShown: "A picture you showed",

  // The connection
  reconnectingIn: (seconds: number) => `Reconnecting in ${seconds} s`,
  reconnectNow: "Try now",
  endsIn: (clock: string) => `This call ends in ${clock}`,

  // The microphone and turns
  microphones: {
    off: "Microphone off",
    opening: "Opening the microphone…",
    on: "Microphone on",
    muted: "Muted: nothing is sent",
    held_back: "Hold to be heard",
    paused: "The system is using the microphone",
    lost: "The microphone was lost. The page keeps trying to reopen it.",
  } satisfies Record<MicrophoneState, string>,
  hold: "Hold to talk",
  held: "Release to send",
  answer: "Answer now",
  level: "Input level",
  check: "Check the microphone",
  checkOffer: "First time here? A short check shows whether you can be heard.",
  checking: "Say something…",
  checkHeard: "You can be heard.",
  checkSilent: "Nothing was heard. Choose another microphone, or speak up.",
  checkUnmeasured: "This browser does not let the page measure the microphone. You can still talk.",
  checkStop: "Stop",

  // Pictures
  show: "Show something",
  showShort: "Show",
  camera: "Camera",
  screen: "Screen",
  turnCamera: "Switch camera",
  stopView: "Stop showing",
  sendPicture: "Send a picture now",
  preview: "What you are showing",
  viewProblems: {
    denied: { title: "The browser does not allow this", advice: "Allow it in the browser's settings for this site, then try again." },
    missing: { title: "No camera was found", advice: "Connect one, then try again." },
    busy: { title: "The camera could not be opened", advice: "Another app may be using it." },
    too_large: { title: "The picture is too large to send", advice: "Show something with less detail." },
    no_call: { title: "There is no call", advice: "Start talking first." },
  } satisfies Record<ViewProblem, Notice>,

  // Options
  options: "Options",
  recording: "Recording",

  // Details
  details: "Details",
  costTitle: "Cost",

  // What the assistant displays
  note: "To read",

  // Keyboard
  shortcuts: "Keyboard",

  // The page itself
  offline: {
    title: "You are offline",
    advice: "A call needs Wi-Fi or mobile data. You can start one as soon as you are back online.",
  },
  incomplete: "Part of this page could not be loaded. Check the network, then reload the page.",
  update: "A new version of this page is ready.",
  reload: "Reload",
  notForgotten: {
    title: "You are still signed in",
    advice: "The server did not confirm the sign-out. Check the network, then try again.",
  },
  signedOutNotices: {
    no_invite: noInvite,
    invite_refused: {
      title: "This link no longer works",
      advice: "Each link works once, and only for a day. Ask the owner for a new one.",
    },
    forgotten: {
      title: "You are signed out",
      advice: "Nothing from the conversation is left on this device. To come back, ask the owner for a new link.",
    },
  } satisfies Record<SignedOutReason, Notice>,
  endings: {
    agent: { title: "The assistant ended the call", advice: again },
    hung_up: { title: "The other side hung up", advice: again },
    dropped: { title: "The connection was lost", advice: "Check the network, then start again." },
    session_expired: { title: "The call reached the maximum length", advice: again },
    time_limit: { title: "The call reached its time limit", advice: again },
    idle: { title: "The call ended because nobody spoke", advice: again },
    microphone_lost: { title: "The microphone was disconnected", advice: "Check that it is connected, then start again." },
  } satisfies Record<Exclude<EndReason, "person" | "page_closed">, Notice>,
  problems: {
    insecure_page: {
      title: "This address cannot use the microphone",
      advice: "Browsers allow it only on https:// addresses and on localhost. Open this page at its https:// address.",
    },
    browser_unsupported: {
      title: "This browser cannot make calls",
      advice: "Open the page in Safari 17.4 or newer, or in a current Chrome, Edge or Firefox.",
    },
    microphone_denied: {
      title: "The microphone is not allowed",
      advice:
        "Safari: tap the page menu beside the address, then Website Settings, Microphone, Allow. " +
        "Chrome: tap the icon beside the address, then Permissions, Microphone. Then start again.",
    },
    microphone_missing: { title: "No microphone was found", advice: "Connect one, then start again." },
    microphone_busy: {
      title: "The microphone could not be opened",
      advice: "Another app may be using it. Close that app, then start again.",
    },
    offline: { title: "You are offline", advice: "Check Wi-Fi or mobile data, then start again." },
    server_unreachable: { title: "The server could not be reached", advice: "Check the connection, then start again." },
    server_refused: { title: "The server refused the call", advice: "" },
    signed_out: noInvite,
    server_unclear: { title: "The server sent an invalid response", advice: "Start again in a moment." },
    openai_unreachable: {
      title: "OpenAI could not be reached",
      advice: "This network may block calls. Try another one, then start again.",
    },
    openai_refused: { title: "OpenAI refused the call", advice: "Start again in a moment." },
    openai_unclear: { title: "OpenAI sent an invalid response", advice: "Start again in a moment." },
    timed_out: { title: "Connecting took too long", advice: "The network may be slow or blocked. Start again." },
    unexpected: { title: "Something went wrong", advice: "Start again. If it happens again, reload the page." },
  } satisfies Record<ProblemCode, Notice>,
};

export type Words = typeof english;
