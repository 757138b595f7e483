/** Stripe at the HTTP boundary: the real client, on answers that a test gives by method and path. */

import { stripeOf } from "../_shared/stripe.ts";
import type Stripe from "stripe";

export const STRIPE_KEY = "sk_test_of_the_tests_alone";

type Answers = Readonly<Record<string, unknown>>;

/** A client whose server knows these objects and no others: `{"GET /v1/prices/price_1": {...}}`. */
export function stripeWith(answers: Answers, key = STRIPE_KEY): Stripe {
  const fetcher = (input: RequestInfo | URL, init?: RequestInit) => {
    const { method, url } = new Request(input, init);
    const answer = answers[`${method} ${new URL(url).pathname}`];
    if (answer instanceof Error) return Promise.reject(answer);
    const error = {
      error: { type: "invalid_request_error", code: "resource_missing", message: "canary of Stripe" },
    };
    return Promise.resolve(
      answer === undefined ? Response.json(error, { status: 404 }) : Response.json(answer),
    );
  };
  return stripeOf({ STRIPE_SECRET_KEY: key }, fetcher as typeof fetch);
}

/** A client whose server refuses everything. */
export function stripeRefusing(status: number): Stripe {
  const error = { error: { type: "api_error", message: "canary of Stripe" } };
  const fetcher = () => Promise.resolve(Response.json(error, { status }));
  return stripeOf({ STRIPE_SECRET_KEY: STRIPE_KEY }, fetcher as typeof fetch);
}
