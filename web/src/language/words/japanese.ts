/** Every sentence of the page, in Japanese. */

import type { Notice, Words } from "./english.ts";

const again = "続けて話すには、もう一度始めてください。";
const later = "少し待ってから、もう一度始めてください。";
const noInvite: Notice = {
  title: "サインインしていません",
  advice: "このページの管理者にリンクをもらい、この端末で開いてください。",
};

export const japanese: Words = {
  start: "話し始める",
  invitation: "タップして、そのまま話してください。いつでも割り込めます。",
  end: "終了",
  mute: "ミュート",
  send: "送信",
  stop: "回答を止める",
  message: "メッセージ",
  messageHint: "話す代わりに入力",
  tooLong: "このメッセージは一度に送るには長すぎます。分けて送ってください。",
  transcript: "会話の記録",
  earlier: "前の会話を表示",
  elapsed: "経過時間",
  blocked: "音を出すには、ブラウザでタップが必要です。",
  unblock: "タップして聞く",
  unsteady: "接続が不安定です…",
  signedOut: "サインアウト済み",
  forget: "終了して消去",
  privacy: "このページの管理者は会話のテキストを保存します。",
  close: "閉じる",
  you: "あなた",
  states: {
    idle: "準備完了",
    preparing: "準備完了",
    connecting: "接続中…",
    live: "接続済み",
    reconnecting: "再接続中…",
    handing_off: "引き継ぎ中…",
    ending: "終了中…",
    ended: "通話終了",
    failed: "通話なし",
  },
  marks: {
    interrupted: "中断",
    not_understood: "聞き取れませんでした。",
    cut_short: "回答が途中で切れました。",
    too_long: "回答が長すぎたため、途中で切れました。",
    filtered: "コンテンツフィルターにより回答が止められました。",
    failed: "回答に失敗しました。",
  },
  usedTool: (name) => `${name} を使用`,
  handedOff: (name) => `${name} に引き継ぎ`,
  pictureShown: "見せた画像",

  reconnectingIn: (seconds) => `${seconds} 秒後に再接続`,
  reconnectNow: "今すぐ試す",
  endsIn: (clock) => `この通話はあと ${clock} で終わります`,

  microphones: {
    off: "マイクはオフ",
    opening: "マイクを開いています…",
    on: "マイクはオン",
    muted: "ミュート中：何も送られません",
    held_back: "押している間だけ聞こえます",
    paused: "システムがマイクを使っています",
    lost: "マイクが外れました。もう一度開こうとしています。",
  },
  hold: "押している間話す",
  held: "離すと送信",
  answer: "今すぐ回答",
  level: "入力レベル",
  check: "マイクを確認",
  checkOffer: "初めてですか？短い確認で、声が届くかどうかわかります。",
  checking: "何か話してください…",
  checkHeard: "声は届いています。",
  checkSilent: "何も聞こえませんでした。別のマイクを選ぶか、大きな声で話してください。",
  checkUnmeasured: "このブラウザではマイクの音量を測れませんが、話すことはできます。",
  checkStop: "やめる",

  show: "何かを見せる",
  showShort: "見せる",
  camera: "カメラ",
  screen: "画面",
  turnCamera: "カメラを切り替え",
  stopView: "見せるのをやめる",
  sendPicture: "画像を今送る",
  preview: "見せているもの",
  viewProblems: {
    denied: { title: "ブラウザが許可していません", advice: "ブラウザのこのサイトの設定で許可してから、もう一度試してください。" },
    missing: { title: "カメラが見つかりません", advice: "接続してから、もう一度試してください。" },
    busy: { title: "カメラを開けませんでした", advice: "別のアプリが使っているかもしれません。" },
    too_large: { title: "画像が大きすぎて送れません", advice: "もっと単純なものを見せてください。" },
    no_call: { title: "通話していません", advice: "先に話し始めてください。" },
  },

  options: "設定",
  recording: "録音中",

  details: "詳細",
  costTitle: "料金",

  note: "表示された内容",
  shortcuts: "キーボード",

  offline: {
    title: "オフラインです",
    advice: "通話には Wi-Fi かモバイル通信が必要です。つながればすぐに始められます。",
  },
  incomplete: "このページの一部を読み込めませんでした。ネットワークを確認して、ページを再読み込みしてください。",
  update: "このページの新しい版があります。",
  reload: "再読み込み",
  notForgotten: {
    title: "まだサインインしています",
    advice: "サーバーがサインアウトを確認できませんでした。ネットワークを確認して、もう一度試してください。",
  },
  signedOutNotices: {
    no_invite: noInvite,
    invite_refused: {
      title: "このリンクはもう使えません",
      advice: "リンクは一日以内に一度だけ使えます。新しいリンクをもらってください。",
    },
    forgotten: {
      title: "サインアウトしました",
      advice: "この端末に会話は何も残っていません。戻るには、新しいリンクをもらってください。",
    },
  },
  endings: {
    agent: { title: "アシスタントが通話を終了しました", advice: again },
    hung_up: { title: "相手側が通話を切りました", advice: again },
    dropped: { title: "接続が切れました", advice: "ネットワークを確認して、もう一度始めてください。" },
    session_expired: { title: "通話の最長時間に達しました", advice: again },
    time_limit: { title: "通話の制限時間に達しました", advice: again },
    idle: { title: "誰も話さなかったため通話が終わりました", advice: again },
    microphone_lost: { title: "マイクが外れました", advice: "接続を確認して、もう一度始めてください。" },
  },
  problems: {
    insecure_page: {
      title: "このアドレスではマイクを使えません",
      advice: "ブラウザは https:// と localhost でだけ許可します。このページを https:// のアドレスで開いてください。",
    },
    browser_unsupported: {
      title: "このブラウザでは通話できません",
      advice: "Safari 17.4 以降、または現在の Chrome、Edge、Firefox で開いてください。",
    },
    microphone_denied: {
      title: "マイクがブラウザが許可していません",
      advice:
        "Safari：アドレス横のページメニューから「Webサイトの設定」「マイク」「許可」。" +
        "Chrome：アドレス横のアイコンから「権限」「マイク」。そのあと、もう一度始めてください。",
    },
    microphone_missing: { title: "マイクが見つかりません", advice: "接続してから、もう一度始めてください。" },
    microphone_busy: {
      title: "マイクを開けませんでした",
      advice: "別のアプリが使っているかもしれません。閉じてから、もう一度始めてください。",
    },
    offline: { title: "オフラインです", advice: "Wi-Fi かモバイル通信を確認して、もう一度始めてください。" },
    server_unreachable: { title: "サーバーに届きません", advice: "接続を確認して、もう一度始めてください。" },
    server_refused: { title: "サーバーが通話を断りました", advice: "" },
    signed_out: noInvite,
    server_unclear: { title: "サーバーの応答が無効です", advice: later },
    openai_unreachable: {
      title: "OpenAI に届きません",
      advice: "このネットワークは通話を遮断しているかもしれません。別のネットワークで、もう一度始めてください。",
    },
    openai_refused: { title: "OpenAI が通話を断りました", advice: later },
    openai_unclear: { title: "OpenAI の応答が無効です", advice: later },
    timed_out: { title: "接続に時間がかかりすぎました", advice: "ネットワークが遅いか、遮断されています。もう一度始めてください。" },
    unexpected: { title: "問題が起きました", advice: "もう一度始めてください。続くようなら、ページを再読み込みしてください。" },
  },
};
