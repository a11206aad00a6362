import type { PageState } from "../page-state.ts";
import { words } from "../words.ts";

interface Props {
  readonly page: PageState;
  readonly forget: () => Promise<void>;
}

/** For whoever hands the device on. There is nothing to forget where nobody signed in. */
export function Forget({ page, forget }: Props) {
  const access = page.access.value;
  if (access.kind !== "signed_in" || !access.canSignOut) return null;
  return (
    <button class="forget" type="button" onClick={() => void forget()}>
      {words.value.forget}
    </button>
  );
}
