import assert from "node:assert/strict";
import { customer, Payments, PRICES, subscription } from "../_testing/billing.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

const given = (payments: Payments) => ({ stripe: payments.stripe, prices: PRICES });
const YEARLY = { id: "si_1", price: { id: PRICES.annual, recurring: { interval: "year" } } };

scenario("a month becomes a year, and the profile says so at once", async (stage) => {
  const payments = new Payments();
  payments.subscriptions = [subscription({ cancel_at_period_end: true })];
  payments.answers["POST subscriptions/sub_1"] = subscription();
  payments.before = (request) => {
    if (request.startsWith("POST")) payments.subscriptions = [subscription({ items: { data: [YEARLY] } })];
    return Promise.resolve();
  };
  const { id, token } = await customer(stage);
  const { data } = await stage.callWith(handler, given(payments), { token, json: {} });
  assert.deepEqual(data, { subscription_id: "sub_1", billing_period: "annual" });
  const form = payments.asked.find(({ request }) => request === "POST subscriptions/sub_1")?.form;
  assert.deepEqual(Object.fromEntries(form ?? []), {
    "items[0][id]": "si_1",
    "items[0][price]": PRICES.annual,
    cancel_at_period_end: "false",
    proration_behavior: "always_invoice",
    payment_behavior: "error_if_incomplete",
  });
  const [row] = await stage.sql`select billing_period from public.profiles where id = ${id}`;
  assert.equal(row?.["billing_period"], "annual");
});

scenario("who pays by the year already is told so", async (stage) => {
  const payments = new Payments();
  payments.subscriptions = [subscription({ items: { data: [YEARLY] } })];
  const { token } = await customer(stage);
  assert.equal((await stage.callWith(handler, given(payments), { token, json: {} })).code, "conflict");
});

scenario("who has no subscription that runs has none to upgrade", async (stage) => {
  const payments = new Payments();
  const { token } = await stage.person();
  assert.equal((await stage.callWith(handler, given(payments), { token, json: {} })).code, "not_found");
  payments.subscriptions = [subscription({ status: "canceled" })];
  const lost = await customer(stage);
  const { code } = await stage.callWith(handler, given(payments), { token: lost.token, json: {} });
  assert.equal(code, "not_found");
});

scenario("a card that is declined leaves the month as it is", async (stage) => {
  const payments = new Payments();
  payments.subscriptions = [subscription()];
  const error = { type: "card_error", code: "card_declined", message: "canary" };
  payments.answers["POST subscriptions/sub_1"] = Response.json({ error }, { status: 402 });
  const { token } = await customer(stage);
  const { code, status, error: told } = await stage.callWith(handler, given(payments), { token, json: {} });
  assert.deepEqual([code, status], ["payment_declined", 402]);
  assert(!told.message.includes("canary"));
});
