// Runs before a page's own scripts: notes when it was clicked, when the answer began and when it was heard.
window.marks = {};
window.tasks = [];
addEventListener("click", ({ timeStamp }) => (marks.click ??= timeStamp), true);
new PerformanceObserver((list) => (marks.paint = list.getEntries().at(-1).startTime)).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration, startTime }) => ({ duration, startTime })))).observe({ type: "longtask" });

const AUDIBLE = 0.02;

async function listen(track) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const samples = new Float32Array(read.value.numberOfFrames);
    read.value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    read.value.close();
    if (samples.some((sample) => Math.abs(sample) > AUDIBLE)) {
      marks.heard ??= performance.now();
      return;
    }
  }
}

const create = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...parameters) {
  const channel = create.apply(this, parameters);
  window.channel = channel;
  this.addEventListener("track", ({ track }) => track.kind === "audio" && listen(track));
  channel.addEventListener("message", ({ data }) => {
    if (marks.reply === undefined && JSON.parse(data).type === "response.created") marks.reply = performance.now();
  });
  return channel;
};
