import assert from "node:assert/strict";
import { scenario, type Stage } from "../_testing/stage.ts";
import { stripeRefusing, stripeWith } from "../_testing/stripe.ts";
import { handler } from "./handler.ts";

const CUSTOMER = { "GET /v1/customers/cus_1": { id: "cus_1", object: "customer" } };
const GONE = { "GET /v1/customers/cus_1": { id: "cus_1", object: "customer", deleted: true } };
const PORTAL = { "GET /v1/billing_portal/configurations": { object: "list", data: [{ id: "bpc_1" }] } };

async function told(stage: Stage, customer: string | null, answers: Record<string, unknown>) {
  const { id, token } = await stage.person();
  await stage.sql`update public.profiles set stripe_customer_id = ${customer} where id = ${id}`;
  const { data } = await stage.callWith(handler, { stripe: stripeWith(answers) }, { token, query: {} });
  return [data.customer_in_profile, data.customer_at_stripe, data.portal_configured, data.ready];
}

scenario("a portal can be opened where customer and portal are there", async (stage) => {
  assert.deepEqual(await told(stage, "cus_1", { ...CUSTOMER, ...PORTAL }), [true, true, true, true]);
});

scenario("what is missing is told", async (stage) => {
  assert.deepEqual(await told(stage, null, PORTAL), [false, false, true, false]);
  assert.deepEqual(await told(stage, "cus_1", PORTAL), [true, false, true, false]);
  assert.deepEqual(await told(stage, "cus_1", { ...GONE, ...PORTAL }), [true, false, true, false]);
  assert.deepEqual(await told(stage, "cus_1", CUSTOMER), [true, true, false, false]);
});

scenario("where Stripe refuses, that is told without its words", async (stage) => {
  const { token } = await stage.person();
  const { code, error } = await stage.callWith(handler, { stripe: stripeRefusing(403) }, {
    token,
    query: {},
  });
  assert.equal(code, "payments_unavailable");
  assert(!error.message.includes("canary"));
});
