import { MonitoringService } from '@eventstore/db-client/generated/monitoring_grpc_pb';
import { OperationsService } from '@eventstore/db-client/generated/operations_grpc_pb';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb';
import { ProjectionsService } from '@eventstore/db-client/generated/projections_grpc_pb';
import { UsersService } from '@eventstore/db-client/generated/users_grpc_pb';
import {
  status,
  type sendUnaryData,
  type Server,
  type ServerErrorResponse,
  type ServiceDefinition,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

const LEFT_OUT: readonly (readonly [service: ServiceDefinition, message: string])[] = [
  [PersistentSubscriptionsService, 'this store has no persistent subscriptions: use a catch-up subscription'],
  [ProjectionsService, 'this store has no projections: subscribe to $all with a filter'],
  [UsersService, 'this store has no user management: users are part of its configuration'],
  [OperationsService, 'this store has no operations: PostgreSQL vacuums and backs up'],
  [MonitoringService, 'this store has no statistics call: read /metrics on its HTTP port'],
];

/** Answers any kind of call the same way: by callback where there is one, else by ending the stream. */
function refuse(message: string): UntypedHandleCall {
  const error: Partial<ServerErrorResponse> = { code: status.UNIMPLEMENTED, details: message };
  const handle = (call: { emit(event: 'error', error: unknown): boolean }, callback?: sendUnaryData<unknown>): void => {
    if (callback) callback(error);
    else call.emit('error', error);
  };
  return handle as UntypedHandleCall;
}

/** Registers what EventStoreDB offers and this store does not, so that callers are told what to do instead. */
export function addLeftOutServices(server: Server): void {
  for (const [service, message] of LEFT_OUT) {
    const names = Object.keys(service);
    const handlers: UntypedServiceImplementation = Object.fromEntries(names.map((name) => [name, refuse(message)]));
    server.addService(service, handlers);
  }
}
