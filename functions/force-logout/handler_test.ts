import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { sessionsOf, started } from "../_testing/sessions.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("a user ends all sessions of one's own, and no other", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  for (const each of [person, person, other]) await started(stage, each);
  assert.deepEqual((await stage.call(handler, { token: person.token, json: {} })).data, { ended: 2 });
  assert.deepEqual((await stage.call(handler, { token: person.token })).data, { ended: 0 });
  assert.equal(await sessionsOf(stage, other), 1);
});

scenario("one's own id says the same, however it is written", async (stage) => {
  const person = await stage.person();
  await started(stage, person);
  const json = { user_id: person.id.toUpperCase() };
  assert.deepEqual((await stage.call(handler, { token: person.token, json })).data, { ended: 1 });
});

scenario("another user's sessions stay", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  await started(stage, other);
  assert.equal(
    (await stage.call(handler, { token: person.token, json: { user_id: other.id } })).code,
    "forbidden",
  );
  assert.equal(await sessionsOf(stage, other), 1);
});

scenario("an administrator ends anybody's, which is recorded", async (stage) => {
  const [admin, other] = [await stage.admin(), await stage.person()];
  await started(stage, other);
  await started(stage, admin);
  const { data } = await stage.call(handler, { token: admin.token, json: { user_id: other.id } });
  assert.deepEqual(data, { ended: 1 });
  assert.equal(await sessionsOf(stage, admin), 1);
  const [latest] = await audited(stage, "sessions_ended");
  assert.equal(latest?.["actor_id"], admin.id);
  assert.deepEqual(latest?.["traits"], { user_id: other.id, ended: 1 });
});

scenario("an administrator who was banned ends nobody's", async (stage) => {
  const [admin, other] = [await stage.admin(), await stage.person()];
  await stage.sql`update auth.users set banned_until = 'infinity' where id = ${admin.id}`;
  assert.equal(
    (await stage.call(handler, { token: admin.token, json: { user_id: other.id } })).code,
    "forbidden",
  );
});

scenario("an unknown user is not found, by administrators alone", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  const json = { user_id: crypto.randomUUID() };
  assert.equal((await stage.call(handler, { token: admin.token, json })).code, "not_found");
  assert.equal((await stage.call(handler, { token: person.token, json })).code, "forbidden");
});

for (const id of ["", "me", 1, null, "10441579-9e54-4748-9509-28b2096a0d0c' or '1'='1", ["*"]]) {
  scenario(`${JSON.stringify(id)} is no user`, async (stage) => {
    const { token } = await stage.admin();
    assert.equal((await stage.call(handler, { token, json: { user_id: id } })).code, "invalid_input");
  });
}
