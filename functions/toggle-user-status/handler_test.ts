import assert from "node:assert/strict";
import { handler as manage } from "../manage-session/handler.ts";
import { audited } from "../_testing/audit.ts";
import { sessionsOf, started, tokens } from "../_testing/sessions.ts";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function banned(stage: Stage, id: string): Promise<string | null> {
  const [row] = await stage.sql<
    { banned_until: string | null }[]
  >`select banned_until from auth.users where id = ${id}`;
  return row?.banned_until ?? null;
}

scenario("a closed account has no session, can't start one, and is barred from signing in", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  for (const _ of [1, 2]) await started(stage, person);
  const { data } = await stage.call(handler, {
    token: admin.token,
    json: { user_id: person.id, active: false },
  });
  assert.deepEqual(data, { user_id: person.id, active: false, sessions_ended: 2 });
  const until = Date.parse(await banned(stage, person.id) ?? "");
  assert(until > Date.now() + 90 * 365 * 86_400_000);
  assert.equal(await sessionsOf(stage, person), 0);
  const start = await stage.callWith(manage, { tokens }, { token: person.token, json: { action: "start" } });
  assert.equal(start.code, "forbidden");
  const [latest] = await audited(stage, "user_closed");
  assert.deepEqual([latest?.["actor_id"], latest?.["traits"]], [admin.id, { user_id: person.id }]);
});

scenario("an account is opened again, as often as one asks", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  for (const active of [false, false, true, true]) {
    const { data } = await stage.call(handler, {
      token: admin.token,
      json: { user_id: person.id.toUpperCase(), active },
    });
    assert.equal(data.active, active);
    assert.equal(await banned(stage, person.id) === null, active);
  }
  await started(stage, person);
});

scenario("nobody closes the own account", async (stage) => {
  const admin = await stage.admin();
  const { code } = await stage.call(handler, {
    token: admin.token,
    json: { user_id: admin.id, active: false },
  });
  assert.equal(code, "conflict");
  assert.equal(await banned(stage, admin.id), null);
});

scenario("an administrator who has been closed closes nobody", async (stage) => {
  const [one, other] = [await stage.admin(), await stage.admin()];
  const close = (by: typeof one, whom: typeof one) =>
    stage.call(handler, { token: by.token, json: { user_id: whom.id, active: false } });
  const answers = await Promise.all([close(one, other), close(other, one)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
  const left = [await banned(stage, one.id), await banned(stage, other.id)].filter((until) => until === null);
  assert.equal(left.length, 1);
});

scenario("an unknown user is not found", async (stage) => {
  const { token } = await stage.admin();
  const json = { user_id: crypto.randomUUID(), active: false };
  assert.equal((await stage.call(handler, { token, json })).code, "not_found");
});

for (
  const fault of [{ user_id: "x" }, { active: "false" }, { active: null }, { active: 0 }, {
    active: undefined,
  }, { banned_until: "now" }]
) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    const json = { user_id: crypto.randomUUID(), active: false, ...fault };
    assert.equal((await stage.call(handler, { token, json })).code, "invalid_input");
  });
}
