/** Every function of the folder, found by its files. */

import type { Handler, Platform } from "../_shared/implement.ts";

const FOLDER = new URL("../", import.meta.url);

/** Handlers by slug, in the order of their names. What they need beside the platform isn't told. */
export async function allHandlers(): Promise<Map<string, Handler<Platform>>> {
  const slugs: string[] = [];
  for await (const entry of Deno.readDir(FOLDER)) {
    if (entry.isDirectory && !entry.name.startsWith("_")) slugs.push(entry.name);
  }
  const handlers = slugs.sort().map(async (slug) => {
    const module: { handler: Handler<Platform> } = await import(new URL(`${slug}/handler.ts`, FOLDER).href);
    return [slug, module.handler] as const;
  });
  return new Map(await Promise.all(handlers));
}

/** Runs a function's `index.ts` anew, and gives what it would serve requests with. */
export async function wired(
  slug: string,
  get: (name: string) => string | undefined,
): Promise<(request: Request) => Promise<Response>> {
  const { serve } = Deno;
  const { get: realGet } = Deno.env;
  let served: ((request: Request) => Promise<Response>) | undefined;
  Deno.serve = ((handler: typeof served) => void (served = handler)) as unknown as typeof Deno.serve;
  Deno.env.get = get;
  try {
    // Modules run once for each address, so each run gets one of its own.
    await import(`${new URL(`${slug}/index.ts`, FOLDER).href}?${crypto.randomUUID()}`);
  } finally {
    Deno.serve = serve;
    Deno.env.get = realGet;
  }
  if (served === undefined) throw new TypeError(`${slug}/index.ts serves nothing`);
  return served;
}
