/** The wrapper around every handler: it enforces the contract, gives errors their one shape, and logs. */

import type { z } from "zod";
import { readInput } from "./body.ts";
import type { Caller, Identify, User } from "./caller.ts";
import { type Contract, needsToken } from "./contract.ts";
import { corsHeaders, preflight } from "./cors.ts";
import { type Database, trouble } from "./database.ts";
import { anonymous, type Log } from "./log.ts";
import { Refusal } from "./refusal.ts";

/** What every handler is given. */
export interface Platform {
  readonly origins: ReadonlySet<string>;
  readonly identify: Identify;
  readonly database: Database;
  readonly log: Log;
}

/** One call that the contract allows. */
export interface Call<Input> {
  readonly input: Input;
  readonly caller: Caller;
  readonly request: Request;
  /** The signed-in caller, of a contract that lets nobody else call. */
  readonly user: User;
}

/** What a handler is given: the platform, and whatever it names beside it. */
export interface Handler<Given extends Platform = Platform, Output extends z.ZodType = z.ZodType> {
  (request: Request, given: Given): Promise<Response>;
  readonly contract: Contract<z.ZodType, Output>;
}

type Work<Input, Result, Given> = (call: Call<Input>, given: Given) => Promise<Result | Response>;

/** A handler of a contract and the work it wraps. A response is sent as it is, a value by the output's schema. */
export function implement<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Given extends Platform = Platform,
>(
  contract: Contract<Input, Output>,
  work: Work<z.output<Input>, z.input<Output>, Given>,
): Handler<Given, Output> {
  const handler = async (request: Request, given: Given) => {
    const began = performance.now();
    const outcome = new Outcome();
    const response = await outcome.settle(
      () => within(contract.timeout, respond(contract, work, request, given, outcome)),
      given.log,
    );
    given.log(response.status < 500 ? "info" : "error", "request", {
      id: outcome.id,
      method: request.method,
      status: response.status,
      caller: outcome.caller,
      code: outcome.code,
      milliseconds: Math.round((performance.now() - began) * 10) / 10,
    });
    return response;
  };
  return Object.assign(handler, { contract });
}

class Allowed<Input> implements Call<Input> {
  constructor(readonly input: Input, readonly caller: Caller, readonly request: Request) {}

  get user(): User {
    if (this.caller.kind !== "user") throw new TypeError("The contract lets in callers that are no users");
    return this.caller;
  }
}

/** What becomes of one request. */
class Outcome {
  readonly id = crypto.randomUUID();
  readonly headers: Record<string, string> = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": this.id,
    vary: "origin",
  };
  caller = "unknown";
  code: string | null = null;

  async settle(answer: () => Promise<Response>, log: Log): Promise<Response> {
    let response: Response;
    try {
      response = await answer();
    } catch (error) {
      response = this.refuse(refusalOf(error, (line) => log("error", "failure", { id: this.id, ...line })));
    }
    for (const [name, value] of Object.entries(this.headers)) {
      if (!response.headers.has(name)) response.headers.set(name, value);
    }
    return response;
  }

  private refuse(refusal: Refusal): Response {
    this.code = refusal.code;
    return Response.json(refusal.body(), { status: refusal.status });
  }
}

async function respond<Input extends z.ZodType, Output extends z.ZodType, Given extends Platform>(
  contract: Contract<Input, Output>,
  work: Work<z.output<Input>, z.input<Output>, Given>,
  request: Request,
  given: Given,
  outcome: Outcome,
): Promise<Response> {
  const cors = corsHeaders(request, given.origins);
  Object.assign(outcome.headers, cors);
  if (request.method === "OPTIONS") return preflight(contract.methods, cors);
  if (!(contract.methods as readonly string[]).includes(request.method)) {
    outcome.headers["allow"] = [...contract.methods, "OPTIONS"].join(", ");
    throw new Refusal("method_not_allowed", `The method must be ${contract.methods.join(" or ")}`);
  }
  const caller = await admit(contract, request, given);
  outcome.caller = caller.kind;
  const input = await readInput(request, contract);
  const result = await work(new Allowed(input, caller, request), given);
  if (result instanceof Response) return result;
  return Response.json(contract.output.parse(result), { status: contract.status });
}

/** The caller, if the contract lets it in. The body isn't read before. */
async function admit(contract: Contract, request: Request, platform: Platform): Promise<Caller> {
  if (!needsToken(contract)) return { kind: "nobody" };
  const caller = await platform.identify(request);
  const { callers } = contract;
  if (caller.kind === "nobody") throw new Refusal("unauthenticated", "Sign in first");
  if (caller.kind === "service" && callers.includes("service")) return caller;
  if (caller.kind === "user") {
    if (callers.includes("user")) return caller;
    if (callers.includes("admin") && await platform.database.isAdmin(caller.id)) return caller;
  }
  throw new Refusal("forbidden", `Only for: ${callers.join(", ")}`);
}

/** The promise's result, or a refusal when it takes longer than so many milliseconds. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Refusal("timeout", "It took too long; try again later")),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the caller is told of an error. Whatever isn't a refusal is told to the log, and to the caller only that it was. */
function refusalOf(error: unknown, report: (line: ReturnType<typeof anonymous>) => void): Refusal {
  if (error instanceof Refusal) return error;
  report(anonymous(error));
  switch (trouble(error)) {
    case "unavailable":
      return new Refusal("unavailable", "The database can't be reached; try again later");
    case "timeout":
      return new Refusal("timeout", "It took too long; try again later");
    default:
      return new Refusal("internal", "Something went wrong; the request's id is in the header x-request-id");
  }
}
