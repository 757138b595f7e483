import assert from "node:assert/strict";
import { silence, started, tokens } from "../_testing/sessions.ts";
import { type Person, scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function told(stage: Stage, { token }: Person, session: string) {
  return (await stage.callWith(handler, { tokens }, { token, json: { token: session } })).data;
}

scenario("a session that goes on, one that is silent, one that is inactive", async (stage) => {
  const person = await stage.person();
  const sessions = [
    await started(stage, person),
    await started(stage, person),
    await started(stage, person),
  ] as const;
  await silence(stage, sessions[1], "10 minutes");
  await stage.sql`update public.active_sessions set is_active = false where id = ${sessions[2].id}`;
  const [alive, silent, inactive] = await Promise.all(
    sessions.map(({ token }) => told(stage, person, token)),
  );
  assert.deepEqual([alive?.found, alive?.alive, alive?.sessions_of_user], [true, true, 3]);
  assert.deepEqual([silent?.alive, silent?.is_active, silent?.idle_seconds], [false, true, 600]);
  assert.deepEqual([inactive?.alive, inactive?.is_active], [false, false]);
});

scenario("another's session, and none, are not found", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  const session = await started(stage, other);
  const nothing = { found: false, alive: false, is_active: null, idle_seconds: null, sessions_of_user: 0 };
  for (const token of [session.token, tokens.make()]) {
    assert.deepEqual(await told(stage, person, token), nothing);
  }
});

for (const token of [undefined, "", 7, "x".repeat(64)]) {
  scenario(`${JSON.stringify(token)} is no token`, async (stage) => {
    const person = await stage.person();
    const asking = { token: person.token, json: { token } };
    assert.equal((await stage.callWith(handler, { tokens }, asking)).code, "invalid_input");
  });
}
