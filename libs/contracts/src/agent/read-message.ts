import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SolyxError } from '@solyx/kernel';
import { describeFault } from '../faults';

/**
 * The message, once it has been found right; throws InvalidArgument naming the first fault. For everything of agents
 * that comes over the bus or HTTP: `readMessage(AgentReport, data)`.
 */
export function readMessage<T extends object>(schema: new () => T, data: unknown): T {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  const instance: unknown = isObject ? plainToInstance(schema, data) : undefined;
  const errors = isObject
    ? validateSync(instance as T, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true })
    : [];
  if (!isObject || errors.length > 0) {
    throw new SolyxError('InvalidArgument', `${schema.name}: ${describeFault(errors)}`, { message: schema.name });
  }
  return instance as T;
}
