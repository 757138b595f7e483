import assert from "node:assert/strict";
import type { Transaction } from "../_shared/database.ts";
import { audited } from "../_testing/audit.ts";
import { type Person, scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

/** Leaves these as the only administrators. */
async function onlyAdministrators(stage: Stage, ...people: Person[]): Promise<void> {
  await stage.sql`update public.profiles set role = 'user'
    where role = 'admin' and id not in ${stage.sql(people.map(({ id }) => id))}`;
}

const holdAdministrators = (sql: Transaction) =>
  sql`select from public.profiles where role = 'admin' for update`;

scenario("given fields change, others stay, and what was is recorded", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  const json = {
    user_id: person.id,
    role: "admin",
    subscription_status: "active",
    billing_period: "annual",
    plan_expires_at: "2030-01-02T03:04:05+02:00",
  };
  const { data } = await stage.call(handler, { token: admin.token, json });
  const { created_at: _, ...user } = data.user;
  assert.deepEqual(user, {
    ...{ id: person.id, email: null, role: "admin", subscription_status: "active", billing_period: "annual" },
    ...{ plan_expires_at: "2030-01-02T01:04:05.000Z", total_uploads: 0 },
  });
  const [latest] = await audited(stage, "user_modified");
  assert.equal(latest?.["actor_id"], admin.id);
  const { user_id: whom, changes } = latest?.["traits"] as {
    user_id: string;
    changes: Record<string, unknown[]>;
  };
  assert.equal(whom, person.id);
  assert.deepEqual([changes["role"], changes["billing_period"]], [["user", "admin"], [null, "annual"]]);
  const cleared = { user_id: person.id, billing_period: null, plan_expires_at: null };
  const again = await stage.call(handler, { token: admin.token, json: cleared });
  assert.deepEqual([again.data.user.billing_period, again.data.user.plan_expires_at], [null, null]);
  assert.equal(again.data.user.subscription_status, "active");
});

scenario("the last administrator stays one", async (stage) => {
  const admin = await stage.admin();
  await onlyAdministrators(stage, admin);
  const json = { user_id: admin.id.toUpperCase(), role: "user" };
  const { status, code } = await stage.call(handler, { token: admin.token, json });
  assert.deepEqual([status, code], [409, "conflict"]);
  const kept = { user_id: admin.id, role: "admin", subscription_status: "active" };
  assert.equal((await stage.call(handler, { token: admin.token, json: kept })).status, 200);
});

scenario("an administrator who is banned doesn't count", async (stage) => {
  const [admin, banned] = [await stage.admin(), await stage.admin()];
  await onlyAdministrators(stage, admin, banned);
  await stage.sql`update auth.users set banned_until = 'infinity' where id = ${banned.id}`;
  const demote = (id: string) =>
    stage.call(handler, { token: admin.token, json: { user_id: id, role: "user" } });
  assert.equal((await demote(admin.id)).code, "conflict");
  assert.equal((await demote(banned.id)).status, 200);
});

scenario("two who demote each other at once leave one", async (stage) => {
  const [one, other] = [await stage.admin(), await stage.admin()];
  await onlyAdministrators(stage, one, other);
  const demote = (by: Person, whom: Person) =>
    stage.call(handler, { token: by.token, json: { user_id: whom.id, role: "user" } });
  const answers = await stage.together(holdAdministrators, [
    () => demote(one, other),
    () => demote(other, one),
  ]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
  assert.equal((await stage.sql`select from public.profiles where role = 'admin'`).length, 1);
});

scenario("two who demote themselves at once leave one", async (stage) => {
  const people = [await stage.admin(), await stage.admin()];
  await onlyAdministrators(stage, ...people);
  const demote = ({ id, token }: Person) => () =>
    stage.call(handler, { token, json: { user_id: id, role: "user" } });
  const answers = await stage.together(holdAdministrators, people.map(demote));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
});

scenario("an unknown user is not found", async (stage) => {
  const { token } = await stage.admin();
  const json = { user_id: crypto.randomUUID(), role: "user" };
  assert.equal((await stage.call(handler, { token, json })).code, "not_found");
});

const FAULTS: Record<string, unknown>[] = [
  {},
  { role: "owner" },
  { role: null },
  { role: ["admin"] },
  { email: "other@example.com" },
  { id: "10441579-9e54-4748-9509-28b2096a0d0c" },
  { total_uploads: 0 },
  { stripe_customer_id: "cus_1" },
  { subscription_id: "sub_1" },
  { subscription_status: "Active; drop table profiles" },
  { subscription_status: "" },
  { billing_period: "weekly" },
  { plan_expires_at: "tomorrow" },
  { plan_expires_at: "2030-13-01T00:00:00Z" },
  { plan_expires_at: 0 },
  { "role\" = 'admin' --": "x" },
  { user_id: "not one", role: "user" },
];

for (const fault of FAULTS) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const [admin, person] = [await stage.admin(), await stage.person()];
    const before = await stage.sql`select * from public.profiles where id = ${person.id}`;
    const { code } = await stage.call(handler, {
      token: admin.token,
      json: { user_id: person.id, ...fault },
    });
    assert.equal(code, "invalid_input");
    assert.deepEqual([...await stage.sql`select * from public.profiles where id = ${person.id}`], [
      ...before,
    ]);
  });
}
