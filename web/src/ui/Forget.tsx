import { words } from "../language/words.ts";
import type { Parts } from "./parts.ts";

/** For a person who gives the device to somebody else. Hidden if nobody is signed in. */
export function Forget({ page, forget }: Parts) {
  const access = page.access.value;
  if (access.kind !== "signed_in" || !access.canSignOut) return null;
  return (
    <button class="forget" type="button" onClick={() => void forget()}>
      {words.value.forget}
    </button>
  );
}
