/** Running subscriptions, as far as accounts concern them. */

import Stripe from "stripe";
import { type Environment, EnvironmentFault } from "./environment.ts";
import { Refusal } from "./refusal.ts";

export interface Subscriptions {
  /** Ends a subscription at once. One that has ended already, or is unknown, is no fault. */
  end(id: string): Promise<void>;
}

export const SUBSCRIPTION_ENVIRONMENT = ["STRIPE_SECRET_KEY?", "STRIPE_API_URL?"] as const;

const TIMEOUT = 8_000;

/** Stripe's subscriptions. `STRIPE_API_URL` names another server than Stripe's own. */
export function subscriptionsOf(environment: Environment, fetcher: typeof fetch = fetch): Subscriptions {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_URL: url } = environment;
  // Before billing begins there is no key, and no subscription to end either.
  if (key === undefined) return { end: () => Promise.reject(unset()) };
  const stripe = new Stripe(key, {
    httpClient: Stripe.createFetchHttpClient(fetcher),
    timeout: TIMEOUT,
    maxNetworkRetries: 1,
    telemetry: false,
    ...serverOf(url),
  });
  return {
    async end(id) {
      try {
        await stripe.subscriptions.cancel(id);
      } catch (error) {
        if (error instanceof Stripe.errors.StripeError) {
          if (error.code === "resource_missing") return;
          throw new Refusal("payments_unavailable", "The subscription could not be ended; try again later");
        }
        throw error;
      }
    },
  };
}

function unset(): Refusal {
  return new Refusal("misconfigured", new EnvironmentFault(["STRIPE_SECRET_KEY"], "is not set").message);
}

function serverOf(url: string | undefined): { host?: string; port?: string; protocol?: "http" | "https" } {
  if (url === undefined) return {};
  if (!URL.canParse(url)) throw new EnvironmentFault(["STRIPE_API_URL"], "is no URL");
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === "http:" ? "http" : "https";
  return { host: hostname, port: port || (scheme === "http" ? "80" : "443"), protocol: scheme };
}
