/** Stands in for a function that is out of use: it tells so, and whoever asks tries again later, as Stripe does. */

const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "authorization, apikey, content-type, if-none-match, x-client-info",
  "retry-after": "3600",
};

Deno.serve((request) => {
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: HEADERS });
  const error = { code: "unavailable", message: "This is out of use for a while; try again later." };
  return Response.json({ error }, { status: 503, headers: HEADERS });
});
