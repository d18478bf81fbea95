const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type Level = (typeof LEVELS)[number];

export const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** JSON lines on stdout: `{ level, time, name, msg, … }`, as the services write them. */
export class Logger {
  constructor(private readonly least: Level) {}

  debug(msg: string, facts: Facts = {}): void {
    this.write('debug', msg, facts);
  }
  info(msg: string, facts: Facts = {}): void {
    this.write('info', msg, facts);
  }
  warn(msg: string, facts: Facts = {}): void {
    this.write('warn', msg, facts);
  }
  error(msg: string, facts: Facts = {}): void {
    this.write('error', msg, facts);
  }

  private write(level: Level, msg: string, facts: Facts): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.least)) return;
    process.stdout.write(
      `${JSON.stringify({ level, time: new Date().toISOString(), name: 'agent', msg, ...facts })}\n`,
    );
  }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
