/**
 * Where every project's functions and Auth are reached: `/<ref>/functions/v1/<slug>` and `/<ref>/auth/v1/…`.
 *
 * It is told by its environment where the stand-ins are and on which port to listen, and ends with its standard
 * input. What it and the functions print goes to the same place.
 */

import { BootError, LIMITS, type Limits, Processes, type Running } from "./processes.ts";
import { Projects } from "./projects.ts";
import { Tokens } from "./tokens.ts";

const PATH = /^\/([a-z0-9_]+)\/(functions|auth)\/v1\/(.*)$/s;

/** Where a function's process tells its port; no project has such a name. */
const READY = "/-/ready";

/** What belongs to one connection and must not be passed on. */
const OF_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
]);

/** Up to how many bytes a request's body is passed on as one piece. */
const SMALL = 64 * 1024;

interface Surroundings {
  readonly folder: string;
  readonly apis: string;
  readonly token: string;
  readonly port: number;
  readonly functions: string;
  readonly limits: Limits;
}

export class Router {
  readonly #projects: Projects;
  readonly #processes: Processes;
  readonly #tokens: Tokens;

  constructor(private readonly given: Surroundings) {
    const address = `http://127.0.0.1:${given.port}${READY}`;
    this.#projects = new Projects(given.folder);
    const { limits, functions } = given;
    const environment = (ref: string) => this.#environment(ref);
    this.#processes = new Processes(this.#projects, environment, address, limits, functions);
    this.#tokens = new Tokens((ref, token) => this.#verify(ref, token));
  }

  async answer(request: Request, client: string): Promise<Response> {
    const at = request.url.indexOf("/", request.url.indexOf("//") + 2);
    const path = request.url.slice(at);
    if (path === READY) return await this.#ready(request);
    const [, ref, service, rest] = PATH.exec(path) ?? [];
    if (ref === undefined || rest === undefined) return refusal(404, "NOT_FOUND", "There is nothing here");
    return service === "auth"
      ? await this.#auth(request, ref, rest, client)
      : await this.#function(request, ref, rest, client);
  }

  async #ready(request: Request): Promise<Response> {
    const key = request.headers.get("x-sandbox-edge-key") ?? "";
    const known = this.#processes.ready(key, Number(await request.text()));
    return new Response(null, { status: known ? 204 : 403 });
  }

  async #function(request: Request, ref: string, rest: string, client: string): Promise<Response> {
    const project = this.#projects.read(ref);
    const [slug = ""] = rest.split(/[/?]/, 1);
    const deployed = project && Object.hasOwn(project.functions, slug) ? project.functions[slug] : undefined;
    if (project === undefined || deployed === undefined) {
      return refusal(404, "NOT_FOUND", "Requested function was not found");
    }
    const { verify_jwt } = deployed.source;
    // A preflight carries no token, so it is never asked for one.
    if (verify_jwt && request.method !== "OPTIONS") {
      const authorization = request.headers.get("authorization");
      if (authorization === null) {
        return refusal(401, "UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header");
      }
      if (!await this.#tokens.valid(ref, authorization)) {
        return refusal(401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT");
      }
    }
    try {
      return await this.#ask(await this.#processes.of(ref, project, deployed), request, rest, client);
    } catch (error) {
      if (error instanceof BootError) {
        return refusal(503, "BOOT_ERROR", "Function failed to start (please check logs)");
      }
      throw error;
    }
  }

  /** Pass a request on to a function's process. One that takes too long, or that ends, has no other answer. */
  async #ask(running: Running, request: Request, rest: string, client: string): Promise<Response> {
    const headers = passedOn(request.headers, {
      "x-forwarded-for": client,
      "x-sandbox-edge-key": running.key,
      // Compressed once, on the way out.
      "accept-encoding": "identity",
    });
    running.requests++;
    running.used = performance.now();
    const late = setTimeout(() => running.end(), this.given.limits.request);
    const done = () => {
      clearTimeout(late);
      running.requests--;
      if (running.retired) running.retire();
    };
    try {
      const address = `http://127.0.0.1:${running.port}/${rest}`;
      const answer = await fetch(address, await passing(request, headers));
      return await returned(answer, done);
    } catch {
      done();
      return refusal(546, "WORKER_LIMIT", "Function failed due to not having enough compute resources");
    }
  }

  async #auth(request: Request, ref: string, rest: string, client: string): Promise<Response> {
    const headers = passedOn(request.headers, { "x-forwarded-for": client });
    const address = `${this.given.apis}/auth/${ref}/v1/${rest}`;
    const answer = await fetch(address, await passing(request, headers));
    return await returned(answer, () => {});
  }

  async #environment(ref: string): Promise<Record<string, string>> {
    const answer = await this.#askApis(`/sandbox/${ref}/environment`);
    return await answer.json();
  }

  async #verify(ref: string, token: string): Promise<number | undefined> {
    const answer = await this.#askApis(`/sandbox/${ref}/token`, { method: "POST", body: token });
    return (await answer.json()).exp ?? undefined;
  }

  async #askApis(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.given.token}` };
    const answer = await fetch(this.given.apis + path, { ...init, headers });
    if (!answer.ok) throw new BootError(`the sandbox's APIs answer ${path} with ${answer.status}`);
    return answer;
  }
}

/** What belongs to no connection, and further headers in place of any that bear their names. */
function passedOn(headers: Headers, further: Record<string, string> = {}): [string, string][] {
  const kept = [...headers].filter(([name]) => !OF_CONNECTION.has(name) && !Object.hasOwn(further, name));
  return [...kept, ...Object.entries(further)];
}

async function passing(request: Request, headers: [string, string][]): Promise<RequestInit> {
  const { method } = request;
  // What is small and has a length is whole soon; to pass its pieces on one by one costs more than to wait.
  const small = Number(request.headers.get("content-length") ?? Infinity) <= SMALL;
  const body = small && request.body !== null ? await request.bytes() : request.body;
  return { method, headers, body, redirect: "manual" };
}

/** An answer as it came, but for what belongs to its connection; `done` is called once all of it is here. */
async function returned(answer: Response, done: () => void): Promise<Response> {
  const headers = passedOn(answer.headers);
  const { status, body } = answer;
  if (body !== null && !answer.headers.has("content-length")) {
    const watched = body.pipeThrough(new TransformStream({ flush: done, cancel: done }));
    return new Response(watched, { status, headers });
  }
  const whole = body === null ? null : await answer.arrayBuffer();
  done();
  return new Response(whole, { status, headers });
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status });
}

function surroundings(): Surroundings {
  const [folder, apis, token, port, functions] = ["FOLDER", "APIS", "TOKEN", "PORT", "FUNCTIONS"].map(
    (name) => {
      const value = Deno.env.get(`SANDBOX_EDGE_${name}`);
      if (value === undefined) throw new Error(`SANDBOX_EDGE_${name} is not set`);
      return value;
    },
  ) as [string, string, string, string, string];
  const seconds = Number(Deno.env.get("SANDBOX_FUNCTION_SECONDS") ?? LIMITS.request / 1000);
  const limits = { ...LIMITS, request: seconds * 1000 };
  return { folder, apis, token, port: Number(port), functions, limits };
}

if (import.meta.main) {
  const given = surroundings();
  const router = new Router(given);
  Deno.serve({
    hostname: "127.0.0.1",
    port: given.port,
    onListen: () => {},
    onError: (error) => {
      console.error(error);
      return refusal(500, "INTERNAL", "The sandbox's router has failed (please check logs)");
    },
  }, (request, { remoteAddr }) => router.answer(request, remoteAddr.hostname));
  await Deno.stdin.readable.pipeTo(new WritableStream());
  Deno.exit(0);
}
