import { afterEach, describe, expect, test, vi } from "vitest";
import { CallProblem, fetchProblem, microphoneProblem, refusal } from "../../src/protocol/problems.ts";
import { clock, endNotice, problemNotice } from "../../src/language/words.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function namedError(name: string): Error {
  return Object.assign(new Error("the browser's own words"), { name });
}

test.each([
  ["NotAllowedError", "microphone_denied", /Safari: .+ Chrome: /],
  ["NotFoundError", "microphone_missing", /Connect one/],
  ["NotReadableError", "microphone_busy", /Another app/],
  ["OverconstrainedError", "microphone_missing", /Connect one/],
])("the browser's %s is told as %s", (name, code, advice) => {
  const problem = microphoneProblem(namedError(name));
  expect(problem.code).toBe(code);
  expect(problemNotice(problem).advice).toMatch(advice);
});

describe("a refusal", () => {
  test("is told in the server's own words", () => {
    const body = JSON.stringify({ error: { code: "upstream_quota", message: "The credit is used up. Add credit." } });
    const notice = problemNotice(refusal("server", 503, body));
    expect(notice.title).toBe("The server refused the call");
    expect(notice.advice).toBe("The credit is used up. Add credit.");
  });

  test("of OpenAI is told in its words, with what to do added", () => {
    const notice = problemNotice(refusal("openai", 429, JSON.stringify({ error: { message: "Too many calls" } })));
    expect(notice.advice).toBe("Too many calls. Start again in a moment.");
  });

  test.each(["<html>504 Gateway Timeout</html>", "", "null", '"text"', '{"error":"words"}', "["])(
    "without such words is told by its status: %j",
    (body) => {
      const problem = refusal("server", 504, body);
      expect([problem.code, problem.detail]).toEqual(["server_unclear", "Status 504"]);
    },
  );

  test("never repeats a client secret or an API key", () => {
    const message = "Incorrect API key provided: ek_68a1b2c3d4e5. See also sk-proj-abcdefgh1234.";
    const { detail } = refusal("openai", 401, JSON.stringify({ error: { message } }));
    expect(detail).toBe("Incorrect API key provided: [secret] See also [secret]");
  });

  test("is bounded", () => {
    const body = JSON.stringify({ error: { message: "x".repeat(100_000) } });
    expect(refusal("openai", 400, body).detail).toHaveLength(300);
  });

  test("of a 200 is an invalid response, whatever it says", () => {
    expect(refusal("openai", 200, '{"error":{"message":"fine"}}').code).toBe("openai_unclear");
  });
});

test.each([
  [false, new TypeError("Failed to fetch"), "offline"],
  [true, new TypeError("Failed to fetch"), "server_unreachable"],
  [true, new DOMException("", "TimeoutError"), "timed_out"],
])("a fetch without an answer (online: %s, %s) is %s", (onLine, error, code) => {
  vi.stubGlobal("navigator", { onLine });
  expect(fetchProblem("server", error).code).toBe(code);
});

test("a call that was ended on purpose needs no words", () => {
  expect(endNotice("person")).toBeUndefined();
  expect(endNotice("hung_up")?.title).toBe("The other side hung up");
});

test("a problem nobody foresaw keeps its own words", () => {
  expect(problemNotice(new CallProblem("unexpected", "Boom")).advice).toMatch(/^Boom\. /);
});

test.each([
  [0, "0:00"],
  [59, "0:59"],
  [61, "1:01"],
  [3600, "60:00"],
])("%d seconds read %s", (seconds, shown) => {
  expect(clock(seconds)).toBe(shown);
});
