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

export function StopIcon() {
  return (
    <Icon>
      <rect x="7" y="7" width="10" height="10" rx="2" />
    </Icon>
  );
}

export function CameraIcon() {
  return (
    <Icon>
      <path d="M4 8.5A1.5 1.5 0 0 1 5.5 7H8l1.5-2.5h5L16 7h2.5A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z" />
      <circle cx="12" cy="12.75" r="3.25" />
    </Icon>
  );
}

export function DetailsIcon() {
  return (
    <Icon>
      <path d="M3 12.5h3.5L9 6l4.5 13 3-9 1.2 2.5H21" />
    </Icon>
  );
}

export function OptionsIcon() {
  return (
    <Icon>
      <path d="M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9" />
      <circle cx="15.25" cy="7.5" r="2.25" />
      <circle cx="8.75" cy="16.5" r="2.25" />
    </Icon>
  );
}

export function CloseIcon() {
  return (
    <Icon>
      <path d="m6 6 12 12M18 6 6 18" />
    </Icon>
  );
}

export function ToolIcon() {
  return (
    <Icon>
      <path d="M14.5 6.5a4 4 0 0 0-5.2 5.2L4 17v3h3l5.3-5.3a4 4 0 0 0 5.2-5.2l-2.6 2.6-2.6-2.9z" />
    </Icon>
  );
}
