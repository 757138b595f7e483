/**
 * Runs before a function's own code, in its process: lets the function serve on a port that the router is told,
 * to nobody but the router, and ends it with the router.
 */

const [KEY, ROUTER] = ["SANDBOX_EDGE_KEY", "SANDBOX_EDGE_ROUTER"].map(taken) as [string, string];

const serve = Deno.serve;

type Handler = Deno.ServeHandler<Deno.NetAddr>;

function served(...given: unknown[]): Deno.HttpServer<Deno.NetAddr> {
  const handler = handlerOf(given);
  // Not before: whatever waits in here would keep the function's own code from being run.
  endWithTheRouter();
  const options = { hostname: "127.0.0.1", port: 0, onListen: tell };
  return serve(
    options,
    (request, info) =>
      request.headers.get("x-sandbox-edge-key") === KEY
        ? handler(request, info)
        : new Response(null, { status: 403 }),
  );
}

/** The handler, which may come alone, after options, or as one of them. */
function handlerOf(given: unknown[]): Handler {
  for (const each of given) {
    if (typeof each === "function") return each as Handler;
    const named = (each as { handler?: unknown } | undefined)?.handler;
    if (typeof named === "function") return named as Handler;
  }
  throw new TypeError("Deno.serve needs a handler");
}

/** The standard output is the function's own, and costs nobody anything, as it passes by the router. */
async function tell({ port }: Deno.NetAddr): Promise<void> {
  const headers = { "x-sandbox-edge-key": KEY };
  const answer = await fetch(ROUTER, { method: "PUT", headers, body: String(port) });
  await answer.body?.cancel();
}

function taken(name: string): string | undefined {
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  return value;
}

async function endWithTheRouter(): Promise<never> {
  await Deno.stdin.readable.pipeTo(new WritableStream());
  Deno.exit(0);
}

Object.defineProperty(Deno, "serve", { value: served });
