import type { CliContext } from './cli-context';

type Handler<Flags> = (context: CliContext, flags: Flags, ...args: never[]) => Promise<number | void> | number | void;

/** Wraps a command: context in, exit code out, every error said the same way. */
export type Action = <Flags>(handler: Handler<Flags>) => (...args: unknown[]) => Promise<void>;
