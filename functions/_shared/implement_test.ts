import assert from "node:assert/strict";
import { z } from "zod";
import { scenario } from "../_testing/stage.ts";
import { contract } from "./contract.ts";
import { implement } from "./implement.ts";
import { Refusal } from "./refusal.ts";

const open = contract({
  slug: "open",
  group: "debug",
  summary: "For the tests.",
  callers: ["anyone"],
  input: z.strictObject({}),
  output: z.strictObject({ shown: z.string() }),
});

scenario(
  "an unexpected error is told to the log without its message, to the caller not at all",
  async (stage) => {
    const failing = implement(open, () => Promise.reject(new TypeError("canary of the inside")));
    const { code, error, headers } = await stage.call(failing);
    assert.equal(code, "internal");
    assert(!error.message.includes("canary"));
    const lines = stage.lines.map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ event }) => event), ["failure", "request"]);
    assert.equal(lines[0].error, "TypeError");
    assert.equal(lines[0].id, headers.get("x-request-id"));
    assert(lines[0].frames[0].includes("implement_test.ts"));
    assert(!stage.lines.join().includes("canary"));
  },
);

scenario("what Postgres quotes is shown to nobody", async (stage) => {
  const quoting = implement(open, async (_, { database }) => {
    await database.service`select ${"canary@example.com"}::text::uuid`;
    return { shown: "never" };
  });
  assert.equal((await stage.call(quoting)).code, "internal");
  assert(!stage.lines.join().includes("canary"));
  assert.equal(JSON.parse(stage.lines[0] ?? "").code, "22P02");
});

scenario("an output that the schema doesn't know never leaves", async (stage) => {
  const leaking = implement(open, () => Promise.resolve({ shown: "this", password: "canary" }));
  const { code, error } = await stage.call(leaking);
  assert.equal(code, "internal");
  assert(!error.message.includes("canary"));
});

const brief = { ...open, timeout: 100 };

scenario("work that hangs is given up", async (stage) => {
  const hanging = implement(brief, () => new Promise<never>(() => {}));
  assert.equal((await stage.call(hanging)).code, "timeout");
});

scenario("a body that never ends is given up", async (stage) => {
  const working = implement(brief, () => Promise.resolve({ shown: "this" }));
  assert.equal((await stage.call(working, { body: new ReadableStream() })).code, "timeout");
});

scenario("a refusal of the work keeps its code, message and details", async (stage) => {
  const details = [{ at: 3, message: "Two digits" }];
  const refusing = implement(
    { ...open, errors: ["invalid_lines"] },
    () => Promise.reject(new Refusal("invalid_lines", "A line is bad", details)),
  );
  const { status, error } = await stage.call(refusing);
  assert.equal(status, 422);
  assert.deepEqual(error, { code: "invalid_lines", message: "A line is bad", details });
});

scenario("every answer has an id, and is kept by no cache", async (stage) => {
  const working = implement(open, () => Promise.resolve({ shown: "this" }));
  const ids = new Set<string | null>();
  for (const asking of [{ json: {} }, { json: { more: 1 } }, { method: "GET" }]) {
    const { headers } = await stage.call(working, asking);
    ids.add(headers.get("x-request-id"));
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
  }
  assert.equal(ids.size, 3);
});
