import assert from "node:assert/strict";
import { customer, Payments } from "../_testing/billing.ts";
import { ORIGIN, scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

const URL_OF_PORTAL = "https://billing.stripe.com/1";

function opening(configurations: unknown[] = []): Payments {
  const payments = new Payments();
  payments.answers["POST billing_portal/sessions"] = { id: "bps_1", url: URL_OF_PORTAL };
  payments.answers["GET billing_portal/configurations"] = { object: "list", data: configurations };
  return payments;
}

scenario("a customer gets the portal that this project configures", async (stage) => {
  const payments = opening([
    { id: "bpc_0", metadata: {} },
    { id: "bpc_1", metadata: { voip: "customer-portal" } },
  ]);
  const { customer: id, token } = await customer(stage);
  const asking = { token, json: { return_path: "/account" } };
  const { data } = await stage.callWith(handler, { stripe: payments.stripe }, asking);
  assert.equal(data.url, URL_OF_PORTAL);
  const form = payments.asked.at(-1)?.form;
  assert.deepEqual(
    ["customer", "configuration", "return_url"].map((name) => form?.get(name)),
    [id, "bpc_1", `${ORIGIN}/account`],
  );
});

scenario("without one, Stripe's own default is opened", async (stage) => {
  const payments = opening();
  const { token } = await customer(stage);
  await stage.callWith(handler, { stripe: payments.stripe }, { token, json: {} });
  assert.equal(payments.asked.at(-1)?.form.get("configuration"), null);
});

scenario("who never paid has none, and nor has a customer that Stripe forgot", async (stage) => {
  const { token } = await stage.person();
  const never = await stage.callWith(handler, { stripe: opening().stripe }, { token, json: {} });
  assert.equal(never.code, "not_found");
  const lost = await customer(stage);
  const forgot = await stage.callWith(handler, { stripe: new Payments().stripe }, {
    token: lost.token,
    json: {},
  });
  assert.equal(forgot.code, "not_found");
});
