import { agentSubject, type AgentReport, type AgentReportAnswer } from '@solyx/contracts/agent';
import { ERROR_CODES, type ErrorCode } from '@solyx/kernel';
import { textOf, type Logger } from '../adapters/logger';
import { backoffMs } from '../domain/backoff';
import type { Bus } from './bus';
import { sleep } from './sleep';

const ANSWER_WITHIN_MS = 10_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 3_000;

/** Sends reports until somebody answers. */
export class ReportSender {
  constructor(
    private readonly nodeId: string,
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {}

  /** True once it is answered, recorded or refused for good; false where `signal` ended the trying. Never rejects. */
  async send(report: AgentReport, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const answer = await this.ask(report);
      if (answer?.recorded) return true;
      if (answer?.refusal && !answer.refusal.retryable) {
        const { reason, message } = answer.refusal;
        this.logger.warn('a report was refused', { reportId: report.reportId, reason, message });
        return true;
      }
      await sleep(backoffMs(attempt, FIRST_RETRY_MS, LAST_RETRY_MS, Math.random()), signal);
    }
    return false;
  }

  private async ask(report: AgentReport): Promise<AgentReportAnswer | undefined> {
    try {
      return readAnswer(await this.bus.request(agentSubject(this.nodeId, 'report'), report, ANSWER_WITHIN_MS));
    } catch (error) {
      this.logger.debug('a report is not answered yet', { reportId: report.reportId, error: textOf(error) });
      return undefined;
    }
  }
}

/** `{ recorded }`, or `{ error }` from the transport around it. */
function readAnswer(body: unknown): AgentReportAnswer | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('recorded' in body) return body as AgentReportAnswer;
  const { error } = body as { error?: Partial<Record<'code' | 'reason' | 'message' | 'hint', string>> };
  if (!error) return undefined;
  const code = (error.code ?? 'Internal') as ErrorCode;
  const { reason = code, message = '', hint = '' } = error;
  // Internal errors are faults of the other side, which may be gone after its restart.
  const retryable = code === 'Internal' || (Object.hasOwn(ERROR_CODES, code) && ERROR_CODES[code].retryable);
  return { recorded: false, refusal: { code, reason, message, hint, retryable } };
}
