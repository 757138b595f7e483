import assert from "node:assert/strict";
import { customer, Payments, PRICES, subscription } from "../_testing/billing.ts";
import { ORIGIN, scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

const given = (payments: Payments) => ({ stripe: payments.stripe, prices: PRICES });
const PAGE = "https://checkout.stripe.com/c/pay/1";

function selling(): Payments {
  const payments = new Payments();
  payments.answers["POST checkout/sessions"] = { id: "cs_1", url: PAGE };
  payments.answers["POST billing_portal/sessions"] = { id: "bps_1", url: "https://billing.stripe.com/1" };
  return payments;
}

for (const billing_period of ["monthly", "annual"] as const) {
  scenario(`a page is opened to pay for ${billing_period}`, async (stage) => {
    const payments = selling();
    const { customer: id, id: user, token } = await customer(stage);
    const { data } = await stage.callWith(handler, given(payments), { token, json: { billing_period } });
    assert.deepEqual(data, { kind: "checkout", url: PAGE });
    const form = payments.asked.at(-1)?.form;
    assert.deepEqual(
      ["customer", "line_items[0][price]", "client_reference_id", "success_url"].map((name) =>
        form?.get(name)
      ),
      [id, PRICES[billing_period], user, `${ORIGIN}/billing?checkout=success`],
    );
  });
}

scenario("a customer is made once, whoever asks at the same time", async (stage) => {
  const payments = selling();
  payments.answers["POST customers"] = { id: "cus_made_once", object: "customer" };
  payments.answers["POST customers/cus_made_once"] = { id: "cus_made_once", object: "customer" };
  const { id, token } = await stage.person();
  const asking = { token, json: { billing_period: "monthly" } };
  await Promise.all([1, 2, 3].map(() => stage.callWith(handler, given(payments), asking)));
  const made = payments.asked.filter(({ request }) => request === "POST customers");
  assert.deepEqual([...new Set(made.map(({ form }) => form.toString()))], [`metadata%5Buser_id%5D=${id}`]);
  const [row] = await stage.sql`select stripe_customer_id from public.profiles where id = ${id}`;
  assert.equal(row?.["stripe_customer_id"], "cus_made_once");
});

for (const status of ["active", "past_due", "unpaid"]) {
  scenario(`whose subscription is ${status} gets the portal`, async (stage) => {
    const payments = selling();
    payments.subscriptions = [subscription({ status })];
    const { token } = await customer(stage);
    const json = { billing_period: "annual" };
    const { data } = await stage.callWith(handler, given(payments), { token, json });
    assert.equal(data.kind, "portal");
  });
}

scenario("pages that were left open are closed first", async (stage) => {
  const payments = selling();
  payments.answers["GET checkout/sessions"] = { object: "list", data: [{ id: "cs_0" }] };
  payments.answers["POST checkout/sessions/cs_0/expire"] = { id: "cs_0" };
  const { token } = await customer(stage);
  await stage.callWith(handler, given(payments), { token, json: { billing_period: "monthly" } });
  const asked = payments.asked.map(({ request }) => request);
  assert(asked.indexOf("POST checkout/sessions/cs_0/expire") < asked.indexOf("POST checkout/sessions"));
});

for (const return_path of ["//evil.test", "https://evil.test", "/\\evil.test", "billing", ""]) {
  scenario(`${return_path} is no page to come back to`, async (stage) => {
    const { token } = await customer(stage);
    const json = { billing_period: "monthly", return_path };
    const { code } = await stage.callWith(handler, given(selling()), { token, json });
    assert.equal(code, "invalid_input");
  });
}

scenario("an unknown period and an unknown plan", async (stage) => {
  const { token } = await customer(stage);
  const weekly = { token, json: { billing_period: "weekly" } };
  assert.equal((await stage.callWith(handler, given(selling()), weekly)).code, "invalid_input");
  const monthly = { token, json: { billing_period: "monthly" } };
  assert.equal((await stage.callWith(handler, given(new Payments()), monthly)).code, "not_found");
});
