import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { stripeRefusing, stripeWith } from "../_testing/stripe.ts";
import { handler } from "./handler.ts";

const environment = { STRIPE_PRICE_ID_MONTHLY: "price_m", STRIPE_PRICE_ID_ANNUAL: "price_a" };
const BALANCE = { "GET /v1/balance": { object: "balance", livemode: false } };
const MONTHLY = {
  "GET /v1/prices/price_m": {
    object: "price",
    active: true,
    unit_amount: 9900,
    currency: "usd",
    recurring: { interval: "month" },
  },
};

scenario("the prices are told as Stripe has them, and one that is unknown", async (stage) => {
  const { token } = await stage.admin();
  const given = { environment, stripe: stripeWith({ ...BALANCE, ...MONTHLY }) };
  const { data } = await stage.callWith(handler, given, { token, query: {} });
  assert.deepEqual(data, {
    live: false,
    prices: {
      monthly: { found: true, active: true, amount: 9900, currency: "usd", interval: "month" },
      annual: { found: false, active: false, amount: null, currency: null, interval: null },
    },
  });
});

scenario("a live key is told to be one", async (stage) => {
  const { token } = await stage.admin();
  const stripe = stripeWith({ "GET /v1/balance": { object: "balance", livemode: true } });
  assert.equal((await stage.callWith(handler, { environment, stripe }, { token, json: {} })).data.live, true);
});

scenario("where Stripe refuses, that is told", async (stage) => {
  const { token } = await stage.admin();
  const given = { environment, stripe: stripeRefusing(401) };
  assert.equal((await stage.callWith(handler, given, { token, query: {} })).code, "payments_unavailable");
});
