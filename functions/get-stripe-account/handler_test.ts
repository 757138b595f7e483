import assert from "node:assert/strict";
import { scenario } from "../_testing/stage.ts";
import { STRIPE_KEY, stripeRefusing, stripeWith } from "../_testing/stripe.ts";
import { handler } from "./handler.ts";

scenario("the key's account is told, and nothing of its owner", async (stage) => {
  const { token } = await stage.admin();
  const account = {
    id: "acct_1",
    object: "account",
    country: "US",
    charges_enabled: true,
    payouts_enabled: false,
  };
  const stripe = stripeWith({ "GET /v1/account": { ...account, email: "canary@example.com" } });
  const { data } = await stage.callWith(handler, { stripe }, { token, query: {} });
  assert.deepEqual(data, { id: "acct_1", country: "US", charges_enabled: true, payouts_enabled: false });
});

scenario("a key without an account, and one that Stripe refuses", async (stage) => {
  const { token } = await stage.admin();
  const ask = async (stripe: ReturnType<typeof stripeWith>) =>
    (await stage.callWith(handler, { stripe }, { token, query: {} })).error;
  assert.equal((await ask(stripeWith({}))).code, "not_found");
  const refused = await ask(stripeRefusing(401));
  assert.equal(refused.code, "payments_unavailable");
  assert(!refused.message.includes(STRIPE_KEY) && !stage.lines.join().includes(STRIPE_KEY));
});
