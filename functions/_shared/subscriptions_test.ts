import assert from "node:assert/strict";
import { EnvironmentFault } from "./environment.ts";
import { subscriptionsOf } from "./subscriptions.ts";

const KEY = "sk_test_of_the_tests_alone";

/** Stripe as its answers come over HTTP, one for each request, the last for all that follow. */
function answering(...answers: (() => Response | Promise<Response>)[]) {
  const requests: Request[] = [];
  const fetcher = (input: RequestInfo | URL, init?: RequestInit) => {
    requests.push(new Request(input, init));
    return Promise.resolve((answers.length > 1 ? answers.shift() : answers[0])?.() ?? Response.error());
  };
  return { requests, subscriptions: subscriptionsOf({ STRIPE_SECRET_KEY: KEY }, fetcher as typeof fetch) };
}

const canceled = () => Response.json({ id: "sub_1", object: "subscription", status: "canceled" });
const failing = (status: number, code?: string) => () =>
  Response.json({ error: { type: "invalid_request_error", code, message: "canary of Stripe" } }, { status });

Deno.test("a subscription is ended by one request", async () => {
  const { requests, subscriptions } = answering(canceled);
  await subscriptions.end("sub_1");
  assert.equal(requests.length, 1);
  const [request] = requests;
  assert.deepEqual([request?.method, request?.url], [
    "DELETE",
    "https://api.stripe.com/v1/subscriptions/sub_1",
  ]);
  assert.equal(request?.headers.get("authorization"), `Bearer ${KEY}`);
});

Deno.test("a subscription that is gone is no fault", async () => {
  await answering(failing(404, "resource_missing")).subscriptions.end("sub_1");
});

Deno.test("a server that stumbles once is asked again", async () => {
  const { requests, subscriptions } = answering(failing(500), canceled);
  await subscriptions.end("sub_1");
  assert.equal(requests.length, 2);
});

for (const status of [400, 401, 403, 429, 500]) {
  Deno.test(`an answer of ${status} is told as a refusal, without what Stripe said`, async () => {
    await assert.rejects(answering(failing(status)).subscriptions.end("sub_1"), (error) => {
      assert(error instanceof Error && error.name === "Refusal" && !error.message.includes("canary"));
      return "code" in error && error.code === "payments_unavailable";
    });
  });
}

Deno.test("a server that can't be reached is told as a refusal", async () => {
  const { subscriptions } = answering(() => Promise.reject(new TypeError("connection refused")));
  await assert.rejects(subscriptions.end("sub_1"), { name: "Refusal", code: "payments_unavailable" });
});

Deno.test("without a key the name of what is missing is told, once a subscription needs it", async () => {
  await assert.rejects(subscriptionsOf({}).end("sub_1"), {
    name: "Refusal",
    code: "misconfigured",
    message: /^STRIPE_SECRET_KEY is not set/,
  });
});

Deno.test("another server can be named", async () => {
  const urls: string[] = [];
  const fetcher = (input: RequestInfo | URL, init?: RequestInit) => {
    urls.push(new Request(input, init).url);
    return Promise.resolve(canceled());
  };
  const STRIPE_API_URL = "http://127.0.0.1:12111";
  await subscriptionsOf({ STRIPE_SECRET_KEY: KEY, STRIPE_API_URL }, fetcher as typeof fetch).end("sub_1");
  assert.deepEqual(urls, ["http://127.0.0.1:12111/v1/subscriptions/sub_1"]);
  assert.throws(
    () => subscriptionsOf({ STRIPE_SECRET_KEY: KEY, STRIPE_API_URL: "no url" }),
    EnvironmentFault,
  );
});
