/** Every sentence of the page, in French. */

import type { Notice, Words } from "./english.ts";

const again = "Relancez l’appel pour continuer à parler.";
const later = "Réessayez dans un instant.";
const noInvite: Notice = {
  title: "Vous n’êtes pas connecté",
  advice: "Demandez un lien au responsable de cette page et ouvrez-le sur cet appareil.",
};

export const french: Words = {
  start: "Commencer à parler",
  invitation: "Touchez, puis parlez. Vous pouvez interrompre à tout moment.",
  end: "Terminer",
  mute: "Muet",
  send: "Envoyer",
  stop: "Arrêter la réponse",
  message: "Message",
  messageHint: "Écrire au lieu de parler",
  tooLong: "Ce message est trop long pour être envoyé en une fois. Envoyez-le en plusieurs parties.",
  transcript: "Transcription",
  earlier: "Afficher le début",
  elapsed: "Temps écoulé",
  blocked: "Le navigateur a besoin d’un toucher avant de pouvoir jouer le son.",
  unblock: "Toucher pour entendre",
  unsteady: "Connexion faible…",
  signedOut: "Déconnecté",
  forget: "Terminer et oublier",
  privacy: "Le responsable de cette page conserve le texte des conversations.",
  close: "Fermer",
  you: "Vous",
  states: {
    idle: "Prêt",
    preparing: "Prêt",
    connecting: "Connexion…",
    live: "Connecté",
    reconnecting: "Reconnexion…",
    handing_off: "Transfert…",
    ending: "Fin de l’appel…",
    ended: "Appel terminé",
    failed: "Pas d’appel",
  },
  marks: {
    interrupted: "Interrompu",
    not_understood: "Cela n’a pas pu être compris.",
    cut_short: "La réponse a été coupée.",
    too_long: "La réponse a été coupée : elle était trop longue.",
    filtered: "Un filtre de contenu a arrêté la réponse.",
    failed: "La réponse a échoué.",
  },
  usedTool: (name) => `${name} a été utilisé`,
  handedOff: (name) => `Conversation passée à ${name}`,
  pictureShown: "Une image que vous avez montrée",

  reconnectingIn: (seconds) => `Reconnexion dans ${seconds} s`,
  reconnectNow: "Essayer maintenant",
  endsIn: (clock) => `Cet appel se termine dans ${clock}`,

  microphones: {
    off: "Micro coupé",
    opening: "Ouverture du micro…",
    on: "Micro ouvert",
    muted: "Muet : rien n’est envoyé",
    held_back: "Maintenez pour être entendu",
    paused: "Le système utilise le micro",
    lost: "Le micro a été perdu. La page essaie de le rouvrir.",
  },
  hold: "Maintenir pour parler",
  held: "Relâcher pour envoyer",
  answer: "Répondre maintenant",
  level: "Niveau d’entrée",
  check: "Tester le micro",
  checkOffer: "Première visite ? Un court essai montre si l’on vous entend.",
  checking: "Dites quelque chose…",
  checkHeard: "On vous entend.",
  checkSilent: "Rien n’a été entendu. Choisissez un autre micro ou parlez plus fort.",
  checkUnmeasured: "Ce navigateur ne laisse pas la page mesurer le micro. Vous pouvez parler quand même.",
  checkStop: "Arrêter",

  show: "Montrer quelque chose",
  showShort: "Montrer",
  camera: "Caméra",
  screen: "Écran",
  turnCamera: "Changer de caméra",
  stopView: "Ne plus montrer",
  sendPicture: "Envoyer une image",
  preview: "Ce que vous montrez",
  viewProblems: {
    denied: { title: "Le navigateur ne l’autorise pas", advice: "Autorisez-le dans les réglages du navigateur pour ce site, puis réessayez." },
    missing: { title: "Aucune caméra trouvée", advice: "Branchez-en une, puis réessayez." },
    busy: { title: "La caméra n’a pas pu être ouverte", advice: "Une autre application l’utilise peut-être." },
    too_large: { title: "L’image est trop grande", advice: "Montrez quelque chose de moins détaillé." },
    no_call: { title: "Il n’y a pas d’appel", advice: "Commencez d’abord à parler." },
  },

  options: "Réglages",
  recording: "Enregistrement",

  details: "Détails",
  costTitle: "Coût",

  note: "À lire",
  shortcuts: "Clavier",

  offline: {
    title: "Vous êtes hors ligne",
    advice: "Un appel a besoin du Wi-Fi ou des données mobiles. Vous pourrez en commencer un dès que vous serez de nouveau en ligne.",
  },
  incomplete: "Une partie de cette page n’a pas pu être chargée. Vérifiez le réseau, puis rechargez la page.",
  update: "Une nouvelle version de cette page est prête.",
  reload: "Recharger",
  notForgotten: {
    title: "Vous êtes toujours connecté",
    advice: "Le serveur n’a pas confirmé la déconnexion. Vérifiez le réseau, puis réessayez.",
  },
  signedOutNotices: {
    no_invite: noInvite,
    invite_refused: {
      title: "Ce lien n’est plus valable",
      advice: "Chaque lien ne fonctionne qu’une fois, et pendant un jour seulement. Demandez-en un nouveau.",
    },
    forgotten: {
      title: "Vous êtes déconnecté",
      advice: "Rien de la conversation ne reste sur cet appareil. Pour revenir, demandez un nouveau lien.",
    },
  },
  endings: {
    agent: { title: "L’assistant a terminé l’appel", advice: again },
    hung_up: { title: "L’autre côté a raccroché", advice: again },
    dropped: { title: "La connexion a été perdue", advice: "Vérifiez le réseau, puis relancez." },
    session_expired: { title: "L’appel a atteint la durée maximale", advice: again },
    time_limit: { title: "L’appel a atteint sa durée limite", advice: again },
    idle: { title: "L’appel s’est terminé car personne ne parlait", advice: again },
    microphone_lost: { title: "Le micro a été débranché", advice: "Vérifiez qu’il est branché, puis relancez." },
  },
  problems: {
    insecure_page: {
      title: "Cette adresse ne peut pas utiliser le micro",
      advice: "Les navigateurs ne le permettent qu’en https:// et sur localhost. Ouvrez cette page par son adresse https://.",
    },
    browser_unsupported: {
      title: "Ce navigateur ne peut pas passer d’appels",
      advice: "Ouvrez la page dans Safari 17.4 ou plus récent, ou dans un Chrome, Edge ou Firefox actuel.",
    },
    microphone_denied: {
      title: "Le micro n’est pas autorisé",
      advice:
        "Safari : touchez le menu de la page à côté de l’adresse, puis Réglages du site web, Micro, Autoriser. " +
        "Chrome : touchez l’icône à côté de l’adresse, puis Autorisations, Micro. Puis relancez.",
    },
    microphone_missing: { title: "Aucun micro trouvé", advice: "Branchez-en un, puis relancez." },
    microphone_busy: {
      title: "Le micro n’a pas pu être ouvert",
      advice: "Une autre application l’utilise peut-être. Fermez-la, puis relancez.",
    },
    offline: { title: "Vous êtes hors ligne", advice: "Vérifiez le Wi-Fi ou les données mobiles, puis relancez." },
    server_unreachable: { title: "Le serveur n’a pas pu être joint", advice: "Vérifiez la connexion, puis relancez." },
    server_refused: { title: "Le serveur a refusé l’appel", advice: "" },
    signed_out: noInvite,
    server_unclear: { title: "Le serveur a envoyé une réponse non valide", advice: later },
    openai_unreachable: {
      title: "OpenAI n’a pas pu être joint",
      advice: "Ce réseau bloque peut-être les appels. Essayez-en un autre, puis relancez.",
    },
    openai_refused: { title: "OpenAI a refusé l’appel", advice: later },
    openai_unclear: { title: "OpenAI a envoyé une réponse non valide", advice: later },
    timed_out: { title: "La connexion a pris trop de temps", advice: "Le réseau est peut-être lent ou bloqué. Relancez." },
    unexpected: { title: "Un problème est survenu", advice: "Relancez. Si cela se reproduit, rechargez la page." },
  },
};
