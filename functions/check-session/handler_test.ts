import assert from "node:assert/strict";
import { silence, started, tokens } from "../_testing/sessions.ts";
import { scenario } from "../_testing/stage.ts";
import { SessionTokens } from "../_shared/sessions.ts";
import { handler } from "./handler.ts";

scenario("a session that goes on is told, and not kept alive by that", async (stage) => {
  const person = await stage.person();
  const session = await started(stage, person);
  await silence(stage, session, "4 minutes");
  const asking = { token: person.token, json: { token: session.token } };
  const { data } = await stage.callWith(handler, { tokens }, asking);
  assert.equal(data.session_id, session.id);
  assert.equal(Date.parse(data.expires_at) - Date.parse(data.last_heartbeat), 300_000);
  assert.deepEqual((await stage.callWith(handler, { tokens }, asking)).data, data);
});

scenario("a silent, an ended and an unknown session are refused alike", async (stage) => {
  const person = await stage.person();
  const [silent, gone] = [await started(stage, person), await started(stage, person)];
  await silence(stage, silent, "5 minutes");
  await stage.sql`delete from public.active_sessions where id = ${gone.id}`;
  const answers = [];
  for (const token of [silent.token, gone.token, tokens.make()]) {
    const { status, error } = await stage.callWith(handler, { tokens }, {
      token: person.token,
      json: { token },
    });
    answers.push(JSON.stringify([status, error]));
  }
  assert.equal(new Set(answers).size, 1);
  assert.match(answers[0] ?? "", /^\[401,\{"code":"session_ended"/);
});

scenario("another user's session is none", async (stage) => {
  const session = await started(stage, await stage.person());
  for (const other of [await stage.person(), await stage.admin()]) {
    const asking = { token: other.token, json: { token: session.token } };
    assert.equal((await stage.callWith(handler, { tokens }, asking)).code, "session_ended");
  }
});

scenario("a session that was made with another secret is none", async (stage) => {
  const person = await stage.person();
  const session = await started(stage, person);
  const others = new SessionTokens("another session secret, as long as it");
  const asking = { token: person.token, json: { token: session.token } };
  assert.equal((await stage.callWith(handler, { tokens: others }, asking)).code, "session_ended");
});

scenario("a session that was marked inactive is none", async (stage) => {
  const person = await stage.person();
  const session = await started(stage, person);
  await stage.sql`update public.active_sessions set is_active = false where id = ${session.id}`;
  const asking = { token: person.token, json: { token: session.token } };
  assert.equal((await stage.callWith(handler, { tokens }, asking)).code, "session_ended");
});

for (const token of [undefined, "", 1, null, "g".repeat(64), "0".repeat(65), ["0".repeat(64)]]) {
  scenario(`${JSON.stringify(token)} is no token`, async (stage) => {
    const person = await stage.person();
    const { code } = await stage.callWith(handler, { tokens }, { token: person.token, json: { token } });
    assert.equal(code, "invalid_input");
  });
}

Deno.test("a secret that can be guessed is refused by its name", () => {
  assert.throws(() => new SessionTokens("short"), {
    name: "EnvironmentFault",
    message: /^SESSION_SECRET has fewer/,
  });
});
