/** What a function is told by its surroundings, read once, all that is missing named together. */

export type Environment = Readonly<Record<string, string>>;

/** Values that a function can't run without. The message holds names and never values, so it may be shown. */
export class EnvironmentFault extends Error {
  override readonly name = "EnvironmentFault";

  constructor(readonly names: readonly string[], problem: string) {
    super(`${names.join(", ")} ${problem}; correct it among the secrets of the project's functions`);
  }
}

/** The values of all names. Of a name with `|` one part is enough, and all that are set are given; with `?` none is. */
export function readEnvironment(
  names: Iterable<string>,
  get: (name: string) => string | undefined,
): Environment {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of new Set(names)) {
    const given = name.replace("?", "").split("|").flatMap((part) => {
      const value = get(part)?.trim();
      return value ? [[part, value] as const] : [];
    });
    if (given.length === 0 && !name.endsWith("?")) missing.push(name.replaceAll("|", " or "));
    Object.assign(found, Object.fromEntries(given));
  }
  if (missing.length > 0) {
    throw new EnvironmentFault(missing, missing.length === 1 ? "is not set" : "are not set");
  }
  return found;
}
