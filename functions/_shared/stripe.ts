/** The way to Stripe, with time-outs, few retries, and errors that tell callers nothing of the inside. */

import Stripe from "stripe";
import { type Environment, EnvironmentFault } from "./environment.ts";
import type { Platform } from "./implement.ts";
import { Refusal } from "./refusal.ts";

/** What a function that can't do without Stripe reads; `STRIPE_API_URL` names another server than Stripe's own. */
export const STRIPE_ENVIRONMENT = ["STRIPE_SECRET_KEY", "STRIPE_API_URL?"] as const;

/** What functions are given that ask Stripe. */
export interface WithStripe extends Platform {
  readonly stripe: Stripe;
}

const TIMEOUT = 8_000;

/** A client for the environment's key. */
export function stripeOf(
  { STRIPE_SECRET_KEY: key = "", STRIPE_API_URL: url }: Environment,
  fetcher: typeof fetch = fetch,
): Stripe {
  return new Stripe(key, {
    httpClient: Stripe.createFetchHttpClient(fetcher),
    timeout: TIMEOUT,
    maxNetworkRetries: 1,
    telemetry: false,
    ...serverOf(url),
  });
}

function serverOf(url: string | undefined): { host?: string; port?: string; protocol?: "http" | "https" } {
  if (url === undefined) return {};
  if (!URL.canParse(url)) throw new EnvironmentFault(["STRIPE_API_URL"], "is no URL");
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === "http:" ? "http" : "https";
  return { host: hostname, port: port || (scheme === "http" ? "80" : "443"), protocol: scheme };
}

/** What Stripe answers, or a refusal; undefined where it knows no such object. */
export async function fromStripe<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    if (error.code === "resource_missing") return undefined;
    if (error instanceof Stripe.errors.StripeCardError) {
      throw new Refusal("payment_declined", "The card was declined");
    }
    throw new Refusal("payments_unavailable", "Stripe can't be asked; try again later");
  }
}
