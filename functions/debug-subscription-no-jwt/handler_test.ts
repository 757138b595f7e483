import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { stripeRefusing, stripeWith } from "../_testing/stripe.ts";
import { subscribed, subscription } from "../_testing/subscriptions.ts";
import { handler } from "./handler.ts";

scenario("administrators and the service see anybody's, whom the platform has not checked", async (stage) => {
  assert.equal(handler.contract.verifyJwt, false);
  const [admin, person] = [await stage.admin(), await stage.person()];
  await subscribed(stage, person);
  const stripe = stripeWith(subscription({ status: "canceled" }));
  for (const token of [admin.token, await stage.service()]) {
    const { data } = await stage.callWith(handler, { stripe }, {
      token,
      json: { user_id: person.id.toUpperCase() },
    });
    assert.deepEqual([data.user_id, data.differences], [person.id, ["status"]]);
  }
});

scenario("an unknown user is not found", async (stage) => {
  const { token } = await stage.admin();
  const asking = { token, json: { user_id: crypto.randomUUID() } };
  assert.equal((await stage.callWith(handler, { stripe: stripeWith({}) }, asking)).code, "not_found");
});

scenario("where Stripe refuses, that is told", async (stage) => {
  const [admin, person] = [await stage.admin(), await stage.person()];
  await subscribed(stage, person);
  const asking = { token: admin.token, json: { user_id: person.id } };
  assert.equal(
    (await stage.callWith(handler, { stripe: stripeRefusing(500) }, asking)).code,
    "payments_unavailable",
  );
});

for (const json of [{}, { user_id: "x" }, { user_id: null }, { email: "a@example.com" }]) {
  scenario(`${JSON.stringify(json)} is refused`, async (stage) => {
    const { token } = await stage.admin();
    assert.equal(
      (await stage.callWith(handler, { stripe: stripeWith({}) }, { token, json })).code,
      "invalid_input",
    );
  });
}
