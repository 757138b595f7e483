/** One JSON line for each event. No line holds a person: neither id, address, token nor what was sent. */

export type Line = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type Log = (level: "info" | "warn" | "error", event: string, line: Line) => void;

/** Lines on standard output, where the platform collects them. */
export function logTo(functionName: string, write: (line: string) => void): Log {
  return (level, event, line) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, function: functionName, event, ...line }));
}

/** What may be told of an unexpected error: its kind and where it was thrown. Messages quote values, so none is. */
export function anonymous(error: unknown): Line {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, constraint_name: constraint } = error as { code?: unknown; constraint_name?: unknown };
  const frames = (error.stack ?? "").split("\n").map((frame) => frame.trim()).filter((frame) =>
    /^at .*:\d+:\d+\)?$/.test(frame)
  );
  return {
    error: error.name,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof constraint === "string" ? { constraint } : {}),
    frames: frames.slice(0, 5),
  };
}
