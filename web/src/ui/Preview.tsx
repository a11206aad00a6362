import { useEffect, useRef } from "preact/hooks";
import { words } from "../language/words.ts";
import type { Parts } from "./parts.ts";

/** What the agent is shown, and what can be done with it. */
export function Preview({ controls }: Parts) {
  const view = controls.view.value;
  if (view === undefined) return null;
  return (
    <section class="preview" aria-label={words.value.preview}>
      <Video stream={view.stream} />
      <div class="preview-actions">
        <button class="pill" type="button" onClick={() => controls.sendPicture()}>
          {words.value.sendPicture}
        </button>
        {controls.canTurnCamera.value && (
          <button class="pill" type="button" onClick={() => controls.turnCamera()}>
            {words.value.turnCamera}
          </button>
        )}
      </div>
    </section>
  );
}

function Video({ stream }: { readonly stream: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} class="preview-video" autoplay playsinline muted />;
}
