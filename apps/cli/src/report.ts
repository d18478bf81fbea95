import { CliError, EXIT } from './errors';

const useColor = (): boolean => process.stderr.isTTY && process.env['NO_COLOR'] === undefined;

/** Says what happened and what to do next; as JSON where JSON was asked for. Returns the exit code. */
export function report(error: unknown, json: boolean): number {
  const known = error instanceof CliError ? error : undefined;
  const code = known?.code ?? 'Internal';
  const message = error instanceof Error ? error.message : String(error);
  const hint = known?.hint ?? 'Run `solyx doctor`; if it stays, report it with the command that you typed.';
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: { code, message, hint, ...known?.details } })}\n`);
  } else {
    const paint = (open: number, text: string): string => (useColor() ? `\u001b[${open}m${text}\u001b[0m` : text);
    process.stderr.write(`${paint(31, `${code}:`)} ${message}\n${paint(2, `  ${hint}`)}\n`);
  }
  return known?.exitCode ?? EXIT.failed;
}
