import assert from "node:assert/strict";
import type { Transaction } from "../_shared/database.ts";
import { sessionsOf, silence, started } from "../_testing/sessions.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("the service removes silent sessions, and no other", async (stage) => {
  const token = await stage.service();
  await stage.call(handler, { token });
  const person = await stage.person();
  const sessions = [await started(stage, person), await started(stage, person), await started(stage, person)];
  for (const [place, interval] of ["4 minutes 50 seconds", "5 minutes 1 second", "1 day"].entries()) {
    const session = sessions[place];
    if (session) await silence(stage, session, interval);
  }
  assert.deepEqual((await stage.call(handler, { token, json: {} })).data, { removed: 2 });
  assert.equal(await sessionsOf(stage, person), 1);
  assert.deepEqual((await stage.call(handler, { token, json: {} })).data, { removed: 0 });
});

scenario("what another is removing just now is counted by the other alone", async (stage) => {
  const token = await stage.service();
  await stage.call(handler, { token });
  const person = await stage.person();
  const sessions = [
    await started(stage, person),
    await started(stage, person),
    await started(stage, person),
  ] as const;
  for (const session of sessions) await silence(stage, session, "1 hour");
  const removing = (sql: Transaction) => sql`delete from public.active_sessions where id = ${sessions[0].id}`;
  const [answer] = await stage.together(removing, [() => stage.call(handler, { token })]);
  assert.deepEqual(answer?.data, { removed: 2 });
  assert.equal(await sessionsOf(stage, person), 0);
});

Deno.test("it is to be called every five minutes", () => {
  assert.equal(handler.contract.schedule, "*/5 * * * *");
});
