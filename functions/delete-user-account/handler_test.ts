import assert from "node:assert/strict";
import { Refusal } from "../_shared/refusal.ts";
import type { Subscriptions } from "../_shared/subscriptions.ts";
import { audited } from "../_testing/audit.ts";
import { sessionsOf, started } from "../_testing/sessions.ts";
import { type Person, scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

/** Subscriptions that remember what was ended. */
class Remembering implements Subscriptions {
  readonly ended: string[] = [];

  constructor(private readonly whenEnding: () => Promise<void> = () => Promise.resolve()) {}

  async end(id: string): Promise<void> {
    await this.whenEnding();
    this.ended.push(id);
  }
}

async function exists(stage: Stage, { id }: Person): Promise<boolean> {
  const [account] = await stage.sql`select from auth.users where id = ${id}`;
  const [profile] = await stage.sql`select from public.profiles where id = ${id}`;
  assert.equal(account === undefined, profile === undefined, "account and profile go together");
  return account !== undefined;
}

const subscribe = (stage: Stage, { id }: Person, subscription: string) =>
  stage.sql`update public.profiles set subscription_id = ${subscription}, subscription_status = 'active'
    where id = ${id}`;

scenario("an account goes with all that belongs to it, however often that is asked", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  for (const each of [person, other]) await started(stage, each);
  const subscriptions = new Remembering();
  for (const asking of [{ json: {} }, {}, { json: {} }]) {
    const { data } = await stage.callWith(handler, { subscriptions }, { token: person.token, ...asking });
    assert.deepEqual(data, { deleted: true });
  }
  assert.equal(await exists(stage, person), false);
  assert.equal(await sessionsOf(stage, person), 0);
  assert.equal(await exists(stage, other), true);
  assert.equal(await sessionsOf(stage, other), 1);
  assert.deepEqual(subscriptions.ended, []);
  const records = (await audited(stage, "user_deleted")).filter(({ actor_id: id }) => id === person.id);
  assert.equal(records.length, 1);
});

scenario("a subscription is ended first", async (stage) => {
  const person = await stage.person();
  await subscribe(stage, person, "sub_first");
  const subscriptions = new Remembering(async () => assert.equal(await exists(stage, person), true));
  await stage.callWith(handler, { subscriptions }, { token: person.token });
  assert.deepEqual(subscriptions.ended, ["sub_first"]);
  assert.equal(await exists(stage, person), false);
});

scenario("where the subscription can't be ended, the account stays", async (stage) => {
  const person = await stage.person();
  await subscribe(stage, person, "sub_stuck");
  const failing = new Remembering(() =>
    Promise.reject(new Refusal("payments_unavailable", "Try again later"))
  );
  const { status, code } = await stage.callWith(handler, { subscriptions: failing }, { token: person.token });
  assert.deepEqual([status, code], [502, "payments_unavailable"]);
  assert.equal(await exists(stage, person), true);
  await stage.callWith(handler, { subscriptions: new Remembering() }, { token: person.token });
  assert.equal(await exists(stage, person), false);
});

scenario("a subscription that begins meanwhile is not left behind", async (stage) => {
  const person = await stage.person();
  await subscribe(stage, person, "sub_old");
  let begun = false;
  const subscriptions = new Remembering(async () => {
    if (!begun) await subscribe(stage, person, "sub_new");
    begun = true;
  });
  const asking = { token: person.token };
  assert.equal((await stage.callWith(handler, { subscriptions }, asking)).code, "conflict");
  assert.equal(await exists(stage, person), true);
  assert.equal((await stage.callWith(handler, { subscriptions }, asking)).status, 200);
  assert.deepEqual(subscriptions.ended, ["sub_old", "sub_new"]);
});

scenario("deletions at once are one deletion", async (stage) => {
  const person = await stage.person();
  const subscriptions = new Remembering();
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => stage.callWith(handler, { subscriptions }, { token: person.token })),
  );
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200]);
});

scenario("nobody deletes another's account", async (stage) => {
  const [person, other] = [await stage.admin(), await stage.person()];
  for (const name of ["user_id", "id", "sub"]) {
    const asking = { token: person.token, json: { [name]: other.id } };
    const { code } = await stage.callWith(handler, { subscriptions: new Remembering() }, asking);
    assert.equal(code, "invalid_input");
  }
  assert(await exists(stage, person) && await exists(stage, other));
});

scenario("the last administrator stays, one of two may go", async (stage) => {
  const [one, other] = [await stage.admin(), await stage.admin()];
  await stage
    .sql`update public.profiles set role = 'user' where role = 'admin' and id not in (${one.id}, ${other.id})`;
  const given = { subscriptions: new Remembering() };
  assert.equal((await stage.callWith(handler, given, { token: one.token })).status, 200);
  assert.equal((await stage.callWith(handler, given, { token: other.token })).code, "conflict");
  assert.equal(await exists(stage, other), true);
});
