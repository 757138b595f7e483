import assert from "node:assert/strict";
import { customer, invoice, Payments, subscription } from "../_testing/billing.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("a trial is active until it is over", async (stage) => {
  const { id, token } = await stage.person();
  const payments = new Payments();
  const ask = async () =>
    (await stage.callWith(handler, { stripe: payments.stripe }, { token, query: {} })).data;
  const before = await ask();
  assert.deepEqual([before.subscription_status, before.active], ["trial", true]);
  await stage.sql`update public.profiles set plan_expires_at = now() - interval '1 second' where id = ${id}`;
  assert.equal((await ask()).active, false);
  assert.deepEqual(payments.asked, []);
});

scenario("with refresh, Stripe's word is the last", async (stage) => {
  const payments = new Payments();
  payments.subscriptions = [subscription({ status: "past_due" })];
  payments.invoices = [invoice(1_800_000_001)];
  const { token } = await customer(stage);
  for (const asking of [{ token, query: { refresh: "true" } }, { token, json: { refresh: true } }]) {
    const { data } = await stage.callWith(handler, { stripe: payments.stripe }, asking);
    assert.deepEqual(
      [data.subscription_status, data.active, data.billing_period, data.last_payment_date],
      ["past_due", true, "monthly", "2027-01-15T08:00:01.000Z"],
    );
  }
  payments.subscriptions = [subscription({ status: "canceled" })];
  const { data } = await stage.callWith(handler, { stripe: payments.stripe }, {
    token,
    query: { refresh: "1" },
  });
  assert.deepEqual([data.subscription_status, data.active], ["canceled", false]);
});

scenario("without a profile there is nothing to tell", async (stage) => {
  const { id, token } = await stage.person();
  await stage.sql`delete from public.profiles where id = ${id}`;
  const { code } = await stage.callWith(handler, { stripe: new Payments().stripe }, { token, query: {} });
  assert.equal(code, "not_found");
});
