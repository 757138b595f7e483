/** Running subscriptions, as far as accounts concern them. */

import { type Environment, EnvironmentFault } from "./environment.ts";
import { Refusal } from "./refusal.ts";
import { fromStripe, stripeOf } from "./stripe.ts";

export interface Subscriptions {
  /** Ends a subscription at once. One that has ended already, or is unknown, is no fault. */
  end(id: string): Promise<void>;
}

export const SUBSCRIPTION_ENVIRONMENT = ["STRIPE_SECRET_KEY?", "STRIPE_API_URL?"] as const;

/** Stripe's subscriptions. Before billing begins there is no key, and no subscription to end either. */
export function subscriptionsOf(environment: Environment, fetcher: typeof fetch = fetch): Subscriptions {
  if (environment["STRIPE_SECRET_KEY"] === undefined) return { end: () => Promise.reject(unset()) };
  const stripe = stripeOf(environment, fetcher);
  return { end: async (id) => void await fromStripe(stripe.subscriptions.cancel(id)) };
}

function unset(): Refusal {
  return new Refusal("misconfigured", new EnvironmentFault(["STRIPE_SECRET_KEY"], "is not set").message);
}
