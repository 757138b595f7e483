import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { stripeRefusing, stripeWith } from "../_testing/stripe.ts";
import { subscribed, subscription } from "../_testing/subscriptions.ts";
import { handler } from "./handler.ts";

const get = { query: {} };

scenario("what agrees is told without a difference", async (stage) => {
  const person = await stage.person();
  await subscribed(stage, person);
  const stripe = stripeWith(subscription());
  const { data } = await stage.callWith(handler, { stripe }, { ...get, token: person.token });
  const state = {
    subscription_id: "sub_1",
    status: "active",
    billing_period: "monthly",
    cancel_at_period_end: false,
  };
  assert.deepEqual(data, { user_id: person.id, profile: state, stripe: state, differences: [] });
});

scenario("what differs is named", async (stage) => {
  const person = await stage.person();
  await subscribed(stage, person);
  const stripe = stripeWith(subscription({ status: "past_due", cancel_at_period_end: true }));
  const { data } = await stage.callWith(handler, { stripe }, { token: person.token, json: {} });
  assert.deepEqual(data.differences, ["status", "cancel_at_period_end"]);
  assert.equal(data.stripe?.status, "past_due");
});

scenario("a subscription that Stripe doesn't know is a difference, none at all isn't", async (stage) => {
  const [lost, none] = [await stage.person(), await stage.person()];
  await subscribed(stage, lost);
  const stripe = stripeWith({});
  const found = await stage.callWith(handler, { stripe }, { ...get, token: lost.token });
  assert.deepEqual([found.data.stripe, found.data.differences], [null, ["subscription_id"]]);
  const without = await stage.callWith(handler, { stripe }, { ...get, token: none.token });
  assert.deepEqual([without.data.stripe, without.data.differences], [null, []]);
});

scenario("a caller without a profile is not found", async (stage) => {
  const person = await stage.person();
  await stage.sql`delete from public.profiles where id = ${person.id}`;
  const { code } = await stage.callWith(handler, { stripe: stripeWith({}) }, { ...get, token: person.token });
  assert.equal(code, "not_found");
});

scenario("nobody sees another's", async (stage) => {
  const [person, other] = [await stage.person(), await stage.person()];
  const asking = { query: { user_id: other.id }, token: person.token };
  assert.equal((await stage.callWith(handler, { stripe: stripeWith({}) }, asking)).code, "invalid_input");
});

scenario("where Stripe refuses, that is told without its words", async (stage) => {
  const person = await stage.person();
  await subscribed(stage, person);
  const { code, error } = await stage.callWith(handler, { stripe: stripeRefusing(401) }, {
    ...get,
    token: person.token,
  });
  assert.equal(code, "payments_unavailable");
  assert(!error.message.includes("canary"));
});
