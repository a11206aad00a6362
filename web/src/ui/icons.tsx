import type { ComponentChildren } from "preact";

function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export function MicrophoneIcon() {
  return (
    <Icon>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </Icon>
  );
}

export function MutedIcon() {
  return (
    <Icon>
      <path d="M15 9.5V6a3 3 0 0 0-5.9-.8M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5a6.4 6.4 0 0 1-.5 2.5M12 18v3M4 4l16 16" />
    </Icon>
  );
}

export function EndIcon() {
  return (
    <Icon>
      <path d="M3 15.5 4.5 17l4-2v-3a11 11 0 0 1 7 0v3l4 2 1.5-1.5c.6-1.3.3-2.7-.7-3.6a13 13 0 0 0-16.6 0c-1 .9-1.3 2.3-.7 3.6z" />
    </Icon>
  );
}

export function SendIcon() {
  return (
    <Icon>
      <path d="M12 19V5M6 11l6-6 6 6" />
    </Icon>
  );
}
