/** Which web pages may call: those whose origin the project's config lists. */

import { EnvironmentFault } from "./environment.ts";
import { Refusal } from "./refusal.ts";

const ALLOWED_HEADERS = "authorization, apikey, content-type, if-none-match, x-client-info";
const EXPOSED_HEADERS = "etag, x-request-id";
const PREFLIGHT_SECONDS = 600;

/** The origins of a comma-separated list, each as browsers send it. Throws where one is none. */
export function parseOrigins(list: string): ReadonlySet<string> {
  const origins = list.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "");
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new EnvironmentFault(["ALLOWED_ORIGINS"], "lists what is no origin (https://app.example.com)");
    }
  }
  return new Set(origins);
}

/** The headers that let a page of an allowed origin read the answer. Throws for any other; other programs send none. */
export function corsHeaders(request: Request, allowed: ReadonlySet<string>): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null) return { vary: "origin" };
  if (!allowed.has(origin)) throw new Refusal("origin_not_allowed", "Pages of this origin may not call");
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED_HEADERS,
    vary: "origin",
  };
}

/** The answer to a browser that asks before it calls. */
export function preflight(methods: readonly string[], headers: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...headers,
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": ALLOWED_HEADERS,
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  });
}
