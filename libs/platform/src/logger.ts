import type { LoggerService } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { CommonConfig } from './config';

/** Where secrets could stand in what is logged. */
const REDACTED = ['authorization', '*.authorization', 'headers.authorization', '*.password', '*.seed', '*.token'];

/**
 * Standard output, each line written at once. Where its reader is gone nobody is told of that, and nothing is flushed
 * again on `fatal`: that flush would try for ever, and the process would outlive its launcher.
 */
function standardOutput(): DestinationStream {
  const out = pino.destination({ dest: 1, sync: true });
  out.on('error', () => undefined);
  out.flushSync = () => undefined;
  return out;
}

/** One JSON line per entry, with the service, the process and, inside a span, the trace. */
export const createLogger = ({ service, instance, logLevel }: CommonConfig): Logger =>
  pino(
    {
      level: logLevel,
      base: { service, instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED, censor: '[redacted]' },
      mixin: () => {
        const span = trace.getSpanContext(context.active());
        return span ? { traceId: span.traceId, spanId: span.spanId } : {};
      },
    },
    standardOutput(),
  );

/** Nest's words through pino. Nest passes the class that speaks as the last argument, and a stack before it. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    this.write('info', message, rest);
  }
  error(message: unknown, ...rest: readonly unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: readonly unknown[],
  ): void {
    const from = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    const fields = {
      ...(typeof from === 'string' ? { from } : {}),
      ...(typeof stack === 'string' ? { stack } : {}),
    };
    if (message instanceof Error) this.logger[level]({ ...fields, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ ...fields, ...message });
    else this.logger[level](fields, String(message));
  }
}
