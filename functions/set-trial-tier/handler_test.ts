import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("a trial begins anew, for as many days as are given, and that is recorded", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  for (const [json, days] of [[{ user_id: person.id }, 7], [{ user_id: person.id, days: 30 }, 30]] as const) {
    const { data } = await stage.call(handler, { token: admin.token, json });
    assert.equal(data.subscription_status, "trial");
    const rest = Date.parse(data.plan_expires_at) - Date.now();
    assert(Math.abs(rest - days * 86_400_000) < 3_700_000, `${rest} ms are left`);
  }
  const [latest] = await audited(stage, "trial_set");
  assert.deepEqual(latest?.["traits"], { user_id: person.id, days: 30 });
});

scenario("who has a subscription gets no trial, who had one does", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  const asking = { token: admin.token, json: { user_id: person.id } };
  await stage.sql`update public.profiles set subscription_id = 'sub_1', subscription_status = 'active'
    where id = ${person.id}`;
  assert.equal((await stage.call(handler, asking)).code, "conflict");
  await stage.sql`update public.profiles set subscription_status = 'canceled' where id = ${person.id}`;
  assert.equal((await stage.call(handler, asking)).status, 200);
});

scenario("an unknown user is not found", async (stage) => {
  const { token } = await stage.admin();
  assert.equal(
    (await stage.call(handler, { token, json: { user_id: crypto.randomUUID() } })).code,
    "not_found",
  );
});

for (
  const fault of [{ user_id: "me" }, { days: 0 }, { days: 91 }, { days: "7" }, { days: 1.5 }, { tier: "pro" }]
) {
  scenario(`${JSON.stringify(fault)} is refused`, async (stage) => {
    const { id, token } = await stage.admin();
    assert.equal(
      (await stage.call(handler, { token, json: { user_id: id, ...fault } })).code,
      "invalid_input",
    );
  });
}
