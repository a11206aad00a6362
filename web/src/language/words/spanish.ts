/** Every sentence of the page, in Spanish. */

import type { Notice, Words } from "./english.ts";

const again = "Vuelve a empezar para seguir hablando.";
const later = "Vuelve a empezar dentro de un momento.";
const noInvite: Notice = {
  title: "No has iniciado sesión",
  advice: "Pide un enlace a quien gestiona esta página y ábrelo en este dispositivo.",
};

export const spanish: Words = {
  start: "Empezar a hablar",
  invitation: "Toca y habla. Puedes interrumpir cuando quieras.",
  end: "Terminar",
  mute: "Silenciar",
  send: "Enviar",
  stop: "Parar la respuesta",
  message: "Mensaje",
  messageHint: "Escribe en vez de hablar",
  tooLong: "Este mensaje es demasiado largo para enviarlo de una vez. Envíalo por partes.",
  transcript: "Transcripción",
  earlier: "Mostrar lo anterior",
  elapsed: "Tiempo transcurrido",
  blocked: "El navegador necesita un toque para poder reproducir sonido.",
  unblock: "Toca para oír",
  unsteady: "Conexión débil…",
  signedOut: "Sesión cerrada",
  forget: "Terminar y olvidar",
  privacy: "Quien gestiona esta página guarda el texto de las conversaciones.",
  close: "Cerrar",
  you: "Tú",
  states: {
    idle: "Listo",
    preparing: "Listo",
    connecting: "Conectando…",
    live: "Conectado",
    reconnecting: "Reconectando…",
    handing_off: "Pasando la conversación…",
    ending: "Terminando…",
    ended: "Llamada terminada",
    failed: "Sin llamada",
  },
  marks: {
    interrupted: "Interrumpido",
    not_understood: "No se ha podido entender.",
    cut_short: "La respuesta quedó cortada.",
    too_long: "La respuesta quedó cortada: era demasiado larga.",
    filtered: "Un filtro de contenido detuvo la respuesta.",
    failed: "La respuesta falló.",
  },
  usedTool: (name) => `Se usó ${name}`,
  handedOff: (name) => `Se pasó la conversación a ${name}`,
  pictureShown: "Una imagen que mostraste",

  reconnectingIn: (seconds) => `Nueva conexión en ${seconds} s`,
  reconnectNow: "Probar ahora",
  endsIn: (clock) => `Esta llamada termina en ${clock}`,

  microphones: {
    off: "Micrófono apagado",
    opening: "Abriendo el micrófono…",
    on: "Micrófono encendido",
    muted: "En silencio: no se envía nada",
    held_back: "Mantén pulsado para hablar",
    paused: "El sistema está usando el micrófono",
    lost: "Se perdió el micrófono. La página sigue intentando abrirlo.",
  },
  hold: "Mantén pulsado para hablar",
  held: "Suelta para enviar",
  answer: "Responder ahora",
  level: "Nivel de entrada",
  check: "Probar el micrófono",
  checkOffer: "¿Es la primera vez? Una prueba corta muestra si se te oye.",
  checking: "Di algo…",
  checkHeard: "Se te oye.",
  checkSilent: "No se ha oído nada. Elige otro micrófono o habla más alto.",
  checkUnmeasured: "Este navegador no deja que la página mida el micrófono. Puedes hablar igualmente.",
  checkStop: "Parar",

  show: "Mostrar algo",
  showShort: "Mostrar",
  camera: "Cámara",
  screen: "Pantalla",
  turnCamera: "Cambiar de cámara",
  stopView: "Dejar de mostrar",
  sendPicture: "Enviar una imagen ahora",
  preview: "Lo que muestras",
  viewProblems: {
    denied: { title: "El navegador no lo permite", advice: "Permítelo en los ajustes de este sitio en el navegador y vuelve a probar." },
    missing: { title: "No se encontró ninguna cámara", advice: "Conecta una y vuelve a probar." },
    busy: { title: "No se pudo abrir la cámara", advice: "Quizá la está usando otra aplicación." },
    too_large: { title: "La imagen es demasiado grande", advice: "Muestra algo con menos detalle." },
    no_call: { title: "No hay ninguna llamada", advice: "Primero, empieza a hablar." },
  },

  options: "Opciones",
  recording: "Grabando",

  details: "Detalles",
  costTitle: "Coste",

  note: "Para leer",
  shortcuts: "Teclado",

  offline: {
    title: "No tienes conexión",
    advice: "Una llamada necesita wifi o datos móviles. Podrás empezar en cuanto vuelva la conexión.",
  },
  incomplete: "No se pudo cargar una parte de esta página. Comprueba la red y recarga la página.",
  update: "Hay una nueva versión de esta página.",
  reload: "Recargar",
  notForgotten: {
    title: "La sesión sigue abierta",
    advice: "El servidor no ha confirmado la salida. Comprueba la red y vuelve a probar.",
  },
  signedOutNotices: {
    no_invite: noInvite,
    invite_refused: {
      title: "Este enlace ya no funciona",
      advice: "Cada enlace funciona una sola vez, y solo durante un día. Pide uno nuevo.",
    },
    forgotten: {
      title: "Sesión cerrada",
      advice: "No queda nada de la conversación en este dispositivo. Para volver, pide un enlace nuevo.",
    },
  },
  endings: {
    agent: { title: "El asistente terminó la llamada", advice: again },
    hung_up: { title: "La otra parte colgó", advice: again },
    dropped: { title: "Se perdió la conexión", advice: "Comprueba la red y vuelve a empezar." },
    session_expired: { title: "La llamada llegó a la duración máxima", advice: again },
    time_limit: { title: "La llamada llegó a su límite de tiempo", advice: again },
    idle: { title: "La llamada terminó porque nadie hablaba", advice: again },
    microphone_lost: { title: "El micrófono se ha desconectado", advice: "Comprueba que está conectado y vuelve a empezar." },
  },
  problems: {
    insecure_page: {
      title: "Esta dirección no puede usar el micrófono",
      advice: "Los navegadores solo lo permiten en direcciones https:// y en localhost. Abre esta página por su dirección https://.",
    },
    browser_unsupported: {
      title: "Este navegador no puede hacer llamadas",
      advice: "Abre la página en Safari 17.4 o posterior, o en un Chrome, Edge o Firefox actual.",
    },
    microphone_denied: {
      title: "El micrófono no está permitido",
      advice:
        "Safari: toca el menú de página junto a la dirección, luego Ajustes del sitio web, Micrófono, Permitir. " +
        "Chrome: toca el icono junto a la dirección, luego Permisos, Micrófono. Después vuelve a empezar.",
    },
    microphone_missing: { title: "No se encontró ningún micrófono", advice: "Conecta uno y vuelve a empezar." },
    microphone_busy: {
      title: "No se pudo abrir el micrófono",
      advice: "Quizá lo usa otra aplicación. Ciérrala y vuelve a empezar.",
    },
    offline: { title: "No tienes conexión", advice: "Comprueba el wifi o los datos móviles y vuelve a empezar." },
    server_unreachable: { title: "No se pudo llegar al servidor", advice: "Comprueba la conexión y vuelve a empezar." },
    server_refused: { title: "El servidor rechazó la llamada", advice: "" },
    signed_out: noInvite,
    server_unclear: { title: "El servidor envió una respuesta no válida", advice: later },
    openai_unreachable: {
      title: "No se pudo llegar a OpenAI",
      advice: "Puede que esta red bloquee las llamadas. Prueba con otra y vuelve a empezar.",
    },
    openai_refused: { title: "OpenAI rechazó la llamada", advice: later },
    openai_unclear: { title: "OpenAI envió una respuesta no válida", advice: later },
    timed_out: { title: "La conexión tardó demasiado", advice: "La red puede ser lenta o estar bloqueada. Vuelve a empezar." },
    unexpected: { title: "Algo salió mal", advice: "Vuelve a empezar. Si vuelve a pasar, recarga la página." },
  },
};
