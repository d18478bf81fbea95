import type { CliContext } from './cli-context';

/** An exit code, or nothing: then 0. */
type Handler<Flags> = (context: CliContext, flags: Flags, ...args: never[]) => unknown;

/** Wraps a command: context in, exit code out, every error said the same way. */
export type Action = <Flags>(handler: Handler<Flags>) => (...args: unknown[]) => Promise<void>;
