/** A customer at Stripe whose state a test changes, and events as Stripe signs them. */

import Stripe from "stripe";
import { stripeOf } from "../_shared/stripe.ts";
import type { Asking, Person, Stage } from "./stage.ts";
import { STRIPE_KEY } from "./stripe.ts";

export const SECRET = "whsec_of_the_tests_alone";
export const PRICES = { monthly: "price_monthly", annual: "price_annual" };

export interface Asked {
  readonly request: string;
  readonly form: URLSearchParams;
}

/** Stripe as one customer sees it. */
export class Payments {
  readonly asked: Asked[] = [];
  subscriptions: Record<string, unknown>[] = [];
  invoices: Record<string, unknown>[] = [];
  /** Answers to anything else, by method and path. */
  answers: Record<string, unknown> = {};
  /** Awaited before each answer is made. */
  before: (request: string) => Promise<void> = () => Promise.resolve();
  /** Awaited after each answer was made, and before it arrives. */
  after: (request: string) => Promise<void> = () => Promise.resolve();

  readonly stripe: Stripe = stripeOf(
    { STRIPE_SECRET_KEY: STRIPE_KEY },
    (async (input: RequestInfo | URL, init?: RequestInit) => {
      const sent = new Request(input, init);
      const request = `${sent.method} ${new URL(sent.url).pathname.slice(4)}`;
      this.asked.push({ request, form: new URLSearchParams(await sent.text()) });
      await this.before(request);
      const response = this.answer(request);
      await this.after(request);
      return response;
    }) as typeof fetch,
  );

  private answer(request: string): Response {
    const lists: Record<string, unknown[]> = {
      "GET subscriptions": this.subscriptions,
      "GET invoices": this.invoices,
      "GET checkout/sessions": [],
      "GET billing_portal/configurations": [],
    };
    const answer = this.answers[request] ??
      (request in lists ? { object: "list", data: lists[request], has_more: false } : undefined);
    if (answer instanceof Response) return answer.clone();
    const error = { type: "invalid_request_error", code: "resource_missing", message: "canary" };
    return answer === undefined ? Response.json({ error }, { status: 404 }) : Response.json(answer);
  }
}

export function subscription(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const item = {
    id: "si_1",
    current_period_start: 1_800_000_000,
    current_period_end: 1_802_000_000,
    price: { id: PRICES.monthly, recurring: { interval: "month" } },
  };
  return {
    id: "sub_1",
    object: "subscription",
    status: "active",
    cancel_at: null,
    canceled_at: null,
    cancel_at_period_end: false,
    items: { object: "list", data: [item] },
    ...changes,
  };
}

export function invoice(paidAt: number, amount = 9900): Record<string, unknown> {
  return {
    id: `in_${paidAt}`,
    object: "invoice",
    amount_paid: amount,
    status_transitions: { paid_at: paidAt },
  };
}

/** Someone who has that customer. */
export async function customer(
  stage: Stage,
  id = `cus_${crypto.randomUUID()}`,
): Promise<Person & { customer: string }> {
  const person = await stage.person();
  await stage.sql`update public.profiles set stripe_customer_id = ${id} where id = ${person.id}`;
  return { ...person, customer: id };
}

/** A delivery, signed with the secret at a time. */
export async function delivery(
  type: string,
  object: Record<string, unknown>,
  { secret = SECRET, timestamp = Math.floor(Date.now() / 1000) } = {},
): Promise<Asking> {
  const body = JSON.stringify({ id: "evt_1", object: "event", type, created: 1, data: { object } });
  const signature = await new Stripe(STRIPE_KEY).webhooks.generateTestHeaderStringAsync({
    payload: body,
    secret,
    timestamp,
    cryptoProvider: Stripe.createSubtleCryptoProvider(),
  });
  return { body, headers: { "stripe-signature": signature } };
}
