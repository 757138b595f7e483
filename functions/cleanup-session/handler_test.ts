import assert from "node:assert/strict";
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

scenario("clean-ups at once count each session once", async (stage) => {
  const token = await stage.service();
  const person = await stage.person();
  for (let count = 0; count < 10; count++) await silence(stage, await started(stage, person), "1 hour");
  const answers = await Promise.all([1, 2, 3, 4].map(() => stage.call(handler, { token })));
  assert.equal(answers.reduce((sum, { data }) => sum + data.removed, 0), 10);
  assert.equal(await sessionsOf(stage, person), 0);
});

Deno.test("it is to be called every five minutes", () => {
  assert.equal(handler.contract.schedule, "*/5 * * * *");
});
