import assert from "node:assert/strict";
import { silence, started, tokens } from "../_testing/sessions.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("yes for a session that goes on; no for a silent one, another's and none", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  const [alive, silent, foreign] = [
    await started(stage, person),
    await started(stage, person),
    await started(stage, other),
  ];
  await silence(stage, silent, "5 minutes");
  const asked = [[alive.token, true], [silent.token, false], [foreign.token, false], [
    tokens.make(),
    false,
  ]] as const;
  for (const [token, active] of asked) {
    const { status, data } = await stage.callWith(handler, { tokens }, {
      token: person.token,
      json: { token },
    });
    assert.deepEqual([status, data], [200, { active }]);
  }
});

for (const token of [undefined, null, "0".repeat(63)]) {
  scenario(`${JSON.stringify(token)} is no token`, async (stage) => {
    const person = await stage.person();
    const asking = { token: person.token, json: { token } };
    assert.equal((await stage.callWith(handler, { tokens }, asking)).code, "invalid_input");
  });
}
