import type { ChildProcess } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly withinMs?: number;
  readonly input?: string;
  readonly onOut?: (text: string, ms: number) => void;
}
export interface Plane {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly said: string;
  readonly ended: Promise<number | null>;
  note(): {
    readonly launcher: number;
    readonly url: string;
    readonly ports: { readonly http: number; readonly nats: number };
    readonly processes: Readonly<Record<string, number>>;
  };
  credentials(): { readonly url: string; readonly apiKey: string; readonly organizationId: string };
  printed(): { readonly seconds: number; readonly mib: number };
  solyx(words: readonly string[], options?: CommandOptions): Promise<Ended>;
  json<T>(words: readonly string[], options?: CommandOptions): Promise<T>;
  request<T>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<T>;
  stop(): Promise<number | null>;
}
export const ROOT: string;
export function isAlive(pid: number): boolean;
export function until<T>(
  fact: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  what: string,
  withinMs?: number,
  everyMs?: number,
): Promise<T>;
export function runCommand(words: readonly string[], options?: CommandOptions): Promise<Ended>;
export function startPlane(options: {
  readonly dataDir: string;
  readonly processes?: boolean;
  readonly simulated?: boolean;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Plane>;
