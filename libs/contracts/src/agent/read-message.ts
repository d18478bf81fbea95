import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SolyxError } from '@solyx/kernel';
import { describeFault } from '../faults';
import { faultOfPlainData } from '../plain-data';

/**
 * The message, once it has been found right; throws InvalidArgument naming the first fault. For everything of agents
 * that comes over the bus or HTTP: `readMessage(AgentReport, data)`.
 */
export function readMessage<T extends object>(schema: new () => T, data: unknown): T {
  const hidden = faultOfPlainData(data);
  if (hidden !== undefined) throw wrong(schema.name, hidden);
  const instance: unknown = plainToInstance(schema, data);
  const errors = validateSync(instance as T, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  if (errors.length > 0) throw wrong(schema.name, describeFault(errors));
  return instance as T;
}

const wrong = (message: string, fault: string): SolyxError =>
  new SolyxError('InvalidArgument', `${message}: ${fault}`, { message });
