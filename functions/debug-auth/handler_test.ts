import assert from "node:assert/strict";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function told(stage: Stage, authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const { data } = await stage.call(handler, { query: {}, headers });
  return [data.token, data.caller, data.algorithm, data.reason];
}

scenario("who sends none, or one that is believed", async (stage) => {
  assert.deepEqual(await told(stage), ["missing", "nobody", null, null]);
  assert.deepEqual(await told(stage, `Bearer ${(await stage.person()).token}`), [
    "accepted",
    "user",
    "HS256",
    null,
  ]);
  assert.deepEqual(await told(stage, `Bearer ${await stage.service()}`), [
    "accepted",
    "service",
    "HS256",
    null,
  ]);
  const anon = await stage.token({ role: "anon" });
  assert.deepEqual(await told(stage, `Bearer ${anon}`), ["accepted", "nobody", "HS256", null]);
});

scenario("why another is refused", async (stage) => {
  const claims = { role: "authenticated", aud: "authenticated", sub: crypto.randomUUID() };
  const refused = (algorithm: string | null, reason: string) => ["refused", "nobody", algorithm, reason];
  const expired = await stage.token(claims, { expires: "-1 hour" });
  assert.deepEqual(await told(stage, `Bearer ${expired}`), refused("HS256", "The token has expired"));
  const forged = await stage.token(claims, { secret: "another secret of the very same length as ours" });
  assert.deepEqual(await told(stage, `Bearer ${forged}`), refused("HS256", "The token is not valid"));
  assert.deepEqual(
    await told(stage, "Basic x"),
    refused(null, "The authorization header is no bearer token"),
  );
  const long = btoa(JSON.stringify({ alg: "x".repeat(500) })).replace(/=+$/, "");
  assert.deepEqual(
    await told(stage, `Bearer ${long}.e30.AA`),
    refused("x".repeat(20), "The token is not valid"),
  );
});
