import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import type { FastifyReply } from 'fastify';
import { of, type Observable } from 'rxjs';

/** Every error that leaves a controller is ours: with code, reason and hint, over HTTP and over the bus alike. */
@Catch()
export class ErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger('Errors');

  catch(thrown: unknown, host: ArgumentsHost): Observable<unknown> | undefined {
    const error = toSolyxError(thrown);
    if (error.code === 'Internal') this.logger.error(thrown);
    else this.logger.debug({ code: error.code, reason: error.reason, details: error.details, msg: error.message });
    if (host.getType() !== 'http') return of({ error: error.toJSON() });
    void host.switchToHttp().getResponse<FastifyReply>().status(error.http).send(error.toJSON());
    return undefined;
  }
}

/** Nest refuses unknown routes and malformed bodies by exceptions of its own. */
function toSolyxError(thrown: unknown): SolyxError {
  if (!(thrown instanceof HttpException) || thrown.getStatus() >= 500) return SolyxError.from(thrown);
  const code = thrown.getStatus() === 404 ? 'NotFound' : 'InvalidArgument';
  const hint = code === 'NotFound' ? 'Check the address.' : 'Correct the request and send it again.';
  return new SolyxError(code, thrown.message, {}, { hint, cause: thrown });
}
