/** Every sentence of the page, in German. */

import type { Notice, Words } from "./english.ts";

const again = "Zum Weiterreden noch einmal starten.";
const later = "Gleich noch einmal versuchen.";
const noInvite: Notice = {
  title: "Nicht angemeldet",
  advice: "Wer diese Seite betreibt, verschickt Links. Bitte einen erfragen und auf diesem Gerät öffnen.",
};

export const german: Words = {
  start: "Gespräch starten",
  invitation: "Tippen und einfach reden. Unterbrechen geht jederzeit.",
  end: "Beenden",
  mute: "Stumm",
  send: "Senden",
  stop: "Antwort abbrechen",
  message: "Nachricht",
  messageHint: "Schreiben statt sprechen",
  tooLong: "Diese Nachricht ist zu lang, um sie am Stück zu senden. Bitte aufteilen.",
  transcript: "Gesprächsverlauf",
  earlier: "Früheres anzeigen",
  elapsed: "Dauer",
  blocked: "Der Browser spielt Ton erst ab, wenn die Seite angetippt wird.",
  unblock: "Tippen zum Hören",
  unsteady: "Schwache Verbindung…",
  signedOut: "Abgemeldet",
  forget: "Beenden und vergessen",
  privacy: "Wer diese Seite betreibt, bewahrt den Text der Gespräche auf.",
  close: "Schließen",
  you: "Ich",
  states: {
    idle: "Bereit",
    preparing: "Bereit",
    connecting: "Verbindet…",
    live: "Verbunden",
    reconnecting: "Verbindet neu…",
    handing_off: "Übergibt…",
    ending: "Wird beendet…",
    ended: "Gespräch beendet",
    failed: "Kein Gespräch",
  },
  marks: {
    interrupted: "Unterbrochen",
    not_understood: "Das war nicht zu verstehen.",
    cut_short: "Die Antwort wurde gekürzt.",
    too_long: "Die Antwort wurde gekürzt: Sie war zu lang.",
    filtered: "Ein Inhaltsfilter hat die Antwort angehalten.",
    failed: "Die Antwort ist gescheitert.",
  },
  usedTool: (name) => `${name} benutzt`,
  handedOff: (name) => `Übergeben an ${name}`,
  pictureShown: "Ein gezeigtes Bild",

  reconnectingIn: (seconds) => `Neue Verbindung in ${seconds} s`,
  reconnectNow: "Jetzt versuchen",
  endsIn: (clock) => `Dieses Gespräch endet in ${clock}`,

  microphones: {
    off: "Mikrofon aus",
    opening: "Mikrofon wird geöffnet…",
    on: "Mikrofon an",
    muted: "Stumm: nichts wird gesendet",
    held_back: "Zum Sprechen halten",
    paused: "Das System benutzt das Mikrofon",
    lost: "Das Mikrofon ist weg. Die Seite versucht weiter, es zu öffnen.",
  },
  hold: "Zum Sprechen halten",
  held: "Zum Senden loslassen",
  answer: "Jetzt antworten",
  level: "Eingangspegel",
  check: "Mikrofon prüfen",
  checkOffer: "Zum ersten Mal hier? Eine kurze Probe zeigt, ob alles zu hören ist.",
  checking: "Bitte etwas sagen…",
  checkHeard: "Alles ist zu hören.",
  checkSilent: "Nichts zu hören. Ein anderes Mikrofon wählen oder lauter sprechen.",
  checkUnmeasured: "Dieser Browser lässt die Seite das Mikrofon nicht messen. Sprechen geht trotzdem.",
  checkStop: "Aufhören",

  show: "Etwas zeigen",
  showShort: "Zeigen",
  camera: "Kamera",
  screen: "Bildschirm",
  turnCamera: "Kamera wechseln",
  stopView: "Nicht mehr zeigen",
  sendPicture: "Jetzt ein Bild senden",
  preview: "Was gezeigt wird",
  viewProblems: {
    denied: { title: "Der Browser erlaubt das nicht", advice: "In den Browser-Einstellungen dieser Website erlauben, dann noch einmal." },
    missing: { title: "Keine Kamera gefunden", advice: "Eine anschließen, dann noch einmal." },
    busy: { title: "Die Kamera ließ sich nicht öffnen", advice: "Vielleicht benutzt sie eine andere App." },
    too_large: { title: "Das Bild ist zu groß zum Senden", advice: "Etwas mit weniger Einzelheiten zeigen." },
    no_call: { title: "Es läuft kein Gespräch", advice: "Zuerst das Gespräch starten." },
  },

  options: "Einstellungen",
  recording: "Aufnahme läuft",

  details: "Details",
  costTitle: "Kosten",

  note: "Zum Lesen",
  shortcuts: "Tastatur",

  offline: {
    title: "Keine Internetverbindung",
    advice: "Ein Gespräch braucht WLAN oder Mobilfunk. Sobald die Verbindung zurück ist, kann es losgehen.",
  },
  incomplete: "Ein Teil dieser Seite ließ sich nicht laden. Das Netz prüfen, dann die Seite neu laden.",
  update: "Eine neue Fassung dieser Seite ist da.",
  reload: "Neu laden",
  notForgotten: {
    title: "Immer noch angemeldet",
    advice: "Der Server hat die Abmeldung nicht bestätigt. Das Netz prüfen, dann noch einmal versuchen.",
  },
  signedOutNotices: {
    no_invite: noInvite,
    invite_refused: {
      title: "Dieser Link gilt nicht mehr",
      advice: "Jeder Link gilt nur einmal und nur einen Tag lang. Bitte einen neuen erfragen.",
    },
    forgotten: {
      title: "Abgemeldet",
      advice: "Vom Gespräch ist auf diesem Gerät nichts geblieben. Für die Rückkehr bitte einen neuen Link erfragen.",
    },
  },
  endings: {
    agent: { title: "Der Assistent hat das Gespräch beendet", advice: again },
    hung_up: { title: "Die andere Seite hat aufgelegt", advice: again },
    dropped: { title: "Die Verbindung ist abgerissen", advice: "Das Netz prüfen, dann noch einmal starten." },
    session_expired: { title: "Das Gespräch hat die Höchstdauer erreicht", advice: again },
    time_limit: { title: "Die Zeit für dieses Gespräch ist um", advice: again },
    idle: { title: "Das Gespräch endete, weil niemand sprach", advice: again },
    microphone_lost: { title: "Das Mikrofon wurde getrennt", advice: "Prüfen, ob es angeschlossen ist, dann noch einmal starten." },
  },
  problems: {
    insecure_page: {
      title: "Unter dieser Adresse geht das Mikrofon nicht",
      advice: "Browser erlauben es nur unter https:// und localhost. Diese Seite bitte unter ihrer https://-Adresse öffnen.",
    },
    browser_unsupported: {
      title: "Dieser Browser kann keine Gespräche führen",
      advice: "Die Seite in Safari ab 17.4 oder in einem aktuellen Chrome, Edge oder Firefox öffnen.",
    },
    microphone_denied: {
      title: "Das Mikrofon ist nicht erlaubt",
      advice:
        "Safari: neben der Adresse das Seitenmenü antippen, dann Website-Einstellungen, Mikrofon, Erlauben. " +
        "Chrome: das Symbol neben der Adresse antippen, dann Berechtigungen, Mikrofon. Danach noch einmal starten.",
    },
    microphone_missing: { title: "Kein Mikrofon gefunden", advice: "Eines anschließen, dann noch einmal starten." },
    microphone_busy: {
      title: "Das Mikrofon ließ sich nicht öffnen",
      advice: "Vielleicht benutzt es eine andere App. Diese schließen, dann noch einmal starten.",
    },
    offline: { title: "Keine Internetverbindung", advice: "WLAN oder Mobilfunk prüfen, dann noch einmal starten." },
    server_unreachable: { title: "Der Server ist nicht erreichbar", advice: "Die Verbindung prüfen, dann noch einmal starten." },
    server_refused: { title: "Der Server hat das Gespräch abgelehnt", advice: "" },
    signed_out: noInvite,
    server_unclear: { title: "Der Server hat ungültig geantwortet", advice: later },
    openai_unreachable: {
      title: "OpenAI ist nicht erreichbar",
      advice: "Vielleicht sperrt dieses Netz Gespräche. Ein anderes nehmen, dann noch einmal starten.",
    },
    openai_refused: { title: "OpenAI hat das Gespräch abgelehnt", advice: later },
    openai_unclear: { title: "OpenAI hat ungültig geantwortet", advice: later },
    timed_out: { title: "Das Verbinden dauerte zu lang", advice: "Vielleicht ist das Netz langsam oder gesperrt. Noch einmal starten." },
    unexpected: { title: "Etwas ist schiefgegangen", advice: "Noch einmal starten. Passiert es wieder, die Seite neu laden." },
  },
};
