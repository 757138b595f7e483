/**
 * One Deno process for each function that is called, kept as long as it is the deployed version.
 *
 * A process and not a worker of one common process: what a function may reach, its environment, its import map and
 * its heap are a process' own in Deno, and a heap that runs full ends its process, with all workers in it.
 */

import type { Deployed, Project, Projects } from "./projects.ts";

export interface Limits {
  /** Megabytes of V8's heap. */
  readonly heap: number;
  /** How many milliseconds a request may take before its function's process is ended. */
  readonly request: number;
  /** How many milliseconds a function may take to start. */
  readonly start: number;
  /** After how many milliseconds without a request a process is ended. */
  readonly idle: number;
  /** How many processes may live at a time. */
  readonly processes: number;
}

export const LIMITS: Limits = {
  heap: 256,
  request: 150_000,
  start: 30_000,
  idle: 10 * 60_000,
  processes: 32,
};

/** Where functions may go: what this machine serves, and Stripe. */
const HOSTS = ["127.0.0.1", "localhost", "api.stripe.com"];

const PRELOAD = new URL("./function.ts", import.meta.url).href;

export class BootError extends Error {
  override readonly name = "BootError";
}

/** The values that all functions of a project find in their environment. */
export type Environment = (ref: string) => Promise<Record<string, string>>;

/** One function's process, from its start on. */
export class Running {
  requests = 0;
  used = performance.now();
  retired = false;

  constructor(
    readonly identity: string,
    readonly key: string,
    readonly child: Deno.ChildProcess,
    readonly port: number,
  ) {}

  end(): void {
    try {
      this.child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended by itself
    }
  }

  /** End it once its last request is answered. */
  retire(): void {
    this.retired = true;
    if (this.requests === 0) this.end();
  }
}

export class Processes {
  readonly #running = new Map<string, { identity: string; process: Promise<Running> }>();
  readonly #starting = new Map<string, (port: number) => boolean>();

  constructor(
    private readonly projects: Projects,
    private readonly environment: Environment,
    /** Where a process tells that it serves. */
    private readonly address: string,
    private readonly limits: Limits,
    /** The folder of this repository's functions. */
    private readonly functions: string,
  ) {
    setInterval(() => this.#sweep(), Math.min(limits.idle, 5_000));
  }

  /** The process that serves a function as it is deployed now. */
  of(ref: string, project: Project, deployed: Deployed): Promise<Running> {
    const name = `${ref}/${deployed.slug}`;
    const identity = `${deployed.id} ${deployed.version} ${project.environment}`;
    const known = this.#running.get(name);
    if (known?.identity === identity) return known.process;
    const process = this.#start(name, identity, ref, deployed);
    this.#running.set(name, { identity, process });
    // What was deployed before answers what it was asked, and nothing more.
    known?.process.then((replaced) => replaced.retire(), () => {});
    process.catch(() => this.#forget(name, identity));
    this.#makeRoom();
    return process;
  }

  /** Take a starting process' word for the port on which it serves. */
  ready(key: string, port: number): boolean {
    return this.#starting.get(key)?.(port) ?? false;
  }

  async #start(name: string, identity: string, ref: string, deployed: Deployed): Promise<Running> {
    const key = crypto.randomUUID();
    const child = this.#spawn(deployed, {
      ...await this.environment(ref),
      DENO_DEPLOYMENT_ID: `${ref}_${deployed.id}_${deployed.version}`,
      SANDBOX_EDGE_KEY: key,
      SANDBOX_EDGE_ROUTER: this.address,
    });
    child.status.then(() => this.#forget(name, identity));
    return new Running(identity, key, child, await this.#port(name, key, child));
  }

  #spawn({ source }: Deployed, environment: Record<string, string>): Deno.ChildProcess {
    const folder = this.projects.bundle(source.bundle);
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check", "--node-modules-dir=none"],
        ...importMap(folder, source.import_map_path),
        ...this.#lock(folder, source.import_map_path),
        `--preload=${PRELOAD}`,
        `--allow-net=${HOSTS.join()}`,
        // All that is there was put there: a name that is not set reads as such, and not as forbidden.
        "--allow-env",
        `--v8-flags=--max-old-space-size=${this.limits.heap}`,
        `${folder}/${source.entrypoint_path}`,
      ],
      cwd: folder,
      clearEnv: true,
      env: { ...ofDeno(), ...environment },
      stdin: "piped",
      stdout: "inherit",
      stderr: "inherit",
    });
    return command.spawn();
  }

  /** With this repository's own import map come its locked packages: nobody has to look for newer ones. */
  #lock(folder: string, path: string | null): string[] {
    const own = `${this.functions}/deno.json`;
    const locked = path !== null && Deno.readTextFileSync(`${folder}/${path}`) === Deno.readTextFileSync(own);
    return locked ? [`--lock=${this.functions}/deno.lock`, "--frozen"] : ["--no-lock"];
  }

  async #port(name: string, key: string, child: Deno.ChildProcess): Promise<number> {
    const told = Promise.withResolvers<number | undefined>();
    this.#starting.set(key, (port) => {
      told.resolve(port);
      return true;
    });
    child.status.then(() => told.resolve(undefined));
    const late = setTimeout(() => child.kill("SIGKILL"), this.limits.start);
    const port = await told.promise;
    clearTimeout(late);
    this.#starting.delete(key);
    if (port === undefined) throw new BootError(`${name} did not start to serve`);
    return port;
  }

  #forget(name: string, identity: string): void {
    if (this.#running.get(name)?.identity === identity) this.#running.delete(name);
  }

  #sweep(): void {
    const before = performance.now() - this.limits.idle;
    for (const [name, { process }] of this.#running) {
      process.then((each) => {
        if (each.requests === 0 && each.used < before) this.#drop(name, each);
      }, () => {});
    }
  }

  /** Ends the process that was used longest ago. The map keeps the order of starts, which is close enough. */
  #makeRoom(): void {
    if (this.#running.size <= this.limits.processes) return;
    const [oldest] = this.#running;
    if (oldest) oldest[1].process.then((each) => this.#drop(oldest[0], each), () => {});
  }

  #drop(name: string, process: Running): void {
    this.#forget(name, process.identity);
    process.retire();
  }
}

/** What Deno itself needs: where it keeps what it has downloaded. */
function ofDeno(): Record<string, string> {
  const names = ["DENO_DIR", "HOME", "DENO_TLS_CA_STORE", "DENO_CERT", "NPM_CONFIG_REGISTRY"];
  const given = names.map((name) => [name, Deno.env.get(name)] as const);
  return {
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    ...Object.fromEntries(given.filter(([, value]) => value)),
  };
}

function importMap(folder: string, path: string | null): string[] {
  if (path === null) return ["--no-config"];
  return [/deno\.jsonc?$/.test(path) ? `--config=${folder}/${path}` : `--import-map=${folder}/${path}`];
}
