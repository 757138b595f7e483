/** From a handler to a running function: environment, database, server. */

import { identifyBy, TOKEN_KEYS } from "./caller.ts";
import { type Contract, needsToken } from "./contract.ts";
import { parseOrigins } from "./cors.ts";
import { connect } from "./database.ts";
import { type Environment, EnvironmentFault, readEnvironment } from "./environment.ts";
import type { Handler, Platform } from "./implement.ts";
import { type Log, logTo } from "./log.ts";
import { Refusal } from "./refusal.ts";

/** Every name that a function reads from its environment; of names joined by `|`, one is enough. */
export function environmentOf(contract: Contract): readonly string[] {
  const keys = needsToken(contract) ? [TOKEN_KEYS] : [];
  return ["ALLOWED_ORIGINS", "SUPABASE_DB_URL", ...keys, ...contract.environment];
}

/** Makes what a handler needs beside the platform. */
export type Wire<Given> = (environment: Environment) => Omit<Given, keyof Platform>;

/** Serve a handler on its real dependencies. */
export function serve(handler: Handler): void;
export function serve<Given extends Platform>(handler: Handler<Given>, wire: Wire<Given>): void;
export function serve(handler: Handler, wire: Wire<Platform> = () => ({})): void {
  // deno-lint-ignore no-console
  const log = logTo(handler.contract.slug, (line) => console.log(line));
  Deno.serve(boot(handler, wire, (name) => Deno.env.get(name), log));
}

/** What answers requests. Where a dependency can't be made, every request is told why, a preflight too. */
export function boot<Given extends Platform>(
  handler: Handler<Given>,
  wire: Wire<Given>,
  get: (name: string) => string | undefined,
  log: Log,
): (request: Request) => Promise<Response> {
  const { contract } = handler;
  try {
    const environment = readEnvironment(environmentOf(contract), get);
    const platform: Platform = {
      origins: parseOrigins(environment["ALLOWED_ORIGINS"] ?? ""),
      identify: identifyBy(environment),
      database: connect(environment["SUPABASE_DB_URL"] ?? "", contract.slug, contract.timeout),
      log,
    };
    const given = { ...wire(environment), ...platform } as Given;
    return (request) => handler(request, given);
  } catch (error) {
    if (!(error instanceof EnvironmentFault)) throw error;
    log("error", "boot", { names: error.names, problem: error.message });
    const refusal = new Refusal("misconfigured", error.message);
    return () => Promise.resolve(Response.json(refusal.body(), { status: refusal.status }));
  }
}
