import { describe, expect, test } from "vitest";
import { withoutSecrets } from "../../src/protocol/secrets.ts";

const MAC = "0123456789abcdef".repeat(4);

describe("what looks like a secret leaves this page nowhere", () => {
  test.each([
    ["a client secret", "ek_68af296e8e408191a1120ab6383263c2"],
    ["an API key that a refusal half hides", "sk-proj-****************abcd"],
    ["an invite or a ticket", `v1.k1.eyJpZCI6ImExIiwibmFtZSI6IkFuYSJ9.${MAC}`],
    ["an access token of Google's", "ya29.c.b0AXv0zTN-planted_token"],
  ])("%s", (_what, secret) => {
    expect(withoutSecrets(`before ${secret}, after`)).toBe("before [secret], after");
    expect(withoutSecrets(`https://example.com/#i=${secret}`)).toBe("https://example.com/#i=[secret]");
  });

  test.each(["/v1/realtime/calls", "v1.2.3", `v1.k1.e30.${MAC.slice(1)}`, "ya29", "sketch-book", "risk_averse"])(
    "%s stays",
    (words) => expect(withoutSecrets(words)).toBe(words),
  );
});
