import assert from "node:assert/strict";
import { customer, delivery, invoice, Payments, SECRET, subscription } from "../_testing/billing.ts";
import { scenario, type Stage } from "../_testing/stage.ts";
import { type Given, HANDLED, handler } from "./handler.ts";

const given = (payments: Payments, secrets = [SECRET]): Pick<Given, "stripe" | "secrets"> => ({
  stripe: payments.stripe,
  secrets,
});

async function profileOf(stage: Stage, customer: string): Promise<Record<string, unknown>> {
  const [row] = await stage.sql`
    select subscription_status, subscription_id, billing_period, current_period_start, current_period_end,
      cancel_at, canceled_at, cancel_at_period_end, last_payment_date
    from public.profiles where stripe_customer_id = ${customer}`;
  return { ...row };
}

const STATE = {
  subscription_status: "active",
  subscription_id: "sub_1",
  billing_period: "monthly",
  current_period_start: "2027-01-15T08:00:00.000Z",
  current_period_end: "2027-02-07T11:33:20.000Z",
  cancel_at: null,
  canceled_at: null,
  cancel_at_period_end: false,
  last_payment_date: "2027-01-15T08:00:01.000Z",
};

for (const type of HANDLED) {
  scenario(`${type} brings the profile to what Stripe says`, async (stage) => {
    const payments = new Payments();
    payments.subscriptions = [subscription()];
    payments.invoices = [invoice(1_800_000_001), invoice(1_900_000_000, 0)];
    const { customer: id } = await customer(stage);
    const { data } = await stage.callWith(handler, given(payments), await delivery(type, { customer: id }));
    assert.deepEqual(data, { received: true, handled: true });
    assert.deepEqual(await profileOf(stage, id), STATE);
  });
}

scenario("a cancellation, its end and a year are told", async (stage) => {
  const payments = new Payments();
  const { customer: id } = await customer(stage);
  const item = { id: "si_1", price: { recurring: { interval: "year" } } };
  payments.subscriptions = [subscription({
    status: "canceled",
    cancel_at_period_end: true,
    cancel_at: 1_800_000_000,
    canceled_at: 1_800_000_001,
    items: { data: [item] },
  })];
  const asking = await delivery("customer.subscription.deleted", { customer: id });
  await stage.callWith(handler, given(payments), asking);
  assert.deepEqual(await profileOf(stage, id), {
    ...STATE,
    subscription_status: "canceled",
    billing_period: "annual",
    cancel_at: "2027-01-15T08:00:00.000Z",
    canceled_at: "2027-01-15T08:00:01.000Z",
    cancel_at_period_end: true,
    current_period_start: null,
    current_period_end: null,
    last_payment_date: null,
  });
});

scenario("the subscription that runs counts, and one that was never paid for doesn't", async (stage) => {
  const payments = new Payments();
  const { customer: id } = await customer(stage);
  const asking = await delivery("invoice.paid", { customer: id });
  payments.subscriptions = [
    subscription({ id: "sub_3", status: "incomplete_expired" }),
    subscription({ id: "sub_2", status: "canceled" }),
    subscription({ id: "sub_1", status: "past_due" }),
  ];
  await stage.callWith(handler, given(payments), asking);
  assert.equal((await profileOf(stage, id))["subscription_id"], "sub_1");
  payments.subscriptions.pop();
  await stage.callWith(handler, given(payments), asking);
  assert.equal((await profileOf(stage, id))["subscription_id"], "sub_2");
});

scenario("who never had a subscription keeps the trial", async (stage) => {
  const { customer: id } = await customer(stage);
  const before = await profileOf(stage, id);
  const payments = new Payments();
  payments.subscriptions = [subscription({ status: "incomplete" })];
  await stage.callWith(handler, given(payments), await delivery("invoice.payment_failed", { customer: id }));
  assert.deepEqual(await profileOf(stage, id), before);
});

scenario("what nobody handles is acknowledged, and Stripe isn't asked", async (stage) => {
  const payments = new Payments();
  for (const type of ["voip.probe", "customer.created", "invoice.created", "charge.refunded"]) {
    const { data } = await stage.callWith(
      handler,
      given(payments),
      await delivery(type, { customer: "cus_1" }),
    );
    assert.deepEqual(data, { received: true, handled: false });
  }
  assert.deepEqual(payments.asked, []);
});

scenario("a customer of nobody's is acknowledged", async (stage) => {
  const { data } = await stage.callWith(
    handler,
    given(new Payments()),
    await delivery("invoice.paid", { customer: "cus_nobody" }),
  );
  assert.equal(data.handled, false);
});

scenario("forged, old and unsigned requests are refused, and change nothing", async (stage) => {
  const payments = new Payments();
  payments.subscriptions = [subscription()];
  const { customer: id } = await customer(stage);
  const now = Math.floor(Date.now() / 1000);
  const signed = await delivery("invoice.paid", { customer: id });
  const header = signed.headers?.["stripe-signature"] ?? "";
  const refused = [
    await delivery("invoice.paid", { customer: id }, { secret: "whsec_of_another" }),
    await delivery("invoice.paid", { customer: id }, { timestamp: now - 301 }),
    { body: signed.body ?? "" },
    { ...signed, body: `${signed.body} ` },
    { ...signed, body: "{}" },
    ...[
      "",
      "t=1",
      "v1=00",
      header.replace("v1=", "v0="),
      header.replace(/t=\d+/, `t=${now + 1}`),
      `${header.slice(0, -1)}g`,
    ]
      .map((each) => ({ ...signed, headers: { "stripe-signature": each } })),
  ];
  const before = await profileOf(stage, id);
  for (const asking of refused) {
    const { code, status } = await stage.callWith(handler, given(payments), asking);
    assert.deepEqual([code, status], ["invalid_signature", 400]);
  }
  assert.deepEqual(await profileOf(stage, id), before);
  assert.deepEqual(payments.asked, []);
});

scenario("while an endpoint is replaced both secrets are good", async (stage) => {
  for (const secret of [SECRET, "whsec_new"]) {
    const asking = await delivery("voip.probe", {}, { secret });
    const { status } = await stage.callWith(handler, given(new Payments(), ["whsec_new", SECRET]), asking);
    assert.equal(status, 200);
  }
});

scenario("where Stripe doesn't answer, it is asked to come again", async (stage) => {
  const { customer: id } = await customer(stage);
  for (const status of [401, 429, 500, 503]) {
    const payments = new Payments();
    const body = { error: { type: "api_error", message: "canary" } };
    payments.answers["GET subscriptions"] = Response.json(body, { status });
    const answer = await stage.callWith(
      handler,
      given(payments),
      await delivery("invoice.paid", { customer: id }),
    );
    assert.equal(answer.status, 502);
    assert(!answer.error.message.includes("canary"));
  }
});

scenario("what was asked earlier never ends up over what was asked later", async (stage) => {
  const payments = new Payments();
  const { customer: id } = await customer(stage);
  payments.subscriptions = [subscription({ status: "past_due" })];
  let release = () => {};
  const late = new Promise<void>((resolve) => release = resolve);
  let first = true;
  // The first answer is made, and is on its way while everything else happens.
  payments.after = (request) => {
    if (request !== "GET subscriptions" || !first) return Promise.resolve();
    first = false;
    return late;
  };
  const slow = stage.callWith(
    handler,
    given(payments),
    await delivery("invoice.payment_failed", { customer: id }),
  );
  while (first) await new Promise((resolve) => setTimeout(resolve, 5));
  payments.subscriptions = [subscription()];
  // Another process, which knows nothing of the first one's queue.
  const other = new (await import("../_shared/database.ts")).Database(stage.platform.database.service);
  await stage.callWith(
    handler,
    { ...given(payments), database: other },
    await delivery("invoice.paid", { customer: id }),
  );
  release();
  await slow;
  assert.equal((await profileOf(stage, id))["subscription_status"], "active");
});

scenario("of events that come together, few ask", async (stage) => {
  const payments = new Payments();
  const { customer: id } = await customer(stage);
  payments.subscriptions = [subscription()];
  const asking = await delivery("invoice.paid", { customer: id });
  await Promise.all(Array.from({ length: 20 }, () => stage.callWith(handler, given(payments), asking)));
  const asked = payments.asked.filter(({ request }) => request === "GET subscriptions").length;
  assert(asked >= 1 && asked <= 4, `${asked}`);
});
