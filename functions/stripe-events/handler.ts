import Stripe from "stripe";
import { z } from "zod";
import { synchronize } from "../_shared/billing.ts";
import { contract } from "../_shared/contract.ts";
import { implement } from "../_shared/implement.ts";
import { Refusal } from "../_shared/refusal.ts";
import { STRIPE_ENVIRONMENT, type WithStripe } from "../_shared/stripe.ts";

/** The events that say that a customer's state is another one; which one, Stripe is asked. */
export const HANDLED: ReadonlySet<string> = new Set([
  "checkout.session.completed",
  "customer.subscription.created",
  "customer.subscription.deleted",
  "customer.subscription.updated",
  "invoice.paid",
  "invoice.payment_failed",
]);

/** For how many seconds a signature is good. */
const TOLERANCE = 300;

const listening = contract({
  slug: "stripe-events",
  group: "billing",
  summary: "Hears from Stripe that something has happened to a customer, and brings the profile up to date.",
  callers: ["anyone"],
  raw: true,
  maxBytes: 512 * 1024,
  timeout: 20_000,
  environment: [...STRIPE_ENVIRONMENT, "STRIPE_WEBHOOK_SECRET"],
  input: z.string(),
  output: z.strictObject({ received: z.literal(true), handled: z.boolean() }),
  errors: ["invalid_signature", "payments_unavailable"],
});

export interface Given extends WithStripe {
  /** While an endpoint is being replaced, both sign. */
  readonly secrets: readonly string[];
}

const crypto = Stripe.createSubtleCryptoProvider();

export const handler = implement(listening, async ({ input, request }, given: Given) => {
  const event = await verified(input, request.headers.get("stripe-signature") ?? "", given);
  const customer = HANDLED.has(event.type) ? customerOf(event) : undefined;
  // What nobody handles is acknowledged, and so is a customer of nobody's: to repeat either is of no use.
  const handled = customer !== undefined && await synchronize(given.database, given.stripe, customer);
  return { received: true as const, handled };
});

/** The event, whose signature holds in constant time for one of the secrets and isn't old. */
async function verified(
  payload: string,
  signature: string,
  { stripe, secrets }: Given,
): Promise<Stripe.Event> {
  for (const secret of secrets) {
    try {
      return await stripe.webhooks.constructEventAsync(payload, signature, secret, TOLERANCE, crypto);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
    }
  }
  throw new Refusal("invalid_signature", "The signature is not Stripe's, or too old");
}

function customerOf(event: Stripe.Event): string | undefined {
  const { customer } = event.data.object as { customer?: unknown };
  return typeof customer === "string" ? customer : undefined;
}
