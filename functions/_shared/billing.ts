/** What a user pays for: told by Stripe, kept in the profile, and never known from one event alone. */

import type Stripe from "stripe";
import { z } from "zod";
import type { Database } from "./database.ts";
import type { Environment } from "./environment.ts";
import type { Call } from "./implement.ts";
import { Refusal } from "./refusal.ts";
import { fromStripe, STRIPE_ENVIRONMENT, stripeOf, type WithStripe } from "./stripe.ts";

export const BillingPeriod = z.enum(["monthly", "annual"]);
export type BillingPeriod = z.output<typeof BillingPeriod>;

const PERIODS: Readonly<Record<string, BillingPeriod>> = { month: "monthly", year: "annual" };

/** What a function reads that sells. */
export const PRICES = { monthly: "STRIPE_PRICE_ID_MONTHLY", annual: "STRIPE_PRICE_ID_ANNUAL" } as const;
export const SELLING_ENVIRONMENT = [...STRIPE_ENVIRONMENT, ...Object.values(PRICES)];

/** What functions are given that sell. */
export interface WithPrices extends WithStripe {
  readonly prices: Readonly<Record<BillingPeriod, string>>;
}

export function wirePrices(
  environment: Environment,
): Omit<WithPrices, keyof WithStripe> & { stripe: Stripe } {
  const prices = {
    monthly: environment[PRICES.monthly] ?? "",
    annual: environment[PRICES.annual] ?? "",
  };
  return { stripe: stripeOf(environment), prices };
}

/** A page of the application: where customers come back to. */
export const ReturnPath = z.string().max(500).regex(/^\/(?![/\\])[\x21-\x7e]*$/, "A path, such as /billing");

/** The address of a page on the site that called, or else on the first that may. */
export function pageOf({ request }: Call<unknown>, { origins }: WithStripe, path: string): string {
  const origin = request.headers.get("origin") ?? [...origins][0];
  if (origin === undefined) {
    throw new Refusal("misconfigured", "ALLOWED_ORIGINS names no page to come back to");
  }
  return new URL(path, origin).href;
}

// Statuses in which a subscription is paid for, or soon will be again, and in which it was once.
const RUNNING: readonly string[] = ["active", "trialing", "past_due", "unpaid", "paused"];
const NEVER_PAID: readonly string[] = ["incomplete", "incomplete_expired"];

export const isRunning = ({ status }: Stripe.Subscription) => RUNNING.includes(status);

/** The nine columns of the profile that follow Stripe. */
export interface BillingState {
  readonly subscription_status: string;
  readonly subscription_id: string;
  readonly billing_period: BillingPeriod | null;
  readonly current_period_start: string | null;
  readonly current_period_end: string | null;
  readonly cancel_at: string | null;
  readonly canceled_at: string | null;
  readonly cancel_at_period_end: boolean;
  readonly last_payment_date: string | null;
}

/** All subscriptions of a customer, the newest first. */
export async function subscriptionsOf(stripe: Stripe, customer: string): Promise<Stripe.Subscription[]> {
  const listed = await fromStripe(stripe.subscriptions.list({ customer, status: "all", limit: 100 }));
  return listed?.data ?? [];
}

/** The one that counts: the newest that runs, or else the newest that did; one that was never paid for doesn't. */
export function current(subscriptions: readonly Stripe.Subscription[]): Stripe.Subscription | undefined {
  const paid = subscriptions.filter(({ status }) => !NEVER_PAID.includes(status));
  return paid.find(isRunning) ?? paid[0];
}

/** How often a customer is billed. By the price's interval: whoever subscribed early has a price of their own. */
export function periodOf(subscription: Stripe.Subscription): BillingPeriod | null {
  return PERIODS[subscription.items.data[0]?.price.recurring?.interval ?? ""] ?? null;
}

/** A customer's state at Stripe now; undefined for one who never had a subscription. */
async function stateOf(stripe: Stripe, customer: string): Promise<BillingState | undefined> {
  const [subscriptions, invoices] = await Promise.all([
    subscriptionsOf(stripe, customer),
    fromStripe(stripe.invoices.list({ customer, status: "paid", limit: 20 })),
  ]);
  const subscription = current(subscriptions);
  if (subscription === undefined) return undefined;
  const item = subscription.items.data[0];
  // An older invoice may be paid after a newer one; one of nothing is no payment.
  const payments = (invoices?.data ?? []).filter(({ amount_paid }) => amount_paid > 0)
    .map(({ status_transitions }) => status_transitions.paid_at ?? 0);
  return {
    subscription_status: subscription.status,
    subscription_id: subscription.id,
    billing_period: periodOf(subscription),
    current_period_start: instant(item?.current_period_start),
    current_period_end: instant(item?.current_period_end),
    cancel_at: instant(subscription.cancel_at),
    canceled_at: instant(subscription.canceled_at),
    cancel_at_period_end: subscription.cancel_at_period_end,
    last_payment_date: instant(payments.length > 0 ? Math.max(...payments) : null),
  };
}

const ATTEMPTS = 8;

/** Brings the profile of a customer to what Stripe says now, whatever has led to it; false where nobody has it. */
export function synchronize(database: Database, stripe: Stripe, customer: string): Promise<boolean> {
  let queue = queues.get(database);
  if (queue === undefined) queues.set(database, queue = new Queue());
  return queue.run(customer, () => bringUpToDate(database, stripe, customer));
}

/**
 * What is fetched is written only over the very row that was there before it was asked for, and is fetched anew
 * otherwise. So of several at once the last to write has asked last, and no connection is held while Stripe answers.
 */
async function bringUpToDate({ service }: Database, stripe: Stripe, customer: string): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [row] = await service<{ id: string; version: string }[]>`
      select id, xmin::text as version from public.profiles where stripe_customer_id = ${customer}`;
    if (row === undefined) return false;
    const state = await stateOf(stripe, customer);
    if (state === undefined) return true;
    // Always written, even if nothing differs: whoever has asked before must notice that somebody asked later.
    const { count } = await service`
      update public.profiles set ${service({ ...state })}, updated_at = now()
      where id = ${row.id} and xmin::text = ${row.version}`;
    if (count === 1) return true;
  }
  throw new Refusal("unavailable", "The profile is being changed by many at once; try again later");
}

type Work = () => Promise<boolean>;

/** One run for all who ask for the same customer before it begins: events of one payment come together. */
class Queue {
  private readonly running = new Map<string, Promise<boolean>>();
  private readonly waiting = new Map<string, Promise<boolean>>();

  /** Done by a run that begins after now: one that is under way may have asked Stripe too early. */
  run(customer: string, work: Work): Promise<boolean> {
    const joined = this.waiting.get(customer);
    if (joined !== undefined) return joined;
    const before = this.running.get(customer);
    if (before === undefined) return this.begin(customer, work);
    const next = before.catch(() => false).then(() => {
      this.waiting.delete(customer);
      return this.begin(customer, work);
    });
    this.waiting.set(customer, next);
    return next;
  }

  private begin(customer: string, work: Work): Promise<boolean> {
    const done = work().finally(() => this.running.delete(customer));
    this.running.set(customer, done);
    return done;
  }
}

const queues = new WeakMap<Database, Queue>();

/** The caller's customer at Stripe, made once: asked for twice at once, Stripe tells the same one twice. */
export async function customerOf(id: string, { database, stripe }: WithStripe): Promise<string> {
  const [profile] = await database.service<{ customer: string | null; email: string | null }[]>`
    select profile.stripe_customer_id as customer, account.email
    from public.profiles as profile join auth.users as account using (id) where id = ${id}`;
  if (profile === undefined) throw new Refusal("not_found", "There is no profile");
  if (profile.customer !== null) return profile.customer;
  // The address may change, and a repeated request must not.
  const made = await fromStripe(
    stripe.customers.create({ metadata: { user_id: id } }, { idempotencyKey: `customer-${id}` }),
  );
  if (made === undefined) throw new Refusal("payments_unavailable", "Stripe can't be asked; try again later");
  if (profile.email !== null) await fromStripe(stripe.customers.update(made.id, { email: profile.email }));
  const [kept] = await database.service<{ customer: string }[]>`
    update public.profiles set stripe_customer_id = coalesce(stripe_customer_id, ${made.id})
    where id = ${id} returning stripe_customer_id as customer`;
  if (kept === undefined) throw new Refusal("not_found", "There is no profile");
  return kept.customer;
}

/** The name that the portal's configuration carries in its metadata. */
const PORTAL = "customer-portal";

/** The address of a portal that customers open next. */
export async function openPortal(stripe: Stripe, customer: string, page: string): Promise<string> {
  const configurations = await fromStripe(
    stripe.billingPortal.configurations.list({ active: true, limit: 100 }),
  );
  const ours = configurations?.data.find(({ metadata }) => metadata?.["voip"] === PORTAL);
  const session = await fromStripe(stripe.billingPortal.sessions.create({
    customer,
    return_url: page,
    ...(ours === undefined ? {} : { configuration: ours.id }),
  }));
  if (session === undefined) throw new Refusal("not_found", "Stripe does not know the customer");
  return session.url;
}

function instant(seconds: number | null | undefined): string | null {
  return typeof seconds === "number" ? new Date(seconds * 1000).toISOString() : null;
}
